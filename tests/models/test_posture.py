"""Postures are drawn right: numbers arrive, sides mirror, supports are touched and hold the weight."""

from functools import cache, reduce

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from spinesim.models import tables
from spinesim.models.build import lumbar_model
from spinesim.models.kinematics import FOREARMS, at
from spinesim.models.loads import body_wrenches
from spinesim.models.posture import Posture
from spinesim.models.se3 import joint_rotation
from spinesim.models.stance import body_frames, contact_points
from spinesim.models.state import Task
from spinesim.models.supports import frame
from spinesim.scenarios.postures import POSTURES, numbers_of, posture

DEG = np.pi / 180
NAMES = tables.contact_names()
#: Body axes seen in the world after each mirror: bending and rotation change sign, sides change places.
MIRROR = np.array([-1.0, -1.0, 1.0])
#: Contacts that share one surface, apart from the soles, whose floor is their own.
SURFACES = {
    "sitting": ("ischium_r", "thigh_r"),
    "sitting_relaxed": ("ischium_r", "thigh_r"),
    "sitting_forward": ("ischium_r", "thigh_r"),
    "leaning_back": ("scapula_r", "rib_back_r"),
    "slouched": ("scapula_r", "rib_back_r"),
    "lying_supine": ("scapula_r", "rib_back_r", "sacrum", "thigh_r", "calf_r", "heel_back_r"),
    "lying_prone": ("head_front", "rib_front_r", "asis_r", "knee_front_r", "foot_front_r"),
    "prone_on_elbows": ("elbow_r", "asis_r", "knee_front_r", "foot_front_r"),
    "lying_on_side": ("shoulder_side_l", "trochanter_l", "knee_side_l", "foot_side_l"),
    "quadruped": ("hand_r", "knee_r"),
    "bridge": ("head_back", "scapula_r", "heel_r", "forefoot_medial_r"),
}


@cache
def model():
    return lumbar_model()


def thorax(made):
    """Axes of the thorax in the world, as columns."""
    return reduce(jnp.matmul, map(joint_rotation, made.levels), joint_rotation(made.pelvis))


@eqx.filter_jit
def scene(model, task):
    """Contacts and the weight's force and moment about the pelvis, in world axes."""
    frames = body_frames(model, task.posture, task.loads)
    force, moment = body_wrenches(model, task.loads, frames).total()
    moment = jnp.sum(moment + jnp.cross(frames.origin, force), axis=0)
    contacts = contact_points(model, frames) @ frames.world
    return contacts, jnp.sum(force, axis=0) @ frames.world, moment @ frames.world


def unheld(task):
    """Part of the weight's wrench that the supports cannot balance within their friction cones."""
    contacts, force, moment = map(np.asarray, scene(model(), task))
    columns = []
    supports = task.posture.supports
    for i in np.flatnonzero(supports.active):
        normal, *tangents = np.asarray(frame(supports.normal[i]))
        for edge in (*tangents, *(-tangent for tangent in tangents)):
            push = normal + float(supports.friction[i]) * edge
            columns.append(np.concatenate([push, np.cross(contacts[i], push)]))
    return nnls(np.array(columns).T, -np.concatenate([force, moment]))[1] / np.linalg.norm(force)


@pytest.mark.parametrize("name", POSTURES)
def test_supports_can_hold_the_weight_in_every_named_posture(name):
    assert unheld(Task(posture(name))) < 1e-9


@given(st.floats(0, 100), st.floats(0, 20), st.sampled_from(["hanging", "close", "far"]))
@settings(max_examples=15, deadline=None)
def test_feet_hold_every_forward_bend_and_load(flexion, load, hands):
    bend = Posture.flexed(trunk_flexion_deg=flexion, hands=hands)
    assert unheld(Task(bend, hand_load_kg=load)) < 1e-9


def test_a_chair_without_back_rest_does_not_hold_someone_who_leans_far_back():
    assert unheld(Task(Posture.sitting(trunk_flexion_deg=-60))) > 1e-3


@pytest.mark.parametrize("name", SURFACES)
def test_contacts_of_one_surface_lie_on_it(name):
    made = posture(name)
    contacts, _, _ = scene(model(), Task(made))
    rows = [NAMES.index(contact) for contact in SURFACES[name]]
    normal = made.supports.normal[rows[0]]
    assert np.all(np.asarray(made.supports.active)[rows] == 1)
    assert np.ptp(np.asarray(contacts[np.array(rows)] @ normal)) < 0.035


def test_elbows_lie_on_the_thighs():
    contacts, _, _ = scene(model(), Task(Posture.sitting_forward()))
    elbow, thigh = contacts[NAMES.index("elbow_r")], contacts[NAMES.index("thigh_r")]
    assert 0.12 < elbow[1] - thigh[1] < 0.2  # a thigh's thickness above its underside
    assert elbow[0] > thigh[0]


@given(st.floats(-30, 110), st.floats(0, 1.2))
@settings(max_examples=15, deadline=None)
def test_thorax_is_inclined_by_the_trunk_flexion_whoever_takes_it(flexion, share):
    want = joint_rotation(jnp.array([0.0, 0.0, -flexion * DEG]))
    for made in (Posture.flexed(flexion), Posture.flexed(flexion, lumbar_share=share)):
        np.testing.assert_allclose(thorax(made), want, atol=1e-12)


def test_extension_is_flexion_backward():
    assert jax.tree.all(jax.tree.map(jnp.allclose, Posture.extended(12.0), Posture.flexed(-12.0)))


