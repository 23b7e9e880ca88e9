"""Imbalances by name: what clinicians suspect, each with the task it shows in, its source and its evidence.

A scenario is an imbalance of the body, a task that goes wrong with it, or both: `stoop_lift` changes the
task alone, `prolonged_sitting` the ligaments and the slump. Severity 1 is the far end of the published or
assumed range. The evidence (A trials, B cohorts or laboratory, C animals or reasoning, D assumption) is for
the imbalance as it is described in people: none of these has been shown to cause a person's pain.
"""

from dataclasses import dataclass
from typing import Any

from spinesim._names import choose
from spinesim._numbers import Number, number
from spinesim._record import Record, static
from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.imbalance import Imbalance
from spinesim.models.state import Task
from spinesim.scenarios.tasks import numbers_in, posed


@dataclass(frozen=True)
class NamedScenario:
    """One row of the table of scenarios: `healthy` and `severe` are numbers of its task, `parts` those of
    its imbalance by kind."""

    name: str
    posture: str
    healthy: dict[str, Any]
    severe: dict[str, Any]
    parts: dict[str, dict[str, float]]
    evidence: str
    description: str
    source: str


class Scenario(Record):
    """A named imbalance at some severity, and the task it shows in."""

    imbalance: Imbalance
    task: Task
    name: str = static()

    def apply(self, model: Model) -> Model:
        """`model` with the imbalance of the scenario."""
        return self.imbalance.apply(model)


def _named(row: dict[str, str]) -> NamedScenario:
    healthy = numbers_in(row["healthy"])
    return NamedScenario(
        row["name"], row["posture"], healthy, healthy | numbers_in(row["severe"]), _parts(row["name"]),
        row["evidence"], row["description"], row["source"],
    )  # fmt: skip


def _parts(name: str) -> dict[str, dict[str, float]]:
    rows = tables.load("scenario_parts").where("scenario", name)
    parts: dict[str, dict[str, float]] = {}
    for kind, part, value in zip(rows.words("kind"), rows.words("part"), rows.numbers("value"), strict=True):
        parts.setdefault(kind, {})[part] = float(value)
    return parts


SCENARIOS = {row["name"]: _named(row) for row in tables.load("scenarios").rows}


def scenario(name: str, severity: Number = 1.0) -> Scenario:
    """A scenario by name at a `severity` from 0 (the healthy body in the healthy task) to 1.

    Example:
        >>> case = scenario("lower_crossed", 0.5)
        >>> solve(case.apply(model), case.task)
    """
    named = SCENARIOS[choose("scenario", name, SCENARIOS)]
    share = number("severity", severity, 0.0, 1.0)
    numbers = {key: _between(share, named.healthy[key], named.severe[key]) for key in named.severe}
    return Scenario(Imbalance(**named.parts).scaled(share), posed(named.posture, numbers), name)


def _between(share: Number, healthy: Any, severe: Any) -> Any:
    """A number, or both of a (right, left) pair, on the way from healthy to severe; words stay."""
    if isinstance(healthy, str):
        return healthy
    if isinstance(healthy, tuple):
        return tuple(_between(share, *pair) for pair in zip(healthy, severe, strict=True))
    return healthy + share * (severe - healthy)
