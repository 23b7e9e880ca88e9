"""Our muscle paths against OpenSim: the same bodies, joints, points and surfaces, built by its API.

The right half of the default model, all but what hangs on the abdominal follower. The peer is
OpenSim's exact geodesic path (Scholz et al. 2016); its older wrapping objects are themselves off by
0.1 mm in length. It needs end points outside the surface; the postures stay where that is so.
"""

import jax.numpy as jnp
import numpy as np
import opensim
import pytest
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from spinesim.models.anatomy import BODIES, PARENTS
from spinesim.models.build import lumbar_model
from tests.joint_angles import N_ANGLES, frames, hips, joint, knees, lengths_and_arms, lumbar

pytestmark = pytest.mark.peers

MODEL = lumbar_model()
#: Bodies beyond each joint of `tests.joint_angles`, and the right shank.
BEYOND = ("L5", "L4", "L3", "L2", "L1", "thorax", "femur_r")
ANGLES = [*range(18), 18, 19, 20, 24]  # levels, right hip, right knee
SENSE = np.array([1.0] * 21 + [-1.0])  # a knee flexes against z
#: Frame whose x, y, z axes are the z, x, y axes in which a joint turns.
SERIES = Rotation.from_matrix(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]))
POSTURES = {
    "neutral": hips("z", 0.0),
    "hip extension": hips("z", -15.0),
    "hip flexion 30": hips("z", 30.0),
    "sitting": hips("z", 75.0) + knees(80.0),
    "abduction": hips("z", 20.0) + hips("x", -20.0),
    "hip rotation": hips("z", 45.0) + hips("y", 15.0) + knees(30.0),
    "flexion": lumbar("z", -50.0) + hips("z", 10.0),
    "extension": lumbar("z", 5.0),
    "combined": lumbar("z", -20.0) + lumbar("x", 15.0) + lumbar("y", -8.0) + joint("hip_r", "z", 50.0),
}


def vec(values: Float[np.ndarray, "3"]) -> opensim.Vec3:
    return opensim.Vec3(*(float(value) for value in values))


