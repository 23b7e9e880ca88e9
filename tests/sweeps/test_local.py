"""A sweep is its cases, one by one, whatever their order; what fails in it is told and kept out of means."""

from collections import Counter

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import spinesim as ss
from spinesim.sweeps import ending, local, stored, table

TASKS = ["standing", "hold_close"]
CHANGES = {"glutes": ss.Imbalance(weak={"glutes": 0.4}), "psoas": ss.Imbalance(tight={"psoas_major_l": 0.03})}
SEVERITIES = [0.0, 0.3, 0.6, 0.8, 1.0]
ROOM = 0.032  # GB: for chunks of sixteen cases


@pytest.fixture(scope="module")
def swept(model):
    """Twenty cases, two chunks."""
    return ss.sweep(model, TASKS, CHANGES, SEVERITIES, memory_gb=ROOM)


def test_axes_units_and_origin_are_named(swept):
    assert swept.sizes["body"] == 1 and swept.imbalance.values.tolist() == list(CHANGES)
    assert swept.disc_compression.dims == ("body", "imbalance", "severity", "task", "level")
    assert swept.disc_compression.attrs["units"] == "N" and swept.sel(level="L4L5").level == "L4L5"
    assert {"model_hash", "spinesim_version", "precision", "design_hash"} <= set(swept.attrs)
    assert (swept.status == "converged").all()


def test_a_case_is_what_solve_says(swept, model, solved):
    alone = solved(ss.task("hold_close"))
    case = swept.sel(task="hold_close", severity=0.0).isel(body=0)
    for name in CHANGES:
        got = case.sel(imbalance=name)
        np.testing.assert_allclose(got.disc_compression, alone.disc_compression, rtol=1e-9)
        np.testing.assert_allclose(got.group_activation, alone.group_activation, atol=1e-9)


def test_order_and_place_in_a_chunk_do_not_matter(swept, model):
    turned = ss.sweep(model, TASKS[::-1], dict(reversed(CHANGES.items())), SEVERITIES[::-1], memory_gb=ROOM)
    for name in ("disc_compression", "facet_share", "group_force"):
        want = swept[name]
        got = turned[name].reindex_like(want)
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10 * float(abs(want).max()))


def test_other_numbers_compile_nothing(swept):
    """Other bodies, tasks, imbalances and severities of the same kind run through programs that are there."""
    compiled = []

    def listen(event, duration, fun_name="", **_):
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(fun_name)

    def ask(sex, mass, task, group, severity):
        body = ss.lumbar_model(sex, mass, 1.6)
        ss.sweep(body, [task], [ss.Imbalance(weak={group: 0.3})], [severity])

    ask("male", 70.0, "standing", "multifidus", 0.2)
    jax.monitoring.register_event_duration_secs_listener(listen)
    ask("female", 60.0, "hold_close", "glutes", 0.9)
    assert not compiled


@pytest.mark.slow  # another chunk is another program
def test_the_size_of_the_chunks_does_not_matter(swept, model):
    small = ss.sweep(model, TASKS, CHANGES, SEVERITIES, memory_gb=0.014)
    size = float(abs(swept.disc_compression).max())
    np.testing.assert_allclose(small.disc_compression, swept.disc_compression, rtol=1e-10, atol=1e-10 * size)


def test_other_numbers_are_not_compiled_again(swept, model, monkeypatch):
    traced = []
    monkeypatch.setattr(local, "solve", lambda *case, **how: traced.append(case) or ss.solve(*case, **how))
    others = {"mine": ss.Imbalance(inhibited={"multifidus": 0.3}, short_leg_mm={"l": 5})}
    heavier = {"woman": ss.lumbar_model("female", 60.0, 1.65), "man": model}
    ds = ss.sweep(heavier, [ss.Task(ss.Posture.flexed(20))], others, [0.5])
    assert not traced and (ds.status == "converged").all() and ds.sizes["body"] == 2


