"""Words and things of the wrong kind: one sentence that says what fits, not an error from within."""

from typing import Any

import jax.numpy as jnp
import pytest

import spinesim
from spinesim.solvers import stability

#: Without their types: what is asked here does not fit them.
ss: Any = spinesim
spectrum: Any = stability.spectrum
STANDING = ss.Posture.standing()
MISTAKES = {
    "mass_kg must be one number, not '75'": lambda model: ss.lumbar_model(mass_kg="75"),
    "height_m must be one number, not [1.7, 1.8]": lambda model: ss.lumbar_model(height_m=[1.7, 1.8]),
    "unknown sex None": lambda model: ss.lumbar_model(sex=None),
    "unknown task 3": lambda model: ss.task(3),
    "posture must be a Posture, as from Posture.standing(), not 'standing'": lambda model: ss.Task(
        "standing"
    ),
    "task must be a Task, as from task('standing') or Task(posture), not 'standing'": (
        lambda model: ss.solve(model, "standing")
    ),
    "task('standing') or Task(posture), not 'sitting'": lambda model: ss.predict_posture(model, "sitting"),
    "Task(posture), not one Posture": lambda model: ss.solve(model, STANDING),
    "model must be a Model, as from lumbar_model(), not 'male'": lambda model: ss.solve(
        "male", ss.Task(STANDING)
    ),
    "unknown weighting 'stres': did you mean 'stress'?": lambda model: ss.Effort(2, "stres"),
    "power must be an integer of 2 or more, got nan": lambda model: ss.Effort(float("nan")),
    "unknown pelvis 'freed': did you mean 'free'": lambda model: spectrum(jnp.eye(40), "freed"),
    "weeks must be a whole number, not 2.5": lambda model: ss.rehab(ss.profile(), "walking", weeks=2.5),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("complaint", MISTAKES)
def test_what_fits_is_said(model, complaint):
    with pytest.raises(ValueError) as caught:
        MISTAKES[complaint](model)
    assert complaint in str(caught.value)
