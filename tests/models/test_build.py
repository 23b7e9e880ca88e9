"""A person built from the tables: mirror symmetric, scaled by its laws, refused when impossible."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spinesim.models.anatomy import BODIES, LEVELS
from spinesim.models.build import lumbar_model
from spinesim.models.groups import members
from spinesim.models.muscle import short_range_stiffness
from spinesim.models.scaling import neutral_origins, path_lengths
from spinesim.models.tables import constants, load

MIRROR = np.array([1.0, 1.0, -1.0])
OF_THE_TABLES = {"mass_kg": 75.337, "height_m": 1.70, "lumbar_scale": 1.0}


@pytest.fixture(scope="module")
def man():
    return lumbar_model()


@pytest.fixture(scope="module")
def woman():
    return lumbar_model(sex="female", mass_kg=62, height_m=1.63)


def neutral_lengths(model):
    origins = neutral_origins(np.asarray(model.bodies.joint))
    points = origins[np.array(model.paths.body)] + np.asarray(model.paths.position)
    return path_lengths(points, np.array(model.paths.fascicle))


def lumbar_length(model):
    origins = neutral_origins(np.asarray(model.bodies.joint))
    return np.linalg.norm(origins[BODIES.index("thorax")] - origins[BODIES.index("L5")])


def other_side(name):
    return name[:-1] + {"r": "l", "l": "r"}[name[-1]] if name[-2:] in ("_r", "_l") else name


def twins(names):
    """Row of each name's opposite side."""
    return np.array([names.index(other_side(name)) for name in names])


# Left and right


def test_bodies_mirror(man):
    twin = twins(BODIES)
    assert_array_equal(man.bodies.joint[twin] * MIRROR, man.bodies.joint)
    assert_array_equal(man.bodies.com[twin] * MIRROR, man.bodies.com)
    assert_array_equal(man.bodies.mass[twin], man.bodies.mass)
    assert_array_equal(man.bodies.inertia[twin] * np.outer(MIRROR, MIRROR), man.bodies.inertia)


def test_fascicles_mirror(man):
    twin, names = twins(man.fascicles.name), man.fascicles.name
    for quantity in ("max_force", "optimal_length", "tendon_slack_length", "pennation", "pcsa"):
        values = getattr(man.fascicles, quantity)
        assert_array_equal(values[twin], values)
    owner, body = np.array(man.paths.fascicle), twins(BODIES)[np.array(man.paths.body)]
    for fascicle in range(len(names)):
        here, there = owner == fascicle, owner == twin[fascicle]
        assert_array_equal(np.asarray(man.paths.body)[there], body[here])
        assert_array_equal(man.paths.position[there] * MIRROR, man.paths.position[here])


def test_wraps_mirror(man):
    rows = {
        (other_side(name), man.fascicles.name[man.paths.fascicle[before]]): row
        for row, (name, before) in enumerate(zip(man.wraps.name, man.wraps.before, strict=True))
    }
    for (name, fascicle), row in rows.items():
        twin = rows[other_side(name), other_side(fascicle)]
        assert man.wraps.side[twin] == man.wraps.side[row]
        assert_array_equal(man.wraps.centre[twin] * MIRROR, man.wraps.centre[row])
        axes = np.asarray(man.wraps.rotation)
        assert_allclose(MIRROR[:, None] * axes[twin] * MIRROR, axes[row], atol=1e-15)


def test_contacts_mirror(man):
    twin = twins(man.contacts.name)
    assert_array_equal(np.asarray(man.contacts.body)[twin], twins(BODIES)[np.array(man.contacts.body)])
    assert_array_equal(man.contacts.position[twin] * MIRROR, man.contacts.position)


def test_facets_mirror(man):
    right, left = (jax.tree.map(lambda x, s=s: x[:, s], man.facets) for s in (0, 1))
    assert_allclose(left.normal * MIRROR, right.normal, atol=1e-15)
    assert_allclose(left.upper_point * MIRROR, right.upper_point, atol=1e-15)


