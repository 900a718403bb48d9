"""A night of work while all is killed at random: nothing promised is lost, nothing runs twice, nothing is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler import lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.live, pytest.mark.slow]
KILLS = 200
DEFAULTS = Defaults()
MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
LIVELY, AWAY = 0.15, 0.3  # seconds at most between two kills, and before a killed scheduler has a successor
TASK = """#!/bin/sh
# task.sh SECONDS CODE: note the begin with one append, work in a child, note the end
echo "begin $DMOD_JOB $DMOD_TASK $DMOD_ATTEMPT" >> "$DMOD_PROJECT/journal"
case $3 in
leaves) setsid sleep 1000 & ;;
ranks) "$MPIEXEC" -n 2 sleep "$1" || exit 9 ;;
recovers) [ "$DMOD_ATTEMPT" -gt 1 ] || exit 75 ;;
esac
sleep "$1" || exit 9
echo "end $DMOD_JOB $DMOD_TASK $DMOD_ATTEMPT" >> "$DMOD_PROJECT/journal"
exit "$2"
"""


class Sort(NamedTuple):
    """A sort of job: how often it is submitted, what it does, and how often it may be run."""

    weight: int
    argv: tuple[str, ...]
    retries: int = 0
    retry_on: tuple[str, ...] = ("any",)
    tasks: int = 0  # of an array, at most
    fails: bool = False  # though nobody kills it


SORTS = {
    "quick": Sort(6, ("0", "0")),
    "slow": Sort(6, ("0.4", "0")),
    "array": Sort(6, ("0.05", "0"), tasks=8),
    "fails": Sort(2, ("0.02", "3"), fails=True),
    "stubborn": Sort(2, ("0.02", "3"), retries=1, fails=True),
    "recovers": Sort(4, ("0.1", "0", "recovers"), retries=3, retry_on=("exit:75", "signal:SIGKILL", "node-lost")),
    "survives": Sort(4, ("0.3", "0"), retries=5, retry_on=("node-lost",), tasks=3),
    "leaves": Sort(3, ("0.1", "0", "leaves")),
    "ranks": Sort(3, ("0.3", "0", "ranks")),
}


class Run(NamedTuple):
    """One attempt of one task."""

    job: int
    task: int
    attempt: int


@dataclass
class Chaos:
    """A project, and somebody who kills what belongs to it."""

    folder: Path
    queue: Queue
    chance: random.Random
    promised: set[int] = field(default_factory=set)  # ids that a client has told
    after: dict[int, int] = field(default_factory=dict)  # the job that another waits for
    killed: Counter[str] = field(default_factory=Counter)
    victims: set[Run] = field(default_factory=set)  # runs one of whose processes was killed
    back: float = 0.0  # when a killed scheduler has a successor

    @property
    def state(self) -> Path:
        """Where the scheduler keeps what it has."""
        return self.folder / ".dmod"

    def order(self, name: str) -> Order:
        """A job of a sort, by chance after one that is there."""
        sort = SORTS[name]
        data = {
            "kind": "command", "name": name, "retries": sort.retries, "retry_on": list(sort.retry_on),
            "retry_delay": "0s", "command": {"argv": ["./task.sh", *sort.argv], "env": {"MPIEXEC": str(MPIEXEC)}},
        }  # fmt: skip
        spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), DEFAULTS)
        numbers = Numbers.parse(f"1-{self.chance.randint(1, sort.tasks)}") if sort.tasks else None
        earlier = [max(self.promised)] if self.promised and self.chance.random() < 0.2 else []
        return Order(spec, self.folder, numbers=numbers, after_any=earlier)

    def submit(self) -> None:
        """Some jobs in one transaction."""
        names = self.chance.choices(list(SORTS), [sort.weight for sort in SORTS.values()], k=self.chance.randint(1, 3))
        orders = [self.order(name) for name in names]
        ids = self.queue.submit_all(orders)
        self.after |= {job: order.after_any[0] for job, order in zip(ids, orders, strict=True) if order.after_any}
        self.promised.update(ids)
        lock.wake(self.state)

    def kill(self) -> None:
        """Kill one thing."""
        name = self.chance.choice(["scheduler"] * 7 + ["process"] * 7 + ["submit"] * 4 + ["wait"] * 2)
        if name == "process" and self.chance.random() < 0.08:
            name = "shepherd"
        victims: dict[str, Callable[[], bool]] = {
            "scheduler": self.kill_scheduler,
            "shepherd": self.kill_shepherd,
            "process": self.kill_process,
            "submit": lambda: self.kill_client(
                "submit", "--array", "1-2", "--name", "array", "--", "./task.sh", "0", "0"
            ),
            "wait": lambda: self.kill_client("wait", str(max(self.promised))),
        }
        self.killed[name] += victims[name]()

    def kill_scheduler(self) -> bool:
        """Kill it wherever it is; another comes after a while, if nobody starts it before."""
        found = lock.holder(self.state)
        if not found or not found["pid"]:
            return False
        self.back = monotonic() + self.chance.uniform(0, AWAY)
        return shoot(found["pid"])

    def kill_shepherd(self) -> bool:
        """Kill what starts the tasks: those that run are lost."""
        return any(shoot(pid) for pid in shepherds(self.folder))

    def kill_process(self) -> bool:
        """Kill a task's first process, a child of it, a rank, or mpiexec."""
        found = sorted(processes(self.folder).items())
        if not found:
            return False
        pid, run = self.chance.choice(found)
        self.victims.add(run)
        return shoot(pid)

    def kill_client(self, *words: str) -> bool:
        """Kill a command in its midst; an id that it has told counts."""
        argv = [sys.executable, "-m", "dmod.cli", "job", words[0], "-o", "name", *words[1:]]
        with subprocess.Popen(
            argv,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as client:
            with suppress(subprocess.TimeoutExpired):
                client.wait(self.chance.uniform(0.05, 0.5))
            alive = client.poll() is None
            client.kill()
            told = client.stdout.read()
        if words[0] == "submit" and told.endswith("\n"):
            self.promised.update(map(int, told.split()))
        return alive

    def go_on(self) -> None:
        """A moment later somebody may have started the scheduler again."""
        sleep(self.chance.uniform(0, LIVELY))
        if monotonic() >= self.back:
            lock.ensure(self.folder, self.state)


def shoot(pid: int) -> bool:
    """Kill a process; whether there was one."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def shepherds(folder: Path) -> list[int]:
    """The shepherds of a project: one, or none."""
    return [pid for pid, words in proc("cmdline") if words[-2:-1] == [os.fsencode(folder / ".dmod" / "shepherd.sock")]]


def processes(folder: Path) -> dict[int, Run]:
    """The processes that jobs of a project have started, but for zombies."""
    mark, found = f"DMOD_JOB_FOLDER={folder}/".encode(), {}
    for pid, words in proc("environ"):
        if any(word.startswith(mark) for word in words):
            told = dict(word.split(b"=", 1) for word in words if b"=" in word)
            found[pid] = Run(*(int(told[b"DMOD_" + name]) for name in (b"JOB", b"TASK", b"ATTEMPT")))
    return found


def proc(name: str) -> Iterator[tuple[int, list[bytes]]]:
    """The words in a file of each process that lives."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / name).read_bytes().split(b"\0")
            if (process / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                yield int(process.name), words


def until(happened: Callable[[], object], seconds: float) -> bool:
    """Wait until it has happened; whether it has."""
    end = monotonic() + seconds
    while not happened():
        if monotonic() > end:
            return False
        sleep(0.05)
    return True


def journal(folder: Path) -> tuple[dict[Run, int], dict[Run, int]]:
    """On which line each run began and ended. Asserts that none did twice."""
    lines: dict[str, dict[Run, int]] = {"begin": {}, "end": {}}
    for number, line in enumerate((folder / "journal").read_text().splitlines()):
        word, *rest = line.split()
        run = Run(*map(int, rest))
        assert run not in lines[word], f"{run} {word}s twice"
        lines[word][run] = number
    return lines["begin"], lines["end"]


@pytest.fixture
def chaos(shell, missing) -> Iterator[Chaos]:
    """A project of four cpus, and a seed that is printed where the test fails."""
    if not MPIEXEC.exists():
        missing("there is no mpiexec beside this Python: pip install 'dmod[mpi]'")
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"CHAOS_SEED={seed}\n")
    project.create(shell.folder)
    (shell.folder / "dmod.toml").write_text('[nodes.here]\ncpus = 4\nmemory = "1GiB"\n')
    (shell.folder / "task.sh").write_text(TASK)
    (shell.folder / "task.sh").chmod(0o755)
    opened = Queue(shell.folder / ".dmod" / "queue.db")
    yield Chaos(shell.folder, opened, random.Random(seed))  # noqa: S311 - to be had again
    opened.close()


def test_two_hundred_kills_lose_nothing_and_run_nothing_twice(chaos: Chaos, shell):
    while chaos.killed.total() < KILLS:
        if len(chaos.queue.jobs(status=(Status.QUEUED,))) < 12:
            chaos.submit()
        chaos.kill()
        chaos.go_on()
    sys.stdout.write(f"{dict(chaos.killed)}, {len(chaos.promised)} jobs\n")
    lock.ensure(chaos.folder, chaos.state)
    ended = until(lambda: all(job.status.ended for job in chaos.queue.jobs()), 60)
    assert ended, [f"{job.id} {job.name} {job.status}" for job in chaos.queue.jobs() if not job.status.ended]
    assert until(lambda: not processes(chaos.folder), 10), processes(chaos.folder)
    verify(chaos)
    shell.run("scheduler", "stop", "--now")
    assert lock.holder(chaos.state) is None
    assert until(lambda: not shepherds(chaos.folder), 5)


def verify(chaos: Chaos) -> None:
    """Every job is there, and each of its tasks ran as often as it may."""
    jobs = {job.id: job for job in chaos.queue.jobs()}
    assert chaos.promised <= jobs.keys()
    began, ended = journal(chaos.folder)
    attempts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for run in began:
        attempts[run.job, run.task].append(run.attempt)
    for job in jobs.values():
        sort = SORTS[job.name]
        for task in chaos.queue.tasks(job.id):
            run = Run(job.id, task.number, task.attempt)
            said = f"{run} of {job.name}: {task.status} {task.reason}, began {attempts[run[:2]]}"
            assert task.attempt <= 1 + sort.retries, said
            assert set(attempts[run[:2]]) <= set(range(1, task.attempt + 1)), said
            if task.status is Status.COMPLETED:
                assert run in began, said
                assert run in ended, said
                assert not sort.fails, said
            else:
                assert task.status is Status.FAILED, said
                assert sort.fails or run in chaos.victims or "shepherd" in task.reason, said
    for job, earlier in chaos.after.items():
        first = min((line for run, line in began.items() if run.job == job), default=len(began) + len(ended))
        assert all(line < first for lines in (began, ended) for run, line in lines.items() if run.job == earlier)
