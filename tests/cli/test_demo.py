"""`dmod demo` up to the point where jobs run: what it types, what it leaves alone, what it says when it cannot."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from dmod import project
from dmod.demo import rivers


@pytest.fixture(autouse=True)
def _parts(missing):
    for module, extra in (("holmes_rs", "models"), ("holmes", "demo")):
        if find_spec(module) is None:
            missing(f"needs dmod[{extra}]")


def typed(said) -> list[str]:
    return [line.removeprefix("$ ") for line in said.err.splitlines() if line.startswith("$ ")]


def test_a_rehearsal_shows_every_command_and_touches_nothing(dmod):
    said = dmod("demo", "--dry-run", "--dir", "deep/rivers")
    assert said.code == 0
    assert typed(said) == [
        "dmod init rivers",
        "cd deep/rivers",
        "dmod dataset create catchments --category hydrofabric --from hydrofabric",
        "dmod dataset create rain --category forcing --from rain.nc",
        "dmod dataset create snow --category forcing --from snow.nc",
        "dmod dataset create models --category config --from realization.json",
        "dmod dataset create measured --category observation --from observations",
        "dmod job submit simulation.toml --wait",
        "dmod job submit evaluation.toml --wait",
        "dmod dataset get scores-2",
    ]
    assert said.out == ""
    assert list(Path().iterdir()) == []


def test_a_gauge_of_nobody_is_refused_before_anything_is_made(dmod):
    said = dmod("demo", "--gauge", "rhine")
    assert said.code == 3
    assert "leaf, au-saumon, baskatong" in said.err
    assert not Path("dmod-demo").exists()


def test_without_the_data_it_says_what_to_install(dmod, monkeypatch):
    monkeypatch.setattr(rivers, "PACKAGE", "no-such-package-anywhere")
    said = dmod("demo")
    assert said.code == 6
    assert "fix: pip install 'dmod[demo]'" in said.err
    assert not Path("dmod-demo").exists()


def test_a_project_of_somebody_else_is_left_alone(dmod):
    project.create(Path("mine"))
    Path("mine/simulation.toml").write_text("kind = 'simulation'\n")
    said = dmod("demo", "--dir", "mine")
    assert said.code == 4
    assert "mine is a project, and not one of the demo" in said.err
    assert "simulation.toml, which the demo did not write" in said.err
    assert sorted(path.name for path in Path("mine").iterdir() if not path.name.startswith(".")) == [
        "dmod.toml", "simulation.toml",
    ]  # fmt: skip


def test_a_demo_that_was_cut_short_while_it_wrote_is_still_its_own(tmp_path):
    from dmod.cli import demo

    project.create(tmp_path / "rivers")
    demo._require_ours(tmp_path / "rivers")
    (tmp_path / "rivers" / demo.MARK).touch()
    (tmp_path / "rivers" / "README.md").write_text("of ten files the first")
    demo._require_ours(tmp_path / "rivers")


def test_a_command_that_fails_ends_the_demo_with_its_code(dmod):
    """A dataset store that cannot be written: the demo says nothing more than the command itself."""
    project.create(Path("rivers"))
    Path("rivers/dmod.toml").write_text('[data]\nfolder = "blocked/datasets"\n')
    Path("rivers/.gitignore").write_text("")
    (Path("rivers") / "blocked").symlink_to("/dev/null")
    Path("rivers/.dmod").mkdir(exist_ok=True)
    said = dmod("demo", "--dir", "rivers")
    assert said.code != 0
    assert "error:" in said.err
    assert "job submit" not in said.err


def test_the_commands_run_where_they_say_whatever_the_environment(monkeypatch, tmp_path):
    """DMOD_PROJECT would lead them elsewhere, and is there again afterwards."""
    project.create(Path("other"))
    monkeypatch.setenv("DMOD_PROJECT", str(tmp_path / "other"))
    from dmod.cli.typist import Typist

    project.create(Path("here"))
    Typist(tmp_path / "here").type("path", "config", "path")
    assert os.environ["DMOD_PROJECT"] == str(tmp_path / "other")
    assert Path.cwd() == tmp_path


def test_what_a_command_answers_is_talk_here(capsys, tmp_path):
    from dmod.cli.typist import Typist

    project.create(tmp_path / "here")
    typist = Typist(tmp_path / "here")
    typist.type("path", "config", "path")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "$ dmod config path"
    assert "here/dmod.toml" in said.err
    assert typist.seconds["path"] > 0


def test_help_says_what_it_does(dmod):
    said = dmod("demo", "--help")
    assert said.code == 0
    for word in ("--dir", "--calibrate", "--gauge", "--executor", "three real rivers"):
        assert word in said.out
    assert max(map(len, said.lines)) <= 80


def test_the_table_of_scores_reads_well():
    from dmod.cli.demo_result import COLUMNS
    from dmod.cli.table import lay_out

    row = {"gauge": "leaf", "nse": 0.90525, "kge": None, "pbias": 9.76, "rmse": 16.5, "peak_error": -7.0, "pairs": 1461}
    lines, hidden = lay_out([row], COLUMNS, 80)
    assert lines[1].split() == ["leaf", "0.905", "-", "+9.8", "16.5", "-7.0", "1461"]
    assert hidden == []


def test_the_realization_of_the_demo_passes_our_own_check(dmod, tmp_path):
    from dmod.demo import inputs, parameters

    inputs.complete(tmp_path, parameters.read())
    said = dmod("realization", "check", "realization.json", "--hydrofabric", "hydrofabric")
    assert said.code == 0, said.out
    assert "error" not in said.out
