"""`dmod init` makes a folder a project and overwrites nothing."""

from __future__ import annotations

from pathlib import Path


def test_a_new_folder(dmod):
    said = dmod("init", "rivers", "--yes")
    assert (said.code, said.out) == (0, "rivers/dmod.toml\n")
    assert "next: cd rivers && " in said.err
    assert dmod("-C", "rivers", "config", "check").out == "rivers/dmod.toml is right\n"
    assert Path("rivers/.gitignore").read_text() == ".dmod/\n"


def test_this_folder_as_json(dmod, tmp_path: Path):
    assert dmod("init", "--name", "leaf", "-o", "json").json == {
        "name": "leaf",
        "root": str(tmp_path),
        "file": str(tmp_path / "dmod.toml"),
    }


def test_twice_is_a_conflict(dmod):
    dmod("init")
    Path("dmod.toml").write_text("# mine\n")
    said = dmod("init", "--yes")
    assert said.code == 4
    assert said.err.splitlines() == ["error: dmod.toml exists: this is a project already", "  fix: dmod config check"]
    assert Path("dmod.toml").read_text() == "# mine\n"


def test_a_full_folder_needs_a_yes(dmod):
    Path("data.csv").touch()
    said = dmod("init", "--no-input")
    assert said.code == 2
    assert "is not empty" in said.err
    assert not Path("dmod.toml").exists()
    assert dmod("init", "--yes").code == 0


def test_a_dry_run_writes_nothing(dmod):
    assert dmod("init", "rivers", "-n").code == 0
    assert not Path("rivers").exists()


def test_a_file_in_the_way_is_an_error_and_no_traceback(dmod):
    Path("rivers").touch()
    said = dmod("init", "rivers", "--yes")
    assert said.code == 4
    assert said.err.startswith("error: rivers cannot become a project: ")


def test_dmods_own_images_and_stacks_are_copied_to_be_changed(dmod):
    said = dmod("init", "rivers", "--yes", "--with", "stacks,images")
    assert said.code == 0
    copied = said.out.splitlines()
    assert copied[0] == "rivers/dmod.toml"
    assert {"rivers/images/worker/Dockerfile", "rivers/stacks/registry/compose.yml"} < {*copied}
    for name in copied:
        assert Path(name).is_file()
    assert not list(Path("rivers").rglob("*.part"))


def test_a_copy_that_was_changed_stays_and_that_is_said(dmod):
    dmod("init", "--yes", "--with", "images")
    mine, gone = Path("images/worker/Dockerfile"), Path("images/base/Dockerfile")
    mine.write_text("FROM dmod/base\n")
    gone.unlink()
    said = dmod("init", "--with", "images")
    assert (said.code, said.out) == (0, "images/base/Dockerfile\n")
    assert "kept images/worker/Dockerfile, which is not as dmod has it: diff " in said.err
    assert mine.read_text() == "FROM dmod/base\n"


def test_a_dry_run_says_what_would_be_copied_and_what_would_be_kept(dmod):
    dmod("init", "--yes")
    said = dmod("init", "--with", "stacks", "-n")
    assert "would write stacks/registry/compose.yml" in said.err
    assert not Path("stacks").exists()


def test_only_images_and_stacks_can_be_copied(dmod):
    said = dmod("init", "--with", "image")
    assert said.code == 2
    assert "fix: --with images" in said.err
    assert not Path("dmod.toml").exists()
