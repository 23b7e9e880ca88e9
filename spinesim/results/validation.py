"""Every comparison with measurement in one run: experiments, scoreboard, pass line, peers, intervals."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from spinesim._provenance import provenance
from spinesim.calibration.slopes import bench_varied
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.results.between import between
from spinesim.results.day import day_answers, day_varied
from spinesim.results.measured import agreement, beside_measured, measured_tasks, with_answers
from spinesim.results.passline import Line, pass_line
from spinesim.results.peers import peer_table
from spinesim.results.scoreboard import board, scores
from spinesim.validation import bench, peers, postures, questions, segments, strength, trunk
from spinesim.validation.bench import Curves
from spinesim.validation.between import merged, on_people, searched
from spinesim.validation.intervals import DRAWS, QUICK_DRAWS, Intervals, intervals
from spinesim.validation.people import person, solved, stacked, taken
from spinesim.validation.targets import COMPARED, TABLE, Target, Use, read, targets, uses

#: Hears what is being done and how much of the run is behind it (0 to 1).
Tell = Callable[[str, float], None]


#: Rows that a quick run leaves out.
SLOW = ("coact_0", "mvm_ext_angle", "mvm_flex_angle", "mvm_ef_gain")


class Validation(NamedTuple):
    """All that a run found."""

    board: xr.Dataset  # by row
    scores: xr.Dataset  # by category and kind of row
    lines: list[Line]
    peers: xr.Dataset
    pressures: xr.Dataset  # the measured postures, solved
    curves: Curves
    sampled: Intervals
    between: xr.Dataset | None  # what stands between, by miss and parameter; none of a quick run

    def to_dataset(self) -> xr.Dataset:
        """Scoreboard, scores, pass line and peers as one dataset."""
        lines = xr.Dataset(
            {
                "asked": ("line", [line.asked for line in self.lines]),
                "found": ("line", [line.found for line in self.lines]),
                "met": ("line", [_met(line) for line in self.lines]),
            },
            {"line": [line.number for line in self.lines]},
        )
        own = {name: f"row_{name}" for name in ("category", "quantity", "posture", "unit")}
        theirs = {name: f"peer_{name}" for name in ("quantity", "posture", "unit")}
        drawn = self.sampled.to_dataset().reindex(row=self.board.row)
        parts = [self.board.rename(own), self.scores, lines, self.peers.rename(theirs), drawn]
        parts += [] if self.between is None else [self.between]
        return xr.merge(parts, combine_attrs="override")


def _met(line: Line) -> str:
    return {True: "met", False: "not met", None: "no answer"}[line.met]


def validate(path: Path = TABLE, *, quick: bool = False, tell: Tell = lambda what, share: None) -> Validation:
    """Hold the model against every row of a table of targets that a static model can answer.

    Args:
        path: the table, in the columns of the package's own.
        quick: postures as drawn, fewer draws, no strength of an inclined trunk, no least co-contraction.
        tell: hears how far the run is.
    """
    table = read(path)
    asked = {name: row for name, row in table.items() if row.role in (*COMPARED, "peer_model")}
    questions.plan([row for name, row in asked.items() if targets().get(name) != row], {})  # or an error
    tell("columns and segments on the bench", 0.0)
    man, volunteer = person("man"), person("volunteer")
    curves, on_bench = _bench(man, asked)
    tell("postures of the man who was measured", 0.1)
    tasks = measured_tasks(volunteer, settle=not quick)
    pressures = beside_measured(volunteer, tasks)
    settled = {str(name): taken(tasks, i) for i, name in enumerate(pressures.posture.values)}
    answers = _own(on_bench | _on_people(man, asked, settled, quick, tell), asked)
    said = (
        _refused(asked)
        | uses()
        | (dict.fromkeys(SLOW, Use("unanswered", "left out of a quick run")) if quick else {})
    )
    ds = board([row for row in asked.values() if row.role in COMPARED], answers, said)
    sampled = intervals(
        [asked[str(name)] for name in ds.row.values if name in answers], settled, answers,
        draws=QUICK_DRAWS if quick else DRAWS, quick=quick,
        tell=lambda share: tell("draws of what is not known", 0.55 + 0.35 * share),
    )  # fmt: skip
    ds = sampled.beside(ds).assign_attrs(
        provenance(man, man), targets=path.name, mode="quick" if quick else "full", draws=len(sampled.draws)
    )
    banded = bool((ds.low.notnull() | ds.answer.isnull()).all())
    lines = pass_line(ds, agreement(pressures), curves, banded)
    others = [row for row in asked.values() if row.role == "peer_model"]
    apart = None
    if not quick:
        tell("what stands between", 0.9)
        compared = [row for row in asked.values() if row.role in COMPARED]
        ends = (
            on_people(compared, settled),
            searched(sampled.searched),
            bench_varied(answers),
            day_varied(answers),
        )
        apart = between(
            compared, answers, merged(*ends),
            lambda moved: pass_line(
                board(compared, moved, said), agreement(with_answers(pressures, moved)), curves, banded
            ),
        )  # fmt: skip
    return Validation(
        ds, scores(ds), lines, peer_table(others, ds, answers), pressures, curves, sampled, apart
    )


def _refused(asked: dict[str, Target]) -> dict[str, Use]:
    """Rows that read like a question but cannot be asked, and why."""
    why = {name: questions.refusal(row) or bench.refusal(row) for name, row in asked.items()}
    return {name: Use("unanswered", reason) for name, reason in why.items() if reason}


def _on_people(
    man: Model, asked: dict[str, Target], settled: dict[str, Task], quick: bool, tell: Tell
) -> dict[str, float]:
    """Answers of the experiments on living people."""
    tell("other postures", 0.3)
    planned = questions.plan(list(asked.values()), settled)
    ends = solved(planned.models(), stacked(list(planned.tasks)), keep=postures.kept)
    found = {name: float(postures.read(asked[name], planned, ends)) for name in planned.case}
    if _asks(asked, "6_strength_kinematics"):
        tell("strength", 0.35)
        found |= {name: float(angle) for name, angle in postures.lordoses(man).items()}
        efforts = strength.UPRIGHT if quick else strength.UPRIGHT + strength.INCLINED
        found |= strength.answers(strength.greatest_moments(efforts))
    if _asks(asked, "7_iap", "7_stability"):
        tell("stiffness, pressure and stability of the trunk", 0.45)
        found |= trunk.answers(man, coactivation=not quick)
    if not quick and any(row.role == "peer_model" for row in asked.values()):
        found |= peers.answers()
    return found | (day_answers() if _asks(asked, "8_creep", "1_idp") else {})


def _asks(asked: dict[str, Target], *categories: str) -> bool:
    """Whether any row set up as the package's own belongs to one of some categories."""
    usual = targets()
    return any(
        row.category in categories and name in usual and _same(row, usual[name])
        for name, row in asked.items()
    )


def _bench(man: Model, asked: dict[str, Target]) -> tuple[Curves, dict[str, float]]:
    """Curves, and answers of the fixed experiments and of the rows of any other load."""
    found: dict[str, float] = {}
    if _asks(asked, "3_fsu", "4_facet", "8_creep"):
        found = {name: float(value) for name, value in segments.simulated(man).items()}
    usual = targets()
    others = [row for row in asked.values() if row.id not in found or usual.get(row.id) != row]
    more, curves = bench.column_tests(man, others)
    return curves, found | more


def _own(answers: dict[str, float], asked: dict[str, Target]) -> dict[str, float]:
    """Answers to the rows asked; one whose set-up differs from the package's own has none by its id alone."""
    usual = targets()
    return {
        name: value
        for name, value in answers.items()
        if name in asked and (name not in usual or _same(asked[name], usual[name]) or _by_words(asked[name]))
    }


def _same(row: Target, usual: Target) -> bool:
    words = ("quantity", "posture", "external_load", "level", "unit")
    return all(getattr(row, word) == getattr(usual, word) for word in words)


def _by_words(row: Target) -> bool:
    """Whether a row is answered by what it says, whatever its id."""
    return bool(bench.loads_of(row)) or questions.question(row) is not None
