"""Tasks say what is carried and where, and are found by name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.models.anatomy import BODIES
from spinesim.models.posture import Posture
from spinesim.models.state import Push, Task
from spinesim.scenarios.postures import POSTURES
from spinesim.scenarios.tasks import ALSO, TASKS, task

THORAX = BODIES.index("thorax")
#: Postures in which Wilke et al. (1999, 2001) measured the pressure in a disc.
MEASURED = (
    "standing_relaxed", "standing_bent_forward", "lifting_stoop_round_back", "standing_hold_close",
    "sitting_unsupported_relaxed", "sitting_slouched_backrest", "lying_prone", "lying_supine",
    "sitting_actively_erect", "sitting_forward_elbows_on_thighs", "lying_prone_extended_on_elbows",
    "standing_extension", "standing_lateral_bend", "standing_axial_rotation",
)  # fmt: skip


def same(one, other):
    return jax.tree.all(jax.tree.map(jnp.array_equal, one, other))


@pytest.mark.parametrize("name", TASKS)
def test_every_row_makes_its_task(name):
    named = TASKS[name]
    assert named.posture in POSTURES and named.description and named.source
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(task(name)))


@pytest.mark.parametrize("name", MEASURED)
def test_measured_postures_are_tasks(name):
    assert name in TASKS or name in ALSO
    task(name)


def test_a_name_of_the_literature_means_the_same_task():
    assert not set(ALSO) & set(TASKS)
    assert same(task("lifting_stoop_round_back"), Task(Posture.stoop(70), hand_load_kg=20))


def test_keywords_replace_the_numbers_of_the_table():
    asked = task("hold_close", hand_load_kg=8, shoulder_flexion_deg=5)
    assert same(asked, Task(Posture.standing(hands="close", shoulder_flexion_deg=5), hand_load_kg=8))


def test_a_load_in_both_hands_is_shared_and_a_pair_is_not():
    stand = Posture.standing()
    np.testing.assert_array_equal(Task(stand, hand_load_kg=20).loads.hand_mass, [10, 10])
    np.testing.assert_array_equal(Task(stand, hand_load_kg=(20, 5)).loads.hand_mass, [20, 5])


def test_barbell_and_backpack_hang_at_their_common_centre():
    stand = Posture.standing()
    bar, pack = (Task(stand, **{load: 1.0}).loads for load in ("barbell_kg", "backpack_kg"))
    both = Task(stand, barbell_kg=30, backpack_kg=10).loads
    assert float(both.carried_mass[THORAX]) == 40 == float(jnp.sum(both.carried_mass))
    centre = 0.75 * bar.carried_point[THORAX] + 0.25 * pack.carried_point[THORAX]
    np.testing.assert_allclose(both.carried_point[THORAX], centre, rtol=1e-12)


def test_pushes_land_on_their_bodies():
    pushes = (Push("thorax", (0, 0, 100), (0, 0.1, 0)), Push("pelvis", torque_nm=(1, 2, 3)))
    loads = Task(Posture.standing(), push=pushes).loads
    np.testing.assert_array_equal(loads.force[THORAX], [0, 0, 100])
    np.testing.assert_array_equal(loads.point[THORAX], [0, 0.1, 0])
    np.testing.assert_array_equal(loads.torque[0], [1, 2, 3])
    assert jnp.sum(jnp.abs(loads.force)) == 100 and jnp.sum(jnp.abs(loads.torque)) == 6


def test_tasks_of_all_kinds_stack():
    made = [*map(task, TASKS), Task(Posture.standing(), push=Push("L3", (1.0, 0.0, 0.0)))]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)
    assert stacked.loads.force.shape == (len(made), len(BODIES), 3)


def test_a_batch_of_loads_is_a_batch_of_tasks_with_a_slope():
    def ask(load):
        return Task(Posture.flexed(load), hand_load_kg=load, barbell_kg=load)

    loads = jnp.array([0.0, 5.0, 20.0])
    batch = jax.vmap(ask)(loads)
    assert same(jax.tree.map(lambda leaf: leaf[2], batch), jax.jit(ask)(20.0))
    slope = jax.jacfwd(ask)(0.0)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(slope))


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda: Task(Posture.standing(), hand_load_kg=-1), "hand_load_kg"),
        (lambda: Task(Posture.standing(), backpack_kg=float("nan")), "backpack_kg .* nan"),
        (lambda: Push("thorx"), "'thorax'"),
        (lambda: Push("thorax", (0.0, float("inf"), 0.0)), "force_n"),
        (lambda: Task(Posture.standing(), push=(Push("L1"), Push("L1"))), "more than one push on 'L1'"),
        (lambda: task("hold_clos"), "'hold_close'"),
        (lambda: task("hold_close", hand_load=3), "'hand_load_kg'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(ask, complaint):
    with pytest.raises(ValueError, match=complaint):
        ask()
