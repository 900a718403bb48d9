"""The scheduler as a user meets it: submit, wait, cancel, and what becomes of jobs when it is killed at any line."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import pytest
from patience import until

from dmod import project
from dmod.jobs.order import Order
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.live
TESTS = Path(__file__).parents[1]


@pytest.fixture
def here(shell):
    """A terminal in an empty project."""
    project.create(shell.folder)
    return shell


@pytest.fixture
def queue(here) -> Iterator[Queue]:
    opened = Queue(here.folder / ".dmod" / "queue.db")
    yield opened
    opened.close()


def submit(here, *argv: str) -> int:
    """The id of a job that runs a command line."""
    return int(here.run("job", "submit", "-o", "name", "--", *argv).stdout)


def waiting(here) -> int:
    """The id of a job that has begun, counts its runs in `ran`, and ends with 5 when `go` is there."""
    job = submit(here, "/bin/sh", "-c", "echo ran >> ran; while [ ! -e go ]; do sleep 0.02; done; exit 5")
    until((here.folder / "ran").exists)
    return job


def folder(here, job: int) -> Path:
    return here.folder / ".dmod" / "jobs" / str(job)


def kill(here) -> None:
    """Kill the scheduler, as the kernel does for want of memory, and one that waits to take its place."""

    def killed() -> bool:
        pid = here.json("scheduler", "status")["pid"]
        if pid:
            os.kill(pid, signal.SIGKILL)
        return not pid

    until(killed)


def told(here) -> tuple[str, int | None, int, int]:
    """What the scheduler says of itself."""
    status = here.json("scheduler", "status")
    return status["state"], status["pid"], status["queued"], status["running"]


def processes(here) -> list[int]:
    """The processes that jobs of this project started."""
    found, mark = [], f"DMOD_JOB_FOLDER={here.folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = any(each.startswith(mark) for each in (process / "environ").read_bytes().split(b"\0"))
            if mine and (process / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_who_waits_has_the_code_of_the_job_and_is_told_why_it_failed(here):
    done = here.run("job", "submit", "--wait", "--", "/bin/echo", "hello")
    assert "completed job 1 echo" in done.stderr
    assert here.run("job", "logs", "1").stdout == "hello\n"
    done = here.run("job", "submit", "--wait", "--", "sh", "-c", "echo no such river >&2; exit 3", code=3)
    assert "why: exit code 3: no such river" in done.stderr
    assert here.json("job", "show", "last")["exit_code"] == 3


@pytest.mark.parametrize(
    ("argv", "why", "code"),
    [
        (["sh", "-c", "kill -9 $$"], "killed by SIGKILL, perhaps for want of memory", 137),
        (["sh", "-c", "exit 130"], "killed by SIGINT", 130),
        (["exit", "3"], "there is no program exit on PATH (argv is run as it is, without a shell)", None),
        (["./missing", "3"], "there is no program ./missing in ", None),
    ],
)
def test_the_reason_of_a_failure_is_the_true_one(here, argv: list[str], why: str, code: int | None):
    here.run("job", "submit", "--wait", "--", *argv, code=code or 1)
    job = here.json("job", "show", "last")
    assert job["why"].startswith(why)
    assert job["exit_code"] == code


def test_a_job_that_runs_when_the_scheduler_is_killed_runs_once_and_keeps_its_code(here):
    job = waiting(here)
    kill(here)
    here.run("scheduler", "start")
    (here.folder / "go").touch()
    (ended,) = json.loads(here.run("job", "wait", str(job), "-o", "json", code=1).stdout)
    assert (ended["exit_code"], ended["why"], ended["attempt"]) == (5, "exit code 5", 1)
    assert (here.folder / "ran").read_text() == "ran\n"


def test_one_that_ended_while_no_scheduler_lived_keeps_its_code_too(here):
    job = waiting(here)
    kill(here)
    (here.folder / "go").touch()
    until(lambda: not processes(here))
    (ended,) = json.loads(here.run("job", "wait", str(job), "-o", "json", code=1).stdout)  # it starts a scheduler
    assert (ended["exit_code"], (here.folder / "ran").read_text()) == (5, "ran\n")


def test_killed_between_the_start_of_a_program_and_the_note_of_it_it_runs_once(here, queue: Queue):
    job = waiting(here)
    kill(here)
    with queue.transaction() as write:  # what the queue knew before the scheduler could say that it runs
        write.execute("update job set status = 'staging', started = null")
        write.execute("update task set status = 'staging', handle = '{}', started = null")
    here.run("scheduler", "start")
    until(lambda: queue.get(job).status is Status.RUNNING)
    assert queue.task(job, 0).handle
    (here.folder / "go").touch()
    here.run("job", "wait", str(job), code=1)
    assert (queue.get(job).exit_code, (here.folder / "ran").read_text()) == (5, "ran\n")


def test_killed_between_promise_and_start_it_is_started(here, queue: Queue, advance):
    here.run("scheduler", "start")
    kill(here)
    job = submit(here, "sh", "-c", "echo ran >> ran")
    here.run("job", "wait", str(job))
    kill(here)
    second = queue.submit(Order(queue.get(job).spec, here.folder))
    advance(queue, second, Status.STAGING, held=(Allocation("here", 1, 0),))  # and the scheduler was killed
    here.run("scheduler", "start")
    here.run("job", "wait", str(second))
    assert (here.folder / "ran").read_text() == "ran\nran\n"


@pytest.mark.slow
def test_every_submitted_job_runs_however_often_the_scheduler_is_killed(here, queue: Queue):
    ids = [submit(here, "sh", "-c", f"echo {number} >> ran; sleep 0.05") for number in range(4)]
    for _ in range(2):
        kill(here)
        here.run("scheduler", "start")
    here.run("job", "wait", *map(str, ids))
    assert sorted((here.folder / "ran").read_text().split()) == list("0123")
    assert {job.attempt for job in queue.jobs()} == {1}


def test_canceling_leaves_no_process(here):
    tree = "setsid sleep 101 & setsid sh -c 'sleep 102 & sleep 103' & sleep 104"
    job = submit(here, "sh", "-c", tree)
    until(lambda: len(processes(here)) >= 6)
    said = here.run("job", "cancel", str(job))
    assert said.stderr == f"job {job} sh: asked to end\n"
    (ended,) = json.loads(here.run("job", "wait", str(job), "-o", "json", code=1).stdout)
    assert (ended["status"], ended["why"]) == ("canceled", "canceled by user")
    until(lambda: not processes(here))


def test_a_cancel_counts_though_the_program_ends_well(here):
    job = submit(here, "sh", "-c", "trap 'exit 0' TERM; touch ran; while :; do sleep 0.02; done")
    until((here.folder / "ran").exists)
    here.run("job", "cancel", str(job))
    here.run("job", "wait", str(job), code=1)
    assert here.json("job", "show", str(job))["status"] == "canceled"


def test_over_its_time_limit_a_job_is_ended(here):
    here.run("job", "submit", "--wait", "--time-limit", "1s", "--", "sleep", "100", code=143)
    job = here.json("job", "show", "last")
    assert (job["status"], job["why"]) == ("failed", "it ran longer than its time limit of 1s")
    assert 1 <= job["runtime"] < 5
    assert processes(here) == []


def test_who_waits_for_a_time_gives_up_with_seven_and_the_job_goes_on(here):
    job = waiting(here)
    said = here.run("job", "wait", str(job), "--timeout", "1s", code=7)
    assert f"error: job {job} has not ended after 1s" in said.stderr
    assert here.json("job", "show", str(job))["status"] == "running"


def test_who_stops_waiting_stops_nothing_else(here):
    job = waiting(here)
    argv = [sys.executable, "-m", "dmod.cli", "job", "watch", str(job)]
    watcher = subprocess.Popen(argv, cwd=here.folder, stderr=subprocess.PIPE, text=True)
    assert "running" in watcher.stderr.readline()
    watcher.send_signal(signal.SIGINT)
    said = watcher.communicate(timeout=10)[1]
    assert watcher.returncode == 130
    assert f"job {job} goes on; to come back: dmod job watch {job}" in said
    assert "Traceback" not in said
    assert here.json("job", "show", str(job))["status"] == "running"


def test_a_failed_job_is_tried_again_under_its_id(here):
    job = submit(here, "sh", "-c", "test -e mended")
    here.run("job", "wait", str(job), code=1)
    (here.folder / "mended").touch()
    here.run("job", "retry", str(job))
    here.run("job", "wait", str(job))
    shown = here.json("job", "show", str(job))
    assert (shown["attempt"], shown["status"], shown["exit_code"]) == (2, "completed", 0)


def test_stopping_the_scheduler_stops_no_job_unless_it_is_told_to(here):
    job = waiting(here)
    said = here.run("scheduler", "stop")
    assert "1 running jobs go on" in said.stderr
    assert told(here) == ("stopped", None, 0, 1)
    assert processes(here)
    here.run("scheduler", "start")
    here.run("scheduler", "stop", "--now")
    assert here.json("job", "show", str(job))["why"] == "the scheduler was stopped"
    until(lambda: not processes(here))


def test_a_job_that_nobody_can_read_fails_alone(here, queue: Queue):
    broken = int(here.run("job", "submit", "--hold", "-o", "name", "--", "/bin/true").stdout)
    with closing(sqlite3.connect(queue.path)) as connection, connection:
        connection.execute("update job set spec = replace(spec, '\"argv\"', '\"argw\"') where id = ?", (broken,))
    here.run("job", "release", str(broken))
    here.run("job", "wait", str(broken), code=1)
    here.run("job", "submit", "--wait", "--", "/bin/true")
    assert "argw" in queue.get(broken).reason
    assert here.json("scheduler", "status")["state"] == "running"


@pytest.mark.slow
def test_a_queue_that_is_deleted_is_followed_by_a_new_one_with_ids_of_its_own(here):
    first = submit(here, "/bin/true")
    here.run("job", "wait", str(first))
    for file in (here.folder / ".dmod").glob("queue.db*"):
        file.unlink()
    second = submit(here, "/bin/true")
    assert second == first + 1
    here.run("job", "wait", str(second), "--timeout", "30s")


@pytest.mark.parametrize("running", [True, False])
def test_told_to_stop_now_it_starts_none_of_those_that_wait(here, running):
    for _ in range(3):
        here.run("job", "submit", "--cpus", str(len(os.sched_getaffinity(0))), "--", "/bin/sleep", "100")
    until(lambda: processes(here))
    if not running:
        here.run("scheduler", "stop")
    here.run("scheduler", "stop", "--now")
    assert told(here) == ("stopped", None, 2, 0)
    assert not processes(here)


def test_a_scheduler_asked_for_before_a_stop_and_late_to_come_leaves_at_once(here):
    asked = time()
    here.run("scheduler", "start")
    here.run("scheduler", "stop")
    late = [sys.executable, "-m", "dmod.scheduler", str(here.folder), str(asked)]
    run = subprocess.run(late, check=False, timeout=30)
    assert run.returncode == 0
    assert here.json("scheduler", "status")["state"] == "stopped"


def test_a_job_that_ends_the_scheduler_and_starts_another_takes_nobody_with_it(here):
    dmod = f"{sys.executable} -m dmod.cli"
    job = submit(here, "sh", "-c", f"{dmod} scheduler stop && {dmod} job submit -- sh -c 'sleep 0.2; echo ran > ran'")
    here.run("job", "wait", str(job))
    until(lambda: len(here.json("job", "list")) == 2)
    here.run("job", "wait", str(job + 1))
    assert (here.folder / "ran").exists()
    assert here.json("scheduler", "status")["state"] == "running"


@pytest.mark.slow
def test_two_shells_submit_at_once_and_all_jobs_run_in_one_order(here, queue: Queue):
    loop = f'for n in $(seq 8); do "{sys.executable}" -m dmod.cli job submit -o name -- /bin/true || exit 1; done'
    shells = [
        subprocess.Popen(["bash", "-c", loop], cwd=here.folder, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ids = [[int(line) for line in shell.communicate(timeout=120)[0].split()] for shell in shells]
    assert [len(each) for each in ids] == [8, 8]
    assert all(each == sorted(each) for each in ids)
    assert sorted(ids[0] + ids[1]) == list(range(1, 17))
    here.run("job", "wait", "1-16")
    jobs = queue.jobs()
    assert [job.status for job in jobs] == [Status.COMPLETED] * 16
    assert [job.started for job in jobs] == sorted(job.started for job in jobs)
    starts = [event.job for event in queue.events() if event.status is Status.STAGING]
    assert starts == list(range(1, 17))


def test_an_idle_scheduler_leaves_and_the_next_job_starts_another(here):
    settings = here.folder / "dmod.toml"
    settings.write_text('[scheduler]\nidle_exit = "1s"\n')
    waiting(here)
    first = here.json("scheduler", "status")["pid"]
    assert first
    (here.folder / "go").touch()
    until(lambda: here.json("scheduler", "status")["state"] == "stopped")
    here.run("job", "submit", "--wait", "--", "/bin/true")


def test_a_project_may_lie_deeper_than_the_path_of_a_socket(shell):
    deep = type(shell)(shell.folder.joinpath(*["a-folder-with-a-long-name"] * 6))
    deep.folder.mkdir(parents=True)
    deep.run("init", "--yes")
    deep.run("job", "submit", "--wait", "--", "/bin/true")


SLOW = """
import time
import sys
sys.path.insert(0, {models!r})
from reservoirs import Shown

