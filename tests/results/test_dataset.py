"""A result keeps its names, units and origin on the way out, and says what it is."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import spinesim as ss
from spinesim._provenance import fingerprint
from spinesim.cli.console import show
from spinesim.models.groups import REPORTED
from spinesim.results import summary


@pytest.fixture(scope="module")
def standing(solved):
    return solved(ss.task("standing"))


@pytest.fixture(scope="module")
def pair(standing):
    """A batch of two: one case, and the same again as if it had been overloaded."""
    weak = eqx.tree_at(lambda s: s.status, standing, ss.Status.overloaded)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), standing, weak)


def test_every_quantity_has_its_unit_and_every_axis_its_names(standing, model):
    ds = standing.to_dataset(model)
    assert set(ds.dims) - set(ds.coords) == {"row"}
    assert all("units" in ds[name].attrs for name in ds if name != "status")
    assert ds.sizes["fascicle"] == len(model.fascicles.name)
    row = model.fascicles.name.index("MF_m1s_r")
    assert ds.muscle_force.sel(fascicle="MF_m1s_r") == standing.muscle_force[row]
    assert ds.facet_force.sel(level="L4L5", side="l") == standing.facet_force[1, 1]


@pytest.mark.parametrize(
    ("settled", "discomfort", "told"),
    [
        ([1.0, 1.0, 1.0], [2.0, 2.0, 2.0], "3 of 3 starts settled, in one posture"),
        ([1.0, 0.0, 1.0], [2.0, 9.0, 2.0], "2 of 3 starts settled, in one posture"),
        ([1.0, 1.0, 1.0], [2.0, 3.0, 2.0], "3 of 3 starts settled, in different postures"),
        ([0.0, 0.0, 0.0], [2.0, 3.0, 2.0], "no start settled"),
    ],
)
def test_where_the_starts_of_a_posture_led_is_told(settled, discomfort, told, capsys):
    ds = xr.Dataset(
        {
            "pelvis_change": ("axis", np.zeros(3)), "level_change": (("level", "axis"), np.zeros((1, 3))),
            "discomfort_share": ("share", [0.5]), "start_discomfort": ("start", discomfort),
            "start_settled": ("start", settled),
        },
        {"level": ["L4L5"], "share": ["effort"]},
    )  # fmt: skip
    show(summary.settled(ds))
    out = capsys.readouterr().out
    assert told in out and "right bend [deg]" in out


def test_the_parts_of_a_load_add_up_to_it(standing, model):
    ds = standing.to_dataset(model)
    total = ds.disc_load_part.sum("part")
    np.testing.assert_allclose(-total.sel(component="fy"), ds.disc_compression, rtol=1e-12)


def test_status_is_in_words_and_carries_its_sentences(pair, model):
    status = pair.to_dataset(model, batch=("case",)).status
    assert status.values.tolist() == ["converged", "overloaded"]
    assert status.attrs["overloaded"] == ss.Status[ss.Status.overloaded]


def test_a_batch_without_names_for_its_axes_is_refused(pair, model):
    with pytest.raises(ValueError, match="batch="):
        pair.to_dataset(model)


def test_a_file_gives_back_what_was_written(standing, model, tmp_path):
    ds = standing.to_dataset(model)
    ds.to_netcdf(tmp_path / "standing.nc", engine="h5netcdf")
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "standing.nc", engine="h5netcdf"), ds)


def test_the_hash_follows_the_body_and_nothing_else(model):
    assert fingerprint(model) == fingerprint(ss.lumbar_model())
    assert fingerprint(model) != fingerprint(ss.lumbar_model(mass_kg=75.001))


def test_a_result_prints_its_loads_and_its_status(standing):
    said = repr(standing)
    assert "converged" in said and REPORTED[int(standing.group_activation.argmax())] in said
    assert f"{standing.disc_compression[1]:.0f}" in next(line for line in said.splitlines() if "L4L5" in line)
    assert "converged" in standing._repr_html_()


def test_an_overloaded_result_shows_what_is_missing(standing):
    weak = eqx.tree_at(lambda s: s.status, standing, ss.Status.overloaded)
    weak = eqx.tree_at(lambda s: s.reserve_moment, weak, weak.reserve_moment.at[0, 2].set(12.3))
    said = repr(weak)
    assert ss.Status[ss.Status.overloaded][:30] in said and "12.3" in said


def test_a_batch_is_counted_and_a_traced_result_is_left_alone(pair, standing):
    assert "1 converged, 1 overloaded" in repr(pair)
    seen = []
    jax.jit(lambda s: seen.append(repr(s)) or s.disc_compression)(standing)
    assert "disc_compression" in seen[0]