def test_ligaments_mirror(man):
    strands = load("ligaments").where("level", LEVELS[0]).words("strand")
    swap = [strands.index(s.translate(str.maketrans("lr", "rl")) if "_" in s else s) for s in strands]
    for points in (man.ligaments.upper_point, man.ligaments.lower_point):
        assert_allclose(points[:, swap] * MIRROR, points, atol=1e-6)  # the tables round to a micrometre


# Size


@pytest.mark.parametrize("mass", [40.0, 75.0, 150.0])
def test_masses_sum_to_the_person(mass):
    assert_allclose(lumbar_model(mass_kg=mass).bodies.mass.sum(), mass, rtol=1e-14)


def test_the_reference_man_is_the_tables():
    model, table = lumbar_model(**OF_THE_TABLES), load("fascicles")
    points = load("path_points").where("variant", "all", "base").numbers("x", "y", "z")
    assert_array_equal(model.paths.position, points)
    assert_array_equal(model.bodies.joint, load("bodies").numbers("jx", "jy", "jz"))
    assert_allclose(model.fascicles.optimal_length, table.numbers("optimal_length"), rtol=1e-14)
    assert_allclose(lumbar_length(model), 0.1617, atol=5e-5)


def lengths(model):
    return (
        model.bodies.joint, model.bodies.com, model.discs.height, model.ligaments.slack_length,
        model.facets.gap, model.fascicles.optimal_length, model.fascicles.tendon_slack_length,
        model.paths.position, model.wraps.radius, model.contacts.position, model.abdomen.diaphragm,
    )  # fmt: skip


def test_stature_scales_lengths_alone():
    small, tall = lumbar_model(height_m=1.4), lumbar_model(height_m=2.1)
    for short, long in zip(lengths(small), lengths(tall), strict=True):
        assert_allclose(long, 1.5 * short, rtol=1e-13)
    assert_array_equal(tall.bodies.mass, small.bodies.mass)
    assert_array_equal(tall.discs.area, small.discs.area)
    assert_array_equal(tall.fascicles.max_force, small.fascicles.max_force)


def test_mass_scales_areas_by_its_two_thirds_power():
    light, heavy = lumbar_model(mass_kg=50), lumbar_model(mass_kg=100)
    assert_allclose(heavy.bodies.mass, 2 * light.bodies.mass)
    assert_allclose(heavy.bodies.inertia, 2 * light.bodies.inertia)
    for area in ("discs.area", "fascicles.pcsa", "fascicles.max_force", "ligaments.stiffness"):
        record, field = area.split(".")
        before, after = (getattr(getattr(model, record), field) for model in (light, heavy))
        assert_allclose(after, 2 ** (2 / 3) * before)
    assert_array_equal(heavy.paths.position, light.paths.position)


def test_lumbar_factor_lengthens_the_spine_and_the_discs():
    plain, long = lumbar_model(lumbar_scale=1.0), lumbar_model(lumbar_scale=1.2)
    assert_allclose(lumbar_length(long), 1.2 * lumbar_length(plain))
    assert_allclose(long.discs.height, 1.2 * plain.discs.height)
    assert_allclose(long.discs.area, 1.44 * plain.discs.area)
    assert_allclose(long.ligaments.upper_point, 1.2 * plain.ligaments.upper_point)
    assert_array_equal(long.contacts.position[0], plain.contacts.position[0])


def test_transversus_girdle_keeps_its_neutral_height_on_the_spine():
    """A via point level with a vertebral attachment stays level when the spine is lengthened."""
    plain, long = lumbar_model(lumbar_scale=1.0), lumbar_model(lumbar_scale=1.2)

    def climb(model, name):
        origins = neutral_origins(np.asarray(model.bodies.joint))
        rows = np.array(model.paths.fascicle) == model.fascicles.name.index(name)
        return (origins[np.array(model.paths.body)] + np.asarray(model.paths.position))[rows][:, 1]

    for name in ("TrA_TP_L1_r", "TrA_SP_L4_l"):
        before, after = climb(plain, name), climb(long, name)
        assert_allclose(after - after[0], 1.2 * (before - before[0]), atol=1e-12)


