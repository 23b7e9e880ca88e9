"""Stability of a balanced body: the stiffness of its weakest motion and what it is made of.

The second derivative of the potential (`models.potential`) at constant activation, the stiff translations of
the discs left to follow, is a stiffness in the rotations of the levels. Its least eigenvalue is the margin:
below zero the balance tips over before any reflex. All rotations count alike, so the margin is the stiffness
against a motion whose squared rotations add up to one square radian.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim._names import choose
from spinesim._programs import kept
from spinesim._provenance import provenance
from spinesim._record import Record, entry, is_concrete, quantity, sentences, to_dataset, words
from spinesim.models.anatomy import AXES, LEVELS, Model
from spinesim.models.groups import group_weights
from spinesim.models.labels import labels
from spinesim.models.placement import place
from spinesim.models.potential import (
    N_MOTION,
    N_ROTATION,
    SOURCES,
    SPINE,
    TILT,
    Balanced,
    Motion,
    energies,
    tensions,
)
from spinesim.models.state import Task
from spinesim.solvers import balance
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status

if TYPE_CHECKING:
    from xarray import Dataset

#: What becomes of the pelvis: its place, as in a harness, or free to tilt on held legs.
Pelvis = Literal["held", "free"]
Matrix = Float[Array, "motion motion"]
Result = TypeVar("Result")
_AT_REST = np.zeros(N_MOTION)
_LARGEST_Q = 1e4
#: The three rotations of a level as a clinician calls them.
MOTIONS = ("lateral bending", "axial rotation", "flexion-extension")


class Steadiness(eqx.Enumeration):
    """Whether a balance holds; the sentence says what to change."""

    stable = ""
    unstable = "The weakest motion tips over: add co-contraction, support or stiffness."
    unsolved = "The case is not in balance, so its stability means nothing: look at the status of the solve."


class Stability(Record):
    """How stiff a balanced body is against its weakest motion, and through what.

    `margin_source` and `margin_group` add up to `stability_eigenvalue`. The mode is a unit vector in the
    rotations, seen in lower-body axes (bending to the right, rotation to the left, extension positive).
    """

    stability_eigenvalue: Float[Array, ""] = quantity("N m/rad")
    stability_index: Float[Array, ""] = quantity(
        "N m/rad"
    )  # geometric mean of all eigenvalues, 0 if unstable
    critical_q: Float[Array, ""] = quantity("1")  # of all muscles; 0 stable without, inf never
    mode_tilt: Float[Array, ""] = quantity("rad")
    mode_rotation: Float[Array, "level 3"] = quantity("rad", "level", "axis")
    mode_translation: Float[Array, "level 3"] = quantity("m", "level", "axis")
    margin_source: Float[Array, "source"] = quantity("N m/rad", "source")
    margin_group: Float[Array, "group"] = quantity("N m/rad", "group")
    status: Steadiness = entry(Steadiness)

    def to_dataset(self, model: Model, batch: Sequence[str] = ()) -> "Dataset":
        """Everything here with names along its axes; `batch` names the leading axes of a batch."""
        return to_dataset(self, labels(model) | {"source": SOURCES}, batch, **provenance(model, self))

    def __repr__(self) -> str:
        return _text(self) if is_concrete(self) else super().__repr__()


@kept
def stability(model: Model, task: Task, solution: Equilibrium, *, pelvis: Pelvis = "held") -> Stability:
    """Least stiffness of the spine around a solved balance, its mode, and who provides it.

    Differentiable with respect to everything, `solution` included, while the least eigenvalue is simple.

    Args:
        model: the body that was solved.
        task: the posture and loads that were solved.
        solution: its equilibrium.
        pelvis: "held" looks at the spine alone; "free" lets the pelvis tilt about the hips, legs held.
    """
    state = balanced(model, task, solution)
    parts = tangent(state)
    eigenvalue, modes = spectrum(parts.whole, pelvis)
    mode = _signed(modes[:, 0])
    source, fascicle = curvature(state, mode)
    holds = (eigenvalue[0] > 0) & (jnp.linalg.eigvalsh(parts.whole[N_ROTATION:, N_ROTATION:])[0] > 0)
    status = Steadiness.where(holds, Steadiness.stable, Steadiness.unstable)
    lower = state.placement.frames.rotation[:SPINE]
    return Stability(
        stability_eigenvalue=eigenvalue[0],
        stability_index=index(eigenvalue),
        critical_q=_critical(parts, pelvis),
        mode_tilt=mode[0],
        mode_rotation=jnp.einsum("jba,jb->ja", lower, mode[TILT:N_ROTATION].reshape(SPINE, 3)),
        mode_translation=jnp.einsum("jba,jb->ja", lower, mode[N_ROTATION:].reshape(SPINE, 3)),
        margin_source=source,
        margin_group=jnp.asarray(group_weights(model.fascicles)) @ fascicle,
        status=Steadiness.where(solution.status == Status.converged, status, Steadiness.unsolved),
    )


def balanced(model: Model, task: Task, solution: Equilibrium) -> Balanced:
    """The body in the balance that a solve found."""
    placement = place(model, task)
    translation, _ = balance.unpack(solution.multipliers)
    return Balanced(
        model=model,
        loads=task.loads,
        placement=placement,
        translation=translation,
        activation=solution.activation,
        pressure=solution.intra_abdominal_pressure,
        reaction=solution.support_force @ placement.frames.world.T,
    )


class Tangent(NamedTuple):
    """Second derivative of the potential [N m/rad, N/rad, N/m]."""

    whole: Matrix
    steady: Matrix  # without short-range stiffness
    per_gain: Matrix  # short-range stiffness for q = 1 in every muscle


def tangent(state: Balanced) -> Tangent:
    """Stiffness of a balanced body in all its motions."""
    tension, springs = tensions(state)

    def energy(motion: Motion) -> tuple[Float[Array, ""], Float[Array, "fascicle"]]:
        source, length = energies(state, motion)
        return jnp.sum(source) + tension @ length[:-1], length[:-1]

    bent, lever = jax.jacfwd(jax.grad(energy, has_aux=True))(jnp.asarray(_AT_REST))
    steady = bent + lever.T @ (springs.passive[:, None] * lever)
    per_gain = lever.T @ (springs.per_gain[:, None] * lever)
    gain = state.model.fascicles.short_range * springs.per_gain
    return Tangent(steady + lever.T @ (gain[:, None] * lever), steady, per_gain)


def spectrum(stiffness: Matrix, pelvis: Pelvis) -> tuple[Float[Array, "mode"], Float[Array, "motion mode"]]:
    """Eigenvalues [N m/rad] and modes of the rotations, least first; the translations follow."""
    choose("pelvis", pelvis, get_args(Pelvis))
    turning = slice(TILT if pelvis == "held" else 0, N_ROTATION)
    across, along = stiffness[turning, N_ROTATION:], stiffness[N_ROTATION:, N_ROTATION:]
    follow = -jnp.linalg.solve(along, across.T)
    condensed = stiffness[turning, turning] + across @ follow
    value, rotation = jnp.linalg.eigh(condensed)
    held = jnp.zeros((turning.start, value.size))
    return value, jnp.concatenate([held, rotation, follow @ rotation])


def index(eigenvalue: Float[Array, "mode"]) -> Float[Array, ""]:
    """Geometric mean of the eigenvalues [N m/rad], 0 if one is negative (Cholewicki and McGill 1996)."""
    holds = eigenvalue[0] > 0
    return jnp.where(holds, jnp.exp(jnp.mean(jnp.log(jnp.where(holds, eigenvalue, 1.0)))), 0.0)


def curvature(state: Balanced, mode: Motion) -> tuple[Float[Array, "source"], Float[Array, "fascicle"]]:
    """Second derivative of every part of the potential along a motion [N m/rad]."""
    tension, springs = tensions(state)

    (_, stretch), (source, bend) = along(lambda motion: energies(state, motion), mode)
    stiffness = state.model.fascicles.short_range * springs.per_gain + springs.passive
    return source, tension * bend[:-1] + stiffness * stretch[:-1] ** 2


def along(function: Callable[[Motion], Result], mode: Motion) -> tuple[Result, Result]:
    """First and second derivative of a function of motion, along one from rest."""

    def rate(motion: Motion) -> Result:
        return jax.jvp(function, (motion,), (mode,))[1]

    return jax.jvp(rate, (jnp.asarray(_AT_REST),), (mode,))


def _signed(mode: Motion) -> Motion:
    """The mode with its largest rotation positive."""
    turned = mode[:N_ROTATION]
    return mode * jnp.sign(turned[jnp.argmax(jnp.abs(turned))])


def _critical(parts: Tangent, pelvis: Pelvis) -> Float[Array, ""]:
    """The q of all muscles at which the least eigenvalue vanishes.

    The eigenvalue grows with q and is concave in it, so Newton's method from below never overshoots.
    """

    def least(q: Float[Array, ""], parts: Tangent) -> tuple[Float[Array, ""], Float[Array, ""]]:
        value, modes = spectrum(parts.steady + q * parts.per_gain, pelvis)
        mode = jax.lax.stop_gradient(modes[:, 0])
        return value[0], mode @ parts.per_gain @ mode

    def step(q: Float[Array, ""], parts: Tangent) -> Float[Array, ""]:
        value, slope = least(q, parts)
        return jnp.clip(q - value / jnp.maximum(slope, 1e-12), 0.0, _LARGEST_Q)

    def climbs(search: tuple[Array, Array]) -> Bool[Array, ""]:
        q, before = search
        return q - before > 1e-9 * (1 + q)

    still = jax.lax.stop_gradient(parts)
    zero = jnp.zeros(())
    q, _ = jax.lax.while_loop(climbs, lambda search: (step(search[0], still), search[0]), (zero, zero - 1))
    return jnp.where(q < _LARGEST_Q, step(q, parts), jnp.inf)


def _text(result: Stability) -> str:
    """The result in a few lines; a batch as counts."""
    status = words(Steadiness, result.status)
    if status.ndim:
        names, counts = np.unique(status, return_counts=True)
        ended = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        return f"Stability of {status.size} cases {status.shape}: {ended}"
    margin, critical = float(result.stability_eigenvalue), float(result.critical_q)
    level, axis = np.unravel_index(np.argmax(np.abs(result.mode_rotation)), (SPINE, len(AXES)))
    said = f"{status}: {sentences(Steadiness)[str(status)]}" if str(status) != "stable" else "stable"
    parts = zip(
        (*SOURCES, "muscle"), np.append(result.margin_source, np.sum(result.margin_group)), strict=True
    )
    return "\n".join([
        f"Stability {said}",
        f"least eigenvalue {margin:.1f} N m/rad, critical q {critical:.1f}, weakest in {MOTIONS[axis]}, "
        f"most at {LEVELS[level]}",
        "N m/rad by source: " + ", ".join(f"{name} {value:+.1f}" for name, value in parts),
    ])  # fmt: skip
