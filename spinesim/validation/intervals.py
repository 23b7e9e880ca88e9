"""What is not known of body and muscles, drawn a thousand times: the band of every answer, what drives it.

Six parameters vary together, evenly over their published ranges (table `sampled`). Answers read off postures
are solved anew for every draw. Strength and trunk stiffness take whole searches: they are solved with each
parameter at either end of its range, and the draws follow that response (`responses`). Pressures on the bench
follow area and k in closed form; other experiments on the bench depend on none of the six.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.stats import rankdata

from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers.recruitment import Effort
from spinesim.validation import postures, questions
from spinesim.validation.people import Cases, answered, person, stacked, taken
from spinesim.validation.questions import Plan
from spinesim.validation.responses import SEARCHING, Searched, responses, searched
from spinesim.validation.sampled import Draws, PerDraw, at, bodies, draw, table
from spinesim.validation.targets import Target

#: Draws of a full and of a quick run, powers of two; the band leaves out a fortieth at either end.
DRAWS, QUICK_DRAWS = 1024, 32
BAND = (2.5, 97.5)
#: Correlation of ranks below which nothing is said to drive an answer.
LEAST = 0.1


class Intervals(NamedTuple):
    """Answers of all rows for all draws."""

    parameters: tuple[str, ...]
    draws: Draws
    answers: dict[str, PerDraw]
    searched: Searched  # strength and trunk at the ends of parameters, nothing in a quick run

    def to_dataset(self) -> xr.Dataset:
        """Correlation of ranks between every answer and every parameter, and the ranges that were drawn."""
        rows = table()
        low, high = rows.numbers("low", "high").T
        ranks = np.array([*map(self._ranks, self.answers)])
        return xr.Dataset(
            {
                "rank_correlation": (("row", "parameter"), ranks.reshape(-1, len(self.parameters))),
                "drawn_low": ("parameter", low), "drawn_high": ("parameter", high),
                "drawn_source": ("parameter", list(rows.words("source"))),
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
    resistance = drawn[:, at("disc_area")] * drawn[:, at("pressure_factor")] / usual
    planned = questions.plan(rows, settled)
    ends = _solved_draws(planned, drawn, lambda share: tell(0.8 * share))
    found = {}
    searching = not quick and any(row.category in SEARCHING and row.id not in planned.case for row in rows)
    seen = searched(answers, lambda share: tell(0.8 + 0.2 * share)) if searching else {}
    slow = responses(drawn, answers, seen)
    for row in rows:
        if row.id in planned.case:
            found[row.id] = postures.read(row, planned, ends, resistance)
        elif row.quantity == "intradiscal_pressure":
            found[row.id] = _pressed(row, answers[row.id], resistance)
        elif row.id in slow:
            found[row.id] = slow[row.id]
        elif not (quick and row.category in SEARCHING):
            found[row.id] = np.full(draws, answers[row.id])
    return Intervals(table().names("name"), drawn, found, seen)


def _solved_draws(planned: Plan, drawn: Draws, tell: Callable[[float], None]) -> postures.Ends:
    """Ends of every case for every draw, those of one exponent after the other."""
    usual, tasks, cases = planned.models(), stacked(list(planned.tasks)), len(planned.tasks)
    power = drawn[:, at("cost_exponent")]
    parts, order, done = [], [], [0]

    def count(more: int) -> None:
        done[0] += more
        tell(done[0] / (len(drawn) * cases))

    for exponent, objective in ((2.0, None), (3.0, Effort(power=3))):
        own = np.flatnonzero(power == exponent)
        if own.size:

            def case(rows: Cases, own: Cases = own) -> tuple[Model, Task]:
                which = rows % cases
                return bodies(taken(usual, which), drawn[own[rows // cases]]), taken(tasks, which)

            ends = answered(own.size * cases, case, objective, postures.kept, count)
            parts.append(jax.tree.map(lambda leaf, n=own.size: leaf.reshape(n, cases, *leaf.shape[1:]), ends))
            order.append(own)
    back = np.argsort(np.concatenate(order))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[back], *parts)


def _pressed(row: Target, pressure: float, resistance: PerDraw) -> PerDraw:
    """A pressure on the bench for discs that resist with other area times k."""
    swelling = float(person("man").discs.swelling_pressure[0]) / 1e6
    half = (pressure**2 - swelling**2) / (2 * pressure) / resistance
    return half + np.hypot(half, swelling)