class Twin:
    """The right half of MODEL in OpenSim."""

    def __init__(self) -> None:
        self.model = opensim.Model()
        self.coordinates: list[opensim.Coordinate] = []  # in the order of ANGLES
        self.bodies = {"pelvis": self._add_body("pelvis")}
        self.model.addJoint(opensim.WeldJoint("root", self.model.getGround(), self.bodies["pelvis"]))
        for name in BEYOND:
            self._add_joint(name, opensim.GimbalJoint)
        self._add_joint("shank_foot_r", opensim.PinJoint)
        self.paths = {name: self._add_path(name) for name in self._within_reach()}

    def _add_body(self, name: str) -> opensim.Body:
        body = opensim.Body(name, 1.0, opensim.Vec3(0), opensim.Inertia(1, 1, 1))
        self.model.addBody(body)
        return body

    def _add_joint(self, name: str, kind: type[opensim.Joint]) -> None:
        """Hang `name` on its parent; a gimbal's first, second, third axes lie along z, x, y."""
        index = BODIES.index(name)
        turned = vec(SERIES.as_euler("XYZ")) if kind is opensim.GimbalJoint else opensim.Vec3(0)
        parent, body = self.bodies[BODIES[PARENTS[index]]], self._add_body(name)
        centre = vec(np.asarray(MODEL.bodies.joint[index]))
        hinge = kind(f"{name}_joint", parent, centre, turned, body, opensim.Vec3(0), turned)
        self.model.addJoint(hinge)
        place = {"z": 0, "x": 1, "y": 2} if kind is opensim.GimbalJoint else {"z": 0}
        self.coordinates += [hinge.get_coordinates(place[axis]) for axis in sorted(place)]
        self.bodies[name] = body

    def _within_reach(self) -> list[str]:
        """Fascicles whose points all lie on the bodies of the twin."""
        names, paths = MODEL.fascicles.name, MODEL.paths
        away = {
            names[owner]
            for owner, body in zip(paths.fascicle, paths.body, strict=True)
            if BODIES[body] not in self.bodies
        }
        return [name for name in names if name.endswith("_r") and name not in away]

    def _add_path(self, name: str) -> opensim.Scholz2015GeometryPath:
        """One fascicle: its points, and a surface on every stretch that bends around one."""
        paths, wraps = MODEL.paths, MODEL.wraps
        path = opensim.Scholz2015GeometryPath()
        path.setName(f"path_of_{name}")
        for point in np.flatnonzero(np.array(paths.fascicle) == MODEL.fascicles.name.index(name)):
            body = self.bodies[BODIES[paths.body[point]]]
            path.appendPathPoint(body, vec(np.asarray(paths.position[point])))
            if point in wraps.before:
                path.appendObstacle(*self._surface(wraps.before.index(point)))
        self.model.addComponent(path)
        return path

    def _surface(self, row: int) -> tuple[opensim.ContactGeometry, opensim.Vec3]:
        """One surface, and a point on it half way between the neutral ends of its stretch."""
        wraps = MODEL.wraps
        surface = opensim.ContactSphere() if wraps.spherical[row] else opensim.ContactCylinder()
        surface.setName(f"{wraps.name[row]}_{row}")
        surface.setFrame(self.bodies[BODIES[wraps.body[row]]])
        surface.setRadius(float(wraps.radius[row]))
        surface.set_location(vec(np.asarray(wraps.centre[row])))
        surface.set_orientation(vec(Rotation.from_matrix(np.asarray(wraps.rotation[row])).as_euler("XYZ")))
        self.model.addContactGeometry(surface)
        ends = [neutral_in_surface(row, wraps.before[row] + i) for i in range(2)]
        flat = np.ones(3) if wraps.spherical[row] else np.array([1.0, 1.0, 0.0])
        middle = sum(flat * end / np.linalg.norm(flat * end) for end in ends)
        height = (1 - flat) * np.mean(ends, axis=0)
        return surface, vec(wraps.radius[row] * middle / np.linalg.norm(middle) + height)

    def measure(
        self, angles: Float[np.ndarray, "angle"]
    ) -> tuple[Float[np.ndarray, "fascicle"], Float[np.ndarray, "fascicle 22"]]:
        """Lengths [m] and minus their central differences about ANGLES.

        The peer's paths start from their last place, so the posture is entered step by step. It leaves
        its tangents 0.1 degree rough, which its lengths feel to second order only.
        """
        state = self.model.initSystem()
        entered = [self._lengths(state, share * angles) for share in np.linspace(0.0, 1.0, 6)]
        turns = 1e-5 * np.eye(angles.size)[ANGLES]
        changes = [self._lengths(state, angles + t) - self._lengths(state, angles - t) for t in turns]
        return entered[-1], -np.array(changes).T / 2e-5

    def _lengths(
        self, state: opensim.State, angles: Float[np.ndarray, "angle"]
    ) -> Float[np.ndarray, "fascicle"]:
        for coordinate, angle in zip(self.coordinates, SENSE * angles[ANGLES], strict=True):
            coordinate.setValue(state, float(angle), False)
        self.model.realizePosition(state)
        return np.array([path.getLength(state) for path in self.paths.values()])


def neutral_in_surface(row: int, point: int) -> Float[np.ndarray, "3"]:
    """A path point in the axes of a surface, in the neutral posture [m]."""
    origin = frames(MODEL, jnp.zeros(N_ANGLES)).origin
    place = origin[MODEL.paths.body[point]] + MODEL.paths.position[point]
    centre = origin[MODEL.wraps.body[row]] + MODEL.wraps.centre[row]
    return np.asarray(MODEL.wraps.rotation[row].T @ (place - centre))


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin()


def test_lengths_and_moment_arms_equal_opensim(twin: Twin):
    rows = [MODEL.fascicles.name.index(name) for name in twin.paths]
    length, arm = lengths_and_arms(MODEL, jnp.asarray(list(POSTURES.values())))
    for index, (name, angles) in enumerate(POSTURES.items()):
        peer_length, peer_arm = twin.measure(angles)
        np.testing.assert_allclose(length[index, rows], peer_length, rtol=0, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(arm[index, rows][:, ANGLES], peer_arm, rtol=0, atol=1e-6, err_msg=name)
