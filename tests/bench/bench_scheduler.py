"""What the scheduler adds to a program that does nothing, as ratios to fork, exec and wait of the same program.

    python tests/bench/bench_scheduler.py

A real scheduler on a real queue in a folder for temporary files. CPU is that of the scheduler's process and of all that
it started, user and system, without that of its start; latencies are medians. Whoever else uses the machine slows both:
take the ratios.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dmod import project, toml_file
from dmod.cli import job_wait, settings
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.prepared import Prepared
from dmod.jobs.status import Status
from dmod.scheduler import lock
from dmod.scheduler.queue import Queue

JOBS, TRIALS = 300, 30
NOOP = ("/bin/true",)
STAMPED = ("/bin/sh", "-c", "sleep 0.02; date +%s.%N")  # says when it ends


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "bench"
        here = project.create(root)
        settings.use(settings.Settings(directory=root))
        queue = Queue(here.queue)
        peer_cpu, peer_wall = spawned()
        start_cpu = scheduler(root)[0]
        queue.submit_all([(spec(*NOOP), Prepared())] * JOBS, root)
        cpu, wall = scheduler(root, lambda: job_wait.wait(range(1, JOBS + 1), queue))
        assert queue.counts() == {Status.COMPLETED: JOBS}
        begun, returned = latencies(queue, root)
    rows = (
        ("CPU of a job", (cpu - start_cpu) / JOBS, peer_cpu),
        ("time of a job, one after the other", wall / JOBS, peer_wall),
        ("submit to started", begun, peer_wall),
        ("end to wait returns", returned, peer_wall),
        ("fork, exec, wait of /bin/true: CPU", peer_cpu, peer_cpu),
        ("fork, exec, wait of /bin/true: time", peer_wall, peer_wall),
    )
    print(f"{JOBS} jobs of /bin/true on {len(os.sched_getaffinity(0))} cpus; latencies of {TRIALS}")
    print(f"{'':<38}{'ms':>8}{'to peer':>10}")
    for name, seconds, peer in rows:
        print(f"{name:<38}{1000 * seconds:8.2f}{seconds / peer:10.2f}")


def spec(*argv: str):
    """A job that runs a program."""
    data = {"kind": "command", "name": "noop", "command": {"argv": list(argv)}}
    return kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())


def spawned() -> tuple[float, float]:
    """Seconds of CPU and median seconds of time for starting /bin/true and waiting for it."""
    before, times = os.times(), []
    for _ in range(JOBS):
        began = time.perf_counter()
        os.waitpid(os.posix_spawn(NOOP[0], NOOP, os.environ), 0)
        times.append(time.perf_counter() - began)
    return sum(os.times()[:4]) / JOBS - sum(before[:4]) / JOBS, statistics.median(times)


def scheduler(root: Path, work=lambda: None) -> tuple[float, float]:
    """CPU of a scheduler and of what it started while `work` was done, and how long that took; seconds."""
    running = started(root)
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    running.send_signal(signal.SIGTERM)
    _, _, used = os.wait4(running.pid, 0)
    running.returncode = 0
    return used.ru_utime + used.ru_stime, took


def started(root: Path) -> subprocess.Popen[bytes]:
    """A scheduler as our child, so that the system tells what it used."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen([sys.executable, "-m", "dmod.scheduler", str(root)], stdout=quiet, stderr=quiet)
    lock.await_holder(root / ".dmod")
    return running


def latencies(queue: Queue, root: Path) -> tuple[float, float]:
    """Median seconds from submit to started, and from the end of a program to the return of who waits for it."""
    running = started(root)
    begun, returned = [], []
    for _ in range(TRIALS):
        job = queue.submit(spec(*STAMPED), root, Prepared())
        lock.wake(root / ".dmod")
        job_wait.wait([job], queue)
        now = time.time()
        returned.append(now - float((root / ".dmod" / "jobs" / str(job) / "stdout.log").read_text()))
        found = queue.get(job)
        begun.append((found.started - found.submitted).total_seconds())
    running.terminate()
    running.wait()
    return statistics.median(begun), statistics.median(returned)


if __name__ == "__main__":
    main()
