"""spinesim: the muscle-driven lumbar spine, differentiable and batched."""

import os

import jax

if "JAX_ENABLE_X64" not in os.environ:
    jax.config.update("jax_enable_x64", True)

from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.build import lumbar_model
from spinesim.models.groups import GROUPS
from spinesim.models.posture import Posture
from spinesim.models.state import Push, Task
from spinesim.scenarios.postures import POSTURES, posture
from spinesim.scenarios.tasks import TASKS, task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.newton import Newton
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import Effort, MinMax, Tracking
from spinesim.solvers.solution import Status

__all__ = [
    "GROUPS", "LEVELS", "POSTURES", "TASKS",
    "Effort", "Equilibrium", "MinMax", "Model", "Newton", "Posture", "Push", "Status", "Task", "Tracking",
    "lumbar_model", "posture", "solve", "task",
]  # fmt: skip
