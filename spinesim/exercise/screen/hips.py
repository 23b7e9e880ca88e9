"""Ranges of the hip: the modified Thomas test and the raised straight leg."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.adaptation.state import Person, Slow
from spinesim.exercise.body import HAMSTRINGS, HIP_FLEXORS
from spinesim.models.anatomy import Model
from spinesim.models.hips import passive_hip_moment
from spinesim.models.kinematics import FEMURS, SHANKS
from spinesim.models.state import STANDARD_GRAVITY

#: Thomas test: the pelvis rolled back until the back lies flat, as the other knee is held to the chest, and
#: the knee of the hanging leg [deg] (both assumed).
ROLLED, HANGING_KNEE = 15.0, 80.0
#: Angle at which the stretch of a raised straight leg is given up by people who lack nothing [deg].
RAISED = 80.0
#: Angles at which the moment of a raised leg is read [deg]; it grows over all of them.
_RAISES = np.arange(40.0, 86.0, 5.0)
_HALVINGS = 30

Sides = Float[Array, "side"]


def passive_moment(
    hip_deg: Float[Array, "..."], knee_deg: Float[Array, "..."] | float
) -> Float[Array, "..."]:
    """Moment of everything passive about a healthy hip [N m], positive where it flexes (Riener 1999).

    Double exponential of hip and knee flexion [deg], measured from -20 to 110 degrees of hip flexion, muscles
    of two joints included.
    """
    stretched = jnp.exp(1.4655 - 0.0034 * knee_deg - 0.0750 * hip_deg)
    folded = jnp.exp(1.3403 - 0.0226 * knee_deg + 0.0305 * hip_deg)
    return stretched - folded + 8.072


def leg_weight(model: Model, below_deg: Float[Array, "..."]) -> Float[Array, "..."]:
    """Moment of one leg's weight about its hip [N m], the thigh `below_deg` under the horizontal.

    The shank hangs as the knee of the test says; right and left legs weigh alike.
    """
    thigh, shank = FEMURS[0], SHANKS[0]
    low = jnp.deg2rad(below_deg)
    turned = low + jnp.deg2rad(HANGING_KNEE)
    knee, masses = model.bodies.joint[shank], model.bodies.mass
    lever_thigh = -model.bodies.com[thigh, 1] * jnp.cos(low)
    lever_shank = -knee[1] * jnp.cos(low) - model.bodies.com[shank, 1] * jnp.cos(turned)
    return STANDARD_GRAVITY * (masses[thigh] * lever_thigh + masses[shank] * lever_shank)


def thomas(model: Model, slow: Slow, person: Person) -> Sides:
    """Modified Thomas test: each thigh against the horizontal [deg], negative where it hangs lower.

    The thigh comes to rest where its weight meets the passive moment of the hip. Missing range shifts that
    moment along the angle; what tolerance gained lets it hang lower.
    """
    missing = jax.nn.relu(person.tight - slow.stretch_length)[HIP_FLEXORS]

    def one(missing: Float[Array, ""]) -> Float[Array, ""]:
        def hanging_on(below: Float[Array, ""]) -> Float[Array, ""]:
            hip = -(below + ROLLED) - missing
            return leg_weight(model, below) - passive_moment(hip, HANGING_KNEE)

        return bisected(hanging_on, jnp.asarray(-60.0), jnp.asarray(60.0))

    return -(jax.vmap(one)(missing) + slow.stretch_tolerance[HIP_FLEXORS])


def raised_leg(healthy: Model, own: Model, slow: Slow) -> Sides:
    """Passive raise of the straight leg [deg]: to the moment at which the healthy give it up.

    The moment is that of the engine's muscles about each hip; tolerance gained lets it go further.
    """
    given_up = passive_hip_moment(healthy, RAISED)
    moments = jax.vmap(lambda angle: passive_hip_moment(own, angle))(jnp.asarray(_RAISES))
    crossed = [jnp.interp(-given_up[side], -moments[:, side], _RAISES) for side in range(2)]
    return jnp.stack(crossed) + slow.stretch_tolerance[HAMSTRINGS]


def bisected(function, low: Array, high: Array) -> Array:
    """Where a function that falls from positive to negative crosses zero, by halving."""

    def halved(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = 0.5 * (low + high)
        above = function(middle) > 0
        return jnp.where(above, middle, low), jnp.where(above, high, middle)

    low, high = jax.lax.fori_loop(0, _HALVINGS, halved, (low, high))
    return 0.5 * (low + high)
