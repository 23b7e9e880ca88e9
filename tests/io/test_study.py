"""A study file says what to sweep; a mistake in it is one line with its place and the way out."""

import equinox as eqx
import jaxtyping
import pytest

import spinesim as ss
from spinesim.io.study import line_numbers, read

STUDY = """
severities = [0, 0.5]
outputs = ["facet_share"]
tasks = ["standing", "hold_close"]

[[bodies]]
name = "woman"
sex = "female"
mass_kg = 62

[[imbalances]]
scenario = "lower_crossed"

[[imbalances]]
name = "mine"
tight = { psoas_major = 0.03, iliacus_l = 0.02 }
[imbalances.weak]
glutes = 0.4
"""
#: What is written, and what is complained of.
MISTAKES = {
    "severitys = [1]": "line 1: unknown key 'severitys': did you mean 'severities'",
    "\nseverities = [0, 1.5]": "line 2: severities: severity must lie between 0 and 1, not 1.5",
    "severities = 0.5": "line 1: severities: must be a list, not 0.5",
    'outputs = ["facet_shar"]': "line 1: outputs: unknown output 'facet_shar': did you mean 'facet_share'",
    'tasks = ["standin"]': "line 1: tasks: unknown task 'standin': did you mean 'standing'",
    "[[tasks]]\nposture = 'flexd'": "line 2: unknown posture 'flexd': did you mean 'flexed'",
    "[[tasks]]\nposture = 'flexed'\ntrunk_flexion = 3": "line 3: unknown key of this posture 'trunk_flexion'",
    "[[tasks]]\nposture = 'flexed'\ntrunk_flexion_deg = 300": "line 3: trunk_flexion_deg must lie",
    "[[tasks]]\ntask = 'standing'\n[[tasks]]\nhand_load_kg = 3": "line 3: a task needs either",
    "[[tasks]]\ntask = 'standing'\n[[tasks]]\ntask = 'standing'": "line 4: task: name 'standing' is given",
    "[[bodies]]\nsex = 'man'": "line 2: unknown sex 'man': did you mean",
    "[[bodies]]\nmass_kg = 7": "line 2: mass_kg must lie between 35 and 200, not 7",
    "[[bodies]]\nmass_kg = 'heavy'": "line 2: mass_kg must be a number, not 'heavy'",
    "[[imbalances]]\n# psoas\ntight = { psoas = 0.1 }": "line 3: tight: unknown muscle group 'psoas'",
    "[[imbalances]]\n[imbalances.weak]\nglutes = 2": "line 3: weak 'glutes' must lie between 0 and 1, not 2",
    "[[imbalances]]\ntigt = { glutes = 0.1 }": "line 2: unknown key of an imbalance 'tigt'",
    "[[imbalances]]\ntight = 0.1": "line 2: tight must be a table such as { part = 0.1 }, not 0.1",
    "imbalances = ['lower_cross']": "line 1: imbalances: unknown scenario 'lower_cross': did you mean",
    "severities = [0,\n\n1": "line 3: ",
    "tasks = ['standing'\n": "Unclosed array",
}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "study.toml"
        path.write_text(text)
        return path

    return write


def test_a_study_says_what_it_says(written):
    study = read(written(STUDY))
    assert study.severities == (0.0, 0.5) and study.outputs == ("facet_share",)
    assert list(study.tasks) == ["standing", "hold_close"] and list(study.bodies) == ["woman"]
    assert study.imbalances["lower_crossed"] == "lower_crossed"
    mine = ss.Imbalance(tight={"psoas_major": 0.03, "iliacus_l": 0.02}, weak={"glutes": 0.4})
    assert eqx.tree_equal(study.imbalances["mine"], mine)
    assert eqx.tree_equal(study.bodies["woman"], ss.lumbar_model("female", 62))
    assert eqx.tree_equal(study.tasks["hold_close"], ss.task("hold_close"))


def test_an_empty_study_is_one_man_as_he_is(written):
    study = read(written(""))
    assert list(study.bodies) == ["body"] and list(study.imbalances) == ["none"] and study.tasks is None


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_file_and_line(text, written, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    path = written(text)
    with pytest.raises(ValueError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}, line ") and MISTAKES[text] in str(caught.value)


def test_every_key_has_its_line():
    lines = line_numbers(STUDY)
    assert lines[("bodies", 0, "mass_kg")] == 9 and lines[("imbalances", 1, "tight", "iliacus_l")] == 16
    assert lines[("imbalances", 1, "weak", "glutes")] == 18
