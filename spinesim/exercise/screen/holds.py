"""Endurance holds: a posture is held until the muscles that are not yet tired no longer carry it.

Every fascicle has its own three compartments (`adaptation.fatigue`); between two solves its activation holds
and its fatigue is in closed form. What a tired fascicle drops, the others take up, until no forces balance
the posture: the engine's own stop rule, with no constant of this test.
"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from spinesim._record import words
from spinesim.adaptation.fatigue import fatigued_after
from spinesim.adaptation.parameters import Parameters
from spinesim.exercise.engine import Asked, solve_asked
from spinesim.solvers.solution import Status

#: Longest hold that is timed [s]; first step and longest step as a share of the time so far; how finely the
#: end is found, as a share of the time; and solves of one case at most.
LONGEST, FIRST, GROWTH, FINE, SOLVES = 600.0, 12.0, 0.4, 0.02, 60

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

    def solve(cap: Shares) -> tuple[Bool[np.ndarray, "case"], Shares]:
        ends = solve_asked(eqx.tree_at(lambda it: it.model.fascicles.cap, asked, jnp.asarray(cap)))
        return words(Status, ends.status) == "converged", np.asarray(ends.activation)

    return held_for(solve, np.asarray(asked.model.fascicles.cap), endurance, p)


def held_for(solve: Solve, drive: Shares, endurance: Shares, p: Parameters) -> Times:
    """The same for whatever shares the work: steps grow with the time so far, and halve onto the end."""
    tired, time, step = np.zeros_like(drive), np.zeros(len(drive)), np.full(len(drive), FIRST)
    held, activation = solve(drive)
    over, closing = ~held, np.zeros(len(drive), bool)
    for _ in range(SOLVES):
        if over.all():
            break
        used = activation / np.maximum(drive, 1e-6)
        later = np.asarray(fatigued_after(tired, used, step[:, None], endurance, p))
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
