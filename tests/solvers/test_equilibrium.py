"""A solved body is in balance, by free-body diagrams that know nothing of the solver."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim import Status
from spinesim.models.disc import disc_energy, mid_disc_frame
from spinesim.models.se3 import joint_rotation
from spinesim.models.state import STANDARD_GRAVITY
from spinesim.solvers import balance
from spinesim.solvers.equilibrium import problem
from tests.free_bodies import free_bodies, wrench_of
from tests.solving import ended, row, solve_all, stacked

NAMES = (
    "standing", "bent_forward", "extension", "lateral_bend", "axial_rotation", "hold_close", "stoop_lift",
    "carry_one_side", "backpack", "barbell", "single_leg_stance", "slouched", "lying_supine",
    "lying_on_side", "quadruped",
)  # fmt: skip
PUSH = ss.Push("thorax", (40.0, 0.0, -30.0), (0.0, 0.2, 0.0), (0.0, 5.0, 3.0))
TASKS = [*map(ss.task, NAMES), ss.Task(ss.Posture.standing(), push=PUSH)]
FEMALE = ss.lumbar_model("female", 62, 1.66)


@pytest.fixture(scope="module")
def cases(model):
    """Every task with a man or a woman, and its equilibrium."""
    bodies = [model if number % 2 else FEMALE for number in range(len(TASKS))]
    return stacked(bodies), stacked(TASKS), solve_all(bodies, TASKS)


def test_everything_named_is_held(cases):
    assert ended(cases[2])


def test_residuals_are_nothing(cases):
    assert jnp.all(cases[2].residual_force < 1e-6) and jnp.all(cases[2].residual_moment < 1e-8)


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_every_free_body_is_at_rest(cases, number):
    """Twice the residuals, as two rows meet in a body."""
    force, moment = free_bodies(*(row(part, number) for part in cases))
    assert np.max(np.abs(force)) < 2e-6
    assert np.max(np.abs(moment)) < 2e-8


def test_parts_add_up_to_the_load_and_to_what_the_disc_answers(cases):
    """Parts and load in mid-disc axes; the disc's own law pushes back with exactly that."""
    models, tasks, ends = cases
    load = jnp.stack([ends.disc_anterior_shear, -ends.disc_compression, ends.disc_lateral_shear], axis=-1)
    load = jnp.concatenate([load, ends.disc_moment], axis=-1)
    np.testing.assert_allclose(jnp.sum(ends.disc_load_part, axis=1), load, rtol=0, atol=1e-9)
    for number in range(len(TASKS)):
        turned = jax.vmap(joint_rotation)(tasks.posture.levels[number])
        for level, translation in enumerate(ends.disc_translation[number]):
            disc = row(row(models, number).discs, level)
            axes = mid_disc_frame(disc, turned[level])
            own = wrench_of(disc_energy, disc, turned[level], translation)
            seen = jnp.concatenate([axes.T @ own[:3], axes.T @ own[3:]])
            np.testing.assert_allclose(-seen, load[number, level], rtol=0, atol=1e-6)


def place_world(models, tasks):
    return jnp.swapaxes(jax.vmap(joint_rotation)(tasks.posture.pelvis), 1, 2)


@eqx.filter_jit
def programme(models, tasks, ends):
    """The muscle-sharing programme of every case with its discs held where the solve left them."""

    def one(model, task, end):
        case = problem(model, task, ss.Effort())
        translation, multipliers = balance.unpack(end.multipliers)
        posed = balance.pose(case, translation)
        rows = posed.moment.T
        motion = posed.motion.reshape(-1, 3, len(multipliers))
        return rows, case.weight, motion, case.placement.reactions, multipliers

    return jax.vmap(one)(models, tasks, ends)


def test_activations_meet_the_kkt_conditions(cases):
    """d cost + prices . rows: nothing between the bounds, not below at 0, not above at the cap."""
    models, tasks, ends = cases
    rows, weight, _, _, multipliers = programme(models, tasks, ends)
    activation, cap = ends.activation, models.fascicles.cap
    joint = multipliers[:, : rows.shape[2]]
    slope = weight * activation + jnp.einsum("cfm,cm->cf", rows, joint)
    size = 1 + jnp.einsum("cfm,cm->cf", jnp.abs(rows), jnp.abs(joint))
    silent, full = activation == 0, activation == cap
    assert jnp.all((activation >= 0) & (activation <= cap))
    assert jnp.all(jnp.where(silent, slope >= -1e-12 * size, True))
    assert jnp.all(jnp.where(full, slope <= 1e-12 * size, True))
    assert jnp.all(jnp.where(silent | full, True, jnp.abs(slope) <= 1e-12 * size))
    assert jnp.any(silent) and jnp.any(full) and jnp.any(~silent & ~full)


