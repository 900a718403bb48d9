"""Simulations under a real mpiexec: the same bits on any number of ranks, and an end when a rank dies."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import until

pytestmark = pytest.mark.live
HERE = Path(__file__).parent
CROSSED = {f"cat-{n}": f"nex-{n % 4 + 1}" for n in range(1, 14)}  # every nexus has water of catchments far apart


@pytest.fixture
def jobs(missing, tmp_path):
    """A maker of job folders, each with its own name."""
    for package in ("holmes_rs", "mpi4py", "netCDF4"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed")
    if not (Path(sys.prefix) / "bin" / "mpiexec").exists():
        missing("there is no mpiexec beside this Python: pip install mpich")
    made = importlib.util.spec_from_file_location("job_folders", HERE.parent / "worker" / "conftest.py")
    module = importlib.util.module_from_spec(made)
    sys.modules[made.name] = module
    made.loader.exec_module(module)

    def make(name: str, **settings: object):
        (tmp_path / name).mkdir()
        return module.Job(tmp_path / name, **settings)

    return make


def contents(job) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((job.folder / "output").iterdir())}


def parted(job, *shares: list[int]) -> None:
    """Give the job a partition dataset with these catchments in each part."""
    folder = job.folder / "parts"
    folder.mkdir()
    parts = [
        {"id": n, "cat-ids": [f"cat-{c}" for c in share], "nex-ids": [], "remote-connections": []}
        for n, share in enumerate(shares)
    ]
    (folder / "partition.json").write_text(json.dumps({"partitions": parts}))
    job.extra["partition"] = [{"name": "parts", "path": "parts"}]


@pytest.mark.parametrize("output", ["csv", "netcdf"])
def test_one_two_and_three_ranks_give_the_same_bits(jobs, output):
    alone = jobs("alone", toids=CROSSED, output=output)
    assert alone.run().returncode == 0
    for ranks in (2, 3):
        together = jobs(f"of-{ranks}", toids=CROSSED, output=output, ranks=ranks)
        done = together.run()
        assert done.returncode == 0, done.stderr
        assert contents(together) == contents(alone)
        assert {file.name for file in (together.folder / "ranks").glob("*.pid")} == {f"{n}.pid" for n in range(ranks)}


def test_a_nexus_gets_the_water_of_every_rank_in_the_order_of_the_hydrofabric(jobs):
    alone = jobs("alone", toids=CROSSED)
    assert alone.run().returncode == 0
    shared = jobs("shared", toids=CROSSED, ranks=3)
    parted(shared, [13, 2, 5], [1, 4, 7, 10], [3, 6, 9, 12, 8, 11])
    done = shared.run()
    assert done.returncode == 0, done.stderr
    assert contents(shared) == contents(alone)


def test_a_partition_for_another_number_of_ranks_is_refused(jobs):
    job = jobs("job", ranks=2)
    parted(job, [1, 2, 3, 4, 5, 6, 7])
    assert job.run().returncode == 65
    assert job.failure()["message"] == "partition parts has 1 parts, and the job 2 ranks"


def test_more_ranks_than_catchments_run_too(jobs):
    job = jobs("job", toids={"cat-1": "nex-1", "cat-2": "nex-1"}, ranks=3)
    done = job.run()
    assert done.returncode == 0, done.stderr


def test_the_rank_that_fails_tells_why_and_ends_the_others(jobs):
    job = jobs("job", toids=CROSSED, ranks=3)
    parted(job, [1, 2, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12, 13])
    job.of["cat-12"] = {
        "python_type": "dmod.models.series.GR4J",
        "model_params": {"x1": 1.0, "x2": 0.0, "x3": 50.0, "x4": 2.0},
    }
    done = job.run()
    assert done.returncode == 65
    assert (job.failure()["rank"], job.failure()["message"][:29]) == (2, "cat-12: GR4J: parameter x1 is")
    assert "error: rank 2: cat-12" in done.stderr
    assert not (job.folder / "output").exists()


def test_ranks_that_nobody_started_are_missed(jobs):
    job = jobs("job", ranks=2)
    job.lay_out()
    done = subprocess.run(job.argv[3:], cwd=job.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert job.failure()["message"] == "the job wants 2 ranks, and 1 started"


SLOW = """
import time
from pathlib import Path
import sys
sys.path.insert(0, {models!r})
from reservoirs import Shown

class Slow(Shown):
    def update(self):
        super().update()
        time.sleep(0.02)
"""


@pytest.fixture
def slow(jobs):
    """A job of two ranks that takes half a minute, started, its ranks at work."""
    started = []

    def start(ranks: int):
        job = jobs(f"slow-{len(started)}", toids=CROSSED, ranks=ranks, steps=200)
        job.formulation = {
            "python_type": "slow.Slow", "main_output_variable": "q", "variables_names_map": {"p": "APCP_surface"},
        }  # fmt: skip
        job.lay_out()
        (job.folder / "slow.py").write_text(SLOW.format(models=str(HERE.parent / "models")))
        process = subprocess.Popen(
            job.argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=job.folder,
            start_new_session=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        started.append(process)
        until(lambda: (job.folder / "output.partial").exists() or process.poll() is not None)
        until(lambda: all((job.folder / "ranks" / f"{rank}.pid").exists() for rank in range(ranks)))
        assert process.poll() is None, process.stderr.read()
        return job, process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("victim", [0, 1])
def test_when_a_rank_is_killed_nothing_hangs(slow, victim):
    job, process = slow(2)
    pids = [int((job.folder / "ranks" / f"{rank}.pid").read_text()) for rank in (0, 1)]
    os.kill(pids[victim], signal.SIGKILL)
    assert process.wait(10) != 0
    until(lambda: all(gone(pid) for pid in pids))
    assert not (job.folder / "output").exists()


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_worker_that_is_asked_to_stop_ends_and_leaves_nothing_half_done(slow, ranks):
    job, process = slow(ranks)
    pids = [int((job.folder / "ranks" / f"{rank}.pid").read_text()) for rank in range(ranks)]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    until(lambda: all(gone(pid) for pid in pids))
    assert not (job.folder / "output").exists()
    assert ranks > 1 or not (job.folder / "output.partial").exists()  # of several ranks the scheduler clears it
    assert not (job.folder / "failure.json").exists()
