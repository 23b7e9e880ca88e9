from ._version import __version__
from .cascade.chain import Cascade, cascade
from .exercise.cohort import cohort
from .exercise.compare import exercises
from .exercise.planner import optimise_programme
from .exercise.profile import Profile, profile
from .exercise.programme import Programme, programme, programmes
from .exercise.rehab import rehab
from .exercise.screen.screening import screen
from .models.anatomy import LEVELS, Model
from .models.build import lumbar_model
from .models.groups import GROUPS
from .models.hips import passive_hip_moment
from .models.imbalance import Imbalance
from .models.posture import Posture
from .models.state import Push, Task
from .scenarios.imbalances import SCENARIOS, Scenario, scenario
from .scenarios.movements import MOVEMENTS
from .scenarios.postures import POSTURES, posture
from .scenarios.tasks import TASKS, task
from .solvers.discomfort import Allowance
from .solvers.equilibrium import solve
from .solvers.newton import Newton
from .solvers.outcome import Equilibrium
from .solvers.posture import Prediction, predict_posture
from .solvers.recruitment import Effort, MinMax, Tracking
from .solvers.solution import Status
from .solvers.stability import Stability, stability
from .solvers.stiffening import Stiffened, stiffen
from .sweeps.local import sweep
from .sweeps.movement import movement
from .sweeps.sensitivity import sensitivity
from .sweeps.sobol import sobol

__all__ = [
    "GROUPS", "LEVELS", "MOVEMENTS", "POSTURES", "SCENARIOS", "TASKS",
    "Allowance", "Cascade", "Effort", "Equilibrium", "Imbalance", "MinMax", "Model", "Newton", "Posture",
    "Prediction", "Push", "Scenario", "Stability", "Status", "Stiffened", "Task", "Tracking",
    "Profile", "Programme", "__version__", "cascade", "cohort", "exercises", "optimise_programme", "profile",
    "programme", "programmes", "rehab", "screen",
    "lumbar_model", "movement", "passive_hip_moment", "posture", "predict_posture", "scenario",
    "sensitivity", "sobol", "solve", "stability", "stiffen", "sweep", "task",
]  # fmt: skip
