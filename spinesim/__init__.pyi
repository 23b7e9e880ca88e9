from ._version import __version__
from .models.anatomy import LEVELS, Model
from .models.build import lumbar_model
from .models.groups import GROUPS
from .models.posture import Posture
from .models.state import Push, Task
from .scenarios.postures import POSTURES, posture
from .scenarios.tasks import TASKS, task
from .solvers.equilibrium import solve
from .solvers.newton import Newton
from .solvers.outcome import Equilibrium
from .solvers.recruitment import Effort, MinMax, Tracking
from .solvers.solution import Status

__all__ = [
    "GROUPS", "LEVELS", "POSTURES", "TASKS",
    "Effort", "Equilibrium", "MinMax", "Model", "Newton", "Posture", "Push", "Status", "Task", "Tracking",
    "__version__", "lumbar_model", "posture", "solve", "task",
]  # fmt: skip
