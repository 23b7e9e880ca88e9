"""Movements: a family of postures solved as one batch, and what is read off its curves."""

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import integer
from spinesim._provenance import fingerprint
from spinesim.models.anatomy import Model
from spinesim.models.groups import REPORTED
from spinesim.models.posture import Posture
from spinesim.models.se3 import joint_rotation
from spinesim.models.state import Task
from spinesim.scenarios.movements import frame
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.stability import Stability
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined
from spinesim.sweeps.local import solve_batch, stability_batch
from spinesim.sweeps.table import ENDING

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

#: Muscles of both sides, by the name they share.
MUSCLES = tuple(name[:-2] for name in REPORTED[::2])
#: What an electrode over the lumbar erector spinae hears: long extensors that attach to lumbar vertebrae.
LUMBAR_ERECTOR = ("longissimus_pars_lumborum", "iliocostalis_pars_lumborum")
#: Share of its peak below which the erector spinae counts as silent (assumed).
SILENT = 0.1
#: Mean activation of both sides below which their difference means nothing.
LEAST_ACTIVATION = 0.005
#: Curves of a stability that a movement keeps.
STEADY = ("stability_eigenvalue", "stability_index", "critical_q")
#: Flexion of the trunk that is worth asking for relaxation [rad].
_DEEP = np.radians(60)


def movement(
    model: Model,
    name: str,
    *,
    frames: int = 31,
    side: str = "r",
    stability: bool = False,
    objective: AbstractObjective | None = None,
    **loads: Any,
) -> "Dataset":
    """A movement so slow that every frame is at rest, all frames solved as one batch.

    Args:
        model: the body.
        name: the movement, as in `MOVEMENTS`.
        frames: postures, evenly along the phase; 2 to 1000.
        side: the side that works in a one-sided movement.
        stability: measure the stability of every frame too.
        objective: what the muscles minimise; activations squared by default.
        loads: replace those of the movement, as in `hand_load_kg=10`.

    Returns:
        Everything an `Equilibrium` says, over `phase`, with `trunk_flexion` and `symmetry_index`. Every frame
        has its `status`, residuals and reserve; the rest of a frame that did not converge is NaN. Movements
        that bend the trunk by more than 60 degrees also have their `flexion_relaxation`.

    Example:
        >>> ds = movement(lumbar_model(), "flexion")
        >>> ds.disc_compression.sel(level="L4L5").max()
    """
    phases = np.linspace(0.0, 1.0, integer("frames", frames, 2, 1000))
    tasks = tasks_along(name, phases, side, **loads)
    ends, steady = _solved(model, tasks, objective, stability)
    ds = ends.to_dataset(model, batch=("phase",))
    if steady is not None:
        ds = ds.assign(steady.to_dataset(model, batch=("phase",))[list(STEADY)])
    ds = _without_failures(ds).assign_coords(phase=("phase", phases, _about("1", "phase of the movement")))
    ds["trunk_flexion"] = ("phase", trunk_flexion(tasks.posture), _about("rad", "inclination of the thorax"))
    ds["symmetry_index"] = symmetry_index(ds)
    if float(np.ptp(ds.trunk_flexion.values)) > _DEEP:
        ds = ds.assign(flexion_relaxation(ds))
    return ds.assign_attrs(movement=name, side=side, tasks_hash=fingerprint(tasks))


def tasks_along(name: str, phases: Float[np.ndarray, "phase"], side: str = "r", **loads: Any) -> Task:
    """The tasks at some phases of a movement, stacked."""
    frames = [frame(name, float(phase), side, **loads) for phase in phases]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *frames)


def _solved(
    model: Model, tasks: Task, objective: AbstractObjective | None, stability: bool
) -> tuple[Equilibrium, Stability | None]:
    """Equilibria of stacked tasks and, if wanted, how stable they are; in chunks of one compiled shape."""
    size = chunk_size(1.0)
    models = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (size, *np.shape(leaf))), model)

    def solved(rows: np.ndarray, wanted: int) -> tuple[Equilibrium, Stability | None]:
        chosen = jax.tree.map(lambda leaf: leaf[rows], tasks)
        ends = solve_batch(models, chosen, objective, wanted)
        return ends, stability_batch(models, chosen, ends, wanted) if stability else None

    return joined(answers for _, answers in in_chunks(solved, len(tasks.loads.hand_mass), size))


