"""Single-leg stance, eyes open and closed: how long a swaying person stays up.

The body is an inverted pendulum over one foot in the frontal plane; ankle and hip push back in proportion to
lean and its speed, as sensed with noise and with a delay (Peterka 2002). The foot's half width bounds the
push, and so do abductors that have nothing to spare. Many trials on common random numbers.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.state import STANDARD_GRAVITY

#: Feedback over the toppling stiffness m g h, and over it per second (Peterka 2002, recalled).
STIFFNESS, DAMPING = 1.35, 0.4
#: Delay besides the reflex of the trunk: nerve, muscle, higher centres [s] (fitted with it to 0.18 s).
REST_OF_DELAY = 0.12
#: Noise of the sensed lean [rad] per degree of position error, and over it with eyes closed; both fitted to
#: 43.3 and 9.4 s in people of 18 to 39 years (Springer et al. 2007). Its time constant [s], and how much of a
#: greater error gets through while one sees, are assumed.
NOISE, BLIND, COLOUR, SEEN = 0.00178, 1.66, 0.2, 0.3
#: Position error of the people it was fitted to [deg].
USUAL = 2.0
#: Half width of a foot [m]; height of the centre of mass over the stature; lever of the weight about the
#: stance hip [m]; lean at which the other foot comes down [rad] (all assumed).
HALF_FOOT, HEIGHT, LEVER, DOWN = 0.0375, 0.55, 0.085, 0.12
#: Longest stance that is timed, step [s], trials, slots of the delay line.
CEILING, STEP, TRIALS, _SLOTS = 45.0, 0.01, 64, 40


class Sway(eqx.Module):
    """State of one trial."""

    lean: Float[Array, ""]
    speed: Float[Array, ""]
    noise: Float[Array, ""]
    line: Float[Array, "slot 2"]  # sensed lean and speed, the newest first
    time: Float[Array, ""]
    up: Float[Array, ""]


@eqx.filter_jit
def stance_time(
    stature: Float[Array, ""],
    error: Float[Array, ""],
    latency: Float[Array, ""],
    effort: Float[Array, ""],
    blind: Float[Array, ""],
    seed: int = 0,
) -> Float[Array, ""]:
    """Mean time on one leg over TRIALS [s], at most CEILING.

    Args:
        stature: [m].
        error: of position [deg].
        latency: of the reflex [ms].
        effort: of the hip abductors in quiet stance, 0 to 1 of what they can.
        blind: 1 with eyes closed, 0 open.
        seed: of the noise.
    """
    high = HEIGHT * stature
    ahead = (REST_OF_DELAY + latency / 1e3) / STEP
    spare = jnp.maximum(1 / jnp.clip(effort, 1e-3, 1.0) - 1, 0.0) * LEVER
    most = jnp.minimum(HALF_FOOT, spare) * STANDARD_GRAVITY / high**2  # push over the moment of inertia
    through = USUAL + (SEEN + (1 - SEEN) * blind) * (error - USUAL)
    rough = NOISE * through * (1 + (BLIND - 1) * blind)
    kept = jnp.exp(-STEP / COLOUR)
    topple = STANDARD_GRAVITY / high

    def step(now: Sway, drawn: Float[Array, ""]) -> tuple[Sway, None]:
        slot = jnp.clip(jnp.round(ahead).astype(int), 0, _SLOTS - 1)
        lean, speed = now.line[slot]
        push = jnp.clip(topple * (STIFFNESS * lean + DAMPING * speed), -most, most)
        speed = now.speed + STEP * (topple * now.lean - push)
        lean = now.lean + STEP * speed
        noise = kept * now.noise + jnp.sqrt(1 - kept**2) * rough * drawn
        line = jnp.roll(now.line, 1, axis=0).at[0].set(jnp.stack([lean + noise, speed]))
        up = now.up * (jnp.abs(lean) < DOWN)
        held = jnp.where(up > 0, lean, 0.0), jnp.where(up > 0, speed, 0.0)
        return Sway(*held, noise, line, now.time + STEP * up, up), None

    def trial(noise: Float[Array, "step"]) -> Float[Array, ""]:
        zero = jnp.zeros(())
        start = Sway(zero, zero, zero, jnp.zeros((_SLOTS, 2)), zero, jnp.ones(()))
        return jax.lax.scan(step, start, noise)[0].time

    drawn = np.random.default_rng(seed).standard_normal((TRIALS, int(CEILING / STEP)))
    return jnp.mean(jax.vmap(trial)(jnp.asarray(drawn)))
