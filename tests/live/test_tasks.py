"""Tasks on a real scheduler: arrays, attempts, order, limits, and what becomes of them when it is killed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import patience
import pytest

from dmod import project
from dmod.errors import ConflictError
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.resources import Resources
from dmod.jobs.status import ACTIVE, Status
from dmod.scheduler import lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.live
NOOP = kinds.from_json('{"kind": "command", "name": "sh", "resources": {}, "command": {"argv": ["/bin/true"]}}')
CONFIG = """
[scheduler]
grace = "1s"
[nodes.wide]
cpus = 64
memory = "64GiB"
[nodes.one]
cpus = 1
memory = "100GiB"
"""
WAIT = "while [ ! -e go ]; do sleep 0.02; done"


@dataclass
class Here:
    """A project with a scheduler of its own."""

    folder: Path
    queue: Queue
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        argv = [sys.executable, "-m", "dmod.scheduler", str(self.folder)]
        self.processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL))

    def kill(self) -> None:
        """As the kernel does for want of memory."""
        process = self.processes.pop()
        process.kill()
        process.wait()

    def sh(self, script: str, numbers: str = "", resources: Resources | None = None, **asked: object) -> int:
        """Submit a shell's script; `asked`: of its spec, or of its order."""
        order = {key: asked.pop(key) for key in ("after", "after_any", "held") if key in asked}
        table = replace(NOOP.table, argv=("/bin/sh", "-c", script))
        spec = replace(NOOP, command=table, resources=resources or Resources(), **asked)
        wanted = Numbers.parse(numbers) if numbers else None
        job = self.queue.submit(Order(spec, self.folder, numbers=wanted, **order))
        self.wake()
        return job

    def wake(self) -> None:
        lock.wake(self.folder / ".dmod")

    def told(self, job: int, task: int, stream: str = "stdout") -> str:
        return (self.folder / f".dmod/jobs/{job}/{task}/{stream}.log").read_text()

    def ran(self) -> Counter[str]:
        """What tasks have written there, and how often."""
        return Counter((self.folder / "ran").read_text().split())

    def end(self, *jobs: int) -> list[Status]:
        """How jobs end."""
        until(lambda: all(self.queue.get(job).status.ended for job in jobs))
        return [self.queue.get(job).status for job in jobs]

    def statuses(self, job: int) -> Counter[Status]:
        return Counter(task.status for task in self.queue.tasks(job))


until = partial(patience.until, seconds=30)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    project.create(tmp_path)
    (tmp_path / "dmod.toml").write_text(CONFIG)
    made = Here(tmp_path, Queue(tmp_path / ".dmod" / "queue.db"))
    made.start()
    yield made
    for job in made.queue.jobs(status=ACTIVE):
        with suppress(ConflictError):
            made.queue.cancel(job.id)
    made.wake()
    until(lambda: not made.queue.jobs(status=ACTIVE))
    for process in made.processes:
        process.terminate()
        assert process.wait(20) == 0
    made.queue.close()


def test_each_task_of_an_array_has_its_own_log_and_code_and_only_those_that_failed_run_again(here: Here):
    script = "echo $DMOD_TASK | tee -a ran; echo oh >&2; [ -e mended ] || exit $((DMOD_TASK % 5 ? 0 : DMOD_TASK))"
    job = here.sh(script, "1-50", at_once=8)
    assert here.end(job) == [Status.FAILED]
    assert here.queue.get(job).reason == "10 of 50 tasks failed, the first task 5: exit code 5: oh"
    for task in here.queue.tasks(job):
        assert task.exit_code == (0 if task.number % 5 else task.number)
        assert (here.told(job, task.number), here.told(job, task.number, "stderr")) == (f"{task.number}\n", "oh\n")
    at_once, most = 0, 0
    for event in here.queue.events(job):
        at_once += (event.status is Status.STAGING) - (event.task is not None and event.status.ended)
        most = max(most, at_once)
    assert (at_once, most) == (0, 8)
    (here.folder / "mended").touch()
    assert here.queue.retry(job, failed=True) == 10
    here.wake()
    assert here.end(job) == [Status.COMPLETED]
    assert here.ran() == {str(number): 1 if number % 5 else 2 for number in range(1, 51)}


def test_a_task_is_tried_again_for_its_cause_after_a_while_and_not_for_another(here: Here):
    asked = {"retries": 3, "retry_delay": 1, "retry_on": ("exit:75",)}
    comes = here.sh("[ $DMOD_ATTEMPT -gt 1 ] || exit 75", **asked)
    fails = here.sh("[ $DMOD_ATTEMPT -gt 1 ] || exit 74", **asked)
    assert here.end(comes, fails) == [Status.COMPLETED, Status.FAILED]
    assert [here.queue.task(job, 0).attempt for job in (comes, fails)] == [2, 1]
    (again,) = [event for event in here.queue.events(comes) if event.note.startswith("attempt 2 in 1 s")]
    assert (here.queue.get(comes).started - again.time).total_seconds() >= 1


def test_after_too_many_failures_the_rest_is_canceled(here: Here):
    job = here.sh("exit 3", "1-1000", at_once=1, max_fails=2)
    assert here.end(job) == [Status.FAILED]
    assert here.statuses(job) == {Status.FAILED: 2, Status.CANCELED: 998}


