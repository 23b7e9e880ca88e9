"""What an activation trains: nothing adds up below an edge, and near failure light work is heavy."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.adaptation import muscle, training
from spinesim.adaptation.day import day_of
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial, nobody
from spinesim.exercise import tiring
from spinesim.exercise.dose import FULL_STRENGTH
from spinesim.models.groups import REPORTED

P = parameters()


def trained(activation, sets, seconds, pause=90.0, sessions=1.0):
    """Share of the ceiling of strength that a programme of one isolated muscle reaches."""
    given = (jnp.array([float(value)]) for value in (sets, seconds, pause))
    asked = jnp.array([[activation]])
    done, effort = tiring.session(asked, *given, jnp.zeros(1), P)
    work = sets * seconds * done * training.at_work(asked, effort)
    dose = sessions * (1 - jnp.exp(-3 * work[:, 0, 0] / FULL_STRENGTH))
    return float(jnp.mean(muscle.saturation(dose, P)))


def test_bands_share_out_an_activation():
    skill, lasting = (
        [float(of(jnp.asarray(level))) for level in (0.0, 0.04, 0.15, 0.35, 0.8)]
        for of in (training.practised, lambda level: training.lasting(level, jnp.zeros(())))
    )
    assert skill[0] == 0 and skill[2] == 1 and skill[4] == 0
    assert lasting == [0, 0, 0, 1, 0]


def test_what_hours_of_life_ask_trains_no_endurance():
    """Half an hour's walk is no training of what two hours of walking a day work."""
    activation, habit = jnp.asarray(0.40), jnp.array([0.0, 0.37])
    assert training.lasting(activation, habit).tolist() == [1.0, 0.0]


def test_units_at_work_are_the_time_beyond_their_efforts():
    """Against steps of an effort that rises evenly."""
    first, last = 0.5, 0.8
    rising = jnp.linspace(first, last, 20001)
    ramp = jnp.clip(0.5 + (rising[:, None] - training.CALLED) / 0.05, 0, 1)
    found = training.at_work(jnp.asarray(first), jnp.asarray(last))
    np.testing.assert_allclose(found, ramp.mean(axis=0), atol=1e-3)


def test_light_work_trains_the_strength_of_nothing_however_long():
    """At 25 % no gain to be told from none, at 50 % some (Szeto et al. 1989): short of failure, a part."""
    assert trained(0.25, 10, 60, sessions=7) == 0
    assert trained(0.40, 3, 10, sessions=7) == 0
    hard, half = trained(0.85, 3, 10, sessions=3), trained(0.5, 3, 10, sessions=3)
    assert 0.15 < half < 0.6 * hard


def test_light_work_to_failure_trains_like_heavy_work():
    """Isolated extension once a week, 158 s at 50 % and 51 s at 80 %, to failure (Fisher et al. 2018)."""
    light, heavy = trained(0.5, 1, 158), trained(0.8, 1, 51)
    assert light == pytest.approx(heavy, rel=0.1) and heavy > 0.7


def test_strength_rises_with_effort_without_steps():
    """A percent more activation moves the gain by less than a tenth; what is soon given up trains less."""
    steps = np.diff([trained(level, 3, 20, sessions=2) for level in np.arange(0.3, 0.95, 0.01)])
    assert -0.03 < steps.min() and steps.max() < 0.1


def test_twelve_weeks_of_all_out_training_gain_what_trials_found():
    """Extensors 41 % (Graves et al. 1990), other muscles 19 % (Hubal et al. 2005)."""
    person, day = nobody(), day_of(strength=3.0, growth=3.0)
    slow = initial(person, P)
    for _ in range(84):
        rates = muscle.neural_rate(slow, day, person, P), muscle.size_rate(slow, day, person, P)
        slow = replace(slow, neural=slow.neural + rates[0], size=slow.size + rates[1])
    gained = dict(zip(REPORTED, 100 * np.asarray(slow.size * (1 + slow.neural) - 1), strict=True))
    assert gained["multifidus_r"] == pytest.approx(40, abs=4)
    assert gained["gluteus_medius_r"] == pytest.approx(19, abs=3)