def test_a_scenario_may_bring_its_own_task(model):
    ds = ss.sweep(model, None, ["asymmetric_carry"], [0.0, 1.0]).squeeze()
    assert ds.task.item() == "own"
    level, uneven = abs(ds.disc_lateral_shear.sel(level="L4L5"))
    assert level < 1e-6 and uneven > 5


def test_stability_is_an_output_like_any(model, solved):
    """Of every case what `stability` says of it alone; without a balance there is none."""
    heavy = ss.Task(ss.Posture.flexed(30), hand_load_kg=200)
    tasks = {"standing": ss.task("standing"), "close": ss.task("hold_close"), "heavy": heavy}
    ds = ss.sweep(model, tasks, outputs=["stability_eigenvalue", "critical_q", "margin_source"]).squeeze()
    for name in ("standing", "close"):
        alone, case = ss.stability(model, tasks[name], solved(tasks[name])), ds.sel(task=name)
        np.testing.assert_allclose(case.stability_eigenvalue, alone.stability_eigenvalue, rtol=1e-6)
        np.testing.assert_allclose(case.critical_q, alone.critical_q, rtol=1e-6)
        np.testing.assert_allclose(case.margin_source, alone.margin_source, atol=1e-5)
    assert ds.stability_eigenvalue.attrs["units"] == "N m/rad" and "disc_compression" not in ds
    assert np.isnan(ds.sel(task="heavy").critical_q) and ds.margin_source.sizes["source"] > 3


@pytest.fixture(scope="module")
def mixed(model):
    """A broken body beside a sound one, and a task that nobody can hold beside one that all can."""
    broken = eqx.tree_at(lambda m: m.fascicles.max_force, model, model.fascicles.max_force * jnp.nan)
    heavy = ss.Task(ss.Posture.flexed(30), hand_load_kg=200)
    tasks = {"standing": ss.task("standing"), "heavy": heavy}
    return ss.sweep({"sound": model, "broken": broken}, tasks)


def test_a_bad_case_is_told_and_does_not_stop_the_rest(mixed, swept):
    status = mixed.status.squeeze()
    assert status.sel(body="sound", task="standing") == "converged"
    assert (status.sel(body="broken") == "nonfinite").all()
    assert status.sel(body="sound", task="heavy") == "overloaded"
    np.testing.assert_allclose(
        mixed.disc_compression.sel(body="sound", task="standing").squeeze(),
        swept.disc_compression.sel(task="standing", severity=0.0, imbalance="glutes").squeeze(),
        rtol=1e-9,
    )


def test_what_failed_enters_no_mean_but_shows_its_reserve(mixed):
    failed = mixed.where(mixed.status != "converged")
    assert np.all(np.isnan(failed.disc_compression)) and np.all(np.isnan(failed.group_activation))
    heavy = mixed.sel(body="sound", task="heavy")
    assert abs(heavy.reserve_moment).max() > 1
    mean = mixed.disc_compression.mean(("body", "task"))
    xr.testing.assert_allclose(mean, mixed.disc_compression.sel(body="sound", task="standing", drop=True))


def test_finished_chunks_are_not_solved_again(swept, model, monkeypatch):
    plan, how = local.design(model, TASKS, CHANGES, SEVERITIES), local.Chunks(memory_gb=ROOM)
    first, second = local.complete(plan, how, {}).values()
    finished = {0: first}
    calls = []
    solve_rows = local.solve_rows
    monkeypatch.setattr(local, "solve_rows", lambda *given: calls.append(given) or solve_rows(*given))
    again = local.complete(plan, how, finished)
    assert len(calls) == 1
    xr.testing.assert_identical(table.labelled(plan, local.together(again)), swept)
    np.testing.assert_array_equal(again[1]["disc_compression"], second["disc_compression"])


