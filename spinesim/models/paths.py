"""Muscle paths: from points on bodies to the straight segments that pull, and their lengths.

A path is a chain of stretches between neighbouring points. A stretch that bends over a surface is
written as three segments: the direct one (weight 1 - engaged) and the two tangents (weight engaged),
whose tangent points ride on the body of the surface. A path over a surface is of stationary length
in its tangent points, so this is exact to first order in any further displacement of the bodies.

The knees only set the length of the muscles that cross them: the patellar points of rectus femoris
stay on the femur (true near extension) and its last stretch bends over the condyles as the knee
bends, which leaves it a knee extension arm of 52 mm when straight and 23 mm at 120 degrees.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity, static
from spinesim._smooth import safe_norm
from spinesim.models.anatomy import Model, Paths, Wraps
from spinesim.models.wrapping import Detour, around_cylinder, around_sphere

#: Share of the radius over which a surface yields to an end point: one on another body may come near
#: and is given way gently; one on the surface's own body stays where it is, outside.
_YIELDING, _YIELDING_OWN = 0.2, 0.012

Rotations = Float[Array, "body 3 3"]
Origins = Float[Array, "body 3"]


class Segments(Record):
    """Straight pieces of muscle between two bodies, in pelvis axes, for one posture."""

    start_body: tuple[int, ...] = static()  # (segment,) index in BODIES
    end_body: tuple[int, ...] = static()
    fascicle: tuple[int, ...] = static()  # (segment,) index of the owner
    start: Float[Array, "segment 3"] = quantity("m", "segment", "axis")
    end: Float[Array, "segment 3"] = quantity("m", "segment", "axis")
    weight: Float[Array, "segment"] = quantity("1", "segment")  # 1 where the path takes this piece
    constant: Float[Array, "fascicle"] = quantity("m", "fascicle")  # arcs, pieces inside one body


def place_paths(
    paths: Paths, wraps: Wraps, n_fascicles: int, rotation: Rotations, origin: Origins
) -> Segments:
    """The segments of all fascicles for bodies posed by `rotation` and `origin` [m].

    Each stretch bends over one surface at most. Pieces whose ends ride on the same body never change
    and go to `constant`.
    """
    owner, body = np.array(paths.fascicle, int), np.array(paths.body, int)
    point = origin[body] + jnp.einsum("pij,pj->pi", rotation[body], paths.position)
    wrapped, surface = np.array(wraps.before, int), np.array(wraps.body, int)
    own = np.stack([body[wrapped], body[wrapped + 1]], axis=-1) == surface[:, None]
    yielding = jnp.asarray(np.where(own, _YIELDING_OWN, _YIELDING), point.dtype)
    detour = _detours(wraps, point[wrapped], point[wrapped + 1], rotation[surface], origin[surface], yielding)

    plain = np.setdiff1d(np.flatnonzero(owner[:-1] == owner[1:]), wrapped)
    owners = owner[np.concatenate([plain, wrapped, wrapped, wrapped])]
    start_body = np.concatenate([body[plain], body[wrapped], body[wrapped], surface])
    end_body = np.concatenate([body[plain + 1], body[wrapped + 1], surface, body[wrapped + 1]])
    start = jnp.concatenate([point[plain], point[wrapped], point[wrapped], detour.last])
    end = jnp.concatenate([point[plain + 1], point[wrapped + 1], detour.first, point[wrapped + 1]])
    weight = jnp.concatenate([
        jnp.ones(len(plain), point.dtype), 1 - detour.engaged, detour.engaged, detour.engaged
    ])  # fmt: skip

    moving, fixed = start_body != end_body, start_body == end_body
    inside = weight[fixed] * safe_norm(end[fixed] - start[fixed])
    constant = jnp.zeros(n_fascicles, point.dtype).at[owners[fixed]].add(inside)
    return Segments(
        start_body=tuple(start_body[moving].tolist()),
        end_body=tuple(end_body[moving].tolist()),
        fascicle=tuple(owners[moving].tolist()),
        start=start[moving],
        end=end[moving],
        weight=weight[moving],
        constant=constant.at[owner[wrapped]].add(detour.arc),
    )


def fascicle_lengths(segments: Segments, shift: Origins) -> Float[Array, "fascicle"]:
    """Length of each fascicle when every body is displaced by `shift` [m, pelvis axes]."""
    start = segments.start + shift[np.array(segments.start_body, int)]
    end = segments.end + shift[np.array(segments.end_body, int)]
    piece = segments.weight * safe_norm(end - start)
    return segments.constant.at[np.array(segments.fascicle, int)].add(piece)


def lengths(model: Model, rotation: Rotations, origin: Origins) -> Float[Array, "fascicle"]:
    """Length of each fascicle for bodies posed by `rotation` and `origin` [m]: the definition."""
    n_fascicles = len(model.fascicles.name)
    segments = place_paths(model.paths, model.wraps, n_fascicles, rotation, origin)
    return fascicle_lengths(segments, jnp.zeros_like(origin))


def _detours(
    wraps: Wraps,
    start: Float[Array, "wrap 3"],
    end: Float[Array, "wrap 3"],
    rotation: Float[Array, "wrap 3 3"],
    origin: Float[Array, "wrap 3"],
    yielding: Float[Array, "wrap 2"],
) -> Detour:
    """How each stretch from `start` to `end` bends over its surface; points in pelvis axes."""
    axes = rotation @ wraps.rotation
    centre = origin + jnp.einsum("wij,wj->wi", rotation, wraps.centre)
    p = jnp.einsum("wji,wj->wi", axes, start - centre)
    q = jnp.einsum("wji,wj->wi", axes, end - centre)
    side = jnp.array(wraps.side, p.dtype)
    spherical = np.array(wraps.spherical, bool)
    over, under = np.flatnonzero(spherical), np.flatnonzero(~spherical)
    sphere = jax.vmap(around_sphere)(p[over], q[over], wraps.radius[over], yielding[over])
    cylinder = jax.vmap(around_cylinder)(
        p[under], q[under], wraps.radius[under], side[under], yielding[under]
    )
    back = np.argsort(np.concatenate([over, under]))
    local = jax.tree.map(lambda a, b: jnp.concatenate([a, b])[back], sphere, cylinder)
    return Detour(
        first=centre + jnp.einsum("wij,wj->wi", axes, local.first),
        last=centre + jnp.einsum("wij,wj->wi", axes, local.last),
        arc=local.arc,
        engaged=local.engaged,
    )
