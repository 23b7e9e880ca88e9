"""A programme optimised for one person, beside generic ones and the wrong person's, same minutes.

A short run: six weeks, four draws, eight steps. What it adds over the same thing done for someone else is
what targeting adds; the picture shows it whatever it is.
Run: python examples/optimised_against_generic.py [picture.png]
"""

import sys

import spinesim as ss
from spinesim.exercise.library import exercise
from spinesim.results.planner import lines
from spinesim.viz.planner import figure

#: Exercises to choose from.
CHOICE = (
    "hk_stretch", "ham_stretch", "uni_bridge", "sl_hip_abd", "clamshell", "mf_prone", "bracing", "curl_up",
    "sl_stance", "prone_hip_ext",
)  # fmt: skip


def main(picture: str = "optimised_against_generic.png") -> None:
    """Optimise, say what was added, draw the page."""
    who = ss.profile(
        pain=50, weak={"glutes": 0.25}, inhibited={"multifidus": 0.2}, tight_deg={"hip_flexors": 12}
    )
    ds = ss.optimise_programme(
        who, weeks=6, exercises=[exercise(name) for name in CHOICE], draws=4, steps=8, random=6, front=False
    )
    for line in lines(ds):
        print(line)
    figure(ds).savefig(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