class Slow(Shown):
    def update(self):
        super().update()
        time.sleep({pause})
"""


@pytest.fixture
def simulation(here, missing) -> Callable[..., int]:
    """Makes datasets of seven catchments with a model that takes its time, and submits a simulation of two ranks."""
    if importlib.util.find_spec("mpi4py") is None or not (Path(sys.prefix) / "bin" / "mpiexec").exists():
        missing("there is no MPI beside this Python: pip install 'dmod[mpi]'")
    made = importlib.util.spec_from_file_location("job_folders", TESTS / "worker" / "conftest.py")
    module = importlib.util.module_from_spec(made)
    sys.modules[made.name] = module
    made.loader.exec_module(module)

    def start(pause: float) -> int:
        inputs = module.Job(here.folder / "inputs", steps=100)
        inputs.formulation = {
            "python_type": "slow.Slow", "main_output_variable": "q", "variables_names_map": {"p": "APCP_surface"},
        }  # fmt: skip
        inputs.folder.mkdir()
        inputs.lay_out()
        data = inputs.folder / "dmod" / "datasets"
        (data / "config" / "settings" / "slow.py").write_text(SLOW.format(models=str(TESTS / "models"), pause=pause))
        for category, name in (("hydrofabric", "fabric"), ("forcing", "rain"), ("config", "settings")):
            source = str(data / category / name)
            here.run("dataset", "create", name, "--category", category, "--from", source)
        (here.folder / "slow.toml").write_text(
            'kind = "simulation"\n[resources]\ncpus = 2\n[simulation]\nrealization = "settings"\n'
        )
        return int(here.run("job", "submit", "slow.toml", "-o", "name").stdout)

    return start


def ranks(here, job: int) -> list[int]:
    """The pids of both ranks, once they simulate."""
    pids = [folder(here, job) / "ranks" / f"{rank}.pid" for rank in (0, 1)]
    until(lambda: all(path.exists() for path in pids) and (folder(here, job) / "progress.json").exists())
    return [int(path.read_text()) for path in pids]


def test_a_simulation_of_two_ranks_becomes_a_dataset_that_knows_where_it_comes_from(here, simulation):
    job = simulation(pause=0)
    here.run("job", "wait", str(job))
    output = here.json("dataset", "show", "slow-1")
    assert (output["category"], output["job"]) == ("output", job)
    assert set(output["derived_from"]) == {"settings", "fabric", "rain"}
    assert output["domain"]["details"]["provenance"]["datasets"].keys() == {"settings", "fabric", "rain"}
    assert not (folder(here, job) / "output").exists()


@pytest.mark.slow
def test_a_rank_that_is_killed_fails_the_job_which_names_it(here, simulation):
    job = simulation(pause=0.05)
    victim = ranks(here, job)[1]
    os.kill(victim, signal.SIGKILL)
    here.run("job", "wait", str(job), code=1)
    why = here.json("job", "show", str(job))["why"]
    assert why.startswith(f"rank 1, pid {victim} on ")
    assert "killed by SIGKILL" in why
    until(lambda: not processes(here))
    assert here.json("dataset", "list", "--category", "output") == []
    assert not list(here.folder.glob(".dmod/jobs/*/output*"))


def test_canceling_ranks_leaves_no_process(here, simulation):
    job = simulation(pause=0.05)
    ranks(here, job)
    here.run("job", "cancel", str(job))
    here.run("job", "wait", str(job), code=1)
    assert here.json("job", "show", str(job))["status"] == "canceled"
    until(lambda: not processes(here))


@pytest.mark.slow
def test_killed_before_its_output_was_kept_a_simulation_is_completed(here, simulation, queue: Queue, advance):
    job = simulation(pause=0.002)
    ranks(here, job)
    kill(here)
    until(lambda: not processes(here))
    assert (folder(here, job) / "output").is_dir()
    advance(queue, job, Status.COLLECTING, code=0)  # the last word of the scheduler that was killed
    here.run("job", "wait", str(job))
    assert here.json("dataset", "show", "slow-1")["job"] == job
    assert queue.get(job).exit_code == 0
