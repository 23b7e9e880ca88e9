"""`lumbar_model`: the tables and a person become a Model."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from spinesim._names import choose, within
from spinesim._numbers import Number, degrees
from spinesim.models.anatomy import BODIES, Bodies, Contacts, Model, Person
from spinesim.models.build_joints import discs, facets, ligaments
from spinesim.models.build_muscles import abdomen, fascicles, paths, wraps
from spinesim.models.incidence import with_incidence
from spinesim.models.scaling import Scale, body_index, joint_centres, landmarks, lengthen
from spinesim.models.tables import constants, load
from spinesim.models.tissue_fit import fitted

SEXES = ("male", "female")
PSOAS = ("base", "christophy_pelvic_end")


def lumbar_model(
    sex: str = "male",
    mass_kg: float | int = 75.0,
    height_m: float | int = 1.75,
    *,
    specific_tension_n_cm2: float | int = 90.0,
    lumbar_scale: float | int = 1.12,
    psoas: str = "base",
    pelvic_incidence_deg: Number | None = None,
) -> Model:
    """The trunk and hips of one person.

    Args:
        sex: "male" or "female". A woman's geometry scales with her stature and mass as a man's; she carries
            less of her mass above the pelvis (`female_mass.csv`), her muscles are thinner by the factor
            `female_pcsa` of the constants; the pelvis is a man's.
        mass_kg: body mass, 35 to 200.
        height_m: stature, 1.3 to 2.2.
        specific_tension_n_cm2: of the trunk muscles, 20 to 150. With 90 the greatest moments about L5/S1
            that the solved upright trunk of the default man holds are 193 N m in extension and 174 in
            side bending (McNeill et al. 1980, Spine 5:529: 150-300 and 100-190) but only 77 in flexion
            (100-200), where the upper lumbar levels give out first; the tables' sources used 46.
        lumbar_scale: lengthens the tables' short lumbar spine, 0.8 to 1.4 (see `scaling`); 1 leaves it.
        psoas: "base" passes the pelvic brim to the femur; "christophy_pelvic_end" ends on the pelvis
            as in Christophy et al. (2012).
        pelvic_incidence_deg: 30 to 90; left out, that of the tables. The hip bones turn about the sacrum and
            the sacrum with L5/S1 under L5 (see `incidence`); a posture by name keeps the spine and brings
            other hips under it.

    Returns:
        The model; all people have the same tree, so models stack and `vmap`.

    Example:
        >>> float(lumbar_model(sex="female", mass_kg=62, height_m=1.66).person.mass)
        62.0
    """
    choose("sex", sex, SEXES)
    choose("psoas variant", psoas, PSOAS)
    constant, tables_mass = constants(), float(load("bodies").numbers("mass").sum())
    scale = Scale(
        length=within("height_m", height_m, 1.3, 2.2) / constant["reference_height"],
        mass=within("mass_kg", mass_kg, 35.0, 200.0) / tables_mass,
        lumbar=within("lumbar_scale", lumbar_scale, 0.8, 1.4),
    )
    tension = within("specific_tension_n_cm2", specific_tension_n_cm2, 20.0, 150.0) * 1e4
    strength = constant["female_pcsa"] if sex == "female" else 1.0
    ways = paths(scale, psoas)
    muscles = fascicles(scale, tension, strength, ways)
    disc, ligament, facet = fitted((discs(scale), ligaments(scale), facets(scale)))
    model = Model(
        person=_person(sex, mass_kg, height_m),
        bodies=_bodies(scale, sex),
        discs=disc,
        ligaments=ligament,
        facets=facet,
        fascicles=muscles,
        paths=ways,
        wraps=wraps(scale, ways),
        abdomen=abdomen(scale, muscles),
        contacts=_contacts(scale),
        ankle=jnp.asarray(landmarks(scale, "ankle_r", "ankle_l")),
        grip=jnp.asarray(landmarks(scale, "grip_r", "grip_l")),
        sacral_endplate=jnp.asarray(constant["sacral_endplate"]),
        lumbar_endplate=jnp.asarray(constant["lumbar_endplate"]),
        hip_ligament=jnp.full(2, constant["hip_ligament"] * scale.area * scale.length),
        iliac_turn=jnp.zeros(()),
    )
    if pelvic_incidence_deg is None:
        return model
    return with_incidence(model, degrees("pelvic_incidence_deg", pelvic_incidence_deg, 30.0, 90.0))


def _person(sex: str, mass_kg: float | int, height_m: float | int) -> Person:
    return Person(
        mass=jnp.asarray(mass_kg, dtype=float),
        height=jnp.asarray(height_m, dtype=float),
        female=jnp.asarray(sex == "female", dtype=float),
    )


def _masses(sex: str) -> Float[np.ndarray, "body"]:
    """Masses of the bodies of the tables' man, or of a woman as heavy as he [kg]."""
    table, ratio = load("bodies"), load("female_mass")
    his = table.numbers("mass")
    if sex == "male":
        return his
    hers = his.copy()
    hers[ratio.places("body", BODIES)] *= ratio.numbers("ratio")
    return hers * his.sum() / hers.sum()


def _bodies(scale: Scale, sex: str) -> Bodies:
    table, mass = load("bodies"), _masses(sex)
    com = lengthen(table.numbers("cx", "cy", "cz"), np.arange(len(BODIES)), scale.lumbar)
    ixx, iyy, izz, ixy, ixz, iyz = table.numbers("ixx", "iyy", "izz", "ixy", "ixz", "iyz").T
    inertia = np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]]).transpose(2, 0, 1)
    share = np.divide(mass, table.numbers("mass"), out=np.ones_like(mass), where=mass > 0)
    return Bodies(
        joint=jnp.asarray(joint_centres(scale.lumbar) * scale.length),
        mass=jnp.asarray(mass * scale.mass),
        com=jnp.asarray(com * scale.length),
        inertia=jnp.asarray(inertia * share[:, None, None] * scale.mass * scale.length**2),
    )


def _contacts(scale: Scale) -> Contacts:
    """Support places; the one on L3 moves with the lengthened spine."""
    table = load("contacts")
    body = body_index(table)
    position = lengthen(table.numbers("x", "y", "z"), body, scale.lumbar)
    return Contacts(
        name=table.names("name"),
        body=tuple(body.tolist()),
        position=jnp.asarray(position * scale.length),
    )
