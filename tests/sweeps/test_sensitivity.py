"""Exact sensitivities are those of the solve itself a little to each side."""

import equinox as eqx
import jax
import numpy as np
import pytest

import spinesim as ss
from tests.solving import ended, row, solve_all

TASK = ss.Task(ss.Posture.flexed(25), hand_load_kg=(6.0, 3.0))
#: Some numbers of body and task, and a step of each.
NUMBERS = {
    "model.fascicles.max_force[MF_m1s_r]": (lambda m, t: m.fascicles.max_force, "MF_m1s_r", 1e-2),
    "model.fascicles.optimal_length[LTpT_T5_l]": (lambda m, t: m.fascicles.optimal_length, "LTpT_T5_l", 1e-6),
    "model.discs.axial_stiffness[L4L5]": (lambda m, t: m.discs.axial_stiffness, 1, 10.0),
    "model.discs.height[L5S1]": (lambda m, t: m.discs.height, 0, 1e-6),
    "model.bodies.mass[thorax]": (lambda m, t: m.bodies.mass, 6, 1e-3),
    "model.discs.rotation_stiffness[L4L5, z]": (lambda m, t: m.discs.rotation_stiffness, (1, 2), 1e-3),
    "task.loads.hand_mass[l]": (lambda m, t: t.loads.hand_mass, 1, 1e-3),
    "task.posture.levels[L3L4, z]": (lambda m, t: t.posture.levels, (2, 2), 1e-5),
}


@pytest.fixture(scope="module")
def table(model):
    return ss.sensitivity(model, TASK, level="L4L5")


@pytest.mark.slow
def test_derivatives_are_those_of_the_solve(model, table):
    sides = []
    for where, place, step in NUMBERS.values():
        place = model.fascicles.name.index(place) if isinstance(place, str) else place
        for sign in (1, -1):
            moved = where(model, TASK).at[place].add(sign * step)
            sides.append(eqx.tree_at(lambda both, where=where: where(*both), (model, TASK), moved))
    ends = solve_all(*zip(*sides, strict=True))
    assert ended(ends)
    for i, (name, (*_, step)) in enumerate(NUMBERS.items()):
        up, down = (row(ends, 2 * i + side).disc_compression[1] for side in range(2))
        derivative = float(table.derivative.sel(parameter=name))
        np.testing.assert_allclose((up - down) / (2 * step), derivative, rtol=1e-4, err_msg=name)


@pytest.mark.slow
def test_every_number_has_its_row_and_the_largest_come_first(model, table):
    count = sum(leaf.size for leaf in jax.tree.leaves((model, TASK)))
    assert table.sizes["parameter"] == count == len(set(table.parameter.values))
    assert np.all(np.diff(np.abs(table.elasticity)) <= 0) and np.all(np.isfinite(table.derivative))
    np.testing.assert_allclose(
        table.elasticity, table.derivative * table.value / table.attrs["output"], rtol=1e-12
    )


@pytest.mark.slow
def test_a_function_of_the_equilibrium_is_an_output_too(model, table):
    same = ss.sensitivity(model, TASK, lambda end: 2 * end.disc_compression[1])
    np.testing.assert_allclose(
        same.derivative.sel(parameter=table.parameter), 2 * table.derivative, rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize(
    ("output", "at", "complaint"),
    [
        ("disc_compresion", {}, "did you mean 'disc_compression'"),
        ("disc_compression", {}, "has many levels: choose one, as in level='L5S1'"),
        ("disc_compression", {"level": "L4"}, "did you mean 'L4L5'"),
        ("disc_compression", {"side": "r"}, "unknown axis of disc_compression 'side'"),
    ],
)
def test_a_mistake_is_named(model, output, at, complaint):
    with pytest.raises(ValueError, match=complaint):
        ss.sensitivity(model, TASK, output, **at)
