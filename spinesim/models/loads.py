"""Loads: what gravity, the hands and the outside world do to every body, in pelvis axes."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.kinematics import FOREARMS, Frames, at
from spinesim.models.state import Loads

ALL = tuple(range(len(BODIES)))
CAUSES = ("gravity", "external")


class BodyWrenches(Record):
    """Force and moment about the body origin on every body, by cause."""

    force: Float[Array, "cause body 3"] = quantity("N", "cause", "body", "axis")
    moment: Float[Array, "cause body 3"] = quantity("N m", "cause", "body", "axis")

    def total(self) -> tuple[Float[Array, "body 3"], Float[Array, "body 3"]]:
        """Force [N] and moment [N m] over all causes."""
        return jnp.sum(self.force, axis=0), jnp.sum(self.moment, axis=0)


def body_wrenches(model: Model, loads: Loads, frames: Frames) -> BodyWrenches:
    """Gravity apart from what the hands hold and what pushes, all in pelvis axes.

    Masses in the hands hang still at the grip, those on a body at their point: static weight, no swing.
    """
    gravity = frames.world @ loads.gravity
    grip = jnp.zeros((len(BODIES), 3)).at[np.array(FOREARMS)].set(model.grip)
    held = jnp.zeros(len(BODIES)).at[np.array(FOREARMS)].set(loads.hand_mass)

    def arm(point: Float[Array, "body 3"]) -> Float[Array, "body 3"]:
        return at(frames, ALL, point) - frames.origin

    weight = jnp.outer(model.bodies.mass, gravity)
    hands = jnp.outer(held, gravity)
    pack = jnp.outer(loads.carried_mass, gravity)
    push = loads.force @ frames.world.T
    twist = loads.torque @ frames.world.T
    carried = jnp.cross(arm(grip), hands) + jnp.cross(arm(loads.point), push) + twist
    carried += jnp.cross(arm(loads.carried_point), pack)
    return BodyWrenches(
        force=jnp.stack([weight, hands + push + pack]),
        moment=jnp.stack([jnp.cross(arm(model.bodies.com), weight), carried]),
    )
