"""MuJoCo's muscle paths as its users ask for them: one posture at a time, all tendons."""

from collections.abc import Callable

import numpy as np

from spinesim.bench.peers import engine


def mujoco_arms(count: int) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Lengths and moment arms of MyoTorso (Walia et al. 2025) in random postures of its lumbar joints."""
    from myo_sim.build.compose import build_spec

    mujoco = engine("mujoco")
    model = build_spec("myotorso").compile()
    data = mujoco.MjData(model)
    postures = np.random.default_rng(3).uniform(-0.15, 0.15, (count, model.nq))
    lengths, arms = np.empty((count, model.ntendon)), np.empty((count, model.ntendon, model.nv))

    def ask() -> tuple[np.ndarray, np.ndarray]:
        for number, posture in enumerate(postures):
            data.qpos[:] = posture
            mujoco.mj_kinematics(model, data)
            mujoco.mj_comPos(model, data)
            mujoco.mj_tendon(model, data)
            lengths[number] = data.ten_length
            mujoco.mju_sparse2dense(
                arms[number], data.ten_J, model.ten_J_rownnz, model.ten_J_rowadr, model.ten_J_colind
            )
        return lengths, arms

    return ask
