"""What others spend on a program that does nothing: HyperQueue, task-spooler, and fork, exec and wait alone.

    python tests/bench/bench_scheduler_peers.py hyperqueue 3000 FOLDER

Each runs in a process of its own that counts all it has started, user and system, and prints a `Cost` as JSON.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

NOOP = ("/bin/true",)
CPUS = 2
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True)
class Cost:
    """What a task costs."""

    cpu: float  # seconds of cpu, of all processes together
    wall: float  # seconds until it is known to have ended, many one after the other
    submitted: float = 0.0  # tasks a second that are taken in


def measure(peer: str, tasks: int, folder: Path) -> Cost | str:
    """What a task costs with a peer, or why nobody knows."""
    if peer.startswith("hyperqueue") and importlib.util.find_spec("hyperqueue") is None:
        return "not here: pip install hyperqueue"
    if peer == "tsp" and shutil.which("tsp") is None:
        return "not here: apt-get install task-spooler"
    folder.mkdir()
    environment = os.environ | {"TQDM_DISABLE": "1", "TMPDIR": str(folder), "TS_SOCKET": str(folder / "socket")}
    done = subprocess.run(
        [sys.executable, __file__, peer, str(tasks), str(folder)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return f"failed: {(done.stderr.strip() or 'no reason').splitlines()[-1]}"
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def spent() -> float:
    """Seconds of cpu of this process and of all it has waited for."""
    return sum(os.times()[:4])


def spawned(tasks: int, _folder: Path) -> Cost:
    """Fork, exec and wait of one after the other."""
    before, began = spent(), time.perf_counter()
    for _ in range(tasks):
        os.waitpid(os.posix_spawn(NOOP[0], NOOP, os.environ), 0)
    return Cost((spent() - before) / tasks, (time.perf_counter() - began) / tasks)


def hyperqueue(tasks: int, folder: Path, *, logs: bool = False) -> Cost:
    """A job of many tasks; server and worker are threads of this process, programs its children."""
    from hyperqueue import Job, LocalCluster
    from hyperqueue.cluster import WorkerConfig

    kept = {} if logs else {"stdout": None, "stderr": None}
    with LocalCluster(str(folder)) as cluster:
        while not list(folder.glob("*/access.json")):  # it does not wait for its own server
            time.sleep(0.01)
        cluster.start_worker(WorkerConfig(cores=CPUS))
        client = cluster.client()

        def run(many: int) -> float:
            job = Job(max_fails=None, default_workdir=folder)
            for _ in range(many):
                job.program(list(NOOP), **kept)
            began = time.perf_counter()
            submitted = client.submit(job)
            took = time.perf_counter() - began
            client.wait_for_jobs([submitted])
            return took

        run(10)
        before, began = spent(), time.perf_counter()
        took = run(tasks)
        return Cost((spent() - before) / tasks, (time.perf_counter() - began) / tasks, tasks / took)


def tsp(tasks: int, _folder: Path) -> Cost:
    """One command a task, as it is used; its server becomes our child, and is waited for."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    before, began = spent(), time.perf_counter()
    subprocess.run(["tsp", "-S", str(CPUS)], check=True)
    for _ in range(tasks):
        os.waitpid(os.posix_spawnp("tsp", ("tsp", *NOOP), os.environ, file_actions=quiet), 0)
    took = time.perf_counter() - began
    while "running" in (said := subprocess.run(["tsp"], check=True, capture_output=True, text=True).stdout) or (
        "queued" in said
    ):
        time.sleep(0.02)
    wall = time.perf_counter() - began
    subprocess.run(["tsp", "-K"], check=True)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return Cost((spent() - before) / tasks, wall / tasks, tasks / took)


PEERS = {
    "fork, exec, wait": spawned,
    "hyperqueue": hyperqueue,
    "hyperqueue with logs": lambda tasks, folder: hyperqueue(tasks, folder, logs=True),
    "tsp": tsp,
}


if __name__ == "__main__":
    print(json.dumps(asdict(PEERS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3])))))
