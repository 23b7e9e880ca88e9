"""The body as records: structs of arrays in SI units, one row per thing.

Frames are right-handed, x anterior, y superior, z right; in the neutral posture all body frames are
parallel to the pelvis frame. Names and indices are static, every number is an array that can be
differentiated, batched and calibrated.
"""

from jaxtyping import Array, Float

from spinesim._record import Record, quantity, static

#: Intervertebral levels, caudal to cranial; level j joins body j (below) to body j + 1 (above).
LEVELS = ("L5S1", "L4L5", "L3L4", "L2L3", "L1L2", "T12L1")
#: Rigid bodies; the first seven are the spinal chain from the pelvis (root) to the thorax.
BODIES = (
    "pelvis", "L5", "L4", "L3", "L2", "L1", "thorax", "head_neck",
    "upper_arm_r", "upper_arm_l", "forearm_hand_r", "forearm_hand_l",
    "femur_r", "femur_l", "shank_foot_r", "shank_foot_l", "abdomen",
)  # fmt: skip
#: Index in BODIES of each body's parent; -1 for the root.
PARENTS = (-1, 0, 1, 2, 3, 4, 5, 6, 6, 6, 8, 9, 0, 0, 12, 13, 1)
SIDES = ("r", "l")
AXES = ("x", "y", "z")
LIGAMENTS = ("ALL", "PLL", "LF", "FC", "ISL", "SSL", "ITL")


class Person(Record):
    """Who is modelled."""

    mass: Float[Array, ""] = quantity("kg")
    height: Float[Array, ""] = quantity("m")
    female: Float[Array, ""] = quantity("1")


class Bodies(Record):
    """Rigid bodies, rows as in BODIES; `abdomen` is a massless follower."""

    joint: Float[Array, "body 3"] = quantity("m", "body", "axis")  # joint centre, parent frame
    mass: Float[Array, "body"] = quantity("kg", "body")
    com: Float[Array, "body 3"] = quantity("m", "body", "axis")  # body frame
    inertia: Float[Array, "body 3 3"] = quantity("kg m^2", "body", "axis", "axis_b")


class Discs(Record):
    """Intervertebral discs, rows as in LEVELS.

    The disc centre is the joint centre: origin of the upper body frame, `bodies.joint` in the lower.
    """

    tilt: Float[Array, "*level"] = quantity("rad", "level")  # mid-plane about +z, anterior edge up
    height: Float[Array, "*level"] = quantity("m", "level")
    area: Float[Array, "*level"] = quantity("m^2", "level")
    depth: Float[Array, "*level"] = quantity("m", "level")
    width: Float[Array, "*level"] = quantity("m", "level")
    axial_stiffness: Float[Array, "*level"] = quantity("N/m", "level")  # tangent, no preload
    axial_stiffness_loaded: Float[Array, "*level"] = quantity("N/m", "level")  # tangent, high load
    axial_toe: Float[Array, "*level"] = quantity("m", "level")  # displacement scale of stiffening
    shear_stiffness: Float[Array, "*level 2"] = quantity("N/m", "level", "shear_axis")  # x, z
    rotation_stiffness: Float[Array, "*level 3"] = quantity("N m/rad", "level", "axis")
    rotation_hardening: Float[Array, "*level 3"] = quantity("N m/rad^3", "level", "axis")
    coupling: Float[Array, "*level 2"] = quantity("N", "level", "shear_axis")  # shear with bending
    preload_gain: Float[Array, "*level"] = quantity("1/m", "level")  # stiffening per squeeze
    neutral_zone: Float[Array, "*level"] = quantity("rad", "level")  # rotation that preload stiffens
    pressure_factor: Float[Array, "*level"] = quantity("1", "level")  # k in F = k A p
    swelling_pressure: Float[Array, "*level"] = quantity("Pa", "level")
    degeneration: Float[Array, "*level"] = quantity("1", "level")  # 0 healthy .. 1 severe
    hydration: Float[Array, "*level"] = quantity("1", "level")  # fluid over that of the ordinary day


class Ligaments(Record):
    """Ligament strands, the same in the same order at every level."""

    ligament: tuple[str, ...] = static()  # (strand,) ALL PLL LF FC ISL SSL ITL
    upper_point: Float[Array, "*level strand 3"] = quantity("m", "level", "strand", "axis")
    lower_point: Float[Array, "*level strand 3"] = quantity("m", "level", "strand", "axis")
    slack_length: Float[Array, "*level strand"] = quantity("m", "level", "strand")
    transition_strain: Float[Array, "*level strand"] = quantity("1", "level", "strand")
    stiffness: Float[Array, "*level strand"] = quantity("N", "level", "strand")  # per unit strain


class Facets(Record):
    """Facet joints: contact points of the upper vertebra against the plane of the lower one.

    `upper_point` in upper body axes from its origin; `lower_point` in lower body axes from the joint
    centre; `normal` of the upper vertebra's articular surface, pointing into the lower's, upper axes. `tip`,
    in upper axes, meets the lamina below.
    """

    upper_point: Float[Array, "*level side point 3"] = quantity("m", "level", "side", "point", "axis")
    lower_point: Float[Array, "*level side point 3"] = quantity("m", "level", "side", "point", "axis")
    normal: Float[Array, "*level side 3"] = quantity("1", "level", "side", "axis")
    gap: Float[Array, "*level side"] = quantity("m", "level", "side")  # at rest
    stiffness: Float[Array, "*level side"] = quantity("N/m", "level", "side")  # whole facet, loaded
    toe: Float[Array, "*level side"] = quantity("m", "level", "side")  # cartilage bedding-in depth
    tip: Float[Array, "*level side 3"] = quantity("m", "level", "side", "axis")  # of the inferior process
    lamina_normal: Float[Array, "*level 3"] = quantity("1", "level", "axis")  # up the disc's axis, lower axes
    lamina_gap: Float[Array, "*level side"] = quantity("m", "level", "side")  # under the tip at rest
    lamina_stiffness: Float[Array, "*level side"] = quantity("N/m", "level", "side")


