"""What is not known of body and muscles, drawn a thousand times: the band of every answer, what drives it.

Six parameters vary together, evenly over their published ranges (table `sampled`). Answers read off postures
are solved anew for every draw. Strength and trunk stiffness take whole searches: they are solved with each
parameter at either end of its range, and the draws follow that response, the parts of positive answers
multiplied, of others added. Pressures on the bench follow area and k in closed form; other experiments on the
bench depend on none of the six.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.stats import qmc, rankdata

from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers.recruitment import Effort
from spinesim.validation import postures, questions, strength, trunk
from spinesim.validation.people import Cases, in_chunks, person, stacked, taken
from spinesim.validation.questions import Plan
from spinesim.validation.targets import FOLDER, Target

#: Draws of a full and of a quick run, powers of two; the band leaves out a fortieth at either end.
DRAWS, QUICK_DRAWS = 1024, 32
BAND = (2.5, 97.5)
#: Correlation of ranks below which nothing is said to drive an answer.
LEAST = 0.1

#: Parameters at whose ends strength and trunk are sought, and the categories of their rows.
SEARCHED = ("specific_tension", "body_mass", "short_range_stiffness")
SEARCHING = ("6_strength_kinematics", "7_iap", "7_stability")

Draws = Float[np.ndarray, "draw parameter"]
Point = Float[np.ndarray, "parameter"]
PerDraw = Float[np.ndarray, "draw"]
#: Answers of strength and trunk at the lower and at the upper end of a parameter.
Searched = dict[str, list[dict[str, float]]]


class Intervals(NamedTuple):
    """Answers of all rows for all draws."""

    parameters: tuple[str, ...]
    draws: Draws
    answers: dict[str, PerDraw]
    searched: Searched  # at the ends of SEARCHED, nothing in a quick run

    def to_dataset(self) -> xr.Dataset:
        """Correlation of ranks between every answer and every parameter, and the ranges that were drawn."""
        table = _table()
        low, high = table.numbers("low", "high").T
        ranks = np.array([*map(self._ranks, self.answers)])
        return xr.Dataset(
            {
                "rank_correlation": (("row", "parameter"), ranks.reshape(-1, len(self.parameters))),
                "drawn_low": ("parameter", low), "drawn_high": ("parameter", high),
                "drawn_source": ("parameter", list(table.words("source"))),
            },
            {"row": list(self.answers), "parameter": list(self.parameters)},
            {"draws": len(self.draws)},
        )  # fmt: skip

    def beside(self, ds: xr.Dataset) -> xr.Dataset:
        """A scoreboard with the `low` and `high` of every answer, its `driver` and that one's correlation."""
        empty = np.full(ds.row.size, np.nan)
        low, high, rho, driver = empty, empty.copy(), empty.copy(), [""] * ds.row.size
        for i, name in enumerate(map(str, ds.row.values)):
            if name in self.answers:
                low[i], high[i] = _band(self.answers[name])
                ranks = self._ranks(name)
                most = int(np.argmax(np.abs(ranks)))
                rho[i] = ranks[most]
                driver[i] = self.parameters[most] if abs(ranks[most]) >= LEAST else ""
        return ds.assign(
            low=("row", low), high=("row", high), driver=("row", driver), driver_correlation=("row", rho)
        )

    def _ranks(self, name: str) -> Float[np.ndarray, "parameter"]:
        """Spearman's correlation of an answer with each parameter; 0 where it does not vary."""
        found = np.isfinite(self.answers[name])
        answer = rankdata(self.answers[name][found])
        if len(set(answer)) < 2:
            return np.zeros(len(self.parameters))
        columns = [rankdata(column[found]) for column in self.draws.T]
        return np.array([np.corrcoef(c, answer)[0, 1] if np.ptp(c) > 0 else 0.0 for c in columns])


def _band(answer: PerDraw) -> tuple[float, float]:
    """Ends of the band; an answer without a number in most draws has none."""
    known = answer[~np.isnan(answer)]
    if 2 * known.size < answer.size:
        return np.nan, np.nan
    low, high = np.percentile(known, BAND, method="inverted_cdf")
    return float(low), float(high)


def intervals(
    rows: Sequence[Target], settled: Mapping[str, Task], answers: Mapping[str, float], *,
    draws: int, quick: bool, tell: Callable[[float], None],
) -> Intervals:  # fmt: skip
    """Answers of the rows under every draw.

    Args:
        rows: answered rows.
        settled: tasks of the volunteer by name, as they settled.
        answers: the answers with every parameter in its middle.
        draws: how many, a power of two.
        quick: squares only, and no response of strength and trunk.
        tell: hears how much of the work is done (0 to 1).
    """
    drawn = draw(draws, exponents=not quick)
    usual = float(person("man").discs.pressure_factor[0])
    resistance = drawn[:, _at("disc_area")] * drawn[:, _at("pressure_factor")] / usual
    planned = questions.plan(rows, settled)
    ends = _solved_draws(planned, drawn, lambda share: tell(0.8 * share))
    found = {}
    low, high, middle = _table().numbers("low", "high", "middle").T
    searching = not quick and any(row.category in SEARCHING and row.id not in planned.case for row in rows)
    ends = _searched(_ends(low, high, middle), lambda share: tell(0.8 + 0.2 * share)) if searching else {}
    slow = _responses(drawn, answers, ends) if ends else {}
    for row in rows:
        if row.id in planned.case:
            found[row.id] = postures.read(row, planned, ends, resistance)
        elif row.quantity == "intradiscal_pressure":
            found[row.id] = _pressed(row, answers[row.id], resistance)
        elif row.id in slow:
            found[row.id] = slow[row.id]
        elif not (quick and row.category in SEARCHING):
            found[row.id] = np.full(draws, answers[row.id])
    return Intervals(_table().names("name"), drawn, found, ends)


