"""A project is the folder that holds dmod.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod import project
from dmod.config import Config
from dmod.errors import ConflictError, NotFoundError
from dmod.project import Project


def test_a_folder_becomes_a_project(tmp_path: Path):
    made = project.create(tmp_path / "new" / "rivers")
    assert made.name == "rivers"
    assert made.state.is_dir()
    assert (made.root / ".gitignore").read_text() == ".dmod/\n"
    assert "# cpus = 1" in made.file.read_text()
    assert 'name = "rivers"                # shown in' in made.file.read_text()
    assert sorted(each.name for each in made.root.iterdir()) == [".dmod", ".gitignore", "dmod.toml"]


def test_what_is_there_is_kept(tmp_path: Path):
    (tmp_path / ".gitignore").write_text("*.pyc")
    project.create(tmp_path, "leaf")
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\n.dmod/\n"
    (tmp_path / "dmod.toml").write_text("# mine\n")
    with pytest.raises(ConflictError, match="this is a project already"):
        project.create(tmp_path)
    assert (tmp_path / "dmod.toml").read_text() == "# mine\n"
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\n.dmod/\n"


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "tab\t", "été"])
def test_any_name_of_a_folder_makes_a_readable_dmod_toml(tmp_path: Path, name: str):
    assert project.create(tmp_path / name).config.project.name


def test_it_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project.create(tmp_path / "rivers")
    below = tmp_path / "rivers" / "a" / "b"
    below.mkdir(parents=True)
    assert Project.find(below).root == tmp_path / "rivers"
    monkeypatch.chdir(below)
    assert Project.find().root == tmp_path / "rivers"


def test_nowhere_is_an_error_with_a_way_out(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"no dmod.toml in .* or above") as caught:
        Project.find(tmp_path)
    assert caught.value.fix.startswith("dmod init")
    with pytest.raises(NotFoundError, match="there is no folder"):
        Project.find(tmp_path / "nowhere")


def test_the_config_is_read_when_it_is_asked_for(tmp_path: Path):
    (tmp_path / "dmod.toml").write_text("[defaults\n")
    found = Project.find(tmp_path)
    assert found.queue == tmp_path / ".dmod" / "queue.db"
    assert found.job_folder(42) == tmp_path / ".dmod" / "jobs" / "42"
    with pytest.raises(Exception, match="is not TOML"):
        found.config.values()


def test_datasets_may_lie_on_another_disk(tmp_path: Path):
    assert Project(tmp_path, Config.default()).datasets == tmp_path / ".dmod" / "datasets"
    (tmp_path / "dmod.toml").write_text('[data]\nfolder = "/big/datasets"\n')
    assert Project.find(tmp_path).datasets == Path("/big/datasets")
