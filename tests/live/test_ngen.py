"""`simulation.program = "ngen"`, with a stand-in that speaks ngen's command line: no real one is here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture
def standin(run, tmp_path, monkeypatch):
    """A folder on PATH with a program that is called ngen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ngen").write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "standin.py"} "$@"\n')
    (folder / "ngen").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return run


SUBMIT = ("job", "submit", "--run", "run", "--wait", "--set", "simulation.program=ngen")


@pytest.mark.parametrize("cpus", ["1", "2"])
def test_ngen_runs_serial_and_under_mpiexec(standin, shell, shared_data, tmp_path, cpus):
    shell.run(*SUBMIT, "--cpus", cpus, "--set", "simulation.end=2015-12-20T00:00:00Z")
    made = shell.json("dataset", "show", "run-1")
    assert made["format"] == "output-csv"
    names = {each["path"] for each in made["files"]}
    assert {"cat-27.csv", "nex-26_output.csv", "cat-67.csv", "nex-68_output.csv", "summary.json"} <= names
    shell.run("dataset", "get", "run-1", "--to", "got")
    flow = np.loadtxt(tmp_path / "got" / "nex-26_output.csv", delimiter=",", usecols=2)
    (file,) = (shared_data / "sugar-creek" / "forcing").glob("cat-27_*.csv")
    rain = np.loadtxt(file, delimiter=",", skiprows=1, usecols=1)[: 19 * 24 + 1]
    assert flow == pytest.approx(rain / 10 * 18.92205293111518 / 3.6, rel=1e-4, abs=1e-6)
    assert (standin / "outputs" / "ngen" / "cat-27.csv").read_text() == "of an earlier run\n"
    assert "Finished 457 timesteps." in shell.run("job", "logs", "last").stdout


@pytest.mark.usefixtures("standin")
@pytest.mark.parametrize(
    ("mode", "said"),
    [("fail", "ngen ended with exit code 3"), ("silent", "ngen ended well, and has written nothing")],
)
def test_how_ngen_failed_is_told(shell, monkeypatch, mode, said):
    monkeypatch.setenv("NGEN_STANDIN", mode)
    done = shell.run(*SUBMIT[:4], "--set", "simulation.program=ngen", "--hold")
    assert done.returncode == 0
    shell.run("job", "release", "last")
    shell.run("job", "wait", "last", code=1)
    assert said in shell.json("job", "show", "last")["why"]


@pytest.mark.usefixtures("run")
def test_without_ngen_the_job_says_where_it_looked(shell):
    shell.run(*SUBMIT[:4], "--set", "simulation.program=ngen")
    shell.run("job", "wait", "last", code=1)
    assert "there is no ngen" in shell.json("job", "show", "last")["why"]