def draw(count: int, exponents: bool = True) -> Draws:
    """Sobol points over the ranges, the same every time; half of the draws have either exponent."""
    table = _table()
    middle, low, high = table.numbers("middle", "low", "high").T
    unit = qmc.Sobol(len(table), scramble=False).fast_forward(1).random(count)  # the first is a corner
    ordered = low + unit * (high - low)
    geometric = low * (high / low) ** unit
    kind = np.array(table.words("kind"))
    chosen = np.where(unit < 0.5, low, high) if exponents else np.broadcast_to(middle, unit.shape)
    return np.where(kind == "choice", chosen, np.where(kind == "logarithm", geometric, ordered))


@cache
def _table() -> tables.Table:
    return tables.read(FOLDER / "sampled.csv")


def _at(name: str) -> int:
    return _table().names("name").index(name)


@eqx.filter_jit
def altered(models: Model, tension: Any, mass: Any, q: Any) -> Model:
    """Stacked bodies with their strength, mass and q times factors."""

    def one(model: Model, tension: Any, mass: Any, q: Any) -> Model:
        muscles = replace(
            model.fascicles,
            max_force=model.fascicles.max_force * tension,
            short_range=model.fascicles.short_range * q,
        )
        heavier = replace(model.bodies, mass=model.bodies.mass * mass)
        return replace(model, fascicles=muscles, bodies=heavier)

    return jax.vmap(one)(models, tension, mass, q)


def _bodies(models: Model, drawn: Draws) -> Model:
    names = ("specific_tension", "body_mass", "short_range_stiffness")
    return altered(models, *(jnp.asarray(drawn[:, _at(name)]) for name in names))


def _solved_draws(planned: Plan, drawn: Draws, tell: Callable[[float], None]) -> postures.Ends:
    """Ends of every case for every draw, those of one exponent after the other."""
    usual, tasks, cases = planned.models(), stacked(list(planned.tasks)), len(planned.tasks)
    power = drawn[:, _at("cost_exponent")]
    parts, order, done = [], [], [0]

    def count(more: int) -> None:
        done[0] += more
        tell(done[0] / (len(drawn) * cases))

    for exponent, objective in ((2.0, None), (3.0, Effort(power=3))):
        own = np.flatnonzero(power == exponent)
        if own.size:

            def case(rows: Cases, own: Cases = own) -> tuple[Model, Task]:
                which = rows % cases
                return _bodies(taken(usual, which), drawn[own[rows // cases]]), taken(tasks, which)

            ends = in_chunks(own.size * cases, case, objective, postures.kept, count)
            parts.append(jax.tree.map(lambda leaf, n=own.size: leaf.reshape(n, cases, *leaf.shape[1:]), ends))
            order.append(own)
    back = np.argsort(np.concatenate(order))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[back], *parts)


def _pressed(row: Target, pressure: float, resistance: PerDraw) -> PerDraw:
    """A pressure on the bench for discs that resist with other area times k."""
    swelling = float(person("man").discs.swelling_pressure[0]) / 1e6
    half = (pressure**2 - swelling**2) / (2 * pressure) / resistance
    return half + np.hypot(half, swelling)


def _responses(drawn: Draws, answers: Mapping[str, float], seen: Searched) -> dict[str, PerDraw]:
    """Strength and trunk under every draw, by the response to each parameter's ends."""
    table, found = _table(), {}
    low, high, middle = table.numbers("low", "high", "middle").T
    for row in set(answers).intersection(*(set(end) for pair in seen.values() for end in pair)):
        usual, moved = answers[row], np.zeros(len(drawn))
        positive = usual > 0 and all(end[row] > 0 for pair in seen.values() for end in pair)
        tone, back = (np.log, np.exp) if positive else (np.asarray, np.asarray)
        for name, (below, above) in seen.items():
            at = _at(name)
            scale = np.log if table.words("kind")[at] == "logarithm" else np.asarray
            change = tone(np.array([below[row], usual, above[row]])) - tone(usual)
            axis = scale(np.array([low[at], middle[at], high[at]]))
            moved = moved + np.interp(scale(drawn[:, at]), axis, change)
        found[row] = back(tone(usual) + moved)
    return found


def _ends(low: Point, high: Point, middle: Point) -> dict[str, Draws]:
    """Points of the ranges at which one parameter is at its lower and at its upper end."""
    found = {}
    for name in SEARCHED:
        pair = np.stack([middle, middle])
        pair[:, _at(name)] = low[_at(name)], high[_at(name)]
        found[name] = pair
    return found


def _searched(ends: Mapping[str, Draws], tell: Callable[[float], None]) -> Searched:
    """Strength and trunk of bodies at the ends of every parameter; all strengths are sought together."""
    points = np.concatenate(list(ends.values()))
    bodies = {who: _bodies(stacked([person(who)] * len(points)), points) for who in ("man", "woman")}
    efforts = strength.UPRIGHT + strength.INCLINED
    models = [taken(bodies[effort.who], i) for i in range(len(points)) for effort in efforts]
    moments = strength.greatest_moments(efforts * len(points), models).reshape(len(points), -1)
    found = []
    for i in range(len(points)):
        tell((i + 1) / (len(points) + 1))
        found.append(strength.answers(moments[i]) | trunk.answers(taken(bodies["man"], i)))
    return {name: found[2 * i : 2 * i + 2] for i, name in enumerate(ends)}