def test_results_in_a_file_are_those_in_memory(swept, model, tmp_path, monkeypatch):
    """The same names, numbers and attributes; stopped on the way, the same call solves only what is left."""
    path, solve_rows, calls = tmp_path / "swept.nc", local.solve_rows, []

    def stopping(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return solve_rows(*given)

    monkeypatch.setattr(local, "solve_rows", stopping)
    with pytest.raises(KeyboardInterrupt):
        ss.sweep(model, TASKS, CHANGES, SEVERITIES, store=path, memory_gb=ROOM)
    assert not path.exists() and len(calls) == 2
    with ss.sweep(model, TASKS, CHANGES, SEVERITIES, store=path, memory_gb=ROOM) as ds:
        assert len(calls) == 3
        xr.testing.assert_identical(ds.load(), swept)
    assert [file.name for file in tmp_path.iterdir()] == ["swept.nc"]


def test_work_kept_for_another_objective_is_not_taken(model):
    plan = local.design(model, TASKS, (), [1.0])
    cubes = local.Chunks(objective=ss.Effort(3)).key(plan)
    assert len({cubes, local.Chunks().key(plan), local.Chunks(objective=ss.Effort(2)).key(plan)}) == 3


def test_where_memory_is_short_chunks_get_smaller(swept, model, monkeypatch):
    """A device that refuses more than five cases at once, as XLA does where it has no room for them."""
    solve_rows, sizes = local.solve_rows, []

    def small(asked, cases, names, objective, wanted):
        sizes.append(len(cases))
        if len(cases) > 5:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes.")
        # What is compiled for a whole chunk serves here too: only the refusal is under test.
        columns = solve_rows(asked, np.resize(cases, sizes[0]), names, objective, sizes[0])
        return {name: column[: len(cases)] for name, column in columns.items()}

    monkeypatch.setattr(local, "solve_rows", small)
    ds = ss.sweep(model, TASKS, CHANGES, SEVERITIES, memory_gb=ROOM)
    assert sizes == [16, 8, *[4] * 5]  # once refused, nothing larger is tried again
    xr.testing.assert_allclose(ds, swept)


def test_another_error_of_the_device_is_told(model, monkeypatch):
    def broken(*given):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(local, "solve_rows", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        ss.sweep(model, TASKS)


def test_how_the_cases_ended_is_told_in_a_line(swept, mixed):
    assert swept.attrs["ended"] == "20 cases: 20 converged (100 %)"
    few = "2 nonfinite (50.0 %), 1 converged (25.0 %), 1 overloaded (25.0 %)"
    assert mixed.attrs["ended"] == f"4 cases: {few}"
    rare = Counter({"overloaded": 1, "converged": 99_999})
    assert ending.ended(rare) == "100,000 cases: 99,999 converged (99.999 %), 1 overloaded (0.001 %)"


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_boxes_fill_a_range_in_order(shape, data):
    start = data.draw(st.integers(0, int(np.prod(shape))))
    stop = data.draw(st.integers(start, int(np.prod(shape))))
    numbers = np.arange(np.prod(shape)).reshape(shape)
    found = [numbers[box].ravel() for box in stored.boxes(tuple(shape), start, stop)]
    np.testing.assert_array_equal(np.concatenate([[], *found]), np.arange(start, stop))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"tasks": ["standin"]}, "unknown task 'standin'"),
        ({"tasks": []}, "at least one task"),
        ({"tasks": ["standing", "standing"]}, "task 'standing' is given more than once"),
        ({"imbalances": ["lower_cross"]}, "did you mean 'lower_crossed'"),
        ({"severities": [0.0, 1.5]}, "severity must lie between 0 and 1, not 1.5"),
        ({"severities": []}, "at least one severity"),
        ({"tasks": None, "imbalances": [ss.Imbalance()]}, "only a scenario has its own"),
        ({"outputs": ["disc_compresion"]}, "did you mean 'disc_compression'"),
        ({"outputs": "disc_compression"}, "outputs must be a list, not 'disc_compression'"),
        ({"tasks": "standing"}, "tasks must be a list, not 'standing'"),
        ({"imbalances": ss.Imbalance()}, "imbalances must be a list, not one Imbalance"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_mistake_is_named_before_anything_is_solved(model, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        ss.sweep(model, **{"tasks": ["standing"], **given})
