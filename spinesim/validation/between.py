"""What could stand between an answer and its measurement: one parameter at a time at the ends of its range.

Postures and pushes are solved anew at either end, in bodies and tasks that differ by one row of the table
`uncertain`; area, k and exponent come from the table `sampled`. What experiments on the bench owe to the
passive tissues is worked out where these are fitted (`calibration.slopes`).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.models.uncertain import CHANGES, varied
from spinesim.solvers.recruitment import Effort
from spinesim.validation import postures, questions, trunk
from spinesim.validation.people import Cases, answered, person, solved, stacked, taken
from spinesim.validation.questions import Plan
from spinesim.validation.sampled import table
from spinesim.validation.targets import Target

#: Logarithm of a factor beyond which it is not told.
_FAR = 50.0
#: Answers at the lower and at the upper end of a range, by row.
Ends = dict[str, tuple[float, float]]


class Parameter(NamedTuple):
    """A number that is not known, today's and the range it was published with."""

    name: str
    kind: str  # factor, shift or choice
    low: float
    middle: float
    high: float
    source: str

    def place(self, value: float) -> float:
        """Where a value lies on the axis along which the parameter is varied: its logarithm if a factor."""
        return float(np.log(value)) if self.kind == "factor" else value

    def value(self, place: float) -> float:
        """The value at a place."""
        return float(np.exp(min(place, _FAR))) if self.kind == "factor" else place


#: Answers of the rows that each parameter moves.
Varied = dict[Parameter, Ends]
#: Kinds of the table `sampled` as axes.
_KINDS = {"factor": "factor", "logarithm": "factor", "value": "factor", "choice": "choice"}


def on_people(rows: Sequence[Target], settled: Mapping[str, Task]) -> Varied:
    """Rows of postures and of pushes at the harness with each parameter in turn at either end.

    Args:
        rows: any rows; those of other experiments are passed over.
        settled: tasks of the volunteer by name, as they settled.
    """
    planned = questions.plan(rows, settled)
    own = [row for row in rows if row.id in planned.case]
    parameters, amounts = _amounts()
    usual, ends = _postures(planned, amounts)

    def read(at: postures.Ends, resistance: float = 1.0) -> dict[str, np.ndarray]:
        return {row.id: postures.read(row, planned, at, resistance) for row in own}

    found = dict(zip(parameters, _pairs(read(ends)), strict=True))
    now = read(usual)
    for p in _sampled("disc_area", "pressure_factor"):
        pair = [read(usual, end / p.middle) for end in (p.low, p.high)]
        found[p] = {row: (float(pair[0][row]), float(pair[1][row])) for row in now}
    (exponent,) = _sampled("cost_exponent")
    cubed = read(solved(planned.models(), stacked(list(planned.tasks)), Effort(power=3), postures.kept))
    found[exponent] = {row: (float(now[row]), float(cubed[row])) for row in now}
    return merged(found, _pushes(parameters, amounts))


def _sampled(*names: str) -> list[Parameter]:
    """Rows of the table `sampled`."""
    rows = table()
    found = {
        row["name"]: Parameter(row["name"], _KINDS[row["kind"]], low, middle, high, row["source"])
        for row, (low, middle, high) in zip(
            rows.rows, rows.numbers("low", "middle", "high").tolist(), strict=True
        )
    }
    return [found[name] for name in names]


def searched(ends: Mapping[str, Sequence[Mapping[str, float]]]) -> Varied:
    """Strength and trunk at both ends of the parameters whose response the draws follow."""
    return {
        p: {row: (low, ends[p.name][1][row]) for row, low in ends[p.name][0].items()} for p in _sampled(*ends)
    }


def merged(*parts: Varied) -> Varied:
    """All parts; what several say of one parameter together."""
    return {p: {row: pair for part in parts for row, pair in part.get(p, {}).items()}
            for p in dict.fromkeys(p for part in parts for p in part)}  # fmt: skip


def _amounts() -> tuple[list[Parameter], dict[str, Float[np.ndarray, "point"]]]:
    """Rows of the table `uncertain` that change a body or its task, and their amounts at every point.

    The first point has all of them in the middle, the others one at its lower or upper end.
    """
    rows = tables.load("uncertain").where("name", *CHANGES)
    numbers, found = rows.numbers("low", "high").tolist(), []
    for row, (low, high) in zip(rows.rows, numbers, strict=True):
        name = {"strength": "specific_tension"}.get(row["name"], row["name"])
        found.append(Parameter(name, row["kind"], low, float(row["kind"] == "factor"), high, row["source"]))
    middle = np.array([p.middle for p in found])
    points = np.tile(middle, (2 * len(found) + 1, 1))
    for i, p in enumerate(found):
        points[2 * i + 1, i], points[2 * i + 2, i] = p.low, p.high
    return found, dict(zip(rows.names("name"), points.T, strict=True))


def _pairs(answers: Mapping[str, np.ndarray]) -> list[Ends]:
    """Answers at the points after the first as lower and upper ends, by parameter."""
    count = len(next(iter(answers.values()))) // 2
    return [{row: (float(a[2 * i]), float(a[2 * i + 1])) for row, a in answers.items()} for i in range(count)]


@eqx.filter_jit
def _changed(models: Model, tasks: Task, amounts: dict[str, Float[Array, "case"]]) -> tuple[Model, Task]:
    return jax.vmap(lambda model, task, amount: varied((model, task), amount))(models, tasks, amounts)


def _postures(planned: Plan, amounts: Mapping[str, np.ndarray]) -> tuple[postures.Ends, postures.Ends]:
    """Ends of every case as it is, and at every further point."""
    models, tasks, cases = planned.models(), stacked(list(planned.tasks)), len(planned.tasks)
    points = len(next(iter(amounts.values())))

    def case(rows: Cases) -> tuple[Model, Task]:
        point = {name: jnp.asarray(amount[rows // cases]) for name, amount in amounts.items()}
        return _changed(taken(models, rows % cases), taken(tasks, rows % cases), point)

    ends = answered(points * cases, case, None, postures.kept)
    grid = jax.tree.map(lambda leaf: leaf.reshape(points, cases, *leaf.shape[1:]), ends)
    return taken(grid, 0), taken(grid, slice(1, None))


def _pushes(parameters: Sequence[Parameter], amounts: Mapping[str, np.ndarray]) -> Varied:
    """Stiffness of the trunk under the pushes of today's strength, at every point but the first."""
    man = person("man")
    tasks = trunk.push_tasks(man, trunk.greatest_pulls(man))
    count = len(tasks.loads.hand_mass)
    found: list[dict[str, float]] = []
    for point in range(1, len(next(iter(amounts.values())))):
        amount = {name: jnp.full(count, values[point]) for name, values in amounts.items()}
        models, changed = _changed(stacked([man] * count), tasks, amount)
        ends = solved(models, changed)
        found.append({k: float(v) for k, v in trunk.push_answers(taken(models, 0), changed, ends).items()})
    rows = {name: np.array([each[name] for each in found]) for name in found[0]}
    return dict(zip(parameters, _pairs(rows), strict=True))
