"""`dmod doctor` finds what is broken and says how to mend it."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from dmod.cli import doctor, installed, machine, premises


def found(findings, name: str):
    return next(finding for finding in findings if finding.name == name)


def test_everything_it_says_has_a_status_and_a_fix_if_it_needs_one(dmod):
    dmod("init")
    said = dmod("doctor", "-o", "json")
    rows = said.json
    assert {"python", "packages", "sqlite", "mpiexec", "engine", "project", "state", "disk", "files"} <= {
        row["name"] for row in rows
    }
    for row in rows:
        assert set(row) == set(doctor.RECORD["required"])
        assert row["status"] in {"ok", "warning", "error", "skipped"}
        assert row["status"] == "ok" or row["fix"], row
    assert said.code == any(row["status"] == "error" for row in rows)


def test_outside_of_a_project_it_says_how_to_make_one():
    assert found(premises.findings(), "project").fix == "dmod init"


def test_a_broken_dmod_toml_is_a_finding(dmod):
    dmod("init")
    Path("dmod.toml").write_text("[defaults]\nmem = 1\ncpus = 0\n")
    said = dmod("doctor")
    assert said.code == 1
    assert 'unknown key "mem" in [defaults]; the key is "memory"' in said.out
    assert "fix: dmod config check" in said.out
    assert said.err.endswith("broken: project\n")


def test_a_full_disk_is_no_matter_of_permissions(dmod, monkeypatch):
    dmod("init")

    def full(_, data):
        if data:  # an empty file fits
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    state = found(premises.findings(), "state")
    assert (state.status, state.fix) == ("error", "free some space: df -h .")


def test_a_state_folder_that_cannot_be_written(dmod, nobody, monkeypatch):
    folder, being_nobody = nobody
    monkeypatch.chdir(folder)
    dmod("init")
    Path(".dmod").chmod(0o555)
    with being_nobody():
        assert found(premises.findings(), "state").status == "error"
    monkeypatch.undo()


def test_a_state_that_is_a_file(dmod):
    dmod("init")
    Path(".dmod").rmdir()
    Path(".dmod").touch()
    assert found(premises.findings(), "state").status == "error"


def test_an_mpi_whose_ranks_do_not_meet_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("mpi4py")
    mpiexec = tmp_path / "mpiexec"
    mpiexec.write_text(f"#!/bin/sh\nshift 2\nfor rank in 0 1; do echo 1; done # not {sys.executable}\n")
    mpiexec.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    finding = machine.mpi()
    assert finding.status == "error"
    assert "do not see each other" in finding.detail


def test_an_mpiexec_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("mpi4py")
    mpiexec = tmp_path / "mpiexec"
    mpiexec.write_text("#!/bin/sh\necho 'no room for ranks' >&2\nexit 3\n")
    mpiexec.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert machine.mpi().detail == f"{mpiexec}: no room for ranks"


def test_a_package_belongs_to_its_smallest_extra():
    extras = {package.name.lower(): package.extra for package in installed.packages()}
    assert extras["typer"] == ""
    assert extras["textual"] == "dashboard"
    assert extras["mpi4py"] == "mpi"
    assert extras["holmes-hydro"] == "demo"
    assert "dmod" not in extras


def test_an_extra_that_is_missing_says_what_to_install():
    package = installed.Package("textual", "dashboard", None, ">=8.0")
    assert package.fix == "pip install 'dmod[dashboard]'"
