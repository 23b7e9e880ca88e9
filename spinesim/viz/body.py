"""The body from its right side: bones, discs by compression, muscles by activation, loads, supports.

Outlines are drawn for the eye, in body frames at the tables' stature (1.70 m) and scaled with the
person; discs, joints, muscle paths, hands and contacts are the model's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Polygon
from scipy.interpolate import CubicSpline

from spinesim.models.anatomy import BODIES, LEVELS, SIDES, Model
from spinesim.models.incidence import sacral_plate
from spinesim.models.kinematics import FOREARMS, SHANKS, at
from spinesim.models.placement import Placement, place
from spinesim.models.stance import sole_side
from spinesim.models.state import STANDARD_GRAVITY, Task
from spinesim.models.tables import constants
from spinesim.solvers.outcome import Equilibrium
from spinesim.viz import theme

#: Outlines (x forward, y up) [m] in the frame of their body.
OUTLINES = {
    "pelvis": (
        (-0.165, 0.0), (-0.125, 0.016), (-0.07, 0.012), (-0.05, 0.05), (-0.015, 0.025), (-0.002, -0.015),
        (-0.012, -0.07), (-0.03, -0.095), (-0.07, -0.115), (-0.105, -0.16), (-0.137, -0.155), (-0.13, -0.1),
        (-0.155, -0.07), (-0.175, -0.03),
    ),
    "thorax": (
        (-0.045, 0.0), (-0.088, 0.045), (-0.103, 0.12), (-0.1, 0.19), (-0.06, 0.26), (-0.02, 0.285),
        (0.03, 0.265), (0.075, 0.21), (0.118, 0.13), (0.125, 0.06), (0.105, 0.0), (0.06, -0.03),
        (0.01, -0.012),
    ),
    "head_neck": (
        (-0.045, -0.01), (-0.05, 0.06), (-0.075, 0.12), (-0.078, 0.18), (-0.04, 0.235), (0.03, 0.245),
        (0.09, 0.21), (0.105, 0.15), (0.118, 0.12), (0.1, 0.105), (0.098, 0.055), (0.05, 0.045), (0.025, 0.0),
    ),
    "foot": ((-0.06, -0.04), (-0.07, -0.075), (0.16, -0.075), (0.17, -0.06), (0.04, 0.015), (-0.03, 0.02)),
}  # fmt: skip
#: Points of the pelvis that stay with the sacrum, in its outline and in the skin (groin, small of the back).
SACRAL, SACRAL_SKIN = (0, 1, 2, 11, 12, 13), (0, 5)
#: Skin of the trunk: points of three bodies, round the body from the neck down the belly and up the back.
TRUNK = (
    ("thorax", ((-0.02, 0.3), (0.05, 0.265), (0.115, 0.18), (0.142, 0.08), (0.145, -0.01))),
    ("L3", ((0.135, -0.01),)),
    ("pelvis", ((0.03, 0.0), (0.0, -0.07), (-0.05, -0.15), (-0.13, -0.18), (-0.2, -0.13), (-0.205, -0.04))),
    ("L3", ((-0.088, 0.0),)),
    ("thorax", ((-0.115, 0.05), (-0.125, 0.14), (-0.11, 0.23), (-0.06, 0.29))),
)
#: Half width of a limb at its upper and lower end [m].
LIMBS = {"femur": (0.075, 0.05), "shank_foot": (0.052, 0.034), "upper_arm": (0.042, 0.036),
         "forearm_hand": (0.036, 0.022)}  # fmt: skip
SPINOUS = 0.052  # length of a spinous process behind the vertebral body [m]
LEAST_FORCE = 5.0  # N; a support below it gets no arrow
ARROW = 0.4  # m per body weight
LOAD = 0.13  # half width of the box that stands for a hand load [m]


@dataclass(frozen=True)
class Scene:
    """A placed body seen from its right side: points in pelvis axes become (forward, up) in the world."""

    model: Model
    placement: Placement

    @property
    def scale(self) -> float:
        """Stature over that of the outlines."""
        return float(self.model.person.height) / constants()["reference_height"]

    def project(self, points: np.ndarray | Array) -> np.ndarray:
        """(n, 2) forward and up [m] of points in pelvis axes."""
        return (np.asarray(points) @ np.asarray(self.placement.frames.world))[:, :2]

    def outline(self, body: str) -> np.ndarray:
        """(n, 2) smooth outline of a body."""
        points = self.scale * np.array(OUTLINES[body])
        return _rounded(self.carry(body, self.set_between(points, SACRAL) if body == "pelvis" else points))

    @property
    def skin(self) -> np.ndarray:
        """(n, 2) smooth outline of the trunk."""
        rings = [(body, self.scale * np.array(points)) for body, points in TRUNK]
        pelvic = [self.set_between(ring, SACRAL_SKIN) if body == "pelvis" else ring for body, ring in rings]
        parts = [self.carry(body, ring) for (body, _), ring in zip(rings, pelvic, strict=True)]
        return _rounded(np.concatenate(parts))

    def set_between(self, points: np.ndarray, sacral: Sequence[int]) -> np.ndarray:
        """Points of the pelvis (n, 2) as incidence sets the sacrum and, but for `sacral`, the hip bones."""
        under = float(self.model.sacral_endplate) - constants()["sacral_endplate"]
        joint = np.asarray(self.model.bodies.joint)[1, :2]
        middle = np.asarray(sacral_plate(self.model)[0])[:2]
        set_under = _turned(points, under, joint)
        stays = np.isin(np.arange(len(points)), sacral)[:, None]
        return np.where(stays, set_under, _turned(set_under, float(self.model.iliac_turn) - under, middle))

    @property
    def origins(self) -> dict[str, np.ndarray]:
        """Forward and up [m] of the origin of every body, by name."""
        places = self.project(self.placement.frames.origin)
        return {name: place for name, place in zip(BODIES, places, strict=True)}

    def carry(self, body: str, points: np.ndarray) -> np.ndarray:
        """(n, 2) forward and up [m] of points (x, y) given in the frame of a body."""
        frames, index = self.placement.frames, BODIES.index(body)
        rotation, origin = np.asarray(frames.rotation[index]), np.asarray(frames.origin[index])
        return self.project(origin + np.pad(np.asarray(points), ((0, 0), (0, 1))) @ rotation.T)


def body(
    ax: Axes,
    model: Model,
    task: Task,
    solution: Equilibrium,
    *,
    close: bool = False,
    most: float = 1000.0,
    keyed: Sequence[Axes] | None = None,
) -> Axes:
    """Draw a solved case from its right side, facing right; `close` shows the trunk alone, with its keys.

    `most` is the compression [N] at which the colour of the discs ends, unless one carries more. The keys
    stand under the axes that are `keyed`: this one by default, nowhere if there are none.
    """
    scene = Scene(model, place(model, task))
    _leg(ax, scene, "l")
    _shape(ax, scene.outline("head_neck"), theme.SKIN, theme.FAINT, 2)
    _leg(ax, scene, "r")
    _shape(ax, scene.skin, theme.SKIN, theme.FAINT, 3)
    for bone, order in (("thorax", 3.5), ("pelvis", 4)):
        _shape(ax, scene.outline(bone), theme.BONE, theme.BONE_EDGE, order)
    discs = _spine(ax, scene, np.asarray(solution.disc_compression), most)
    muscles = _muscles(ax, scene, np.asarray(solution.activation), np.asarray(solution.muscle_force))
    _hand_load(ax, scene, np.asarray(task.loads.hand_mass))
    ax.set_aspect("equal")
    ax.set_axis_off()
    if close:
        _approach(ax, scene)
        keys(
            [ax] if keyed is None else keyed,
            {"muscle activation [%]": muscles, "disc compression [N]": discs},
        )
    else:
        _arm(ax, scene)
        _supports(ax, scene, np.asarray(solution.support_force))
        ax.autoscale_view()
    return ax


def _approach(ax: Axes, scene: Scene) -> None:
    """Let the trunk fill the axes."""
    low, high = scene.skin.min(axis=0), scene.skin.max(axis=0)
    ax.set(xlim=(low[0] - 0.03, high[0] + 0.03), ylim=(low[1] - 0.02, high[1] + 0.02))


def keys(axes: Sequence[Axes], colours: dict[str, ScalarMappable]) -> None:
    """What the colours mean, under all of the axes together."""
    for label, key in colours.items() if axes else ():
        axes[0].figure.colorbar(
            key, ax=list(axes), label=label, orientation="horizontal", shrink=0.6, aspect=28 * len(axes),
            pad=0.01,
        )  # fmt: skip


def _turned(points: np.ndarray, angle: float, centre: np.ndarray) -> np.ndarray:
    """Points (n, 2) turned about a centre by an angle [rad]."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return (points - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre


