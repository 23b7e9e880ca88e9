"""The whole lumbar balance against OpenSim: its StaticOptimization and JointReaction on a model we wrote.

Both hold the same trunk over frames of flexion (`spinesim.bench.opensim_trunk`).
"""

import subprocess

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.bench.opensim_trunk import activations, bare, frames, read, trunk_fascicles, write
from spinesim.models.anatomy import BODIES, LEVELS
from spinesim.models.disc import mid_disc_frame
from spinesim.models.placement import place
from spinesim.solvers import balance
from tests.solving import ended, row, solve_all

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def ours(model):
    kept = trunk_fascicles(model)
    body = bare(model, kept)
    tasks = frames(10)
    return body, kept, tasks, solve_all(body, tasks)


@pytest.fixture(scope="module")
def theirs(ours, tmp_path_factory):
    body, kept, tasks, _ = ours
    folder = tmp_path_factory.mktemp("opensim")
    words = write(body, tasks, folder)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return activations(folder, kept), read(folder / "reaction.sto")


def test_all_frames_are_held_by_muscles_alone(ours):
    _, _, _, ends = ours
    assert ended(ends)
    np.testing.assert_allclose(ends.reserve_moment[:, : len(LEVELS)], 0, atol=1e-3)
    assert float(jnp.max(jnp.abs(ends.disc_translation))) < 1e-5


def test_activations_and_their_cost_equal_static_optimisation(ours, theirs):
    body, kept, _, ends = ours
    rows = [body.fascicles.name.index(name) for name in kept]
    own = np.asarray(ends.activation)[:, rows]
    peer = theirs[0]
    twin = [kept.index(name[:-2] + ("_l" if name.endswith("_r") else "_r")) for name in kept]
    np.testing.assert_allclose(own, own[:, twin], rtol=0, atol=1e-9)
    # Theirs stops somewhere within its criterion, differently on either side of a symmetric task.
    np.testing.assert_allclose(own, 0.5 * (peer + peer[:, twin]), rtol=0, atol=1e-3)
    # Our reserve is stiff, not rigid: what it relieves the muscles of is counted back, price times moment.
    relief = 2 * np.sum(np.asarray(ends.reserve_moment) ** 2, axis=(1, 2)) / balance.RIGID[0]
    np.testing.assert_allclose(np.sum(own**2, axis=1) + relief, np.sum(peer**2, axis=1), rtol=1e-4)


def test_joint_reactions_equal_theirs(ours, theirs):
    body, _, tasks, ends = ours
    for frame, task in enumerate(tasks):
        end, frames = row(ends, frame), place(body, task).frames
        for index, level in enumerate(LEVELS):
            disc = jax.tree.map(lambda leaf, i=index: leaf[i], body.discs)
            turn = frames.rotation[index].T @ frames.rotation[index + 1]
            load = jnp.sum(end.disc_load_part[:, index, :3], axis=0)
            axes = frames.world.T @ frames.rotation[index] @ mid_disc_frame(disc, turn)
            force = -np.asarray(axes @ load)
            prefix = f"{level}_on_{BODIES[index + 1]}_in_ground"
            peer = np.array([theirs[1][f"{prefix}_f{axis}"][frame] for axis in "xyz"])
            np.testing.assert_allclose(force, peer, rtol=0, atol=0.005 * np.linalg.norm(peer), err_msg=level)
