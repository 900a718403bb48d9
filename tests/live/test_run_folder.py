"""A NextGen run folder from the command line: registered once, run, and told what it lacks."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

pytestmark = pytest.mark.live


def names(shell):
    return {each["name"] for each in shell.json("dataset", "list")}


def flow(shell, tmp_path, name):
    shell.run("dataset", "get", name, "--to", f"got-{name}")
    return np.loadtxt(tmp_path / f"got-{name}" / "nex-26_output.csv", delimiter=",", usecols=2)


@pytest.mark.usefixtures("run")
def test_a_run_folder_is_registered_once_and_run(shell, shared_data, tmp_path):
    shell.run("job", "submit", "--run", "run", "--wait")
    parts = {"run-hydrofabric", "run-forcing", "run-config"}
    assert names(shell) == parts | {"run-1"}
    rain = np.loadtxt(
        next((shared_data / "sugar-creek" / "forcing").glob("cat-27_*.csv")), delimiter=",", skiprows=1, usecols=1
    )
    expected, storage = [], 0.0
    for depth in np.float32(rain[:720]):
        storage = storage + depth
        expected.append(0.1 * storage)
        storage *= 0.9
    # mm an hour from 18.92205293111518 km2
    found = flow(shell, tmp_path, "run-1")
    assert found == pytest.approx(np.array(expected) * 18.92205293111518 / 3.6, rel=1e-5)
    shell.run("job", "submit", "--run", "run", "--wait", "--set", "simulation.end=2015-12-02T00:00:00Z")
    shell.run("dataset", "create", "other", "--from", "run")
    assert names(shell) == parts | {"run-1", "run-2"}
    assert flow(shell, tmp_path, "run-2") == pytest.approx(found[:25], rel=0)


def test_a_changed_realization_is_another_config(run, shell, write_realization):
    shell.run("dataset", "create", "run", "--from", "run")
    write_realization(run, {}, {"allow_exceed_end_time": True})
    shell.run("job", "submit", "--run", "run/config/realization.json", "--wait")
    assert names(shell) == {"run-hydrofabric", "run-forcing", "run-config", "run-config-2", "run-1"}


def test_csv_of_a_pattern_are_taken_exactly(run, shell, shared_data, write_realization):
    for number in (27, 52, 67):
        (file,) = (shared_data / "sugar-creek" / "forcing").glob(f"cat-{number}_*.csv")
        shutil.copy(file, run / "forcings" / f"cat-{number}.csv")
        shutil.copy(file, run / "forcings" / f"cat-{number}0.csv")
    glob = json.loads((run / "config" / "realization.json").read_text())["global"]
    glob["forcing"] = {"path": "./forcings", "file_pattern": ".*{{id}}.*.csv"}
    write_realization(run, {"global": glob})
    shell.run("dataset", "create", "mine", "--from", "run")
    files = [each["path"] for each in shell.json("dataset", "show", "mine-forcing")["files"]]
    assert files == ["cat-27.csv", "cat-52.csv", "cat-67.csv"]
    (run / "forcings" / "cat-27_2.csv").symlink_to("cat-27.csv")
    refused = shell.run("job", "submit", "--run", "run", code=2)
    assert "global.forcing.file_pattern: 2 files fit cat-27: cat-27.csv, cat-27_2.csv" in refused.stderr


def test_what_is_missing_is_named_and_nothing_is_registered(run, shell):
    (run / "config" / "cat_config" / "cat-52.txt").unlink()
    (run / "forcings" / "forcings.nc").unlink()
    refused = shell.run("job", "submit", "--run", "run", code=6).stderr
    assert "global.formulations[0].params.init_config: ./config/cat_config/cat-52.txt" in refused
    assert "global.forcing: ./forcings/forcings.nc for cat-27" in refused
    assert names(shell) == set()


def test_what_is_no_run_folder_says_so(shell, tmp_path, shared_data):
    shell.run("init", "--yes")
    several = shell.run("job", "submit", "--run", str(shared_data / "sugar-creek"), code=2).stderr
    assert "has 13 realizations" in several
    (tmp_path / "empty").mkdir()
    assert "has no realization" in shell.run("job", "submit", "--run", "empty", code=3).stderr
    assert "a whole job" in shell.run("job", "submit", "--run", "empty", "job.toml", code=2).stderr


def test_numbers_that_make_no_sense_are_a_loud_warning(run, shell):
    # a cat-27 that starts with its groundwater fifty times full, as 50% is read: 800 m of water
    (run / "config" / "cat_config" / "cat-27.txt").write_text("k 0.1\nfull 800000\n")
    told = shell.run("job", "submit", "--run", "run", "--wait")  # exit code 0
    assert "WARNING: the result makes no sense: cat-27: " in told.stderr + told.stdout
    job = shell.json("job", "show", "last")
    assert job["status"] == "completed"
    assert "cat-27: 800,186 mm ran off, and 215 mm of rain fell" in job["doubts"]
    assert "WARNING" in job["events"][-1]["note"]
    assert "WARNING" in shell.run("job", "show", "last").stdout