def _rounded(corners: np.ndarray) -> np.ndarray:
    """A smooth closed curve through the corners."""
    closed = np.concatenate([corners, corners[:1]])
    along = np.append(0, np.cumsum(np.sqrt(np.linalg.norm(np.diff(closed, axis=0), axis=1))))
    return CubicSpline(along, closed, bc_type="periodic")(np.linspace(0, along[-1], 12 * len(corners)))


def _shape(ax: Axes, outline: np.ndarray, fill: str | np.ndarray, edge: str, order: float | int) -> None:
    ax.add_patch(Polygon(outline, closed=True, fc=fill, ec=edge, lw=0.9, joinstyle="round", zorder=order))


def _leg(ax: Axes, scene: Scene, side: str) -> None:
    """Leg of one side."""
    model, row = scene.model, SIDES.index(side)
    origin = scene.origins
    ankle = scene.project(at(scene.placement.frames, SHANKS, model.ankle))[row]
    knee = origin[f"shank_foot_{side}"]
    order = 2.5 if side == "r" else 1.0
    _limb(ax, scene, "femur", origin[f"femur_{side}"], knee, order)
    _limb(ax, scene, "shank_foot", knee, ankle, order)
    foot = scene.scale * np.array(OUTLINES["foot"])
    flat = np.any(sole_side(model.contacts)[:, row] * np.asarray(scene.placement.reactions.active) > 0)
    turned = scene.carry(f"shank_foot_{side}", foot + np.asarray(model.ankle[row, :2]))
    _shape(ax, ankle + foot if flat else turned, theme.SKIN, theme.FAINT, order)


