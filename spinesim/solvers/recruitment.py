"""Muscle redundancy: how much each fascicle works for a given drive.

The drive x_i = -(A^T lambda)_i is what a unit of activation of fascicle i gains in the balance of the
joints. Every objective here gives the activations in closed form of the drive, so the whole muscle-sharing
problem hides in the multipliers lambda of the moment rows (dual form of a separable convex programme).
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from spinesim._names import choose
from spinesim._record import Record, quantity, static
from spinesim.models.anatomy import Fascicles

PerFascicle = Float[Array, "fascicle"]
Weighting = Literal["activation", "stress", "volume"]


class Recruitment(NamedTuple):
    """Activations and how they answer the drive: d activation = slope * dx + gain * shared (shared . dx)."""

    activation: PerFascicle
    slope: PerFascicle
    shared: PerFascicle | None = None  # nothing where every fascicle answers its own drive alone
    gain: Float[Array, ""] | None = None

    def answer(self, drive: Float[Array, "n fascicle"]) -> Float[Array, "n fascicle"]:
        """How the activations answer n numbers that change the drive by the rows of `drive`."""
        own = self.slope * drive
        if self.shared is None or self.gain is None:
            return own
        return own + self.gain * jnp.outer(drive @ self.shared, self.shared)


class AbstractObjective(Record):
    """What muscles minimise while they balance the joints."""

    @abstractmethod
    def weights(self, fascicles: Fascicles, active: Callable[[], PerFascicle]) -> PerFascicle:
        """Price of each fascicle, given what it could pull at full activation [N]."""

    @abstractmethod
    def recruit(self, drive: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Recruitment:
        """Activations between 0 and `cap` that minimise cost - drive . activation."""

    @abstractmethod
    def cost(self, activation: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Float[Array, ""]:
        """What is minimised."""


class Effort(AbstractObjective):
    """sum_i w_i (a_i^p / p + d a_i^2 / 2), with a small d for p > 2.

    The quadratic part keeps the answer of a fascicle to a small drive finite (the slope of
    x^(1/(p-1)) is not); at d = 1e-4 it moves the cost by less than 1e-7 of itself.

    Args:
        power: p, 2 or more (Crowninshield and Brand 1981, J Biomech 14:793 used 3).
        weighting: "activation" (w = 1), "stress" (w from force over PCSA at the posture's length) or
            "volume" (w = PCSA x optimal length), each over its mean.
        floor: least activation of every fascicle: co-contraction that is there whatever the task.
    """

    power: int = static()
    weighting: Weighting = static()
    floor: Float[Array, ""] = quantity("1")
    softening: float = static()

    def __init__(
        self,
        power: int = 2,
        weighting: Weighting = "activation",
        floor: float | Float[Array, ""] = 0.0,
        softening: float = 1e-4,
    ):
        if not power >= 2:
            raise ValueError(f"power must be an integer of 2 or more, got {power}")
        choose("weighting", weighting, get_args(Weighting))
        self.power, self.weighting, self.softening = power, weighting, softening
        self.floor = jnp.asarray(floor, float)

    def weights(self, fascicles: Fascicles, active: Callable[[], PerFascicle]) -> PerFascicle:
        if self.weighting == "activation":
            return fascicles.price
        if self.weighting == "stress":
            size = (active() / fascicles.pcsa) ** self.power
        else:
            size = fascicles.pcsa * fascicles.optimal_length
        return fascicles.price * size / jnp.mean(size)

    def recruit(self, drive: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Recruitment:
        floor = jnp.minimum(self.floor, cap)
        wish, slope = self._unbounded(jnp.maximum(drive / weight, 0.0))
        free = (drive >= 0) & (wish >= floor) & (wish < cap)
        return Recruitment(jnp.clip(wish, floor, cap), jnp.where(free, slope / weight, 0.0))

    def _unbounded(self, worth: PerFascicle) -> tuple[PerFascicle, PerFascicle]:
        """Root a >= 0 of a^(p-1) + d a = worth and da/dworth."""
        if self.power == 2:
            return worth, jnp.ones_like(worth)
        p, d = self.power, self.softening
        if p == 3:  # the quadratic's root, in the form that keeps its digits
            root = 2.0 * worth / (d + jnp.sqrt(d**2 + 4.0 * worth))
            return root, 1.0 / (2.0 * root + d)
        still = worth <= 0
        target = jnp.where(still, 1.0, worth)
        # Both guesses lie above the root of a convex increasing function: Newton comes down to it.
        root = jnp.minimum(target ** (1 / (p - 1)), target / d)
        for _ in range(6):
            root = root - (root ** (p - 1) + d * root - target) / ((p - 1) * root ** (p - 2) + d)
        root = jnp.where(still, 0.0, root)
        return root, 1.0 / ((p - 1) * root ** (p - 2) + d)

    def cost(self, activation: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Float[Array, ""]:
        power = activation**self.power / self.power
        soft = 0.0 if self.power == 2 else 0.5 * self.softening * activation**2
        return jnp.sum(weight * (power + soft))


class MinMax(AbstractObjective):
    """The smallest top activation: s^2 / 2 * n + rest / 2 sum_i w_i a_i^2 with a_i <= s cap_i.

    The small quadratic rest shares the work below the top (Damsgaard et al. 2006, Simul Model Pract
    Theory 14:1100 use the same auxiliary term); n is the number of fascicles.
    """

    rest: Float[Array, ""] = quantity("1")

    def __init__(self, rest: float = 1e-2):
        self.rest = jnp.asarray(rest, float)

    def weights(self, fascicles: Fascicles, active: Callable[[], PerFascicle]) -> PerFascicle:
        return fascicles.price

    def recruit(self, drive: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Recruitment:
        stiffness = self.rest * weight
        count = drive.shape[0]

        def improve(_: Int[Array, ""], top: Float[Array, ""]) -> Float[Array, ""]:
            # n s - sum cap (x - stiffness s cap)+ is concave in s: Newton climbs to its root.
            held = drive > stiffness * top * cap
            pressed = jnp.sum(jnp.where(held, cap * drive, 0.0))
            return pressed / (count + jnp.sum(jnp.where(held, stiffness * cap**2, 0.0)))

        top = jax.lax.fori_loop(0, 30, improve, jnp.zeros((), drive.dtype))
        limited, top = top >= 1.0, jnp.minimum(top, 1.0)
        wish = jnp.maximum(drive, 0.0) / stiffness
        held = wish > top * cap
        return Recruitment(
            activation=jnp.minimum(wish, top * cap),
            slope=jnp.where((drive > 0) & ~held, 1.0 / stiffness, 0.0),
            shared=jnp.where(held & ~limited, cap, 0.0),
            gain=1.0 / (count + jnp.sum(jnp.where(held, stiffness * cap**2, 0.0))),
        )

    def cost(self, activation: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Float[Array, ""]:
        top = jnp.max(jnp.where(cap > 0, activation / jnp.where(cap > 0, cap, 1.0), 0.0))
        count = activation.shape[0]
        return 0.5 * count * top**2 + 0.5 * self.rest * jnp.sum(weight * activation**2)


class Tracking(AbstractObjective):
    """sum_i w_i (a_i - measured_i)^2 / 2: as near to given activations (EMG) as the balance allows."""

    measured: PerFascicle = quantity("1", "fascicle")

    def weights(self, fascicles: Fascicles, active: Callable[[], PerFascicle]) -> PerFascicle:
        return fascicles.price

    def recruit(self, drive: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Recruitment:
        wish = self.measured + drive / weight
        free = (wish > 0) & (wish < cap)
        return Recruitment(jnp.clip(wish, 0.0, cap), jnp.where(free, 1.0 / weight, 0.0))

    def cost(self, activation: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Float[Array, ""]:
        return 0.5 * jnp.sum(weight * (activation - self.measured) ** 2)
