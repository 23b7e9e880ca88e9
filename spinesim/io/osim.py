"""A body as an OpenSim model (.osim, version 4): rotational joints, straight muscle paths, no passive tissue.

What OpenSim cannot share with this engine stays out and is said here: discs, ligaments and facets, surfaces
that muscles bend around (paths run straight through their points), abdominal pressure, supports, and the
fascicles that hang on the abdominal wall, whose follower OpenSim has no joint for. Muscles are
DeGrooteFregly2016Muscle with a rigid tendon, the same curves as ours, without passive force.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as xml

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from spinesim.models.anatomy import BODIES, LEVELS, PARENTS, Model

#: Document version whose layout is written.
VERSION = "40000"
#: Coordinates of a joint in the order in which it turns; bending to the right, rotation to the left.
TURNS = ("extension", "bending", "rotation")
#: Axes of a gimbal, which turns about its x, y, z: they lie along z, x, y of our joints.
_SERIES = Rotation.from_matrix(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])).as_euler("XYZ")
_FOLLOWER = "abdomen"
#: Pull of the actuators that hold the joints whose muscles are no part of the comparison [N m].
HOLDING = 1e4


def joint_name(body: str) -> str:
    """Name of the joint that carries a body: a level, or the body's own name."""
    index = BODIES.index(body)
    return LEVELS[index - 1] if 0 < index <= len(LEVELS) else f"{body}_joint"


def coordinates(body: str) -> tuple[str, ...]:
    """Names of the coordinates of the joint that carries a body, in the order in which it turns."""
    return tuple(f"{joint_name(body)}_{turn}" for turn in TURNS)


def written_fascicles(model: Model) -> tuple[str, ...]:
    """Fascicles whose points all lie on bodies that are written."""
    points = zip(model.paths.fascicle, model.paths.body, strict=True)
    hanging = {owner for owner, body in points if BODIES[body] == _FOLLOWER}
    return tuple(name for i, name in enumerate(model.fascicles.name) if i not in hanging)


def osim(
    model: Model,
    *,
    fascicles: Sequence[str] | None = None,
    welded: Sequence[str] = (),
    held: Sequence[str] = (),
) -> str:
    """The model as the text of an .osim file.

    Args:
        model: the body.
        fascicles: names of those to write; by default all that can be.
        welded: bodies fixed to what carries them, as they are in the neutral posture.
        held: bodies whose joints get strong actuators in the place of the muscles that are not written.
    """
    names = written_fascicles(model) if fascicles is None else tuple(fascicles)
    lost = set(names) - set(written_fascicles(model))
    if lost:
        raise ValueError(f"{min(lost)} hangs on the abdominal wall and cannot be written as OpenSim model")
    document = xml.Element("OpenSimDocument", Version=VERSION)
    root = xml.SubElement(document, "Model", name="spinesim")
    _put(root, "gravity", (0.0, -9.80665, 0.0))
    bodies = _objects(root, "BodySet", "bodyset")
    joints = _objects(root, "JointSet", "jointset")
    forces = _objects(root, "ForceSet", "forceset")
    for index, body in enumerate(BODIES):
        if body != _FOLLOWER:
            _body(bodies, model, index)
            _joint(joints, model, index, BODIES[index] in welded)
    for name in names:
        _muscle(forces, model, model.fascicles.name.index(name))
    for body in held:
        for coordinate in coordinates(body):
            _actuator(forces, coordinate)
    xml.indent(document)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(document, encoding="unicode") + "\n"


def _objects(root: xml.Element, kind: str, name: str) -> xml.Element:
    return xml.SubElement(xml.SubElement(root, kind, name=name), "objects")


def _put(parent: xml.Element, tag: str, value: object) -> None:
    """A property: words as they are, numbers with all their digits."""
    said = (
        value
        if isinstance(value, str)
        else " ".join(repr(float(x)) for x in np.atleast_1d(np.asarray(value)))
    )
    xml.SubElement(parent, tag).text = said


def _body(parent: xml.Element, model: Model, index: int) -> None:
    body = xml.SubElement(parent, "Body", name=BODIES[index])
    inertia = np.asarray(model.bodies.inertia[index])
    _put(body, "mass", model.bodies.mass[index])
    _put(body, "mass_center", model.bodies.com[index])
    _put(body, "inertia", [*np.diag(inertia), inertia[0, 1], inertia[0, 2], inertia[1, 2]])


def _joint(parent: xml.Element, model: Model, index: int, welded: bool) -> None:
    """A gimbal that turns as our joints do: about z, then x, then y; or a weld."""
    name, below = BODIES[index], PARENTS[index]
    joint = xml.SubElement(parent, "WeldJoint" if welded else "GimbalJoint", name=joint_name(name))
    carrier = "ground" if below < 0 else BODIES[below]
    _put(joint, "socket_parent_frame", f"{carrier}_offset")
    _put(joint, "socket_child_frame", f"{name}_offset")
    if not welded:
        listed = xml.SubElement(joint, "coordinates")
        for coordinate in coordinates(name):
            _put(xml.SubElement(listed, "Coordinate", name=coordinate), "range", (-np.pi, np.pi))
    centre = np.zeros(3) if below < 0 else np.asarray(model.bodies.joint[index])
    frames = xml.SubElement(joint, "frames")
    _offset(frames, carrier, "/ground" if below < 0 else f"/bodyset/{carrier}", centre)
    _offset(frames, name, f"/bodyset/{name}", np.zeros(3))


def _offset(parent: xml.Element, name: str, owner: str, place: Float[np.ndarray, "3"]) -> None:
    frame = xml.SubElement(parent, "PhysicalOffsetFrame", name=f"{name}_offset")
    _put(frame, "socket_parent", owner)
    _put(frame, "translation", place)
    _put(frame, "orientation", _SERIES)


def _muscle(parent: xml.Element, model: Model, index: int) -> None:
    own, paths = model.fascicles, model.paths
    muscle = xml.SubElement(parent, "DeGrooteFregly2016Muscle", name=own.name[index])
    _put(muscle, "min_control", 0.0)
    _put(muscle, "max_control", own.cap[index])
    path = xml.SubElement(muscle, "GeometryPath", name="path")
    points = xml.SubElement(xml.SubElement(path, "PathPointSet"), "objects")
    for order, point in enumerate(np.flatnonzero(np.array(paths.fascicle) == index)):
        each = xml.SubElement(points, "PathPoint", name=f"{own.name[index]}_{order}")
        _put(each, "socket_parent_frame", f"/bodyset/{BODIES[paths.body[point]]}")
        _put(each, "location", paths.position[point])
    _put(muscle, "max_isometric_force", own.max_force[index])
    _put(muscle, "optimal_fiber_length", own.optimal_length[index])
    _put(muscle, "tendon_slack_length", own.tendon_slack_length[index])
    _put(muscle, "pennation_angle_at_optimal", own.pennation[index])
    for switch in ("ignore_tendon_compliance", "ignore_activation_dynamics", "ignore_passive_fiber_force"):
        _put(muscle, switch, "true")
    _put(muscle, "fiber_damping", 0.0)


def _actuator(parent: xml.Element, coordinate: str) -> None:
    actuator = xml.SubElement(parent, "CoordinateActuator", name=f"hold_{coordinate}")
    _put(actuator, "coordinate", coordinate)
    _put(actuator, "optimal_force", HOLDING)
