"""An imbalance changes what it names and nothing else, by as much as it says."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim._provenance import fingerprint
from spinesim.models.anatomy import BODIES, LEVELS
from spinesim.models.groups import members
from spinesim.models.kinematics import origins
from spinesim.models.muscle import fibre_geometry
from spinesim.models.paths import lengths
from tests.laws.test_symmetry import mirrored_task, partners
from tests.solving import ended, row, solve_all

EVERYTHING = {
    "tight": {"psoas_major": 0.05, "iliopsoas_l": 0.02, "MF_m1s_r": 0.1},
    "weak": {"glutes": 0.4, "gluteus_medius_r": 0.2},
    "inhibited": {"multifidus_l": 0.5},
    "fatigued": {"erector_spinae": 0.3},
    "short_leg_mm": {"l": 12},
    "innominate_deg": {"r": 4},
    "degenerated": {"L4L5": 0.5},
    "dried": {"L5S1": 0.04},
    "lax": {"FC": 0.05, "L4L5": 0.02, "ISL_L3L4": 0.1},
}
OTHER = {
    "tight": {"psoas_major": 0.1},
    "weak": {"gluteus_medius": 0.3, "abdominals": 0.2},
    "inhibited": {"multifidus": 0.2},
    "short_leg_mm": {"l": 5, "r": 2},
    "degenerated": {"L4L5": 0.3, "L1L2": 0.6},
    "lax": {"FC": 0.1},
}
MISTAKES = {
    "unknown muscle group 'psoas': did you mean 'iliopsoas' or 'psoas_major'": {"tight": {"psoas": 0.1}},
    "tight 'psoas_major' must lie between 0 and 0.4, not 0.9": {"tight": {"psoas_major": 0.9}},
    "weak 'glutes' must lie between 0 and 1, not nan": {"weak": {"glutes": float("nan")}},
    "unknown level 'L4': did you mean 'L4L5'": {"degenerated": {"L4": 0.1}},
    "unknown ligament 'FCL': did you mean 'FC'": {"lax": {"FCL": 0.1}},
    "unknown side 'left': did you mean": {"short_leg_mm": {"left": 5}},
    "innominate_deg 'r' must lie between -10 and 10, not 20": {"innominate_deg": {"r": 20}},
}


def changed(model, imbalance):
    """Leaves of the model that an imbalance changes, by name, before and after."""
    after = imbalance.apply(model)
    leaves = jax.tree_util.tree_leaves_with_path(model)
    pairs = zip(leaves, jax.tree.leaves(after), strict=True)
    return {
        jax.tree_util.keystr(path): (old, new) for (path, old), new in pairs if not jnp.array_equal(old, new)
    }


def hits(model, name):
    return np.array(members(model.fascicles, name))


@pytest.mark.parametrize("imbalance", [ss.Imbalance(), ss.Imbalance(**EVERYTHING).scaled(0.0)])
def test_none_of_it_is_the_healthy_body_to_the_last_bit(model, imbalance):
    assert fingerprint(imbalance.apply(model)) == fingerprint(model)


@pytest.mark.parametrize(
    ("kind", "leaf", "factor"),
    [
        ("weak", "max_force", 0.6),
        ("tight", "optimal_length", 0.6),
        ("tight", "tendon_slack_length", 0.6),
        ("inhibited", "cap", 0.6),
        ("inhibited", "price", 1 / 0.6),
        ("fatigued", "cap", 0.6),
    ],
)
@pytest.mark.parametrize("part", ["multifidus", "gluteus_maximus_l", "MF_m1s_r"])
def test_a_muscle_loses_what_it_should_and_others_nothing(model, kind, leaf, factor, part):
    body = ss.Imbalance(**{kind: {part: 0.4}}).apply(model)
    ratio = getattr(body.fascicles, leaf) / getattr(model.fascicles, leaf)
    np.testing.assert_allclose(ratio, np.where(hits(model, part), factor, 1.0), rtol=1e-14)


@pytest.mark.parametrize(
    ("kind", "part", "leaves"),
    [
        ("weak", "glutes", {"max_force"}),
        ("tight", "glutes", {"optimal_length", "tendon_slack_length"}),
        ("inhibited", "glutes", {"cap", "price"}),
        ("fatigued", "glutes", {"cap"}),
        ("degenerated", "L4L5", {"degeneration"}),
        ("dried", "L4L5", {"hydration"}),
        ("lax", "FC", {"slack_length"}),
    ],
)
def test_nothing_else_changes(model, kind, part, leaves):
    names = changed(model, ss.Imbalance(**{kind: {part: 0.1}}))
    assert {name.rpartition(".")[2] for name in names} == leaves


def test_a_silenced_muscle_stays_a_number(model):
    body = ss.Imbalance(inhibited={"multifidus": 1.0}).apply(model)
    assert np.all(np.asarray(body.fascicles.cap)[hits(model, "multifidus")] == 0)
    assert np.all(np.isfinite(body.fascicles.price))


def test_a_ligament_a_level_and_both_of_them_are_reached(model):
    ratio = ss.Imbalance(**EVERYTHING).apply(model).ligaments.slack_length / model.ligaments.slack_length
    strands = np.array(model.ligaments.ligament)
    want = np.ones((len(LEVELS), len(strands)))
    want[:, strands == "FC"] *= 1.05
    want[LEVELS.index("L4L5")] *= 1.02
    want[LEVELS.index("L3L4"), strands == "ISL"] *= 1.1
    np.testing.assert_allclose(ratio, want, rtol=1e-14)


def test_imbalances_compose_in_any_order(model):
    one, other = ss.Imbalance(**EVERYTHING), ss.Imbalance(**OTHER)
    together = (one + other).apply(model)
    for twice in (one.apply(other.apply(model)), other.combine(one).apply(model)):
        for want, got in zip(jax.tree.leaves(twice), jax.tree.leaves(together), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_a_short_leg_is_short_by_so_much_and_its_fibres_keep_their_stretch(model):
    body = ss.Imbalance(short_leg_mm={"l": 12}).apply(model)

    def leg(one):
        return np.linalg.norm(one.bodies.joint[-3:-1], axis=1) + np.linalg.norm(one.ankle, axis=1)

    np.testing.assert_allclose(leg(model) - leg(body), [0, 0.012], atol=1e-15)

    def stretch(one):
        upright = jnp.broadcast_to(jnp.eye(3), (len(BODIES), 3, 3))
        return fibre_geometry(one.fascicles, lengths(one, upright, origins(one, upright)))[0]

    np.testing.assert_allclose(stretch(body), stretch(model), atol=0.01)


def test_a_turned_innominate_takes_its_hip_along_and_leaves_the_sacrum(model):
    body = ss.Imbalance(innominate_deg={"r": 4}).apply(model)
    femurs = [BODIES.index("femur_r"), BODIES.index("femur_l")]
    (right, left), axis = body.bodies.joint[np.array(femurs)] - model.bodies.joint[np.array(femurs)], 2
    arm = model.bodies.joint[femurs[0]] - (model.bodies.joint[1] + model.abdomen.fascia_path[0]) / 2
    chord = 2 * np.sin(np.radians(2)) * np.hypot(arm[0], arm[1])
    assert not np.any(left) and right[axis] == 0 and right[0] < 0
    np.testing.assert_allclose(np.linalg.norm(right), chord, rtol=1e-12)
    moved = np.any(body.paths.position != model.paths.position, axis=1)
    owner = np.array(model.paths.fascicle)
    of_pelvis = np.array(model.paths.body) == 0
    names, sides = np.array(model.fascicles.group)[owner], np.array(model.fascicles.side)[owner]
    assert not np.any(moved & ~of_pelvis)
    assert np.all(
        moved[of_pelvis & (sides == "r") & np.isin(names, ["gluteus_medius", "iliacus", "hamstrings"])]
    )
    assert not np.any(moved[of_pelvis & (sides == "l") & (names == "gluteus_medius")])
    assert not np.any(moved & (np.array(model.fascicles.name)[owner] == "LTpT_T5_r"))


def test_left_and_right_are_mirror_images(model):
    """The left imbalance in a task is the mirror of the right one in the mirrored task."""
    imbalance = ss.Imbalance(**EVERYTHING)
    task = ss.Task(ss.Posture.flexed(20), hand_load_kg=(5.0, 1.0))
    bodies = [imbalance.apply(model), imbalance.mirrored().apply(model)]
    ends = solve_all(bodies, [task, mirrored_task(model, task)])
    assert ended(ends)
    one, other = row(ends, 0), row(ends, 1)
    np.testing.assert_allclose(other.disc_compression, one.disc_compression, rtol=1e-8)
    np.testing.assert_allclose(other.disc_lateral_shear, -one.disc_lateral_shear, atol=1e-6)
    np.testing.assert_allclose(other.activation[partners(model.fascicles.name)], one.activation, atol=1e-8)


def test_severity_is_continuous_differentiable_and_compiled_once(model):
    imbalance, traced = ss.Imbalance(**EVERYTHING), []

    @eqx.filter_jit
    def total(imbalance, severity):
        traced.append(severity)
        body = imbalance.scaled(severity).apply(model)
        return jnp.sum(body.fascicles.optimal_length) + jnp.sum(body.paths.position[:, 1])

    half = jnp.array(0.5)
    slope = jax.grad(total, argnums=1)(imbalance, half)
    difference = (total(imbalance, half + 1e-5) - total(imbalance, half - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, difference, rtol=1e-7)
    before = len(traced)
    milder = ss.Imbalance(
        **{kind: {k: v / 2 for k, v in parts.items()} for kind, parts in EVERYTHING.items()}
    )
    np.testing.assert_allclose(total(milder, half), total(imbalance, half / 2), rtol=1e-12)
    batch = jax.vmap(lambda share: imbalance.scaled(share).apply(model).fascicles.max_force)(
        jnp.linspace(0, 1, 3)
    )
    assert len(traced) == before and np.all(np.diff(batch, axis=0) <= 0)


@pytest.mark.parametrize("complaint", MISTAKES)
def test_a_mistake_is_named(complaint):
    with pytest.raises(ValueError) as caught:
        ss.Imbalance(**MISTAKES[complaint])
    assert complaint in str(caught.value)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("given", [["glutes"], "glutes", 0.5])
def test_parts_without_numbers_are_told(given):
    with pytest.raises(ValueError, match="weak must give numbers by name"):
        ss.Imbalance(weak=given)


def test_it_shows_what_was_given():
    given = ss.Imbalance(tight={"iliopsoas": 0.04}, short_leg_mm={"l": 10})
    assert repr(given) == "Imbalance(tight={'iliopsoas': 0.04}, short_leg_mm={'l': 10.0})"
    assert "iliopsoas" in repr(jax.eval_shape(given.scaled, 0.5))


def test_severity_has_a_range():
    with pytest.raises(ValueError, match="severity must lie between 0 and 1, not 1.2"):
        ss.Imbalance(weak={"glutes": 0.4}).scaled(1.2)
