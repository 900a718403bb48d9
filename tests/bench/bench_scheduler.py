"""What the scheduler costs, beside what others cost in the same run: HyperQueue, task-spooler, fork, exec and wait.

    python tests/bench/bench_scheduler.py [--quick]

A real scheduler on a real queue in a folder for temporary files, two cpus. CPU is that of the scheduler, of its
shepherd and of all they started, user and system, without that of their start; latencies are medians. Whoever else
uses the machine slows all of them: take the ratios.
"""

from __future__ import annotations

import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench_scheduler_peers import PEERS, Cost, measure
from bench_scheduler_project import NOOP, Project, until

from dmod.cli import job_wait
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

STAMPED = ("/bin/sh", "-c", "sleep 0.02; date +%s.%N")  # says when it ends
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    tasks: int = 3_000
    trials: int = 30
    array: int = 200_000  # tasks submitted at once
    lines: int = 10_000
    waiting: int = 10_000  # tasks that wait while the scheduler is idle, or killed
    idle: int = 20  # seconds
    growth: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    counted: int = 2_000  # of those tasks, so many are run


QUICK = Size(200, 5, 20_000, 1_000, 500, 3, (100, 1_000), 100)


def main() -> None:
    """Print the tables, each as soon as it is known."""
    size = QUICK if "--quick" in sys.argv else Size()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with Project(root / "tasks") as here:
            costs = {"dmod": noop(here, size.tasks)}
            begun, returned = latencies(here, size.trials)
        costs |= {peer: measure(peer, size.tasks, root / peer.replace(" ", "-")) for peer in PEERS}
        compared(costs, size.tasks)
        print(f"\nsubmit to started {1000 * begun:.1f} ms, end to wait returns {1000 * returned:.1f} ms (medians)")
        submitted(root, size)
        for single in (False, True):
            waiting(root / f"waiting-{single}", size, single=single)
        print(
            f"\n{'tasks queued':>12} {'as':<8}{'ms CPU/task':>12}{'start s':>9}{'scheduler MB':>14}{'shepherd MB':>13}"
        )
        for single in (False, True):
            for tasks in size.growth:
                print(grown(root / f"grown-{tasks}-{single}", tasks, size.counted, single=single), flush=True)


def compared(costs: dict[str, Cost | str], tasks: int) -> None:
    """What a task costs, and how many times that of each peer."""
    known = {name: cost for name, cost in costs.items() if isinstance(cost, Cost)}
    print(f"{tasks} tasks of /bin/true on 2 cpus, a task\n{'':<24}{'CPU ms':>8}{'wall ms':>9}{'dmod to it, CPU':>17}")
    for name, cost in costs.items():
        if isinstance(cost, Cost):
            print(f"{name:<24}{1000 * cost.cpu:8.2f}{1000 * cost.wall:9.2f}{known['dmod'].cpu / cost.cpu:17.2f}")
        else:
            print(f"{name:<24}{cost}")


def noop(here: Project, tasks: int) -> Cost:
    """An array of tasks that do nothing, from submit to the end of the last."""
    here.start()
    job_wait.wait([here.submit(*NOOP, tasks="1-10")], here.queue)
    here.quiet()
    before, began = here.spent(), time.perf_counter()
    job = here.submit(*NOOP, tasks=f"1-{tasks}")
    taken = time.perf_counter() - began
    job_wait.wait([job], here.queue)
    wall = time.perf_counter() - began
    here.quiet()
    assert here.get(job).completed == tasks
    return Cost((here.spent() - before) / tasks, wall / tasks, tasks / taken)


def latencies(here: Project, trials: int) -> tuple[float, float]:
    """Median seconds from before the submit to started, and from the end of a program to the return of who waits."""
    begun, returned = [], []
    for _ in range(trials):
        before = time.time()
        job = here.submit(*STAMPED)
        job_wait.wait([job], here.queue)
        returned.append(time.time() - float((here.here.job_folder(job) / "stdout.log").read_text()))
        begun.append(here.get(job).started.timestamp() - before)
    return statistics.median(begun), statistics.median(returned)