def _arm(ax: Axes, scene: Scene) -> None:
    """The right arm as an outline, so that the spine shows through."""
    origin = scene.origins
    grip = scene.project(at(scene.placement.frames, FOREARMS, scene.model.grip))[SIDES.index("r")]
    elbow = origin["forearm_hand_r"]
    _limb(ax, scene, "upper_arm", origin["upper_arm_r"], elbow, 8, "none")
    _limb(ax, scene, "forearm_hand", elbow, grip, 8, "none")


def _limb(
    ax: Axes,
    scene: Scene,
    name: str,
    start: np.ndarray,
    end: np.ndarray,
    order: float | int,
    fill: str = theme.SKIN,
) -> None:
    """A tapered limb with round ends."""
    width = scene.scale * np.array(LIMBS[name])
    along = (end - start) / np.linalg.norm(end - start)
    turn = np.linspace(0.5 * np.pi, 1.5 * np.pi, 12)
    arc = np.stack([np.cos(turn), np.sin(turn)], axis=1) @ np.array([along, [-along[1], along[0]]])
    _shape(ax, np.concatenate([start + width[0] * arc, end - width[1] * arc]), fill, theme.FAINT, order)


def _spine(ax: Axes, scene: Scene, compression: np.ndarray, most: float) -> ScalarMappable:
    """Vertebrae L5 to L1 and the six discs, coloured by compression [N]."""
    colours = ScalarMappable(Normalize(0, max(most, float(compression.max()))), theme.PRESSING)
    shade = colours.to_rgba(compression)
    discs, spine = scene.model.discs, BODIES[: len(LEVELS) + 1]
    plates = []  # lower and upper edge of every disc, each (back, front), forward and up
    for level, (below, above) in enumerate(zip(spine[:-1], spine[1:], strict=True)):
        tilt, half = float(discs.tilt[level]), 0.5 * float(discs.height[level])
        along, up = np.array([np.cos(tilt), np.sin(tilt)]), np.array([-np.sin(tilt), np.cos(tilt)])
        edge = 0.5 * float(discs.depth[level]) * np.array([-along, along])
        joint = np.asarray(scene.model.bodies.joint[BODIES.index(above), :2])
        plates.append((scene.carry(below, joint - half * up + edge), scene.carry(above, half * up + edge)))
    for level, (lower, upper) in enumerate(plates):
        disc = np.concatenate([lower, upper[::-1]])
        _shape(ax, disc, shade[level], theme.INK, 6)
        if level + 1 < len(plates):
            _vertebra(ax, scene, upper, plates[level + 1][0])
    return colours


