"""Compiled modules in a job: a relative library, `{{id}}`, modules in a row, one and two ranks, and bad ends."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from dmod.models.place import left
from dmod.scheduler.diagnose import diagnose

MODULES = Path(__file__).parents[1] / "modules"
FOLDER = "dmod/datasets/config/settings"


@pytest.fixture
def run(job, module):
    """A job whose realization has a reservoir in C behind SLoTH, in the folder of the realization."""
    folder = job.folder / FOLDER
    (folder / "config").mkdir(parents=True)
    shutil.copy(module("reservoir.c"), folder / "libreservoir.so")
    for number, catchment in enumerate(job.toids):
        (folder / "config" / f"{catchment}.txt").write_text(f"k {0.1 + number / 100}\n")
    sloth = {"model_type_name": "SLoTH", "library_file": "./no/libslothmodel", "init_config": "/dev/null"}
    sloth |= {"main_output_variable": "z", "model_params": {"half(1,double,1,node)": 0.5}}
    reservoir = {
        "model_type_name": "reservoir", "library_file": "./libreservoir", "init_config": "./config/{{id}}.txt",
        "registration_function": "register_bmi_reservoir", "main_output_variable": "q",
        "variables_names_map": {"p": "APCP_surface"}, "output_variables": ["q", "n"],
    }  # fmt: skip
    job.reservoir = reservoir
    job.formulation = {
        "name": "bmi_multi", "model_type_name": "row", "main_output_variable": "q", "output_variables": ["s", "half"],
        "modules": [{"name": "bmi_c++", "params": sloth}, {"name": "bmi_c", "params": reservoir}],
    }  # fmt: skip
    return job


def column(path: Path, number: int) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=number)


def expected(rain: np.ndarray, k: float) -> np.ndarray:
    storage, found = 0.0, []
    for each in rain.astype(float):
        storage += each
        found.append(k * storage)
        storage -= found[-1]
    return np.array(found)


def test_a_row_of_modules_runs_for_every_catchment_with_its_own_configuration(run):
    assert run.do() == 0
    output = run.folder / "output"
    assert (output / "cat-3.csv").read_text().startswith("Time Step,Time,s,half\n0,2015-12-01 00:00:00,")
    for number in range(7):
        depth = expected(run.forcing[number], 0.1 + number / 100)
        path = output / f"cat-{number + 1}.csv"
        storage = depth * (1 / (0.1 + number / 100) - 1)
        assert column(path, 2) == pytest.approx(storage, rel=1e-6)  # 32 bits in the module
        assert set(column(path, 3)) == {0.5}
    flow = sum(expected(run.forcing[n], 0.1 + n / 100) / 1000 * (10 + n / 3) * 1e6 / 3600 for n in (0, 1))
    nexus = np.loadtxt(output / "nex-1_output.csv", delimiter=",", usecols=2)
    assert nexus == pytest.approx(flow, rel=5e-6)


def test_two_ranks_give_the_same_bytes_as_one(run):
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    files = []
    for ranks in (1, 2):
        run.ranks = ranks
        done = run.run()
        assert done.returncode == 0, done.stderr
        files.append({path.name: path.read_bytes() for path in (run.folder / "output").glob("*.csv")})
        shutil.rmtree(run.folder / "output")
    assert len(files[0]) == 10
    assert files[0] == files[1]


def test_a_failure_status_ends_the_job_with_module_catchment_and_step(run):
    (run.folder / FOLDER / "config" / "cat-4.txt").write_text("fail 30")
    assert run.do() == 71
    story = run.failure()
    assert story["message"] == "cat-4: reservoir (libreservoir.so) failed at step 30, 2015-12-02T06:00:00Z"
    assert story["why"] == "StatusError: update returned BMI_FAILURE"


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_crash_ends_the_job_with_module_catchment_and_step(run, ranks):
    if ranks > 1 and importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    (run.folder / FOLDER / "config" / "cat-4.txt").write_text("crash 30")
    run.ranks = ranks
    done = run.run()
    assert done.returncode
    (run.folder / "stderr.log").write_text(done.stderr)
    (run.folder / "stdout.log").write_text(done.stdout)
    said = diagnose(run.folder, done.returncode)
    assert said.startswith("rank ")
    assert said.endswith("killed by SIGSEGV in reservoir (libreservoir.so) of cat-4 at step 30, 2015-12-02T06:00:00Z")
    assert not (run.folder / "output").exists()


def test_a_module_that_ends_the_process_has_not_done_the_job(run):
    (run.folder / FOLDER / "config" / "cat-4.txt").write_text("exit 30")
    assert run.run().returncode == 0  # as the module wanted it
    assert not (run.folder / "output").exists()
    said = "reservoir (libreservoir.so) of cat-4 at step 30, 2015-12-02T06:00:00Z"
    assert str(left(run.folder / "ranks" / "0.at")) == said


def test_a_run_that_ends_well_leaves_no_module_behind(run):
    assert run.do() == 0
    assert left(run.folder / "ranks" / "0.at") is None
