"""The same exercises, graded and all at once: what four weeks of overload do to tissue, pain and adherence.

The engine says what each exercise presses and works; the slow laws say what becomes of it.
Run: python examples/too_much_too_soon.py [picture.png]
"""

import sys

import jax.numpy as jnp
from matplotlib.figure import Figure

from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial
from spinesim.exercise import dose, unfold
from spinesim.exercise.library import exercise
from spinesim.exercise.profile import profile
from spinesim.exercise.programme import Programme
from spinesim.exercise.responses import exact
from spinesim.viz.theme import themed

WEEKS = 4
EXERCISES = tuple(exercise(name) for name in ("hip_hinge", "squat", "back_ext"))
PROGRAMMES = {
    "graded": Programme("graded", EXERCISES, sessions=2, first=0.5, last=1.0, load_first=0.2, load_last=0.6),
    "all at once": Programme("all at once", EXERCISES, sessions=6, first=4.0, last=4.0, load_last=2.5),
}


def main(picture: str = "too_much_too_soon.png") -> None:
    """Run both and draw them."""
    who, p = profile(pain=45), parameters()
    start = initial(who.person, p)
    responses = exact(who.model, EXERCISES, start, who.person)
    menu = dose.menu(EXERCISES, responses)
    paths = {}
    for name, made in PROGRAMMES.items():
        setting = unfold.Setting(
            who.person, who.routine, responses, menu, made.plan(WEEKS), start, p, Structure.shared,
            jnp.full(7 * WEEKS, unfold.EXPECTED),
        )  # fmt: skip
        paths[name] = unfold.one(setting, start)
    draw(paths).savefig(picture)


@themed
def draw(paths: dict[str, unfold.Trajectory]) -> Figure:
    """Central paths of pain, inflammation and adherence; people scatter widely about them."""
    page = Figure(figsize=(12, 4.2))
    pain, tissue, done = page.subplots(1, 3)
    for (name, path), colour in zip(paths.items(), ("#009E73", "#D55E00"), strict=True):
        days, weeks = jnp.arange(len(path.pain)) / 7, jnp.arange(len(path.week.soreness))
        pain.fill_between(days, path.pain - 12, path.pain + 12, color=colour, alpha=0.15, lw=0)
        pain.plot(days, path.pain, color=colour, lw=2.2, label=name)
        tissue.plot(weeks, path.week.inflammation[:, 1], color=colour, lw=2.2)
        done.plot(weeks[:-1], 100 * path.done, color=colour, lw=2.2)
    pain.set(title="Usual pain, one SD shaded", ylim=(0, 100))
    tissue.set(title="Inflammation at L4-L5", ylim=(0, None))
    done.set(title="Sessions done [%]", ylim=(0, 100))
    for ax in (pain, tissue, done):
        ax.set_xlabel("week")
        ax.grid(True)
    pain.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