def _vertebra(ax: Axes, scene: Scene, bottom: np.ndarray, top: np.ndarray) -> None:
    """A vertebral body between two discs, its waist drawn in, and its spinous process."""
    back, front = 0.5 * (bottom[0] + top[0]), 0.5 * (bottom[1] + top[1])
    forward = (front - back) / np.linalg.norm(front - back)
    up = top[0] - bottom[0]
    waist = 0.08 * (front - back)
    process = [
        back + 0.15 * up,
        back - scene.scale * SPINOUS * forward - 0.3 * up,
        back - scene.scale * SPINOUS * forward - 0.05 * up,
        back + 0.4 * up,
    ]
    _shape(ax, np.array(process), theme.BONE, theme.BONE_EDGE, 4)
    _shape(ax, np.array([*bottom, front - waist, *top[::-1], back + waist]), theme.BONE, theme.BONE_EDGE, 5)


def _muscles(ax: Axes, scene: Scene, activation: np.ndarray, force: np.ndarray) -> ScalarMappable:
    """Every muscle segment as a line: colour by activation, width by force."""
    segments = scene.placement.segments
    owner = np.array(segments.fascicle)
    drawn = np.flatnonzero((owner < activation.size) & (np.asarray(segments.weight) > 0.5))
    drawn = drawn[np.argsort(activation[owner[drawn]])]
    owner = owner[drawn]
    lines = np.stack([scene.project(segments.start)[drawn], scene.project(segments.end)[drawn]], axis=1)
    colours = ScalarMappable(Normalize(0, 100), theme.EFFORT)
    shade = colours.to_rgba(100 * activation[owner])
    shade[:, 3] = np.clip(0.25 + 3 * activation[owner], 0, 0.95)
    width = 0.5 + 2.5 * np.sqrt(force[owner] / max(1.0, float(force.max())))
    ax.add_collection(LineCollection(list(lines), colors=shade, linewidths=width, capstyle="round", zorder=7))
    return colours


def _hand_load(ax: Axes, scene: Scene, mass: np.ndarray) -> None:
    """What hangs in the hands, as a box with its mass."""
    if mass.sum() == 0:
        return
    grips = scene.project(at(scene.placement.frames, FOREARMS, scene.model.grip))
    x, y = (mass @ grips) / mass.sum()
    box = np.array([(-LOAD, -LOAD), (LOAD, -LOAD), (LOAD, LOAD), (-LOAD, LOAD)])
    ax.add_patch(Polygon(box + (x, y), closed=True, fc="#cfd6dc", ec=theme.INK, lw=1.0, alpha=0.85, zorder=8))
    ax.text(x, y, f"{mass.sum():g} kg", ha="center", va="center", weight="bold", zorder=9, clip_on=True)


def _supports(ax: Axes, scene: Scene, force: np.ndarray) -> None:
    """Support forces of both sides together, as arrows that end at the contact."""
    names = [name[:-2] if name.endswith(("_r", "_l")) else name for name in scene.model.contacts.name]
    points = scene.project(scene.placement.reactions.point)
    weight = float(scene.model.person.mass) * STANDARD_GRAVITY
    for name in dict.fromkeys(names):
        own = [i for i, other in enumerate(names) if other == name]
        total = force[own].sum(axis=0)[:2]
        if np.linalg.norm(total) < LEAST_FORCE:
            continue
        tip = points[own].mean(axis=0)
        tail = tip - ARROW * scene.scale * total / weight
        ax.annotate(
            "", tip, tail, zorder=9, annotation_clip=True,
            arrowprops={"arrowstyle": "-|>", "color": theme.SUPPORT, "lw": 2, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        ax.update_datalim([tail])
