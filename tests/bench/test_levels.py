"""A body with fused levels is the same body: its paths, weight and tissues at and below the free ones."""

import pickle
import subprocess
import sys
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.bench.fused import fused, fused_task, names
from spinesim.bench.levels import BEGIN, levels
from spinesim.bench.sizes import of_fascicles
from spinesim.models import anatomy
from spinesim.models.mechanics import SPINE, columns, pulls, resultants, tissue_wrenches, turned_tissues
from spinesim.models.placement import place
from spinesim.viz.bench import SIZES

TASK = ss.Task(ss.Posture.flexed(trunk_flexion_deg=40.0), hand_load_kg=8.0)


@jax.jit
def posed(model, task):
    """What tension, weight, hands and tissues do to every row of the balance, discs at rest."""
    placement, still = place(model, task), jnp.zeros((SPINE, 3))
    column = columns(placement, pulls(placement, still))
    weight = resultants(placement, still, *placement.wrenches.total())
    tissue, _ = tissue_wrenches(turned_tissues(model, placement), placement, still)
    found = {
        "by joint": {"arm": jnp.swapaxes(column.moment, 0, 1), "weight": weight.moment},
        "by level": {"pull": jnp.swapaxes(column.force, 0, 1), "weight": weight.force, "tissue": tissue},
        "whole": {"length": column.length[:-1], "force": weight.whole_force, "moment": weight.whole_moment},
        "contact": {"point": placement.reactions.point},
    }
    return found


def in_its_process(free, *case):
    """`posed` in a process that has `free` levels."""
    script = f"{BEGIN}import runpy; posed = runpy.run_path({__file__!r})['posed']\n"
    script += "pickle.dump(posed(*pickle.load(sys.stdin.buffer)), sys.stdout.buffer)"
    said = pickle.dumps(names(free)) + pickle.dumps(case)
    done = subprocess.run([sys.executable, "-c", script], input=said, capture_output=True, check=True)
    return pickle.loads(done.stdout)


@pytest.mark.parametrize("free", [2, 5])
def test_what_crosses_the_free_levels_is_what_crossed_them(model, free):
    body, task = fused(model, free), fused_task(TASK, free)
    whole = eqx.tree_at(
        lambda task: (task.posture.pelvis, task.posture.levels), TASK,
        (task.posture.pelvis, TASK.posture.levels.at[free:].set(0.0)),
    )  # fmt: skip
    got, want = jax.tree.map(np.asarray, (in_its_process(free, body, task), posed(model, whole)))
    joints = [*range(free), SPINE, SPINE + 1]
    kept = [model.fascicles.name.index(name) for name in body.fascicles.name] + [-1]  # and the pressure
    for rows, kind in ((joints, "by joint"), (joints[:free], "by level")):
        want[kind] = {name: value[rows] for name, value in want[kind].items()}
    for kind, name in (("by joint", "arm"), ("by level", "pull")):
        dropped = np.delete(want[kind][name], kept, axis=1)
        assert np.all(np.abs(dropped) < 1e-12)  # the fused bone alone carried them
        want[kind][name] = want[kind][name][:, kept]
    want["whole"]["length"] = want["whole"]["length"][kept[:-1]]
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9), got, want)


def test_nothing_is_fused_where_all_levels_are_free(model):
    want = of_fascicles(model, range(len(model.fascicles.name)))  # which sorts the surfaces
    same = partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-15)
    jax.tree.map(same, fused(model, 6), want)
    assert names(6) == {name: getattr(anatomy, name) for name in ("LEVELS", "BODIES", "PARENTS")}


def test_bones_that_are_one_turn_as_heavily_as_apart(model):
    """About the top of the fused bone: mass, centre and inertia of the parts, put together by hand."""
    one, parts = fused(model, 4).bodies, model.bodies
    shift = np.cumsum([np.zeros(3), parts.joint[5], parts.joint[6]], axis=0)  # of L2's, L1's, thorax's origin
    mass, centre = np.asarray(parts.mass[4:7]), np.asarray(parts.com[4:7]) + shift

    def about_origin(mass, centre, inertia):
        return inertia + mass * (centre @ centre * np.eye(3) - np.outer(centre, centre))

    want = sum(map(about_origin, mass, centre, np.asarray(parts.inertia[4:7])))
    got = about_origin(*(np.asarray(value[4]) for value in (one.mass, one.com, one.inertia)))
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(one.mass[4] * one.com[4], mass @ centre, rtol=1e-12)


def test_fewer_levels_are_solved_and_drawn():
    (row,) = levels(1, (3,))
    assert row.solver.split()[:2] == ["3", "levels,"] and row.question in SIZES
    assert row.error < 1e-6 and f"{row.cases} converged (100 %)" in row.note
