"""Every exercise through the engine, beside what was published of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinesim._provenance import provenance
from spinesim._record import words
from spinesim.exercise.engine import asked_of, solve_asked
from spinesim.exercise.library import FOLDER, Exercise, library
from spinesim.models import tables
from spinesim.models.anatomy import LEVELS, SIDES, Model
from spinesim.models.groups import REPORTED
from spinesim.solvers.solution import Status

if TYPE_CHECKING:
    from xarray import Dataset

#: What a surface electrode hears, by the groups under it.
CHANNELS = {
    "MF": ("multifidus",),
    "LES": ("longissimus_pars_lumborum", "iliocostalis_pars_lumborum"),
    "TES": ("longissimus_pars_thoracis", "iliocostalis_pars_thoracis"),
    "RA": ("rectus_abdominis",),
    "EO": ("external_oblique",),
    "IO_TrA": ("internal_oblique", "transversus_abdominis"),
    "Gmax": ("gluteus_maximus",),
    "Gmed": ("gluteus_medius",),
    "iliopsoas": ("psoas_major", "iliacus"),
    "HAM": ("hamstrings",),
}
#: Factor between computed and published from which they are said to disagree, and the activation [1] and
#: compression [N] below which a factor means nothing.
DISAGREE, LEAST = 2.0, 0.1


def channel_activation(group_activation: np.ndarray) -> np.ndarray:
    """Activation by channel, of the side that works harder; groups are the last axis."""
    found = []
    for groups in CHANNELS.values():
        sides = [
            np.mean([group_activation[..., REPORTED.index(f"{group}_{side}")] for group in groups], axis=0)
            for side in SIDES
        ]
        found.append(np.maximum(*sides))
    return np.stack(found, axis=-1)


def exercises(model: Model, more: Mapping[str, Exercise] | None = None) -> "Dataset":
    """Activation and loads of every exercise, computed in one batch, beside the published values.

    Args:
        model: the body.
        more: one's own exercises, as `own` reads them.

    Returns:
        A dataset over (exercise, channel) with `status`; `rank_correlation` (Spearman) over the exercises is
        by channel and, for compression, one number, over measured values only. What did not converge is NaN.
    """
    import xarray as xr

    asked = {**library(), **(more or {})}
    ends = solve_asked(
        asked_of(model, [one.task() for one in asked.values()],
                 [one.cued(model.fascicles) for one in asked.values()])
    )  # fmt: skip
    status = words(Status, ends.status)
    held = status == "converged"
    activation = np.where(held[:, None], channel_activation(np.asarray(ends.group_activation)), np.nan)
    compression = np.where(held, ends.disc_compression[:, LEVELS.index("L4L5")], np.nan)
    said = published(tuple(asked))
    ds = xr.Dataset(
        {
            "activation": (("exercise", "channel"), activation, {"units": "1"}),
            "compression": ("exercise", compression, {"units": "N", "long_name": "L4-L5 compression"}),
            "status": ("exercise", status),
            **said,
        },
        {"exercise": list(asked), "channel": list(CHANNELS)},
        provenance(model, ends),
    )
    ds["rank_correlation"] = ("channel", [
        _rank(ds.activation.sel(channel=name).values,
              ds.published_activation.sel(channel=name).where(ds.activation_measured.sel(channel=name)).values)
        for name in CHANNELS
    ])  # fmt: skip
    within = ds.published_compression.where(ds.compression_measured)
    ds["compression_rank_correlation"] = _rank(ds.compression.values, within.values)
    ds["compression_rank_correlation_all"] = _rank(ds.compression.values, ds.published_compression.values)
    return ds


def published(names: Sequence[str]) -> dict[str, Any]:
    """Published values as variables of a dataset; NaN where there is none."""
    table = tables.read(FOLDER / "published.csv")
    quantities = (*CHANNELS, "compression")
    shape = (len(names), len(quantities))
    value, measured = np.full(shape, np.nan), np.zeros(shape, bool)
    for row, number in zip(table.rows, table.numbers("value"), strict=True):
        if row["exercise"] in names:
            place = names.index(row["exercise"]), quantities.index(row["quantity"])
            value[place], measured[place] = number, row["grade"] == "measured"
    both = ("exercise", "channel")
    return {
        "published_activation": (both, value[:, :-1] / 100, {"units": "1"}),
        "activation_measured": (both, measured[:, :-1]),
        "published_compression": ("exercise", value[:, -1], {"units": "N"}),
        "compression_measured": ("exercise", measured[:, -1]),
    }


def disagreements(ds: "Dataset") -> list[tuple[str, str, float, float]]:
    """Exercise, quantity, computed and published value wherever measured ones differ by more than twofold."""
    found = []
    for i, name in enumerate(ds.exercise.values):
        for j, channel in enumerate(ds.channel.values):
            pair = ds.activation.values[i, j], ds.published_activation.values[i, j]
            if ds.activation_measured.values[i, j] and max(pair) >= LEAST and _apart(*pair):
                found.append((str(name), str(channel), *map(float, pair)))
        pair = ds.compression.values[i], ds.published_compression.values[i]
        if ds.compression_measured.values[i] and _apart(*pair):
            found.append((str(name), "compression", *map(float, pair)))
    return found


def _apart(computed: float, said: float) -> bool:
    least = max(min(computed, said), 1e-9)
    return bool(np.isfinite(computed) and max(computed, said) / least > DISAGREE)


def _rank(computed: np.ndarray, said: np.ndarray) -> float:
    """Spearman's rank correlation where both are there; NaN for fewer than four."""
    from scipy.stats import spearmanr

    both = np.isfinite(computed) & np.isfinite(said)
    if np.sum(both) < 4:
        return float("nan")
    found: Any = spearmanr(computed[both], said[both])
    return float(found.statistic)
