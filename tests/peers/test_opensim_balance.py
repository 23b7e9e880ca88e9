"""The whole lumbar balance against OpenSim: its StaticOptimization and JointReaction on a model we wrote.

Both hold the same trunk over frames of flexion: rotational joints, straight paths, no passive tissue, the
same force-length curves. Here that is a body whose discs do not yield and do not resist turning, whose
surfaces lie far from every path, and whose fascicles that are not written are silent.
"""

import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.io.osim import coordinates, osim, written_fascicles
from spinesim.models.anatomy import BODIES, LEVELS, PARENTS
from spinesim.models.disc import mid_disc_frame
from spinesim.models.placement import place
from spinesim.solvers import balance
from tests.solving import ended, row, solve_all

pytestmark = pytest.mark.peers

FLEXED = np.linspace(5.0, 50.0, 10)  # upright it needs the fascicles that are not written
#: Bodies between whose points a fascicle belongs to the trunk alone.
TRUNK = ("pelvis", "L5", "L4", "L3", "L2", "L1", "thorax")
#: Joints that their actuators hold in the peer, so that only the six levels are left to the muscles.
HELD = ("pelvis", "upper_arm_r", "upper_arm_l")
#: Bodies that keep their place on what carries them, or hang below the pelvis and load no level.
WELDED = tuple(name for name in BODIES if name not in (*TRUNK, *HELD, "abdomen"))
STAND_STILL = 1e4  # s between frames: velocities and accelerations vanish


def trunk_fascicles(model):
    points = zip(model.paths.fascicle, model.paths.body, strict=True)
    away = {owner for owner, body in points if BODIES[body] not in TRUNK}
    return [name for name in written_fascicles(model) if model.fascicles.name.index(name) not in away]


def bare(model, kept):
    """The body as OpenSim gets it."""
    spine = np.array([name in kept for name in model.fascicles.name])
    points = zip(model.paths.fascicle, model.paths.body, strict=True)
    hips = np.ones(len(spine), bool)
    for owner, body in points:
        hips[owner] &= BODIES[body] not in TRUNK[1:] and BODIES[body] != "abdomen"
    discs = model.discs
    return eqx.tree_at(
        lambda m: (
            m.discs.axial_stiffness, m.discs.axial_stiffness_loaded, m.discs.shear_stiffness,
            m.discs.rotation_stiffness, m.discs.rotation_hardening, m.discs.coupling, m.discs.preload_gain,
            m.ligaments.stiffness, m.facets.stiffness, m.facets.lamina_stiffness, m.wraps.centre,
            m.fascicles.passive_force, m.fascicles.cap, m.abdomen.gain,
        ),
        model,
        (
            1e3 * discs.axial_stiffness, 1e3 * discs.axial_stiffness_loaded, 1e4 * discs.shear_stiffness,
            1e-9 * discs.rotation_stiffness, 0 * discs.rotation_hardening, 0 * discs.coupling,
            0 * discs.preload_gain, 0 * model.ligaments.stiffness, 0 * model.facets.stiffness,
            0 * model.facets.lamina_stiffness, model.wraps.centre + 10.0,
            0 * model.fascicles.passive_force, jnp.asarray((spine | hips).astype(float)),
            0 * model.abdomen.gain,
        ),
    )  # fmt: skip


def angles(model, task):
    """Coordinates of every written joint [rad], read off the posed body: it flexes in one plane."""
    frames = place(model, task).frames
    found = {}
    for index, body in enumerate(BODIES):
        if body not in (*TRUNK, *HELD):
            continue
        carrier = frames.world if body == "pelvis" else frames.rotation[PARENTS[index]]
        turn = carrier.T @ frames.rotation[index]
        found[body] = float(jnp.arctan2(turn[1, 0], turn[0, 0]))
    return found


def write_motion(path, posed):
    names = [name for body in posed[0] for name in coordinates(body)]
    lines = ["flexion", "version=1", f"nRows={len(posed)}", f"nColumns={len(names) + 1}", "inDegrees=no"]
    lines += ["endheader", "\t".join(["time", *names])]
    for frame, turned in enumerate(posed):
        cells = [value for angle in turned.values() for value in (angle, 0.0, 0.0)]
        lines.append("\t".join(map(repr, [STAND_STILL * frame, *cells])))
    path.write_text("\n".join(lines) + "\n")


def read(path):
    """Columns of a results file by name."""
    lines = path.read_text().splitlines()
    start = lines.index("endheader") + 1
    values = np.array([line.split() for line in lines[start + 1 :]], float)
    return dict(zip(lines[start].split("\t"), values.T, strict=False))


@pytest.fixture(scope="module")
def ours(model):
    kept = trunk_fascicles(model)
    body = bare(model, kept)
    tasks = [ss.Task(ss.Posture.flexed(trunk_flexion_deg=float(angle))) for angle in FLEXED]
    return body, kept, tasks, solve_all(body, tasks)


@pytest.fixture(scope="module")
def theirs(ours, tmp_path_factory):
    body, kept, tasks, _ = ours
    folder = tmp_path_factory.mktemp("opensim")
    (folder / "spine.osim").write_text(osim(body, fascicles=kept, welded=WELDED, held=HELD))
    write_motion(folder / "flexion.mot", [angles(body, task) for task in tasks])
    script = Path(__file__).with_name("static_optimization.py")
    words = [
        sys.executable,
        str(script),
        str(folder / "spine.osim"),
        str(folder / "flexion.mot"),
        str(folder),
    ]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return read(folder / "activation.sto"), read(folder / "reaction.sto")


def test_all_frames_are_held_by_muscles_alone(ours):
    _, _, _, ends = ours
    assert ended(ends)
    np.testing.assert_allclose(ends.reserve_moment[:, : len(LEVELS)], 0, atol=1e-3)
    assert float(jnp.max(jnp.abs(ends.disc_translation))) < 1e-5


def test_activations_and_their_cost_equal_static_optimisation(ours, theirs):
    body, kept, _, ends = ours
    rows = [body.fascicles.name.index(name) for name in kept]
    own = np.asarray(ends.activation)[:, rows]
    peer = np.stack([theirs[0][name] for name in kept], axis=1)
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
