"""A compiled module from the command line: checked, submitted, run on two ranks, and a crash told by name."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

pytestmark = pytest.mark.live


@pytest.fixture
def project(shell, module, slopes, tmp_path):
    """A project with two catchments, their rain, and a reservoir in C beside its realization."""
    shell.run("init", "--yes")
    made = slopes(shell)
    settings = tmp_path / "settings"
    settings.mkdir()
    shutil.copy(module("reservoir.c"), settings / "libreservoir.so")
    for number in (1, 2):
        (settings / f"cat-{number}.txt").write_text("k 0.1\n")
    params = {
        "model_type_name": "reservoir", "library_file": "./libreservoir", "init_config": "./{{id}}.txt",
        "registration_function": "register_bmi_reservoir", "main_output_variable": "q",
        "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    (settings / "realization.json").write_text(json.dumps(made.realization("bmi_c", params)))
    (tmp_path / "job.toml").write_text(
        'kind = "simulation"\n[resources]\ncpus = 2\n[simulation]\nrealization = "settings"\n'
    )
    return shell


def test_a_module_in_c_runs_from_the_command_line(project, tmp_path):
    project.run("realization", "check", "settings/realization.json", "--hydrofabric", "fabric", "--root", "settings")
    project.run("dataset", "create", "settings", "--category", "config", "--from", "settings")
    project.run("job", "submit", "job.toml", "--wait", "--set", "simulation.output=flow")
    project.run("dataset", "get", "flow", "--to", "out")
    flow = np.loadtxt(tmp_path / "out" / "nex-1_output.csv", delimiter=",", usecols=2)
    # 1 mm an hour from 10.8 km2 is 3 m3 s-1
    assert flow == pytest.approx(3 * np.array([1.0, 0.9, 0.81, 1.229, 1.1061, 0.99549]), rel=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ("crash 3", 139, "killed by SIGSEGV in reservoir (libreservoir.so) of cat-2 at step 3, 2015-12-01T03:00:00Z"),
        ("fail 3", 71, "cat-2: reservoir (libreservoir.so) failed at step 3, 2015-12-01T03:00:00Z"),
    ],
)
@pytest.mark.parametrize("cpus", [1, 2])
def test_how_a_module_ended_its_job_is_told(project, tmp_path, *, said, code, reason, cpus):
    (tmp_path / "settings" / "cat-2.txt").write_text(said)
    project.run("dataset", "create", "settings", "--category", "config", "--from", "settings")
    ended = 11 if (code, cpus) == (139, 2) else code  # mpiexec ends with the signal of a rank
    project.run("job", "submit", "job.toml", "--wait", "--set", f"resources.cpus={cpus}", code=ended)
    assert reason in json.dumps(project.json("job", "show", "last"))


def test_a_module_that_ends_its_process_has_not_done_the_job(project, tmp_path):
    (tmp_path / "settings" / "cat-2.txt").write_text("exit 3")
    project.run("dataset", "create", "settings", "--category", "config", "--from", "settings")
    project.run("job", "submit", "job.toml", "--wait", "--set", "resources.cpus=1", code=1)
    said = "reservoir (libreservoir.so) of cat-2 at step 3, 2015-12-01T03:00:00Z ended the whole process"
    assert said in json.dumps(project.json("job", "show", "last"))
