"""The command line: answers for machines and people, mistakes in one line, never a traceback."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from spinesim.cli.app import main

MISTAKES = {
    "solve": "--posture",
    "solve --posture flexd": "'flexed'",
    "solve --task hold_clos": "'hold_close'",
    "solve --posture flexed --trunk-flexion 3": "'--trunk-flexion-deg'",
    "solve --posture flexed --trunk-flexion-deg 300": "between -30 and 110",
    "solve --posture flexed --trunk-flexion-deg nan": "not nan",
    "solve --posture flexed --trunk-flexion-deg 1,2": "one number",
    "solve --posture standing --hand-load-kg": "needs a value",
    "solve --posture standing --hand-load-kg much": "must be a number",
    "solve --posture standing --hand-load-kg 1,2,3": "(right, left)",
    "solve --posture standing --hands up": "'hanging'",
    "solve --posture standing --mass-kg -75": "between 35 and 200",
    "solve --posture standing --mass-kg heavy": "--mass-kg",
    "solve --posture standing --sex other": "--sex",
    "solv": "solve",
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_named_on_stderr(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    out, err = capsys.readouterr()
    assert ended.value.code == 2 and not out
    assert MISTAKES[words] in err.splitlines()[-1] and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("bench --against benhc.json", "no file 'benhc.json': did you mean 'bench.json'?"),
        ("validate --targets target.csv", "no file 'target.csv': did you mean 'targets.csv'?"),
        ("exercises --own exercise.toml", "no file 'exercise.toml'"),
        ("rehab kept/profil.toml", "no file 'kept/profil.toml': did you mean 'kept/profile.toml'?"),
        ("optimise kpt/profile.toml", "no folder 'kpt': did you mean 'kept'?"),
        ("sweep kept/1/study.toml -o here.nc", "no folder 'kept/1'"),
        ("init nowhere/study.toml", "no folder 'nowhere'"),
    ],
)
def test_a_file_that_is_not_there_is_named_with_the_nearest_that_is(
    words, told, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").mkdir()
    for name in ("bench.json", "targets.csv", "kept/profile.toml"):
        (tmp_path / name).touch()
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and line.startswith("spinesim: no ") and line.endswith(told)


def test_a_folder_where_a_file_belongs_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--against", str(tmp_path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"spinesim: {str(tmp_path)!r} is a folder, not a file\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("solve --task standing --figure loads.pgn", "unknown kind of figure '.pgn': did you mean '.png'"),
        ("solve --task standing --figure loads", "unknown kind of figure ''"),
        ("posture --task standing --figure kpt/loads.png", "no folder 'kpt': did you mean 'kept'"),
        ("cascade lower_crossed --figure kept.png", "'kept.png' is a folder, not a file"),
        ("movement flexion --figure text/x.png", "'text' is a file, not a folder"),
        ("rehab profile.toml --figure weeks", "unknown kind of figure ''"),
        ("rehab profile.toml --bodies lift", "unknown kind of figure ''"),
        ("optimise profile.toml --figure plan", "unknown kind of figure ''"),
        ("bench --figure mine", "unknown kind of figure ''"),
        ("bench --json kept", "'kept' is a folder, not a file"),
        ("report --figure text", "'text' is a file, not a folder"),
        ("sweep study.toml -o kept", "'kept' is a folder, not a file"),
        ("sweep study.toml -o kpt/out.nc", "no folder 'kpt': did you mean 'kept'"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("kept", "kept.png"):
        (tmp_path / folder).mkdir()
    for name in ("text", "profile.toml"):
        (tmp_path / name).touch()
    (tmp_path / "study.toml").write_text('tasks = ["standing"]\n')
    before = set(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"spinesim: {told}")
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        "sweep x -o out.nc",
        "rehab x",
        "optimise x",
        "exercises --own x",
        "validate --targets x",
        "bench --against x",
    ],
)
@pytest.mark.parametrize("content", [b"\x00\x81", b"[1, 2]", b"{"])
def test_a_file_of_another_kind_is_named(words, content, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and line.startswith("spinesim: x")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """`spinesim solve --json --figure` in a process of its own, with a cache of its own."""
    folder = tmp_path_factory.mktemp("run")
    words = "solve --task carry_one_side --hand-load-kg 12,0 --json --figure loads.png"
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "spinesim", *words.split()],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return folder, done


def test_json_is_the_dataset_and_nothing_else(printed):
    folder, done = printed
    assert done.returncode == 0, done.stderr
    ds = xr.Dataset.from_dict(json.loads(done.stdout))
    assert ds.status == "converged" and ds.disc_compression.attrs["units"] == "N"
    assert ds.attrs["asked"] == "carry_one_side --hand-load-kg 12,0"
    assert (folder / "loads.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in folder.iterdir()} == {"loads.png", "cache"}


def test_compiled_programs_are_kept(printed):
    folder, _ = printed
    assert list((folder / "cache" / "spinesim").glob("*.program"))  # as traced
    sizes = [path.stat().st_size for path in (folder / "cache").iterdir()]
    assert max(sizes) > 1e5 and np.median(sizes) < 1e4  # as compiled, the small ones too


def test_help_does_not_wait_for_jax():
    code = "import sys, spinesim.cli.app; print('jax' in sys.modules, 'rich.table' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        ("tasks", ["bent_forward", "carry_one_side"]),
        ("scenarios", ["tight_hip_flexors", "unilateral_quadratus"]),
        ("programmes", ["mcgill_three"]),
    ],
)
def test_no_name_is_cut_on_a_narrow_terminal(catalogue, words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        main([catalogue])
    listed = capsys.readouterr().out
    assert set(words) <= {line.split(" ")[0] for line in listed.splitlines()} and "…" not in listed


@pytest.mark.parametrize("catalogue", ["tasks", "postures"])
def test_catalogues_are_listed(catalogue, capsys):
    with pytest.raises(SystemExit) as ended:
        main([catalogue, "--json"])
    assert ended.value.code == 0
    assert "standing" in {row["name"] for row in json.loads(capsys.readouterr().out)}
