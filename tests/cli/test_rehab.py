"""`spinesim rehab`, `programmes`, `exercises`, `optimise`: tables, JSON, figures; mistakes in one line."""

import json

import pytest
import xarray as xr

from spinesim.cli.app import main


def ran(words):
    """Exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    return ended.value.code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the template of a profile."""
    monkeypatch.chdir(tmp_path)
    assert ran("init --kind profile") == 0
    return tmp_path


def test_people_get_a_sheet_three_changes_and_a_figure(folder, capsys):
    drawn = "--figure plan.png --bodies two.png"
    assert ran(f"rehab profile.toml --programme mcgill_three --weeks 2 --draws 10 {drawn}") == 0
    said = capsys.readouterr().out
    changes = "within the person", "against the natural course", "against generic exercise", " to "
    screened = "movement screen", "Biering-Sorensen", "norm (SD)"
    for words in (*changes, *screened, "no medical advice", "each side"):
        assert words in said
    assert sorted(path.name for path in folder.iterdir()) == ["plan.png", "profile.toml", "two.png"]


def test_machines_get_the_dataset(folder, capsys):
    capsys.readouterr()
    assert ran("rehab profile.toml --programme mcgill_three --weeks 2 --draws 10 --json") == 0
    ds = xr.Dataset.from_dict(json.loads(capsys.readouterr().out))
    assert ds.sizes["draw"] == 10 and "no medical advice" in ds.attrs["said"]
    assert float(ds.held_loads_error) < 1.0
    assert float(ds.pain.isel(day=0).std()) == 0


def test_programmes_are_listed(capsys):
    assert ran("programmes --json") == 0
    assert "mcgill_three" in {row["name"] for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("rehab none.toml", "none.toml"),
        ("rehab profile.toml --programme mcgil", "'mcgill_three'"),
        ("rehab profile.toml --weeks 200", "weeks must lie between 1 and 104"),
        ("rehab profile.toml --draws 2 --weeks 2", "draws must lie between 10"),
        ("optimise none.toml", "none.toml"),
        ("exercises --own none.toml", "none.toml"),
        ("init --kind profile", "there already"),
        ("init --kind profil", "unknown kind of template 'profil': did you mean 'profile'"),
        ("optimise profile.toml --weeks 200", "weeks must lie between 1 and 104"),
        ("optimise profile.toml --steps 0", "steps must lie between 1 and 500"),
    ],
)
def test_a_mistake_is_one_line(folder, words, complaint, capsys):
    capsys.readouterr()
    assert ran(words) == 2
    out, err = capsys.readouterr()
    assert not out and complaint in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("pain = 50", "pain = 150"), "pain must lie between 1 and 99"),
        (("pain = 50", 'pain = "much"'), "pain must be a number"),
        (("glutes = 0.15", "gluts = 0.15"), "unknown muscle group 'gluts'"),
        (("sit = 8", "sit = 18"), "add up to"),
        (("fear = 0.4", "fears = 0.4"), "unknown key of a profile 'fears'"),
        (("lifts = 10", "lifts = "), "profile.toml"),
        (('sex = "male"', 'sex = "mail"'), "profile.toml"),
    ],
)
def test_a_mistake_in_a_profile_names_the_file(folder, change, complaint, capsys):
    path = folder / "profile.toml"
    path.write_text(path.read_text().replace(*change))
    capsys.readouterr()
    assert ran("rehab profile.toml") == 2
    err = capsys.readouterr().err
    assert complaint in err and "profile.toml" in err and len(err.splitlines()) == 1
