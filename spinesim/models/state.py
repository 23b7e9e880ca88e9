"""What is asked of a body: a posture and its loads, together a Task. World axes have y up."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from spinesim._names import choose, of_kind
from spinesim._numbers import Number, Pair, number, pair
from spinesim._record import Record, quantity, static
from spinesim.models import tables
from spinesim.models.anatomy import BODIES
from spinesim.models.posture import Posture

#: Three components, as a tuple or an array.
Triple = tuple[Number, Number, Number] | Real[Array, "3"] | Real[np.ndarray, "3"]
STANDARD_GRAVITY = 9.80665  # m/s^2, CODATA


def weight_only() -> Float[Array, "3"]:
    """Standard gravity in world axes [m/s^2]."""
    return jnp.array([0.0, -STANDARD_GRAVITY, 0.0])


class Loads(Record):
    """What pulls on the body besides its muscles."""

    gravity: Float[Array, "3"] = quantity("m/s^2", "axis")  # world
    hand_mass: Float[Array, "side"] = quantity("kg", "side")  # hangs at the grip
    carried_mass: Float[Array, "body"] = quantity("kg", "body")  # barbell, backpack
    carried_point: Float[Array, "body 3"] = quantity("m", "body", "axis")  # its centre, body frame
    force: Float[Array, "body 3"] = quantity("N", "body", "axis")  # world axes
    point: Float[Array, "body 3"] = quantity("m", "body", "axis")  # where `force` acts, body frame
    torque: Float[Array, "body 3"] = quantity("N m", "body", "axis")  # world axes


class Push(Record):
    """An external force and torque on one body."""

    body: str = static()
    force: Float[Array, "3"] = quantity("N", "axis")  # world axes
    point: Float[Array, "3"] = quantity("m", "axis")  # body frame
    torque: Float[Array, "3"] = quantity("N m", "axis")  # world axes

    def __init__(
        self,
        body: str,
        force_n: Triple = (0.0, 0.0, 0.0),
        point_m: Triple = (0.0, 0.0, 0.0),
        torque_nm: Triple = (0.0, 0.0, 0.0),
    ):
        self.body = choose("body", body, BODIES)
        self.force = _triple("force_n", force_n, 1e5)
        self.point = _triple("point_m", point_m, 2.0)
        self.torque = _triple("torque_nm", torque_nm, 1e5)


class Task(Record):
    """A posture and its loads, ready to be solved.

    Args:
        posture: where the bones are and what holds them.
        hand_load_kg: held in both hands together, or (right, left); 0 to 300.
        barbell_kg: across the shoulders, 0 to 500.
        backpack_kg: on the back, 0 to 150.
        push: external wrenches, at most one a body.

    Example:
        >>> Task(Posture.flexed(trunk_flexion_deg=30), hand_load_kg=20)
    """

    posture: Posture
    loads: Loads

    def __init__(
        self,
        posture: Posture,
        *,
        hand_load_kg: Pair = 0.0,
        barbell_kg: Number = 0.0,
        backpack_kg: Number = 0.0,
        push: Push | tuple[Push, ...] = (),
    ):
        of_kind("posture", posture, Posture, "Posture.standing()")
        hands = pair("hand_load_kg", hand_load_kg, 0.0, 300.0)
        mass, point = _carried(
            barbell=number("barbell_kg", barbell_kg, 0.0, 500.0),
            backpack=number("backpack_kg", backpack_kg, 0.0, 150.0),
        )
        self.posture = posture
        self.loads = Loads(
            gravity=weight_only(),
            hand_mass=hands if isinstance(hand_load_kg, tuple) else hands / 2,
            carried_mass=mass,
            carried_point=point,
            **_pushes((push,) if isinstance(push, Push) else push),
        )


def _carried(**masses: Float[Array, ""]) -> tuple[Float[Array, "body"], Float[Array, "body 3"]]:
    """Carried mass of every body [kg] and its centre in the body's frame [m]."""
    table = tables.load("carried")
    row = {name: i for i, name in enumerate(table.names("load"))}
    body = np.array([BODIES.index(table.words("body")[row[name]]) for name in masses])
    place = table.numbers("x", "y", "z")[[row[name] for name in masses]]
    mass = jnp.stack(list(masses.values()))
    total = jnp.zeros(len(BODIES)).at[body].add(mass)
    first_moment = jnp.zeros((len(BODIES), 3)).at[body].add(mass[:, None] * place)
    return total, first_moment / jnp.where(total > 0, total, 1.0)[:, None]


def _pushes(pushes: tuple[Push, ...]) -> dict[str, Float[Array, "body 3"]]:
    """Forces, their points and torques by body."""
    bodies = [push.body for push in pushes]
    for body in bodies:
        if bodies.count(body) > 1:
            raise ValueError(f"more than one push on {body!r}: give their resultant")
    blank = jnp.zeros((len(BODIES), 3))
    wrench = {"force": blank, "point": blank, "torque": blank}
    for push in pushes:
        row = BODIES.index(push.body)
        wrench = {name: rows.at[row].set(getattr(push, name)) for name, rows in wrench.items()}
    return wrench


def _triple(name: str, value: Triple, limit: float) -> Float[Array, "3"]:
    return jnp.stack([number(f"{name}[{i}]", value[i], -limit, limit) for i in range(3)])