def test_a_chain_runs_in_its_order(here: Here):
    jobs = [here.sh("echo 1 >> ran; sleep 0.1")]
    jobs += [here.sh("echo 2 >> ran", after=[jobs[0]]), here.sh("exit 3", after=[jobs[0]])]
    jobs += [here.sh("echo 3 >> ran", after=jobs[:2], after_any=jobs[2:])]
    assert here.end(*jobs) == [Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.COMPLETED]
    assert (here.folder / "ran").read_text() == "1\n2\n3\n"


def test_a_chain_that_breaks_is_canceled_to_its_end_and_says_why(here: Here):
    first = here.sh(f"{WAIT}; exit 3")
    second = here.sh("echo second >> ran", after=[first])
    third = here.sh("echo third >> ran", "1-5", after=[second])
    last = here.sh("echo last >> ran", after_any=[third])
    (here.folder / "go").touch()
    ends = [Status.FAILED, Status.CANCELED, Status.CANCELED, Status.COMPLETED]
    assert here.end(first, second, third, last) == ends
    assert here.queue.get(second).reason == f"job {first} failed"
    assert here.ran() == {"last": 1}


def test_a_job_that_is_canceled_while_it_waits_takes_those_with_it_that_wait_for_it(here: Here):
    first = here.sh("true", held=True)
    second = here.sh("true", after=[first])
    until(lambda: here.processes[0].poll() is None and lock.holder(here.folder / ".dmod"))
    here.queue.cancel(first)
    here.wake()
    assert here.end(second) == [Status.CANCELED]
    assert here.queue.get(second).reason == f"job {first} was canceled"


def test_a_job_that_is_held_starts_when_it_is_released(here: Here):
    held, other = here.sh("echo held >> ran", held=True), here.sh("echo other >> ran")
    assert here.end(other) == [Status.COMPLETED]
    assert here.queue.get(held).status is Status.QUEUED
    here.queue.release(held)
    here.wake()
    assert here.end(held) == [Status.COMPLETED]
    assert (here.folder / "ran").read_text() == "other\nheld\n"


def test_who_does_not_listen_is_killed_over_its_time_limit(here: Here):
    job = here.sh("trap '' TERM; while :; do sleep 0.02; done", resources=Resources(time_limit=1))
    assert here.end(job) == [Status.FAILED]
    found = here.queue.get(job)
    assert (found.reason, found.exit_code) == ("it ran longer than its time limit of 1s", 137)
    assert 2 <= (found.ended - found.started).total_seconds() < 10


def test_the_most_important_starts_first(here: Here):
    whole = Resources(1, 90 * 2**30)  # there is one node for it
    first = here.sh(WAIT, resources=whole)
    until(lambda: here.queue.get(first).status is Status.RUNNING)
    jobs = [here.sh(f"echo {each} >> ran", resources=whole, priority=each) for each in (10, 50, 90)]
    (here.folder / "go").touch()
    assert here.end(*jobs) == [Status.COMPLETED] * 3
    assert (here.folder / "ran").read_text() == "90\n50\n10\n"


def test_nothing_starts_on_a_node_that_is_drained_until_it_is_resumed(here: Here):
    here.queue.drain("wide", "new disk")
    small, large = here.sh("true"), here.sh("true", resources=Resources(2))
    assert here.end(small) == [Status.COMPLETED]
    assert here.queue.get(large).status is Status.QUEUED
    here.queue.resume("wide")
    here.wake()
    assert here.end(large) == [Status.COMPLETED]


def test_when_the_scheduler_is_killed_amid_an_array_each_task_runs_once_and_keeps_its_code(here: Here):
    job = here.sh(f"echo $DMOD_TASK >> ran; {WAIT}; exit $DMOD_TASK", "1-12", at_once=4)
    until(lambda: here.statuses(job)[Status.RUNNING] == 4)
    until(lambda: (here.folder / "ran").exists() and len(here.ran()) == 4)
    here.kill()
    (here.folder / "go").touch()  # they end while nobody looks
    here.start()
    assert here.end(job) == [Status.FAILED]
    assert [(task.exit_code, task.attempt) for task in here.queue.tasks(job)] == [(code, 1) for code in range(1, 13)]
    assert here.ran() == {str(number): 1 for number in range(1, 13)}


def test_a_task_that_hits_its_memory_limit_says_so(here: Here):
    code = "kept = []\nwhile True: kept.append(b'x' * 2**20)"
    job = here.sh(f'exec {sys.executable} -c "{code}"', resources=Resources(1, 128 * 2**20))
    assert here.end(job) == [Status.FAILED]
    assert here.queue.get(job).reason.startswith("it ran over its memory limit of 128MiB")


def test_a_canceled_array_ends_what_runs_and_starts_no_more(here: Here):
    job = here.sh(f"echo $DMOD_TASK >> ran; {WAIT}", "1-100", at_once=3)
    until(lambda: (here.folder / "ran").exists() and len(here.ran()) == 3)
    here.queue.cancel(job, 2, note="not this one")
    here.wake()
    until(lambda: here.queue.task(job, 2).status is Status.CANCELED)
    until(lambda: len(here.ran()) == 4)  # another in its place
    here.queue.cancel(job, note="enough")
    here.wake()
    assert here.end(job) == [Status.CANCELED]
    assert here.statuses(job) == {Status.CANCELED: 100}
    assert here.queue.task(job, 2).reason == "not this one"
    assert "enough" in here.queue.get(job).reason
    assert len(here.ran()) == 4
