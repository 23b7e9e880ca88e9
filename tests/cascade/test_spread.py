"""Intervals: draws fill their ranges, quantiles are those of the draws, and a chain shows them."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.cascade import chain as chain_of
from spinesim.cascade.reading import MUSCLES, Reading
from spinesim.cascade.spread import QUANTILES, drawn, spread
from spinesim.models.tables import load

DRAWS = 20


def reading(value, links=()):
    """A reading of which every number is `value`."""

    def full(*shape):
        return jnp.full((*links, *shape), float(value))

    return Reading(
        passive_hip_moment=full(2), pelvic_tilt=full(), lumbar_lordosis=full(), pelvic_list=full(),
        lumbar_side_bend=full(), disc_compression=full(6), disc_anterior_shear=full(6),
        disc_lateral_shear=full(6), intradiscal_pressure=full(6), facet_force=full(6, 2),
        facet_share=full(6), muscle_activation=full(len(MUSCLES)), stability_eigenvalue=full(),
    )  # fmt: skip


def test_draws_fill_the_ranges_of_the_table_evenly(model):
    """One draw in each twentieth of a range; the same for the same seed."""
    rows = load("uncertain")
    ranges = dict(zip(rows.names("name"), rows.numbers("low", "high"), strict=True))
    draws, task = drawn(DRAWS, seed=4), ss.task("hold_close")
    bodies = [draw.vary((model, task)) for draw in draws]
    factors = {
        "strength": [m.fascicles.max_force[0] / model.fascicles.max_force[0] for m, _ in bodies],
        "disc_stiffness": [m.discs.axial_stiffness[2] / model.discs.axial_stiffness[2] for m, _ in bodies],
        "load": [t.loads.hand_mass[0] / task.loads.hand_mass[0] for _, t in bodies],
        "level_allowance": [draw.allowance.level / ss.Allowance().level for draw in draws],
    }
    for name, values in factors.items():
        low, high = ranges[name]
        place = (np.array(values) - low) / (high - low) * DRAWS
        assert sorted(np.floor(place).astype(int)) == list(range(DRAWS)), name
    assert sorted(draw.objective.power for draw in draws) == [2] * (DRAWS // 2) + [3] * (DRAWS // 2)
    assert drawn(DRAWS, seed=4)[7].allowance.gaze == draws[7].allowance.gaze


def test_quantiles_are_those_of_the_draws_that_settled():
    values = [0.0, 1.0, 2.0, 3.0, np.nan]
    found = spread([reading(v) for v in values], [reading(v, links=(6,)) for v in values])
    assert found.draws == 5 and found.left_out == 1
    want = np.quantile([0.0, 1.0, 2.0, 3.0], QUANTILES)
    np.testing.assert_allclose(found.change.pelvic_tilt, want)
    np.testing.assert_allclose(found.effect.facet_force[:, 3, 2, 1], want)


def test_without_a_draw_that_settled_there_is_no_interval():
    found = spread([reading(np.nan)], [reading(np.nan, links=(6,))])
    assert found.left_out == 1 and np.all(np.isnan(found.change.pelvic_tilt))


@pytest.mark.slow
def test_a_chain_says_how_sure_its_effects_are(model, monkeypatch):
    """Muscles share by the power that is drawn; here all are followed by that of the healthy one, as
    another is a program of its own."""
    powers, follow = [], chain_of.followed

    def by_the_square(asked, allowance, objective):
        powers.append(objective.power)
        return follow(asked, allowance, ss.Effort())

    monkeypatch.setattr(chain_of, "followed", by_the_square)
    chain = ss.cascade(model, ss.Imbalance(tight={"iliopsoas": 0.04}), ss.task("standing"), draws=3)
    assert powers == [2, *(draw.objective.power for draw in drawn(3, seed=0))] and 3 in powers
    assert chain.spread.draws == 3 and chain.spread.left_out == 0
    change = chain.spread.change.pelvic_tilt
    assert np.all(np.diff(change) >= 0) and change[0] < change[2]
    ds = chain.to_dataset()
    assert ds["spread.effect.pelvic_tilt"].dims == ("quantile", "link")
    np.testing.assert_allclose(ds["quantile"], QUANTILES)
    said = repr(chain)
    assert "3 bodies drawn from what is not known" in said and " to " in said
