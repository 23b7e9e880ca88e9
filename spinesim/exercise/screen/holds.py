"""Endurance holds: a posture is held until the muscles that are not yet tired no longer carry it.

Every fascicle has its own three compartments (`adaptation.fatigue`); between two solves its activation holds
and its fatigue is in closed form. What a tired fascicle drops, the others take up, until no forces balance
the posture. Then the spine sinks, segment by segment, into its passive tissue; the hold is over when an
examiner sees it.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim._programs import kept
from spinesim._record import words
from spinesim.adaptation.fatigue import fatigued_after
from spinesim.adaptation.parameters import Parameters
from spinesim.exercise.engine import Asked, solve_asked
from spinesim.exercise.screen.spine import stiffness
from spinesim.models.anatomy import LEVELS
from spinesim.solvers.solution import Status

#: Sinking of the trunk at which a hold is called over [deg] (assumed): what an eye tells apart. Tests allow
#: more: McGill et al. (1999, recalled) leave 10 cm behind the back in the flexor hold, some 12 degrees.
SEEN = 5.0
#: Longest hold that is timed [s]; first step and longest step as a share of the time so far; how finely the
#: end is found, as a share of the time; and solves of one case at most.
LONGEST, FIRST, GROWTH, FINE, SOLVES = 600.0, 12.0, 0.4, 0.02, 60
#: Missing moment that is none [N m].
_NOTHING = 0.1

Times = Float[np.ndarray, "case"]
Shares = Float[np.ndarray, "case fascicle"]
#: Caps of activation -> which cases they hold, and the activation.
Solve = Callable[[Shares], tuple[Bool[np.ndarray, "case"], Shares]]


def hold_times(asked: Asked, endurance: Shares, p: Parameters) -> Times:
    """How long each case is held [s]: 0 where it cannot be, LONGEST where it is not given up by then.

    Args:
        asked: bodies and postures, stacked.
        endurance: of every fascicle, 0 untrained to 1.
        p: parameters of one person.
    """
    yielding = np.asarray(_yielding(asked))

    def solve(cap: Shares) -> tuple[Bool[np.ndarray, "case"], Shares]:
        ends = solve_asked(eqx.tree_at(lambda it: it.model.fascicles.cap, asked, cap))
        ended = words(Status, ends.status)
        sinks = sunk(np.asarray(ends.reserve_moment), yielding)
        held = (ended == "converged") | ((ended == "overloaded") & (sinks < SEEN))
        return held, np.asarray(ends.activation)

    female = np.asarray(asked.model.person.female)[:, None]
    return held_for(solve, np.asarray(asked.model.fascicles.cap), endurance, p, female)


@kept
def _yielding(asked: Asked) -> Float[Array, "case level"]:
    """Stiffness of the passive tissue of every level where it is flexed to [N m/deg]."""
    return jax.vmap(lambda one: stiffness(one.model, -one.task.posture.levels[:, 2]))(asked)


def sunk(
    missing: Float[np.ndarray, "case joint 3"], yielding: Float[np.ndarray, "case level"]
) -> Float[np.ndarray, "case"]:
    """How far trunks sink where muscles do not hold them [deg].

    What is `missing` [N m] over the stiffness of passive tissue [N m/deg], summed over levels. The stiffness
    is that of unloaded segments in flexion, the least there is: compressed or active ones are stiffer. Hips
    have next to none: what is missing there lets go at once.
    """
    size = np.linalg.norm(missing, axis=-1)
    spine, hips = size[:, : len(LEVELS)], size[:, len(LEVELS) :]
    return np.where(hips.max(axis=1) > _NOTHING, np.inf, np.sum(spine / yielding, axis=1))


def held_for(
    solve: Solve,
    drive: Shares,
    endurance: Shares,
    p: Parameters,
    female: Float[np.ndarray, "case 1"] | float = 0.0,
) -> Times:
    """The same for whatever shares the work: steps grow with the time so far, and halve onto the end."""
    tired, time, step = np.zeros_like(drive), np.zeros(len(drive)), np.full(len(drive), FIRST)
    held, activation = solve(drive)
    over, closing = ~held, np.zeros(len(drive), bool)
    for _ in range(SOLVES):
        if over.all():
            break
        used = activation / np.maximum(drive, 1e-6)
        later = np.asarray(fatigued_after(tired, used, step[:, None], endurance, p, female))
        held, found = solve(drive * (1 - np.minimum(later, 1.0)))
        taken = held & ~over
        tired, activation = (
            np.where(taken[:, None], new, old) for new, old in ((later, tired), (found, activation))
        )
        time = np.where(taken, time + step, time)
        closing |= ~held
        longer = np.where(closing, step, np.maximum(FIRST, GROWTH * time))
        step = np.where(held, longer, step / 2)
        over |= (time >= LONGEST) | (step < FINE * np.maximum(time, FIRST))
    return np.minimum(np.where(closing, time + step, time), LONGEST)  # the end lies within two steps