def submitted(root: Path, size: Size) -> None:
    """How many tasks a second are durable in the queue, by library and by command."""
    with Project(root / "submitted") as here:
        lines = tuple(f"line {number}" for number in range(size.lines))
        (here.root / "lines").write_text("\n".join(lines))
        ways = {
            "an array": (size.array, lambda: here.queue.submit(here.order(*NOOP, tasks=f"1-{size.array}", held=True))),
            "lines": (
                size.lines,
                lambda: here.queue.submit(here.order(*NOOP, tasks=f"1-{size.lines}", lines=lines, held=True)),
            ),
            "single jobs at once": (
                size.lines,
                lambda: here.queue.submit_all([here.order(*NOOP, held=True)] * size.lines),
            ),
            "an array, dmod job submit --array": (
                size.array,
                lambda: here.dmod("job", "submit", "--hold", "--array", f"1-{size.array}", "--", *NOOP),
            ),
            "lines, dmod job submit --each-line": (
                size.lines,
                lambda: here.dmod("job", "submit", "--hold", "--each-line", "lines", "--", *NOOP),
            ),
        }
        print(f"\n{'submitted, durable':<38}{'tasks':>8}{'tasks/s':>12}")
        for name, (tasks, way) in ways.items():
            began = time.perf_counter()
            way()
            print(f"{name:<38}{tasks:8}{tasks / (time.perf_counter() - began):12,.0f}")
        here.dmod("scheduler", "stop", "--now")


def fill(here: Project, tasks: int, *, single: bool) -> Iterator[int]:
    """Submit tasks that do nothing, and name their jobs."""
    if single:
        yield from here.queue.submit_all([here.order(*NOOP)] * tasks)
    else:
        yield here.submit(*NOOP, tasks=f"1-{tasks}")


def waiting(root: Path, size: Size, *, single: bool) -> None:
    """What it costs to do nothing while many wait, and how soon a new scheduler goes on when one was killed."""
    with Project(root) as here:
        here.start()
        blocking = here.block()
        jobs = list(fill(here, size.waiting, single=single))
        here.quiet()
        spent, began = here.spent_scheduling(), time.monotonic()
        time.sleep(size.idle)
        share = (here.spent_scheduling() - spent) / (time.monotonic() - began)
        memory, shepherd = (each / MEGABYTE for each in here.resident())
        here.stop(signal.SIGKILL)
        began, killed = time.perf_counter(), time.time()
        here.start()
        here.open(1)
        until(lambda: here.get(jobs[0]).started is not None, 0.005)
        looked, started = time.perf_counter() - began, here.get(jobs[0]).started.timestamp() - killed
        here.open(2)
        ended = job_wait.wait([*jobs, blocking], here.queue)
        lost = size.waiting - sum(job.completed for job in ended if job.id != blocking)
        adopted = here.get(blocking)
    assert adopted.status is Status.FAILED
    print(f"\n{size.waiting} tasks queued as {'single jobs' if single else 'an array'} behind two that run")
    print(
        f"  idle: {100 * share:.2f} % of a core over {size.idle} s; memory {memory:.1f} MB, shepherd {shepherd:.1f} MB"
    )
    print(f"  kill -9 to the next task's start: {started:.2f} s ({looked:.2f} s until the queue told); {lost} lost;")
    print(f"  those that ran: {adopted.failed} adopted with their exit code, attempt {adopted.attempt}")


def grown(root: Path, tasks: int, counted: int, *, single: bool) -> str:
    """A line: what each of the first tasks costs when so many are queued, all that the start costs in it."""
    with Project(root) as here:
        here.start()
        here.quiet()
        base = here.spent()
        here.stop()
        jobs = list(fill(here, tasks, single=single))
        began = time.perf_counter()
        here.start()
        until(lambda: here.get(jobs[0]).started is not None, 0.005)
        took = time.perf_counter() - began
        until(lambda: done(here, jobs) >= min(counted, tasks))
        spent, ended = here.spent() - base, done(here, jobs)
        memory, shepherd = (each / MEGABYTE for each in here.resident("VmHWM"))
        here.stop()
    word = "jobs" if single else "array"
    return f"{tasks:>8} {word:<8}{1000 * spent / ended:12.2f}{took:9.2f}{memory:14.1f}{shepherd:13.1f}"


def done(here: Project, jobs: list[int]) -> int:
    """How many tasks have completed."""
    return here.get(jobs[0]).completed if len(jobs) == 1 else here.queue.counts().get(Status.COMPLETED, 0)


if __name__ == "__main__":
    main()
