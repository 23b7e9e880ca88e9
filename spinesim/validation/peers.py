"""Tasks that only other models were asked: shown beside what they say, never scored."""

import jax
import jax.numpy as jnp
import numpy as np

from spinesim.models.anatomy import LEVELS
from spinesim.models.posture import Posture
from spinesim.models.state import Task
from spinesim.scenarios.tasks import task
from spinesim.solvers.stability import stability
from spinesim.validation.people import person, solved, stacked, taken

#: Inclinations [deg] and the ends of the lumbar over the pelvic rotation of Tafazzol et al. (2014).
INCLINED, RATIOS = (30.0, 60.0, 90.0), (0.5, 3.0)
#: Inclination [deg] and load [kg] at which Arjmand and Shirazi-Adl (2006) sought the least stiffness.
LOADED = {"trunk_flexion_deg": 40.0, "hand_load_kg": 18.4}


def answers() -> dict[str, float]:
    """Rows of other models that no posture of the table asks for."""
    return {"q_as": critical_q(), "lpr_cmp": rhythm_fall()}


def critical_q() -> float:
    """The q of all muscles that just holds the loaded flexed volunteer."""
    body, asked = person("volunteer"), task("bent_forward", **LOADED)
    end = taken(solved(stacked([body]), stacked([asked])), 0)
    return float(stability(body, asked, jax.tree.map(jnp.asarray, end)).critical_q)


def rhythm_fall() -> float:
    """Greatest fall of L5-S1 compression as the lumbar spine takes more of the same inclination [%]."""
    shares = [ratio / (1 + ratio) for ratio in RATIOS]
    tasks = [Task(Posture.flexed(angle, lumbar_share=share)) for angle in INCLINED for share in shares]
    bodies = stacked([person("man")] * len(tasks))
    found = solved(bodies, stacked(tasks), keep=lambda end: end.disc_compression)
    stiff, round_back = found[:, LEVELS.index("L5S1")].reshape(len(INCLINED), len(shares)).T
    return 100 * float(np.max(1 - round_back / stiff))
