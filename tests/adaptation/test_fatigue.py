"""Three compartments: shares add up, a hold ends when the closed form says, rest restores."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.adaptation.fatigue import Units, fatigue_rates, hold_time
from spinesim.adaptation.parameters import parameters
from spinesim.exercise import tiring

P = parameters()
FRESH = Units(jnp.ones(()), jnp.zeros(()), jnp.zeros(()))


def after(seconds, target, start=FRESH):
    """The shares after holding `target` for so long."""
    ends = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, units, args: fatigue_rates(units, jnp.asarray(target), P)),
        diffrax.Tsit5(), 0.0, seconds, 0.01, start, max_steps=100_000,
        stepsize_controller=diffrax.PIDController(rtol=1e-7, atol=1e-9),
    )  # fmt: skip
    return Units(*(leaf[0] for leaf in (ends.ys.rested, ends.ys.active, ends.ys.fatigued)))


def test_half_the_strength_is_held_for_a_normal_sorensen_time():
    assert float(hold_time(jnp.asarray(0.5), jnp.asarray(0.0), P)) == pytest.approx(139, abs=1)


@pytest.mark.parametrize("target", [0.3, 0.5, 0.8])
def test_the_closed_form_is_when_the_last_rested_unit_is_gone(target):
    """Before that time the target is held, a while after it is not."""
    end = float(hold_time(jnp.asarray(target), jnp.asarray(0.0), P))
    before, later = after(0.95 * end, target), after(1.1 * end, target)
    assert float(before.active) > 0.99 * target > float(later.active)
    np.testing.assert_allclose(sum(float(leaf) for leaf in vars(later).values()), 1.0, atol=1e-6)


def test_endurance_and_low_loads_last_longer_and_the_sustainable_forever():
    times = [float(hold_time(jnp.asarray(0.4), jnp.asarray(e), P)) for e in (0.0, 0.5, 1.0)]
    assert times[0] < times[1] < times[2] < 3 * times[0]
    assert np.isinf(float(hold_time(jnp.asarray(0.05), jnp.asarray(0.0), P)))
    assert float(hold_time(jnp.asarray(1.2), jnp.asarray(0.0), P)) == 0.0


def test_women_hold_the_same_share_of_strength_longer():
    """Back extension at half of the own strength: 146 s against 105 (Clark et al. 2003)."""
    his, hers = (float(hold_time(jnp.asarray(0.5), jnp.asarray(0.0), P, female)) for female in (0.0, 1.0))
    assert hers / his == pytest.approx(146.0 / 105.4, rel=0.03)


def test_rest_restores_faster_than_work():
    tired = after(120.0, 0.6)
    resting, working = after(60.0, 0.0, tired), after(60.0, 0.3, tired)
    assert float(resting.fatigued) < float(working.fatigued)


def in_steps(activation, sets, work, pause, dt=0.05):
    """Share of the time under load in which the target is reached, step by step through sets and pauses."""

    @jax.jit
    def lived(units, target, steps):
        def step(_, carried):
            units, kept = carried
            rate = fatigue_rates(units, target, P)
            units = jax.tree.map(lambda state, change: state + dt * change, units, rate)
            return units, kept + (units.active > 0.97 * target)

        return jax.lax.fori_loop(0, steps, step, (units, 0.0))

    units, kept = FRESH, 0.0
    for _ in range(sets):
        units, reached = lived(units, jnp.asarray(activation), int(work / dt))
        units, _ = lived(units, jnp.zeros(()), int(pause / dt))
        kept += float(reached) * dt
    return kept / (sets * work)


@pytest.mark.parametrize(
    ("activation", "sets", "work", "pause"),
    [(0.35, 3, 30, 30), (0.6, 4, 60, 60), (0.8, 5, 30, 30), (0.9, 3, 60, 60), (0.7, 10, 40, 20)],
)
def test_a_session_in_closed_form_keeps_up_what_one_in_steps_does(activation, sets, work, pause):
    given = (jnp.array([float(value)]) for value in (sets, work, pause))
    done, effort = tiring.session(jnp.array([[activation]]), *given, jnp.zeros(1), P)
    assert float(done[0, 0]) == pytest.approx(in_steps(activation, sets, work, pause), abs=0.05)
    assert activation < float(effort[0, 0]) <= 1


def test_the_trained_and_women_go_on_for_longer_in_a_session():
    given = (jnp.array([4.0]), jnp.array([60.0]), jnp.array([60.0]))

    def kept(endurance, female):
        return float(tiring.session(jnp.array([[0.6]]), *given, jnp.array([endurance]), P, female)[0][0, 0])

    assert kept(0.0, 0.0) < kept(1.0, 0.0) and kept(0.0, 0.0) < kept(0.0, 1.0)
