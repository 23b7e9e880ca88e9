"""Shortest paths over a cylinder or a sphere, in the axes of the surface.

Over a cylinder the path keeps one sense of passing, so it never jumps to the other side; over a
sphere it takes the short way. Both come down to the same plane figure: two tangents and an arc.
With p, q the end points, r the radius and D the angle from p to q in the sense of passing, the arc
spans D - acos(r / |p|) - acos(r / |q|); where that is negative the straight line clears the surface.
The length is C1 where the path touches, and every derivative is finite.

Where no single rule is right everywhere, this is decided:

* D runs over [-90, 270) degrees. A path that is dragged across the axis stays on its side until
  D = 270 degrees, and a straight line that passes on the far side is left alone, never sent round.
* The surface yields to an end point that comes near or enters: its radius shrinks, C2, to stay below
  the distance of the end point. The shrinking sets in over `yielding`, a share of the radius, about
  the surface. While it lasts, the path is no longer stationary in its tangent points.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim._smooth import ramp, safe_norm

Point = Float[Array, "3"]
PlanePoint = Float[Array, "2"]
Scalar = Float[Array, ""]
Ends = Float[Array, "2"]  # at start and end

_CLEARANCE = 0.999  # largest radius over the distance of an end point


class Detour(Record):
    """A path that leaves the straight line at `first`, follows the surface, and leaves it at `last`."""

    first: Float[Array, "*wrap 3"] = quantity("m", "wrap", "axis")
    last: Float[Array, "*wrap 3"] = quantity("m", "wrap", "axis")
    arc: Float[Array, "*wrap"] = quantity("m", "wrap")  # length on the surface, 0 when not touched
    engaged: Float[Array, "*wrap"] = quantity("1", "wrap")  # 1 touched, 0 the straight line clears


def around_cylinder(start: Point, end: Point, radius: Scalar, side: Scalar, yielding: Ends) -> Detour:
    """The path from `start` to `end` over an endless cylinder about z, turning about z as `side` says.

    The geodesic is a straight line on the developed surface, so z advances linearly along the plane
    figure.
    """
    first, last, arc, engaged = _in_plane(start[:2], end[:2], radius, side, yielding)
    before, after = safe_norm(first - start[:2]), safe_norm(end[:2] - last)
    rise = (end[2] - start[2]) / (before + arc + after)
    return Detour(
        first=jnp.append(first, start[2] + rise * before),
        last=jnp.append(last, end[2] - rise * after),
        arc=arc * jnp.sqrt(1 + rise**2),
        engaged=engaged,
    )


def around_sphere(start: Point, end: Point, radius: Scalar, yielding: Ends) -> Detour:
    """The short path from `start` to `end` over a sphere about the origin, in the plane of the three."""
    start = _off_axis(start)
    along = start / safe_norm(start)
    across = end - (end @ along) * along
    height = safe_norm(across)
    across = across / jnp.where(height == 0, 1.0, height)  # in line with the centre: never touched
    plane = jnp.stack([along, across])
    side = jnp.ones_like(radius)
    first, last, arc, engaged = _in_plane(plane @ start, plane @ end, radius, side, yielding)
    return Detour(first=first @ plane, last=last @ plane, arc=arc, engaged=engaged)


def _in_plane(
    start: PlanePoint, end: PlanePoint, radius: Scalar, side: Scalar, yielding: Ends
) -> tuple[PlanePoint, PlanePoint, Scalar, Scalar]:
    """Tangent points, arc length and engagement of a path round a circle about the origin."""
    start, end = _off_axis(start), _off_axis(end)
    radius = _within(radius, safe_norm(start), yielding[0])
    radius = _within(radius, safe_norm(end), yielding[1])
    first, before = _tangent(start, radius, side)
    last, after = _tangent(end, radius, -side)
    cross = start[0] * end[1] - start[1] * end[0]
    turn = jnp.arctan2(side * cross, start @ end)
    turn = jnp.where(turn < -0.5 * jnp.pi, turn + 2 * jnp.pi, turn)
    angle = turn - before - after
    return first, last, radius * jnp.maximum(angle, 0.0), jnp.where(angle > 0, 1.0, 0.0)


def _tangent(point: PlanePoint, radius: Scalar, side: Scalar) -> tuple[PlanePoint, Scalar]:
    """Where the tangent from `point` touches the circle, and its angle ahead of `point` [rad]."""
    square = point @ point
    run = jnp.sqrt(square - radius**2)
    ahead = side * jnp.array([-point[1], point[0]])
    return (radius**2 * point + radius * run * ahead) / square, jnp.arctan2(run, radius)


def _within(radius: Scalar, distance: Scalar, yielding: Scalar) -> Scalar:
    """The radius, shrunk where it would reach an end point: C2, and always below `distance`."""
    reach = jnp.minimum(_CLEARANCE * distance / radius, 2.0)  # 2: far away
    return radius * (reach - ramp(reach - 1 + 0.5 * yielding, yielding))


def _off_axis(point: Float[Array, "n"]) -> Float[Array, "n"]:
    """The point, moved off the origin if it lies there, where no direction is defined."""
    tiny = jnp.finfo(point.dtype).eps
    return jnp.where(point @ point < tiny**2, jnp.full_like(point, tiny), point)