@pytest.mark.parametrize("person", [{"height_m": 1.5}, {"lumbar_scale": 1.3}, {"sex": "female"}])
def test_fibres_keep_their_neutral_operating_point(person):
    def stretch(model):
        muscles = model.fascicles
        return (neutral_lengths(model) - muscles.tendon_slack_length) / muscles.optimal_length

    assert_allclose(stretch(lumbar_model(**person)), stretch(lumbar_model(**OF_THE_TABLES)), rtol=1e-10)


# What the tables add up to


@pytest.mark.parametrize(
    "group, cm2",
    [
        ("multifidus", 10.6), ("erector_spinae", 28.4), ("psoas_major", 14.6), ("quadratus_lumborum", 4.4),
        ("external_oblique", 15.75), ("internal_oblique", 13.4), ("rectus_abdominis", 5.7),
        ("latissimus_dorsi", 8.5), ("transversus_abdominis", 5.25),
    ],
)  # fmt: skip
def test_pcsa_of_one_side(group, cm2):
    fascicles = lumbar_model(**OF_THE_TABLES).fascicles
    total = np.asarray(fascicles.pcsa) @ np.array(members(fascicles, f"{group}_r")) * 1e4
    assert_allclose(total, cm2, atol=0.05)


def test_women_have_thinner_muscles_on_the_same_bones():
    his, hers = lumbar_model(), lumbar_model(sex="female")
    assert_allclose(hers.fascicles.max_force, 0.75 * his.fascicles.max_force)
    assert_array_equal(hers.paths.position, his.paths.position)
    assert (his.person.female, hers.person.female) == (0, 1)


def test_women_carry_less_above_the_pelvis(man, woman):
    """Head, arms and the trunk above the navel: 45.8 % of a woman, 49.1 % of a man (de Leva 1996)."""

    def above(model):
        upper = [not body.startswith(("pelvis", "femur", "shank")) for body in BODIES]
        return float(model.bodies.mass[np.array(upper)].sum() / model.bodies.mass.sum())

    assert_allclose([man.bodies.mass.sum(), woman.bodies.mass.sum()], [75, 62])
    assert_allclose(above(woman) / above(man), 45.76 / 49.11, atol=0.015)
    gyration = woman.bodies.inertia[0, 0, 0] / woman.bodies.mass[0] / 1.63**2
    assert_allclose(gyration, man.bodies.inertia[0, 0, 0] / man.bodies.mass[0] / 1.75**2)


def test_specific_tension_is_of_the_trunk_muscles():
    weak, strong = lumbar_model(specific_tension_n_cm2=40), lumbar_model(specific_tension_n_cm2=80)
    ratio = np.asarray(strong.fascicles.max_force / weak.fascicles.max_force)
    trunk = np.array(load("fascicles").words("region")) == "trunk"
    assert_allclose(ratio, np.where(trunk, 2, 1))


@pytest.mark.parametrize("tension", [30, 70])
def test_full_activation_stays_within_the_pressure_limit(tension):
    model = lumbar_model(specific_tension_n_cm2=tension)
    assert model.abdomen.gain @ model.fascicles.max_force <= model.abdomen.limit * (1 + 1e-12)


def test_the_line_of_push_passes_before_the_l4_l5_disc(man):
    origins = neutral_origins(np.asarray(man.bodies.joint))
    disc, top = origins[BODIES.index("L4")], origins[BODIES.index("thorax")] + man.abdomen.diaphragm
    floor = man.abdomen.pelvic_floor
    share = (disc[1] - floor[1]) / (top[1] - floor[1])
    assert_allclose(floor[0] + share * (top[0] - floor[0]) - disc[0], 0.05, atol=0.003)