class Fascicles(Record):
    """Muscle fascicles, one row each."""

    name: tuple[str, ...] = static()
    group: tuple[str, ...] = static()
    side: tuple[str, ...] = static()
    max_force: Float[Array, "fascicle"] = quantity("N", "fascicle")
    optimal_length: Float[Array, "fascicle"] = quantity("m", "fascicle")
    tendon_slack_length: Float[Array, "fascicle"] = quantity("m", "fascicle")
    pennation: Float[Array, "fascicle"] = quantity("rad", "fascicle")  # at optimal length
    passive_force: Float[Array, "fascicle"] = quantity("N", "fascicle")  # at `passive_strain`
    passive_slack: Float[Array, "fascicle"] = quantity("1", "fascicle")  # fibre stretch without tension
    passive_strain: Float[Array, "fascicle"] = quantity("1", "fascicle")
    pcsa: Float[Array, "fascicle"] = quantity("m^2", "fascicle")
    cap: Float[Array, "fascicle"] = quantity("1", "fascicle")  # highest activation allowed
    price: Float[Array, "fascicle"] = quantity("1", "fascicle")  # factor on the recruitment cost
    short_range: Float[Array, "fascicle"] = quantity("1", "fascicle")  # q of k = q F / L


class Paths(Record):
    """Points of the muscle paths, ragged: the points of one fascicle follow each other."""

    fascicle: tuple[int, ...] = static()  # (point,) index of the owner
    body: tuple[int, ...] = static()  # (point,) index in BODIES
    position: Float[Array, "point 3"] = quantity("m", "point", "axis")  # body frame


class Wraps(Record):
    """Surfaces that one stretch of a path bends around, one row per (surface, stretch).

    `before` is the index in Paths of the point before the surface, `before + 1` the one after it.
    A sphere has `spherical` 1, a cylinder (axis = local z) 0. `side` (+1/-1) is the sense in which a
    path passes the cylinder, turning about its local z; the sphere needs none.
    """

    name: tuple[str, ...] = static()
    before: tuple[int, ...] = static()
    body: tuple[int, ...] = static()
    spherical: tuple[bool, ...] = static()
    side: tuple[int, ...] = static()
    centre: Float[Array, "wrap 3"] = quantity("m", "wrap", "axis")  # body frame
    rotation: Float[Array, "wrap 3 3"] = quantity("1", "wrap", "axis", "axis_b")  # local to body
    radius: Float[Array, "wrap"] = quantity("m", "wrap")


class Abdomen(Record):
    """Intra-abdominal pressure: p = sum_i gain_i max_force_i a_i, pushing thorax and pelvis apart.

    Each effect has its switch (1 on, 0 off): `unloading` of the spine, `extension` moment of the
    offset line of push, `stiffening` of the levels, `fascia` (thoracolumbar) tension.
    """

    gain: Float[Array, "fascicle"] = quantity("Pa/N", "fascicle")
    limit: Float[Array, ""] = quantity("Pa")
    diaphragm_area: Float[Array, ""] = quantity("m^2")
    diaphragm: Float[Array, "3"] = quantity("m", "axis")  # centre of push, thorax frame
    pelvic_floor: Float[Array, "3"] = quantity("m", "axis")  # centre of push, pelvis frame
    stiffness_per_pressure: Float[Array, ""] = quantity("N m/rad/Pa")
    fascia_path: Float[Array, "spine 3"] = quantity("m", "spine", "axis")  # spinous tips, pelvis to thorax
    fascia_force_per_pressure: Float[Array, ""] = quantity("N/Pa")
    unloading: Float[Array, ""] = quantity("1")
    extension: Float[Array, ""] = quantity("1")
    stiffening: Float[Array, ""] = quantity("1")
    fascia: Float[Array, ""] = quantity("1")
    flexion_follow: Float[Array, ""] = quantity("1")  # follower rotation per lumbar extension


class Contacts(Record):
    """Places of the body that a support may push on."""

    name: tuple[str, ...] = static()
    body: tuple[int, ...] = static()
    position: Float[Array, "contact 3"] = quantity("m", "contact", "axis")  # body frame


class Model(Record):
    """One body, ready to be asked."""

    person: Person
    bodies: Bodies
    discs: Discs
    ligaments: Ligaments
    facets: Facets
    fascicles: Fascicles
    paths: Paths
    wraps: Wraps
    abdomen: Abdomen
    contacts: Contacts
    ankle: Float[Array, "side 3"] = quantity("m", "side", "axis")  # shank_foot frame
    grip: Float[Array, "side 3"] = quantity("m", "side", "axis")  # forearm_hand frame
    sacral_endplate: Float[Array, ""] = quantity("rad")  # tilt of S1 about +z, pelvis frame
    lumbar_endplate: Float[Array, ""] = quantity("rad")  # tilt of the top of L1 about +z, L1 frame
    hip_ligament: Float[Array, "side"] = quantity("N m/rad^2", "side")  # moment over extension squared
    iliac_turn: Float[Array, ""] = quantity("rad")  # of the hip bones from where the tables have them