def _about(unit: str, name: str) -> dict[str, str]:
    return {"units": unit, "long_name": name}


def _without_failures(ds: "Dataset") -> "Dataset":
    """NaN wherever a frame did not converge, but for how it ended."""
    said = {name: ds[name] for name in ENDING}
    return ds.where(ds.status == "converged").assign(said)


@jax.vmap
def trunk_flexion(posture: Posture) -> Float[Array, ""]:
    """Inclination of the thorax forward from upright [rad], seen from the side."""
    up = joint_rotation(posture.pelvis)
    for level in posture.levels:
        up = up @ joint_rotation(level)
    return jnp.arctan2(up[0, 1], up[1, 1])


def symmetry_index(ds: "Dataset") -> "DataArray":
    """2 (R - L) / (R + L) of the mean activation of each muscle: 0 alike, 2 right alone, -2 left alone.

    After Robinson et al. (1987, J Manipulative Physiol Ther 10:172). NaN where both sides are all but silent.
    """
    right, left = (
        ds.group_activation.sel(group=[f"{muscle}_{side}" for muscle in MUSCLES])
        .rename(group="muscle")
        .assign_coords(muscle=list(MUSCLES))
        for side in "rl"
    )
    busy = right + left > 2 * LEAST_ACTIVATION
    index = (2 * (right - left) / (right + left).where(busy)).where(busy)
    return index.assign_attrs(_about("1", "symmetry index of the activations"))


def flexion_relaxation(ds: "Dataset") -> "Dataset":
    """Where the lumbar erector spinae falls silent in deep flexion, and how much it relaxes.

    `flexion_relaxation` is the trunk flexion beyond which its mean activation stays below a tenth of its
    peak, straight between frames; NaN, with a sentence, where it stays busy. `flexion_relaxation_ratio` is
    the peak over the activation in deepest flexion.
    """
    import xarray as xr

    groups = [f"{muscle}_{side}" for muscle in LUMBAR_ERECTOR for side in "rl"]
    activity = ds.group_activation.sel(group=groups).mean("group").sortby(ds.trunk_flexion).dropna("phase")
    angle = ds.trunk_flexion.sel(phase=activity.phase).values
    silence, ratio, said = _relaxed(angle, activity.values) if activity.size else (np.nan, np.nan, "not held")
    return xr.Dataset({
        "flexion_relaxation": ((), silence, _about("rad", "onset of flexion-relaxation") | {"comment": said}),
        "flexion_relaxation_ratio": ((), ratio, _about("1", "peak over deepest activation")),
    })  # fmt: skip


def _relaxed(
    angle: Float[np.ndarray, "phase"], activity: Float[np.ndarray, "phase"]
) -> tuple[float, float, str]:
    """Onset of silence, peak over deepest activity, and what that means; the frames by rising angle."""
    peak, deepest = activity.max(), activity[-1]
    silence = _last_fall(angle, activity, SILENT * peak)
    ratio = float(peak / deepest) if deepest > 0 else np.inf
    if not np.isnan(silence):
        return silence, ratio, f"the lumbar erector spinae is silent beyond {np.degrees(silence):.0f} deg"
    left = f"{100 * deepest / peak:.0f} % of its peak at {np.degrees(angle[-1]):.0f} deg"
    return silence, ratio, f"none: the lumbar erector spinae still works at {left}"


def _last_fall(
    angle: Float[np.ndarray, "phase"], activity: Float[np.ndarray, "phase"], least: float
) -> float:
    """The angle at which `activity` falls below `least` for good; NaN if it does not."""
    loud = np.flatnonzero(activity >= least)[-1]
    if loud == len(angle) - 1:
        return float("nan")
    return float(np.interp(least, activity[[loud + 1, loud]], angle[[loud + 1, loud]]))
