"""Made-up answers of the engine, so that weeks can be tested without solving anything."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial, nobody
from spinesim.exercise import dose, life, unfold
from spinesim.exercise.body import FEATURES
from spinesim.exercise.library import exercise
from spinesim.exercise.programme import Programme
from spinesim.exercise.responses import Demands, Responses, cases
from spinesim.models.anatomy import LEVELS
from spinesim.models.groups import REPORTED

EXERCISES = (exercise("squat"), exercise("bird_dog"), exercise("hk_stretch"))


def responses(heavy=1.0):
    """Half the muscles work at 0.5, the others at 0.1; activities press with 500 N, the rest with more."""
    names, owner = cases(EXERCISES)
    count = len(names)
    activation = np.tile(np.where(np.arange(len(REPORTED)) % 2, 0.5, 0.1), (count, 1))
    pressed = np.full((count, len(LEVELS)), 500.0)
    pressed[life.ACTIVITIES.index("lift")] = 2200.0
    pressed[len(life.ACTIVITIES) :] = 1800.0 * heavy
    demands = Demands(*(jnp.asarray(leaf) for leaf in (activation, pressed, 0.1 * pressed)))
    none = Demands(*(jnp.zeros((len(FEATURES), *leaf.shape)) for leaf in vars(demands).values()))
    return Responses(demands, none, jnp.zeros(len(FEATURES)), jnp.full(6, 800.0), case=names, owner=owner)


def patient(**changed):
    """A person with pain and tight hips."""
    usual = replace(
        nobody(), pain=jnp.asarray(50.0), fear=jnp.asarray(0.4), central=jnp.asarray(0.2),
        tolerance=jnp.asarray(2500.0), tight=nobody().tight + 8, deficit=nobody().deficit + 0.2,
    )  # fmt: skip
    return replace(usual, **{name: jnp.asarray(value) for name, value in changed.items()})


def setting(weeks=4, person=None, programme=None, chance=None, p=None, heavy=1.0):
    """One person in one programme of these exercises."""
    p = parameters() if p is None else p
    person = patient() if person is None else person
    made = Programme("test", EXERCISES) if programme is None else programme
    answers = responses(heavy)
    luck = jnp.full(7 * weeks, unfold.EXPECTED) if chance is None else chance
    return unfold.Setting(
        person, life.routine(), answers, dose.menu(EXERCISES, answers), made.plan(weeks), initial(person, p),
        p, Structure.shared, luck,
    )  # fmt: skip
