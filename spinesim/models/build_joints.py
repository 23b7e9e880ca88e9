"""What holds the vertebrae together, built from the tables for one person."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import AXES, LEVELS, SIDES, Discs, Facets, Ligaments
from spinesim.models.scaling import Scale
from spinesim.models.tables import Table, constants, load


def discs(scale: Scale) -> Discs:
    """Discs of a person: a stiffness grows like E A / l, a rotational one like E A l."""
    shape, law = load("discs"), load("disc_mechanics")
    size, long = scale.length * scale.lumbar, scale.length

    def numbers(name: str, axes: tuple[str, ...]) -> Float[np.ndarray, "level axis"]:
        return law.numbers(*(f"{name}_{axis}" for axis in axes))

    return Discs(
        tilt=jnp.asarray(shape.numbers("tilt_deg")),
        height=jnp.asarray(shape.numbers("height") * size),
        area=jnp.asarray(shape.numbers("area") * scale.area * scale.lumbar**2),
        depth=jnp.asarray(shape.numbers("depth") * size),
        width=jnp.asarray(shape.numbers("width") * size),
        axial_stiffness=jnp.asarray(law.numbers("axial_stiffness") * scale.area / long),
        axial_stiffness_loaded=jnp.asarray(law.numbers("axial_stiffness_loaded") * scale.area / long),
        axial_toe=jnp.asarray(law.numbers("axial_toe") * long),
        shear_stiffness=jnp.asarray(numbers("shear_stiffness", ("x", "z")) * scale.area / long),
        rotation_stiffness=jnp.asarray(numbers("rotation_stiffness", AXES) * scale.area * long),
        rotation_hardening=jnp.asarray(numbers("rotation_hardening", AXES) * scale.area * long),
        coupling=jnp.asarray(numbers("coupling", ("x", "z")) * scale.area),
        preload_gain=jnp.asarray(law.numbers("preload_gain") / long),
        neutral_zone=jnp.asarray(law.numbers("neutral_zone")),
        pressure_factor=jnp.asarray(law.numbers("pressure_factor")),
        swelling_pressure=jnp.asarray(law.numbers("swelling_pressure")),
        degeneration=jnp.zeros(len(LEVELS)),
        hydration=jnp.ones(len(LEVELS)),
    )


def ligaments(scale: Scale) -> Ligaments:
    """Strands about the disc centres; their material is not touched by the lumbar factor."""
    table = load("ligaments")
    size = scale.length * scale.lumbar

    def by_level(*columns: str) -> Float[np.ndarray, "level strand *axis"]:
        values = table.numbers(*columns)
        return values.reshape(len(LEVELS), -1, *values.shape[1:])

    return Ligaments(
        ligament=table.where("level", LEVELS[0]).words("ligament"),
        upper_point=jnp.asarray(by_level("ux", "uy", "uz") * size),
        lower_point=jnp.asarray(by_level("lx", "ly", "lz") * size),
        slack_length=jnp.asarray(by_level("slack_length") * size),
        transition_strain=jnp.asarray(by_level("transition_strain")),
        stiffness=jnp.asarray(by_level("stiffness") * scale.area),
    )


def facets(scale: Scale) -> Facets:
    """Facets as two-by-two Gauss points of a rectangle: exact for pressure that varies linearly."""
    table, law, constant = load("facets"), load("facet_mechanics"), constants()
    outward = np.where(np.array(table.words("side")) == "r", 1.0, -1.0)
    tilt = np.repeat(load("discs").numbers("tilt_deg"), len(SIDES))
    normal = _facet_normals(table, tilt, outward)
    up = _unit(np.array([0.0, 1.0, 0.0]) - normal[:, 1:2] * normal)
    across = np.cross(normal, up)
    corner = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]) / np.sqrt(12)
    reach = corner * [constant["facet_height"], constant["facet_width"]]
    offset = np.einsum("pk,kra->rpa", reach, np.stack([up, across * outward[:, None]]))
    centre = table.numbers("x", "y", "z") * scale.lumbar
    axis = np.stack([-np.sin(tilt), np.cos(tilt), 0 * tilt], axis=1)[:: len(SIDES)]

    def both(column: str) -> Float[np.ndarray, "row"]:
        return np.repeat(law.numbers(column), len(SIDES))

    def by_side(values: Float[np.ndarray, "row *rest"]) -> Float[Array, "level side *rest"]:
        return jnp.asarray(values.reshape(len(LEVELS), len(SIDES), *values.shape[1:]))

    return Facets(
        upper_point=by_side((centre[:, None] + offset) * scale.length),
        lower_point=by_side((centre[:, None] + offset) * scale.length),
        normal=by_side(normal),
        gap=by_side(table.numbers("gap") * scale.length),
        stiffness=by_side(both("stiffness") * scale.area / scale.length),
        toe=by_side(both("toe") * scale.length),
        tip=by_side((centre - up * constant["facet_height"] / 2) * scale.length),
        lamina_normal=jnp.asarray(axis),
        lamina_gap=by_side(both("lamina_gap") * scale.length),
        lamina_stiffness=by_side(both("lamina_stiffness") * scale.area / scale.length),
    )


def _facet_normals(
    table: Table, tilt: Float[np.ndarray, "row"], outward: Float[np.ndarray, "row"]
) -> Float[np.ndarray, "row 3"]:
    """Unit normals in body axes from the angles to the sagittal and to the disc plane, disc tilted."""
    frontal = np.tan(table.numbers("transverse_deg"))
    drop = -frontal / np.tan(table.numbers("sagittal_deg"))
    x = np.cos(tilt) * frontal - np.sin(tilt) * drop
    y = np.sin(tilt) * frontal + np.cos(tilt) * drop
    return _unit(np.stack([x, y, outward], axis=1))


def _unit(vectors: Float[np.ndarray, "row 3"]) -> Float[np.ndarray, "row 3"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
