"""Our muscle paths against MuJoCo: MyoTorso (Walia et al. 2025), from which the trunk tables come.

Compared at the size of the tables, which are rounded to a micrometre, and so are MyoTorso's points
here: what is left is then the difference between the engines. MyoTorso has no T12/L1 joint, turns its
abdominal follower by a joint of its own, and couples the levels; here every joint is set by itself.
"""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from jaxtyping import Float
from myo_sim.build.compose import build_spec

from spinesim.models.build import lumbar_model
from tests.joint_angles import lengths_and_arms, lumbar

pytestmark = pytest.mark.peers

#: Same name, other path, and why.
OTHER = {
    "IL_R10_l": "its origin lies a micrometre off the mirror image of the right one in MyoTorso",
    "LTpT_T12_l": "not the mirror image of LTpT_T12_r in MyoTorso: its points lie on the right",
    "rect_abd_r": "sides are swapped in MyoTorso, and its Cylinder_abdomen is not used here",
    "rect_abd_l": "sides are swapped in MyoTorso, and its Cylinder_abdomen is not used here",
}
#: Held to a micrometre: half of one rounded the other way, or a left point a little off its mirror image.
ROUNDED = ("QL_mid_L3-12.3_r", "QL_mid_L3-12.3_l", "LTpT_R4_l", "LTpT_R6_l")
#: Groups without a path in MyoTorso.
ABSENT = (
    "latissimus_dorsi", "transversus_abdominis", "iliacus", "rectus_femoris", "tensor_fasciae_latae",
    "sartorius", "gluteus_maximus", "gluteus_medius", "gluteus_minimus", "hamstrings", "adductors",
    "piriformis",
)  # fmt: skip
MODEL = lumbar_model(
    mass_kg=75.337, height_m=1.70, lumbar_scale=1.0, psoas="christophy_pelvic_end"
)  # the tables as they stand
PEER = build_spec("myotorso").compile()
PEER.site_pos[:] = np.round(PEER.site_pos, 6)
LEVEL_JOINTS = [
    [PEER.joint(f"{stem}{kind}") for kind in kinds]
    for stem, kinds in [
        ("", ("lat_bending", "axial_rotation", "flex_extension")),
        *((f"{pair}_", ("LB", "AR", "FE")) for pair in ("L4_L5", "L3_L4", "L2_L3", "L1_L2")),
    ]
]  # (level, axis), L5S1 to L1L2
FOLLOWER = PEER.joint("Abs_r3")
TENDONS = {PEER.tendon(i).name.removesuffix("_tendon"): i for i in range(PEER.ntendon)}
SHARED = [name for name in MODEL.fascicles.name if name in TENDONS and name not in OTHER]

POSTURES = {
    "neutral": lumbar("z", 0.0),
    "extension 15": lumbar("z", 15.0),
    "flexion 20": lumbar("z", -20.0),
    "flexion 40": lumbar("z", -40.0),
    "flexion 60": lumbar("z", -60.0),
    "bending 20": lumbar("x", 20.0),
    "bending -20": lumbar("x", -20.0),
    "rotation 10": lumbar("y", 10.0),
    "combined": lumbar("z", -30.0) + lumbar("x", 15.0) + lumbar("y", -8.0),
}


def without_t12l1(angles: Float[np.ndarray, "angle"]) -> Float[np.ndarray, "angle"]:
    """The same posture with T12/L1 held, as MyoTorso has it."""
    held = angles.copy()
    held[15:18] = 0.0
    return held


def mujoco_paths(
    angles: Float[np.ndarray, "angle"],
) -> tuple[Float[np.ndarray, "fascicle"], Float[np.ndarray, "fascicle 15"]]:
    """Lengths and moment arms about the five levels of MyoTorso [m], follower included."""
    data = mujoco.MjData(PEER)
    follow = float(MODEL.abdomen.flexion_follow)
    by_level = angles[:15].reshape(5, 3)
    for joints, turned in zip(LEVEL_JOINTS, by_level, strict=True):
        for hinge, angle in zip(joints, turned, strict=True):
            data.qpos[hinge.qposadr[0]] = angle
    data.qpos[FOLLOWER.qposadr[0]] = follow * by_level[:, 2].sum()
    mujoco.mj_fwdPosition(PEER, data)
    jacobian = np.zeros((PEER.ntendon, PEER.nv))
    mujoco.mju_sparse2dense(jacobian, data.ten_J, PEER.ten_J_rownnz, PEER.ten_J_rowadr, PEER.ten_J_colind)
    arms = -jacobian[:, [hinge.dofadr[0] for joints in LEVEL_JOINTS for hinge in joints]]
    arms[:, 2::3] -= follow * jacobian[:, [FOLLOWER.dofadr[0]]]
    rows = [TENDONS[name] for name in SHARED]
    return data.ten_length[rows], arms[rows]


def test_every_fascicle_is_compared_or_has_a_reason():
    groups = dict(zip(MODEL.fascicles.name, MODEL.fascicles.group, strict=True))
    missing = {groups[name] for name in MODEL.fascicles.name if name not in TENDONS}
    assert missing == set(ABSENT)
    assert set(TENDONS) == set(SHARED) | set(OTHER)
    assert len(SHARED) == 206


def test_lengths_and_moment_arms_equal_mujoco():
    angles = np.array([without_t12l1(posture) for posture in POSTURES.values()])
    rows = [MODEL.fascicles.name.index(name) for name in SHARED]
    tolerance = np.where(np.isin(SHARED, ROUNDED), 1e-6, 1e-12)
    length, arm = lengths_and_arms(MODEL, jnp.asarray(angles))
    for index, name in enumerate(POSTURES):
        peer_length, peer_arm = mujoco_paths(angles[index])
        assert np.all(np.abs(length[index, rows] - peer_length) < tolerance), name
        assert np.all(np.abs(arm[index, rows, :15] - peer_arm) < tolerance[:, None]), name
