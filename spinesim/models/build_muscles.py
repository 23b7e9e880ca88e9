"""The muscles, their paths and the pressure they raise, built from the tables for one person."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from spinesim.models.anatomy import Abdomen, Fascicles, Paths, Wraps
from spinesim.models.curves import PASSIVE_SHAPE
from spinesim.models.groups import UNIONS
from spinesim.models.scaling import (
    LUMBAR,
    THORAX,
    Choice,
    Owner,
    Points,
    Scale,
    body_index,
    joint_centres,
    landmarks,
    lengthen_muscles,
    neutral_origins,
    path_lengths,
)
from spinesim.models.tables import Table, constants, load

#: Muscles whose stretch holds a bent back (Zwambag and Brown 2020, J Biomech 102:109438).
BACK = ("multifidus", *UNIONS["erector_spinae"])
#: Landmarks that the thoracolumbar fascia runs over, pelvis to thorax.
SPINOUS_TIPS = (
    "spinous_sacrum", "spinous_L5", "spinous_L4", "spinous_L3", "spinous_L2", "spinous_L1", "spinous_T12",
)  # fmt: skip


def paths(scale: Scale, psoas: str) -> Paths:
    """Path points of every fascicle; `psoas` picks the variant of its lower end."""
    table = _points(psoas)
    owner, body = _owner(table), body_index(table)
    trunk, girdle = _trunk_and_girdle(table, owner)
    position = lengthen_muscles(table.numbers("x", "y", "z"), body, trunk, girdle, scale.lumbar)
    return Paths(
        fascicle=tuple(owner.tolist()),
        body=tuple(body.tolist()),
        position=jnp.asarray(position * scale.length),
    )


def fascicles(scale: Scale, specific_tension: float, strength: float, paths: Paths) -> Fascicles:
    """Fascicles along `paths`; `specific_tension` of the trunk muscles [Pa], `strength` on all PCSA.

    Fibre and tendon grow with the neutral path (straight polyline, all rotations zero), so every
    fibre keeps its neutral operating point. Short-range stiffness is that of fibre and tendon as springs in
    series (Cui et al. 2008, J Biomech 41:1945), told as q of k = q F / L: 20 to 60 on the neutral path.
    """
    table, constant = load("fascicles"), constants()
    trunk, back = _is(table, "region", "trunk"), np.isin(table.words("group"), BACK)
    hip, stress = constant["specific_tension_hip"], constant["passive_stress_trunk"]
    tension = np.where(trunk, specific_tension, hip)
    pcsa = table.numbers("pcsa_cm2") * scale.area * strength
    length = _neutral_lengths(paths, scale)
    growth = length / _tabulated_lengths()
    fibre, tendon = (table.numbers(name) * growth for name in ("optimal_length", "tendon_slack_length"))
    yielding = fibre / constant["short_range_fibre"] + tendon / constant["short_range_tendon"]
    each = jnp.ones(len(table))
    return Fascicles(
        name=table.names("fascicle"),
        group=table.words("group"),
        side=table.words("side"),
        max_force=jnp.asarray(pcsa * tension),
        optimal_length=jnp.asarray(fibre),
        tendon_slack_length=jnp.asarray(tendon),
        pennation=jnp.asarray(table.numbers("pennation_deg")),
        passive_force=jnp.asarray(pcsa * np.select([back, trunk], [back_stress(), stress], hip)),
        passive_slack=jnp.asarray(np.where(back, constants("passive_fit")["slack_back"], 1.0)),
        passive_strain=jnp.asarray(
            np.select(
                [back, trunk],
                [constant["passive_strain_back"], constant["passive_strain_trunk"]],
                constant["passive_strain_hip"],
            )
        ),
        pcsa=jnp.asarray(pcsa),
        cap=each,
        price=jnp.where(_is(table, "group", "latissimus_dorsi"), constant["price_latissimus"], each),
        short_range=jnp.asarray(length / yielding),
    )


def back_stress(modulus: float | None = None) -> float:
    """Passive stress of stretched back muscles at their `passive_strain` [Pa].

    The curve of De Groote et al. (2016) through `modulus`, its slope where it sets in [Pa]; by default the
    fitted one (`spinesim.calibration.flexion`).
    """
    modulus = constants("passive_fit")["modulus_back"] if modulus is None else modulus
    return modulus * constants()["passive_strain_back"] * np.expm1(PASSIVE_SHAPE) / PASSIVE_SHAPE


def wraps(scale: Scale, paths: Paths) -> Wraps:
    """Surfaces that paths bend around.

    Those on L1 to L5 and behind T12/L1 grow with the lumbar spine. The cylinder in front of the
    abdomen of Christophy et al. (2012) is left out: it makes rectus jump beyond 40 degrees of flexion.
    A stretch that the chosen psoas variant does not have is left out too.
    """
    surfaces, stretches = load("wrap_surfaces"), load("wrapping")
    names, owner = surfaces.names("wrap"), _owner(stretches)
    order = stretches.numbers("before_order").astype(int)
    first = np.searchsorted(paths.fascicle, owner)
    used = order + 1 < np.bincount(paths.fascicle)[owner]
    row = stretches.places("wrap", names)[used]

    body, centre = body_index(surfaces), surfaces.numbers("x", "y", "z")
    lumbar = np.isin(body, LUMBAR) | ((body == THORAX) & (centre[:, 0] < 0))
    size = scale.length * np.where(lumbar, scale.lumbar, 1.0)
    turn = Rotation.from_euler("XYZ", surfaces.numbers("rx_deg", "ry_deg", "rz_deg")).as_matrix()
    return Wraps(
        name=tuple(names[surface] for surface in row),
        before=tuple((first + order)[used].tolist()),
        body=tuple(body[row].tolist()),
        spherical=tuple(kind == "sphere" for kind in np.array(surfaces.words("type"))[row]),
        side=tuple(stretches.numbers("side").astype(int)[used].tolist()),
        centre=jnp.asarray((centre * size[:, None])[row]),
        rotation=jnp.asarray(turn[row]),
        radius=jnp.asarray((surfaces.numbers("radius") * size)[row]),
    )


def abdomen(scale: Scale, fascicles: Fascicles) -> Abdomen:
    """Intra-abdominal pressure by Laplace's law p = T / r.

    T is the hoop tension per height of the wall, the mean of left and right: each muscle's force
    times the share of it that runs round the waist. Where all of them at full activation would
    exceed the limit, the gain is lowered to meet it.
    """
    constant, wall = constants(), load("abdominal_wall")
    share = dict(zip(wall.names("group"), wall.numbers("hoop_fraction").tolist(), strict=True))
    hoop = np.array([share.get(group, 0.0) for group in fascicles.group])
    gain = hoop / (2 * constant["wall_radius"] * constant["wall_height"] * scale.length**2)
    limit, greatest = constant["pressure_limit"], float(gain @ np.asarray(fascicles.max_force))
    diaphragm, floor, *tips = landmarks(scale, "diaphragm", "pelvic_floor", *SPINOUS_TIPS)
    on = jnp.ones(())
    return Abdomen(
        gain=jnp.asarray(gain * min(1.0, limit / greatest)),
        limit=jnp.asarray(limit),
        diaphragm_area=jnp.asarray(constant["diaphragm_area"] * scale.area),
        diaphragm=jnp.asarray(diaphragm),
        pelvic_floor=jnp.asarray(floor),
        stiffness_per_pressure=jnp.asarray(constant["stiffness_per_pressure"] * scale.area * scale.length),
        fascia_path=jnp.asarray(np.array(tips)),
        fascia_force_per_pressure=jnp.asarray(constant["fascia_force"] / limit * scale.area),
        unloading=on,
        extension=on,
        stiffening=on,
        fascia=on,
        flexion_follow=jnp.asarray(constant["flexion_follow"]),
    )


def _points(psoas: str) -> Table:
    return load("path_points").where("variant", "all", psoas)


def _owner(table: Table) -> Owner:
    return table.places("fascicle", load("fascicles").names("fascicle"))


def _is(table: Table, column: str, word: str) -> Choice:
    return np.array(table.words(column)) == word


def _trunk_and_girdle(table: Table, owner: Owner) -> tuple[Choice, Choice]:
    """Which points belong to trunk muscles, and which hang between the bones of the waist."""
    muscles = load("fascicles")
    wall = _is(muscles, "group", "transversus_abdominis")[owner] & _is(table, "kind", "via")
    return _is(muscles, "region", "trunk")[owner], wall


def _tabulated_lengths() -> Float[np.ndarray, "fascicle"]:
    """Neutral path lengths of the tables, psoas over the brim: what their fibre lengths belong to [m]."""
    table = _points("base")
    points = neutral_origins(joint_centres())[body_index(table)] + table.numbers("x", "y", "z")
    return path_lengths(points, _owner(table))


def _neutral_lengths(paths: Paths, scale: Scale) -> Float[np.ndarray, "fascicle"]:
    """Neutral lengths of `paths` on the skeleton of `scale` [m]."""
    origins: Points = neutral_origins(joint_centres(scale.lumbar) * scale.length)
    return path_lengths(origins[np.array(paths.body)] + np.asarray(paths.position), np.array(paths.fascicle))