def test_facet_points_lie_in_the_facet_about_its_centre(man):
    points, normal = np.asarray(man.facets.upper_point), np.asarray(man.facets.normal)
    centre = points.mean(axis=2, keepdims=True)
    assert_allclose(np.linalg.norm(normal, axis=-1), 1)
    assert_allclose(np.einsum("lspi,lsi->lsp", points - centre, normal), 0, atol=1e-16)
    assert np.all(normal[..., 0] > 0)  # the upper vertebra's facets face forward
    assert np.all(normal[:, 0, 2] > 0)  # and outward


def test_facets_stand_at_their_published_angles(man):
    tilt = np.asarray(man.discs.tilt)
    x, y, z = np.moveaxis(np.asarray(man.facets.normal[:, 0]), -1, 0)
    forward, down = np.cos(tilt) * x + np.sin(tilt) * y, np.sin(tilt) * x - np.cos(tilt) * y
    table = load("facets").where("side", "r")
    assert_allclose(np.arctan2(forward, z), table.numbers("transverse_deg"))
    assert_allclose(np.arctan2(forward, down), table.numbers("sagittal_deg"))


def test_wrapped_stretches_belong_to_their_fascicle(man):
    for before in man.wraps.before:
        assert man.paths.fascicle[before] == man.paths.fascicle[before + 1]


def test_published_psoas_ends_on_the_pelvis():
    model = lumbar_model(psoas="christophy_pelvic_end")
    owner, body = np.array(model.paths.fascicle), np.array(model.paths.body)
    for psoas in np.flatnonzero(members(model.fascicles, "psoas_major")):
        assert body[owner == psoas][-1] == BODIES.index("pelvis")
    assert "PS_at_brim_r" not in model.wraps.name


# One tree


def test_people_stack_and_vmap(man, woman):
    assert jax.tree.structure(man) == jax.tree.structure(woman)
    people = jax.tree.map(lambda *leaves: jnp.stack(leaves), man, woman)
    masses = eqx.filter_vmap(lambda model: model.bodies.mass.sum())(people)
    assert_allclose(masses, [75, 62])


def test_every_leaf_is_a_finite_float64_of_its_own(man):
    for leaf in jax.tree.leaves(man):
        assert leaf.dtype == jnp.float64
        assert not leaf.weak_type  # a weak scalar would recompile every solve
        assert jnp.all(jnp.isfinite(leaf))


@pytest.mark.parametrize(
    "person, complaint",
    [
        ({"mass_kg": 20}, "mass_kg must lie between 35 and 200, not 20"),
        ({"mass_kg": float("nan")}, "mass_kg must lie between 35 and 200, not nan"),
        ({"height_m": 175}, "height_m must lie between 1.3 and 2.2, not 175"),
        ({"specific_tension_n_cm2": 0}, "specific_tension_n_cm2 must lie between 20 and 150, not 0"),
        ({"lumbar_scale": 2}, "lumbar_scale must lie between 0.8 and 1.4, not 2"),
        ({"sex": "femal"}, "unknown sex 'femal': did you mean 'female'"),
        ({"psoas": "bse"}, "unknown psoas variant 'bse': did you mean 'base'"),
    ],
)
def test_impossible_people_are_refused(person, complaint):
    with pytest.raises(ValueError, match=complaint):
        lumbar_model(**person)


def test_fibre_and_tendon_yield_one_after_the_other(woman):
    """On the neutral path q gives back what the two stretch under a force."""
    f, c, length = woman.fascicles, constants(), jnp.asarray(neutral_lengths(woman))
    stretch = f.optimal_length / c["short_range_fibre"] + f.tendon_slack_length / c["short_range_tendon"]
    stiffness = short_range_stiffness(f, jnp.ones_like(length), length)
    assert_allclose(1 / stiffness, stretch, rtol=1e-9)
