"""A trunk that OpenSim can hold too, flexed frame by frame, and OpenSim holding it.

Both hold the same trunk: rotational joints, straight paths, no passive tissue, the same force-length curves.
Here that is a body whose discs do not yield and do not resist turning, whose surfaces lie far from every
path, and whose fascicles that are not written are silent.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from spinesim.io.osim import coordinates, osim, written_fascicles
from spinesim.models.anatomy import BODIES, PARENTS, Model
from spinesim.models.placement import place
from spinesim.models.posture import Posture
from spinesim.models.state import Task

#: Bodies between whose points a fascicle belongs to the trunk alone.
TRUNK = ("pelvis", "L5", "L4", "L3", "L2", "L1", "thorax")
#: Joints that their actuators hold in the peer, so that only the six levels are left to the muscles.
HELD = ("pelvis", "upper_arm_r", "upper_arm_l")
#: Bodies that keep their place on what carries them, or hang below the pelvis and load no level.
WELDED = tuple(name for name in BODIES if name not in (*TRUNK, *HELD, "abdomen"))
STAND_STILL = 1e4  # s between frames: velocities and accelerations vanish
SCRIPT = Path(__file__).with_name("static_optimization.py")
#: What the script says, which cannot be imported here.
READY, DONE = "ready", "done"


def frames(count: int) -> list[Task]:
    """Flexion from 5 to 50 degrees; upright it needs the fascicles that are not written."""
    return [Task(Posture.flexed(trunk_flexion_deg=float(angle))) for angle in np.linspace(5.0, 50.0, count)]


def trunk_fascicles(model: Model) -> list[str]:
    """Names of the fascicles that are written and stay within the trunk."""
    points = zip(model.paths.fascicle, model.paths.body, strict=True)
    away = {owner for owner, body in points if BODIES[body] not in TRUNK}
    return [name for name in written_fascicles(model) if model.fascicles.name.index(name) not in away]


def bare(model: Model, kept: Sequence[str]) -> Model:
    """The body as OpenSim gets it: no passive tissue, the fascicles `kept` and those about the hips."""
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


def write(body: Model, tasks: Sequence[Task], folder: Path) -> list[str]:
    """Model and motion files of a `bare` body in some tasks; what the script is to be called with."""
    model, motion = folder / "spine.osim", folder / "flexion.mot"
    model.write_text(osim(body, fascicles=trunk_fascicles(body), welded=WELDED, held=HELD))
    posed = [_angles(body, task) for task in tasks]
    names = [name for carried in posed[0] for name in coordinates(carried)]
    lines = ["flexion", "version=1", f"nRows={len(posed)}", f"nColumns={len(names) + 1}", "inDegrees=no"]
    lines += ["endheader", "\t".join(["time", *names])]
    for number, turned in enumerate(posed):
        cells = [value for angle in turned.values() for value in (angle, 0.0, 0.0)]
        lines.append("\t".join(map(repr, [STAND_STILL * number, *cells])))
    motion.write_text("\n".join(lines) + "\n")
    return [sys.executable, str(SCRIPT), str(model), str(motion), str(folder)]


def _angles(model: Model, task: Task) -> dict[str, float]:
    """Coordinates of every written joint [rad], read off the posed body: it flexes in one plane."""
    placed = place(model, task).frames
    found = {}
    for index, body in enumerate(BODIES):
        if body not in (*TRUNK, *HELD):
            continue
        carrier = placed.world if body == "pelvis" else placed.rotation[PARENTS[index]]
        turn = carrier.T @ placed.rotation[index]
        found[body] = float(jnp.arctan2(turn[1, 0], turn[0, 0]))
    return found


def read(path: Path) -> dict[str, np.ndarray]:
    """Columns of a results file of OpenSim by name."""
    lines = path.read_text().splitlines()
    start = lines.index("endheader") + 1
    values = np.array([line.split() for line in lines[start + 1 :]], float)
    return dict(zip(lines[start].split("\t"), values.T, strict=False))


def activations(folder: Path, kept: Sequence[str]) -> np.ndarray:
    """Activations that StaticOptimization left in `folder` (frame, fascicle)."""
    found = read(folder / "activation.sto")
    return np.stack([found[name] for name in kept], axis=1)


@contextmanager
def static_optimisation(
    body: Model, tasks: Sequence[Task], rounds: int, folder: Path
) -> Iterator[Callable[[], np.ndarray]]:
    """A process in which OpenSim has read the model and shares the work once for every call.

    Raises:
        ImportError: OpenSim is not installed. It is looked for, not imported: its libraries mix with none.
    """
    if find_spec("opensim") is None:
        raise ImportError("No module named 'opensim'")
    kept = trunk_fascicles(body)
    words = [*write(body, tasks, folder), str(rounds)]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin and process.stdout
        _wait(process.stdout, READY)

        def run() -> np.ndarray:
            print(file=process.stdin, flush=True)
            _wait(process.stdout, DONE)
            return activations(folder, kept)

        try:
            yield run
        finally:
            process.stdin.close()


def _wait(lines: IO[str] | None, word: str) -> None:
    for line in lines or ():
        if line.strip() == word:
            return
    raise RuntimeError(f"OpenSim's process ended before it said {word!r}")
