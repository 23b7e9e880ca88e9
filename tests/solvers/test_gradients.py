"""Derivatives of what the discs, facets and muscles carry, against the solve itself a little to each side."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from tests.solving import ended, row, solve_all

TASKS = {
    "stoop with a load in one hand": ss.Task(ss.Posture.stoop(43.7), hand_load_kg=(6.4, 3.1)),
    "leaning back": ss.Task(ss.Posture.extended(14.2)),
}
#: Step of each input that leaves central differences some 1e-8 of truncation and of rounding; the tasks are
#: away from postures in which a fascicle just falls silent.
INPUTS = {
    "posture": (lambda m, t: t.posture.levels, 1e-5),
    "load": (lambda m, t: t.loads.hand_mass, 1e-3),
    "strength": (lambda m, t: m.fascicles.max_force, 1e-2),
    "fibre length": (lambda m, t: m.fascicles.optimal_length, 1e-6),
    "disc stiffness": (lambda m, t: m.discs.axial_stiffness, 10.0),
}


def moved(model, task, name, step):
    """Body and task with one kind of input moved by a step."""
    where, _ = INPUTS[name]
    return eqx.tree_at(lambda both: where(*both), (model, task), where(model, task) + step)


def outputs(end):
    """What is differentiated, each in a size of its own [kN, 10 N m, mm, ...]."""
    return {
        "compression": end.disc_compression / 1e3,
        "shear": jnp.stack([end.disc_anterior_shear, end.disc_lateral_shear]) / 1e3,
        "moment": end.disc_moment / 10,
        "pressure": end.intradiscal_pressure / 1e6,
        "facet": end.facet_force / 1e3,
        "ligament": end.ligament_force / 1e3,
        "muscle": end.muscle_force / 1e2,
        "activation": end.activation,
        "abdomen": end.intra_abdominal_pressure / 1e3,
        "disc place": end.disc_translation * 1e3,
        "supports": end.support_force / 1e2,
    }


@eqx.filter_jit
def derivatives(model, task, directions, weights):
    """Forward: outputs along each direction. Reverse: the weighted sum of outputs by every input."""

    def shifted(steps):
        both = model, task
        for name, step in steps.items():
            both = moved(*both, name, step)
        return outputs(ss.solve(*both))

    rest = {name: jnp.zeros_like(where(model, task)) for name, (where, _) in INPUTS.items()}
    value, push = jax.linearize(shifted, rest)
    forward = {name: push(rest | {name: direction}) for name, direction in directions.items()}
    (reverse,) = jax.linear_transpose(push, rest)(weights)
    return value, forward, reverse


@pytest.fixture(scope="module", params=TASKS)
def case(request, model):
    """A task, a random direction of every input, random weights of the outputs, and both derivatives."""
    random, task = np.random.default_rng(7), TASKS[request.param]
    directions = {
        name: jnp.asarray(random.normal(size=where(model, task).shape)) for name, (where, _) in INPUTS.items()
    }
    shape = jax.eval_shape(lambda: outputs(ss.solve(model, task)))
    weights = jax.tree.map(lambda leaf: jnp.asarray(random.normal(size=leaf.shape)), shape)
    return task, directions, weights, derivatives(model, task, directions, weights)


def test_forward_and_reverse_agree(case):
    _, directions, weights, (_, forward, reverse) = case
    for name, direction in directions.items():
        along = sum(jnp.vdot(weights[key], tangent) for key, tangent in forward[name].items())
        size = sum(jnp.sum(jnp.abs(weights[key] * tangent)) for key, tangent in forward[name].items())
        assert abs(jnp.vdot(reverse[name], direction) - along) < 1e-9 * size, name


def test_derivatives_are_those_of_the_solve(model, case):
    """Every output along a random direction of every input, to 1e-5 of the largest of its kind."""
    task, directions, _, (value, forward, _) = case
    sides = [
        moved(model, task, name, sign * step * directions[name])
        for name, (_, step) in INPUTS.items()
        for sign in (1, -1)
    ]
    models, tasks = zip(*sides, strict=True)
    ends = solve_all(models, tasks)
    assert ended(ends)
    for number, (name, (_, step)) in enumerate(INPUTS.items()):
        up, down = (outputs(row(ends, 2 * number + side)) for side in range(2))
        for key, tangent in forward[name].items():
            difference = (up[key] - down[key]) / (2 * step)
            size = float(jnp.max(jnp.abs(tangent)))
            np.testing.assert_allclose(
                difference, tangent, rtol=0, atol=1e-5 * size + 1e-9, err_msg=f"{key} by {name}"
            )
