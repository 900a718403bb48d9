"""What it costs to look at a queue of 100,000 jobs, as ratios to one of 100.

    python tests/bench/bench_job_list.py

CPU time of the whole process, user and system, medians of 9 runs; the two queues take turns, so that a busy machine
slows both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from dmod import toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.order import Order
from dmod.scheduler.queue import Queue

RUNS = 9
DMOD = (sys.executable, "-c", "import sys; from dmod.cli import main; sys.exit(main())")
FEW, MANY = 100, 100_000
COMMANDS = (
    "job list",
    "job list --state failed",
    "job list --name job-7",
    "job list --before 90",
    "job list --sort=-cpu --limit 10",
    "job list --since 1h",
    "job show 42",
    "job explain last",
    "scheduler status",
    "status",
)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        for folder, jobs in ((few, FEW), (many, MANY)):
            subprocess.run([*DMOD, "init", "--yes", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            fill(Path(folder), jobs)
        print(f"{'command':<34}{f'{FEW:,} jobs':>12}{f'{MANY:,} jobs':>14}{'ratio':>8}   CPU ms")
        for words in COMMANDS:
            spent: dict[str, list[float]] = {few: [], many: []}
            for _ in range(RUNS):
                for folder, times in spent.items():
                    times.append(cpu((*DMOD, *words.split()), folder))
            less, more = (1000 * statistics.median(times) for times in spent.values())
            print(f"{words:<34}{less:12.0f}{more:14.0f}{more / less:8.2f}")


def fill(folder: Path, jobs: int) -> None:
    """A queue of which most have ended, one of fifty has failed, and one of fifty waits."""
    queue = Queue(folder / ".dmod/queue.db")
    for first in range(0, jobs, 10_000):
        queue.submit_all([order(f"job-{at % 100}") for at in range(first, min(jobs, first + 10_000))])
    with queue.transaction() as write:
        write.execute(
            "update job set status = iif(id % 50 = 7, 'failed', 'completed'), begun = 1, completed = id % 50 != 7,"
            " failed = id % 50 = 7, started = submitted, ended = submitted + id % 1000, cpu = id * 7919 % 1000,"
            " reason = iif(id % 50 = 7, 'exit code 3', '') where id % 50 != 0"
        )
    queue.close()


def order(name: str) -> Order:
    """A job that does nothing."""
    data = {"kind": "command", "name": name, "command": {"argv": ["/bin/true", name]}}
    return Order(kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults()), Path("/"))


def cpu(argv: tuple[str, ...], folder: str) -> float:
    """Seconds that a process uses."""
    child = subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(argv[3:])}: exit {child.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