@pytest.mark.parametrize(("name", "forward"), [("lying_supine", -1), ("lying_prone", 1)])
def test_supine_looks_up_and_prone_looks_down(name, forward):
    assert forward * thorax(posture(name))[1, 0] < -0.99


@pytest.mark.parametrize(("side", "up"), [("l", 1), ("r", -1)])
def test_lying_on_a_side_points_the_other_one_up(side, up):
    assert up * thorax(Posture.lying_on_side(side=side))[1, 2] > 0.99


def mirrored(made):
    """The posture of the mirror image, its supports left out."""
    return (
        MIRROR * made.pelvis, MIRROR * made.levels, MIRROR * made.femurs[::-1], made.knees[::-1],
        MIRROR * made.upper_arms[::-1], made.elbows[::-1],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Posture.bent(12.0), Posture.bent(-12.0)),
        (Posture.twisted(9.0), Posture.twisted(-9.0)),
        (Posture.single_leg(stance="r"), Posture.single_leg(stance="l")),
        (Posture.lying_on_side(side="r"), Posture.lying_on_side(side="l")),
        (Posture.standing(elbow_flexion_deg=(30, 10)), Posture.standing(elbow_flexion_deg=(10, 30))),
    ],
)
def test_the_other_side_is_the_mirror_image(one, other):
    twice = mirrored(one)
    plain = (other.pelvis, other.levels, other.femurs, other.knees, other.upper_arms, other.elbows)
    assert jax.tree.all(jax.tree.map(jnp.allclose, twice, plain))


def test_bending_right_and_turning_left_are_positive():
    assert thorax(Posture.bent(20.0))[2, 1] > 0.3  # the head goes to the right
    assert thorax(Posture.twisted(10.0))[2, 0] < -0.15  # the chest looks to the left


@pytest.mark.parametrize(("hands", "near", "far"), [("close", 0.25, 0.30), ("far", 0.55, 0.60)])
def test_hands_are_where_their_name_says(hands, near, far):
    task = Task(Posture.standing(hands=hands))
    frames = body_frames(model(), task.posture, task.loads)
    ahead = (at(frames, FOREARMS, model().grip) - frames.origin[2]) @ frames.world
    assert np.all((near < ahead[:, 0]) & (ahead[:, 0] < far))


def test_all_postures_stack():
    made = [posture(name) for name in POSTURES]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)
    assert stacked.levels.shape == (len(made), 6, 3)


@pytest.mark.parametrize(
    "make", [Posture.flexed, Posture.leaning_back, Posture.bent, Posture.prone_on_elbows]
)
def test_a_batch_of_angles_is_a_batch_of_postures(make):
    angles = jnp.array([5.0, 20.0, 30.0])
    batch = jax.vmap(make)(angles)
    for i, angle in enumerate(angles):
        one = jax.tree.map(lambda leaf, i=i: leaf[i], batch)
        assert jax.tree.all(jax.tree.map(jnp.allclose, one, make(float(angle))))


@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_pelvis_and_levels_share_the_slope_of_flexion(angle):
    slope = jax.jacfwd(Posture.flexed)(angle)
    np.testing.assert_allclose(slope.pelvis[2] + jnp.sum(slope.levels[:, 2]), -DEG, atol=1e-12)


def test_by_number_is_the_same_as_by_name():
    bend = Posture.flexed(40.0, hands="far")
    given = {name: getattr(bend, name) / DEG for name in ("pelvis", "levels", "head", "femurs", "knees")}
    made = Posture.from_degrees(
        **{f"{name}_deg": value for name, value in given.items()},
        upper_arms_deg=bend.upper_arms / DEG,
        elbows_deg=bend.elbows / DEG,
    )
    assert jax.tree.all(jax.tree.map(jnp.allclose, made, bend))


def test_single_levels_turn_by_name():
    made = Posture.from_degrees(levels_deg={"L4L5": (0, 0, -10)})
    np.testing.assert_allclose(made.levels[1] / DEG, [0, 0, -10])
    assert jnp.sum(jnp.abs(made.levels)) == jnp.abs(made.levels[1, 2])


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda: Posture.flexed(trunk_flexion_deg=400), "trunk_flexion_deg .* -30 .* 110.* 400"),
        (lambda: Posture.flexed(trunk_flexion_deg=float("nan")), "trunk_flexion_deg .* nan"),
        (lambda: Posture.standing(elbow_flexion_deg=(0, 200)), "elbow_flexion_deg"),
        (lambda: Posture.standing(hands="clse"), "'close'"),
        (lambda: Posture.single_leg(stance="x"), "side"),
        (lambda: Posture.from_degrees(levels_deg={"L4L6": (0, 0, 0)}), "'L4L5'"),
        (lambda: Posture.from_degrees(knees_deg=(0, 0, 0)), "knees_deg .* shape"),
        (lambda: Posture.from_degrees(head_deg=(0, 0, float("nan"))), "head_deg .* finite"),
        (lambda: posture("siting"), "'sitting'"),
        (lambda: posture("flexed", trunk_flexon_deg=3), "'trunk_flexion_deg'"),
        (lambda: posture("flexed", hand="far"), "'hands'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(ask, complaint):
    with pytest.raises(ValueError, match=complaint):
        ask()


def test_a_posture_tells_its_numbers():
    assert numbers_of("bent") == ("side_bend_deg", "hands", "shoulder_flexion_deg", "elbow_flexion_deg")
    assert numbers_of("lying_supine") == ()
