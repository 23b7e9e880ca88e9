"""Supports: feet, seat, back rest, bench and floor as unilateral reactions at known contacts."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._record import Record, quantity
from spinesim.models import tables
from spinesim.models.anatomy import SIDES

UP = (0.0, 1.0, 0.0)


class Supports(Record):
    """Which contacts are supported, from where and how roughly; rows as in `model.contacts`."""

    active: Float[Array, "contact"] = quantity("1", "contact")  # 1 supported, 0 free
    normal: Float[Array, "contact 3"] = quantity("1", "contact", "axis")  # push direction, world
    friction: Float[Array, "contact"] = quantity("1", "contact")  # Coulomb coefficient


def rest(*places: str, on: str, normal: Float[Array, "3"] | tuple[float, float, float] = UP) -> Supports:
    """Support of the named contacts by one surface of the friction table, pushing along `normal`.

    A place without a side (`heel`, `thigh`) means both sides.
    """
    names = tables.contact_names()
    wanted = {name for place in places for name in both_sides(place)}
    active = np.array([float(name in wanted) for name in names])
    surface = choose("surface", on, _friction())
    normals = jnp.broadcast_to(jnp.asarray(normal, dtype=float), (len(names), 3))
    return Supports(jnp.asarray(active), normals, jnp.asarray(active * _friction()[surface]))


def both_sides(place: str) -> tuple[str, ...]:
    """Contacts that a place means: itself, or its right and left."""
    names = tables.contact_names()
    sided = tuple(f"{place}_{side}" for side in SIDES)
    return sided if sided[0] in names else (choose("contact", place, names),)


def together(*parts: Supports) -> Supports:
    """Several surfaces at once; a contact named twice keeps the last one."""
    whole = parts[0]
    for part in parts[1:]:
        new = part.active > 0
        whole = Supports(
            jnp.maximum(whole.active, part.active),
            jnp.where(new[:, None], part.normal, whole.normal),
            jnp.where(new, part.friction, whole.friction),
        )
    return whole


def _friction() -> dict[str, float]:
    rows = tables.load("friction")
    return dict(zip(rows.names("surface"), rows.numbers("coefficient").tolist(), strict=True))


def one_foot(side: str) -> Supports:
    """The sole of one foot on the floor."""
    side = choose("side", side, SIDES)
    return rest(*(f"{place}_{side}" for place in _SOLE), on="shoe_on_floor")


def two_feet() -> Supports:
    """Both soles on the floor."""
    return rest(*_SOLE, on="shoe_on_floor")


def seat() -> Supports:
    """Ischia and thighs on a seat, soles on the floor."""
    return together(two_feet(), rest("ischium", "thigh", on="cloth_on_cushion"))


def seat_with_back(recline: Float[Array, ""]) -> Supports:
    """A seat, and a back rest inclined backward by `recline` [rad] against shoulder blades and ribs."""
    forward = jnp.stack([jnp.cos(recline), jnp.sin(recline), jnp.zeros_like(recline)])
    return together(seat(), rest("scapula", "rib_back", on="cloth_on_cushion", normal=forward))


def seat_with_elbows() -> Supports:
    """A seat, and the elbows held up by the thighs.

    The thighs lie on the seat right below and pass the push on to it, so the elbows are held as by a
    table of the same height; how the seat shares the thighs' weight does not reach the spine.
    """
    return together(seat(), rest("elbow", on="cloth_on_cushion"))


def supine() -> Supports:
    """Lying on the back on a bed: head, shoulder blades, ribs, sacrum, thighs, calves and heels."""
    return rest(
        "head_back", "scapula", "rib_back", "sacrum", "thigh", "calf", "heel_back", on="cloth_on_cushion"
    )


def prone() -> Supports:
    """Lying face down on a bed: head, ribs, pelvis, knees and insteps."""
    return rest("head_front", "rib_front", "asis", "knee_front", "foot_front", on="cloth_on_cushion")


def prone_on_elbows() -> Supports:
    """Lying face down with the chest raised on the elbows."""
    return rest("elbow", "asis", "knee_front", "foot_front", on="cloth_on_cushion")


def side_lying(side: str) -> Supports:
    """Lying on one side on a bed: its head, shoulder and hip; a pillow carries the upper leg as well."""
    side = choose("side", side, SIDES)
    lower = tuple(f"{place}_{side}" for place in ("head_side", "shoulder_side", "trochanter"))
    return rest(*lower, "knee_side", "foot_side", on="cloth_on_cushion")


def quadruped() -> Supports:
    """On hands and knees on the floor."""
    return rest("hand", "knee", on="cloth_on_floor")


def bridge() -> Supports:
    """Feet, shoulder blades and head on the floor, the pelvis lifted."""
    return together(two_feet(), rest("head_back", "scapula", on="cloth_on_floor"))


_SOLE = ("heel", "forefoot_medial", "forefoot_lateral")


def cone_projection(y: Float[Array, "3"]) -> tuple[Float[Array, "3"], Float[Array, "3 3"]]:
    """Nearest point of the cone f_n >= |f_t| to `y` (normal, two tangents), and its derivative.

    With tangents counted in units of friction times normal force this is Coulomb's cone. Spectral form:
    f = max(l1, 0) c1 + max(l2, 0) c2 with l = y_n -+ |y_t| (Fukushima, Luo and Tseng 2002, SIAM J
    Optim 12:436).
    """
    normal, tangent = y[0], y[1:]
    square = tangent @ tangent
    axis = square == 0
    slip = jnp.sqrt(jnp.where(axis, 1.0, square))
    direction = jnp.where(axis, 0.0, tangent / slip)
    slip = jnp.where(axis, 0.0, slip)
    low, high = jnp.maximum(normal - slip, 0.0), jnp.maximum(normal + slip, 0.0)
    low_slope, high_slope = (normal >= slip).astype(y.dtype), (normal >= -slip).astype(y.dtype)
    mean, half = 0.5 * (low_slope + high_slope), 0.5 * (high_slope - low_slope)
    # Across the slip the force turns with its direction: (high - low) / 2 slip, slope on the axis.
    across = jnp.where(axis, mean, 0.5 * (high - low) / jnp.where(axis, 1.0, slip))
    force = jnp.concatenate([0.5 * (low + high)[None], across * tangent])
    around = jnp.outer(direction, direction)
    tangential = mean * around + across * (jnp.eye(2, dtype=y.dtype) - around)
    top = jnp.concatenate([mean[None], half * direction])
    bottom = jnp.concatenate([(half * direction)[:, None], tangential], axis=1)
    return force, jnp.concatenate([top[None], bottom])


def frame(normal: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Right-handed orthonormal rows (normal, two tangents), smooth but for the normal straight down.

    The tangents are z and x carried along by the shortest turn of the vertical into `normal`, so a
    reaction on the floor reads (up, right, forward).
    """
    x, y, z = normal
    down = 1 + y < 1e-9
    fold = jnp.where(down, 0.0, 1 / jnp.where(down, 1.0, 1 + y))
    forward = jnp.stack([1 - x * x * fold, -x, -x * z * fold])
    return jnp.stack([normal, jnp.cross(forward, normal), forward])