def test_supports_push_within_their_cones_and_only_where_the_body_yields(cases):
    """With y the wish -softness . velocity: force in the cone, force - y in its dual, at right angles."""
    models, tasks, ends = cases
    _, _, motion, reactions, multipliers = programme(models, tasks, ends)
    force = jnp.einsum("cij,cnj->cni", place_world(models, tasks), ends.support_force)
    velocity = jnp.einsum("cnap,cp->cna", motion, multipliers)
    softness = (models.person.mass * STANDARD_GRAVITY) ** 2 / balance.SUPPORT_PRICE
    mu = reactions.friction
    along = jnp.einsum("cnak,cna->cnk", reactions.axes, force)
    wish = -softness[:, None, None] * jnp.einsum("cnak,cna->cnk", reactions.axes, velocity)
    for number, contact in zip(*np.nonzero(reactions.active), strict=True):
        f, y, rough = along[number, contact], wish[number, contact], mu[number, contact]
        f = f / jnp.array([1.0, rough, rough])  # friction counted in its own units
        rest = f - y * jnp.array([1.0, rough, rough])
        slack = 1e-9 * (1 + jnp.linalg.norm(y))
        assert jnp.hypot(f[1], f[2]) <= f[0] + slack
        assert jnp.hypot(rest[1], rest[2]) <= rest[0] + slack
        assert abs(f @ rest) <= slack * (1 + jnp.linalg.norm(f))
    assert jnp.all(jnp.where(reactions.active[..., None] > 0, 0.0, force) == 0)


#: What counts as a whole of each unit, where symmetry leaves a quantity zero.
WHOLE = {"N": 100.0, "N m": 10.0, "N, N m": 100.0, "m": 0.01, "Pa": 1e3, "N/m": 1e3, "rad": 1.0, "1": 1.0}
HOW = {"steps", "inner_steps", "residual_force", "residual_moment", "status"}


def close(one, other):
    """Equal to 1e-10 of each quantity's size; how the solves went there is their own business."""
    for field in dataclasses.fields(one):
        if field.name not in HOW:
            got, want = (np.asarray(getattr(end, field.name)) for end in (one, other))
            size = max(np.max(np.abs(want)), WHOLE[field.metadata["unit"]])
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-10 * size, err_msg=field.name)


@pytest.mark.parametrize("number", [1, 6, 13])
def test_many_at_once_are_as_one_by_one(cases, solved, number):
    model, task, end = (row(part, number) for part in cases)
    close(end, ss.solve(model, task))


@pytest.mark.slow
def test_one_model_in_many_tasks_and_many_models_in_one_task(model):
    tasks = [ss.task(name) for name in ("standing", "stoop_lift", "carry_one_side")]
    models = [FEMALE, model, weakened(model, 0.6)]
    along_tasks = eqx.filter_vmap(ss.solve, in_axes=(None, 0))(model, stacked(tasks))
    along_models = eqx.filter_vmap(ss.solve, in_axes=(0, None))(stacked(models), tasks[2])
    for number in range(3):
        close(row(along_tasks, number), ss.solve(model, tasks[number]))
        close(row(along_models, number), ss.solve(models[number], tasks[2]))


def weakened(model, share):
    return eqx.tree_at(lambda m: m.fascicles.max_force, model, share * model.fascicles.max_force)


def test_what_cannot_be_held_says_so(model):
    """Too heavy; in the air; stiffly bent with the weight before the feet; a disc without a height."""
    far = ss.Task(ss.Posture.standing(hands="far"), hand_load_kg=60)
    stand, bent = ss.task("standing"), ss.Task(ss.Posture.flexed(50, lumbar_share=0.0))
    aloft = eqx.tree_at(lambda t: t.posture.supports.active, stand, 0 * stand.posture.supports.active)
    toppling = eqx.tree_at(lambda t: t.posture.balance, bent, jnp.zeros(2))
    torn = eqx.tree_at(lambda m: m.discs.height, model, model.discs.height.at[2].set(jnp.nan))
    ends = solve_all([model, model, model, torn], [far, aloft, toppling, stand])
    wanted = (Status.overloaded, Status.unbalanced, Status.unbalanced, Status.nonfinite)
    assert all((ends.status == want)[number] for number, want in enumerate(wanted))
    assert jnp.max(jnp.abs(ends.reserve_moment[0])) > 10
    assert jnp.all(ends.residual_moment[:3] < 1e-8)


@eqx.filter_jit
def hurried(model, task, guess):
    """A solve that has three trials and raises what went wrong."""
    return ss.solve(model, task, guess, method=ss.Newton(max_steps=3), throw=True)


def test_a_near_guess_spares_the_way_and_a_far_one_meets_the_limit(model, solved):
    task = ss.task("stoop_lift")
    end = solved(task)
    close(hurried(model, task, end.multipliers), end)
    with pytest.raises(eqx.EquinoxRuntimeError, match="ran out of steps"):
        hurried(model, task, solved(ss.task("extension")).multipliers)
