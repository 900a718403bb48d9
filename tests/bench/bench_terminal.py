"""The dashboard as a process in a terminal: what it costs while the queue is busy, and while nothing happens.

`python tests/bench/bench_terminal.py [JOBS...] [--seconds 20]`: first picture, CPU of the whole process, memory, bytes
to the terminal and how late its loop is (what a key may have to wait), with 100 changes five times a second and a log
that grows by 100 lines a second, and idle; beside it `top` in the same terminal, which shows far less, in the same run.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import NamedTuple

from bench_dashboard import CHANGES, RATE, STATES, change, fill

from dmod import layout, project
from dmod.scheduler.queue import Queue

ROWS, COLUMNS = 48, 160
LINES = 100  # that the log grows by a second
TICK = os.sysconf("SC_CLK_TCK")
LIMITS = {20_000: (10, 60), 200_000: (15, 200)}  # % of a cpu, MB
_LATE = """
import asyncio, sys, time
from tui import start
class Late(start.Dashboard):
    def on_ready(self):
        self.late = asyncio.create_task(self.watch())
    async def watch(self):
        with open(sys.argv[2], "w", buffering=1) as out:
            while True:
                now = time.perf_counter()
                await asyncio.sleep(0.01)
                out.write(f"{1000 * (time.perf_counter() - now - 0.01):.2f}\\n")
from dmod.project import Project
from tui.options import Options
from pathlib import Path
start.Dashboard = Late
start.run(Project.find(Path(sys.argv[1])), Options())
"""


class Figures(NamedTuple):
    """What a span of time cost."""

    cpu: float  # % of a cpu
    memory: float  # MB
    sent: float  # kB to the terminal a second
    wakes: float  # times that it was woken a second
    reads: float  # system calls that read a second


class Terminal:
    """A process with a terminal of its own, whose bytes are counted."""

    def __init__(self, words: list[str], folder: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {name: text for name, text in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            words, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.sent, self.text = 0, ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            self.sent += len(data)
            self.text = (self.text + data.decode(errors="replace"))[-200_000:]

    def until(self, pattern: str, patience: float = 120) -> float:
        """Seconds from the start until a text comes."""
        while not re.search(pattern, self.text):
            if time.perf_counter() - self.begun > patience or self.process.poll() is not None:
                raise SystemExit(f"never came: {pattern}\n{self.text[-2000:]}")
            time.sleep(0.002)
        return time.perf_counter() - self.begun

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def spend(self, seconds: float) -> Figures:
        """Let time pass."""
        before = self._read_usage()
        began = time.perf_counter()
        time.sleep(seconds)
        span = time.perf_counter() - began
        after = self._read_usage()
        cpu, sent, wakes, reads = ((b - a) / span for a, b in zip(before, after, strict=True))
        return Figures(100 * cpu, self._memory(), sent / 1000, wakes, reads)

    def _read_usage(self) -> tuple[float, float, float, float]:
        proc = Path(f"/proc/{self.process.pid}")
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        wakes = sum(
            int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)[1])
            for task in (proc / "task").iterdir()
        )
        reads = int(re.search(r"syscr: (\d+)", (proc / "io").read_text())[1])
        return (int(fields[11]) + int(fields[12])) / TICK, self.sent, wakes, reads

    def _memory(self) -> float:
        said = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", said)[1]) * 1024 / 1e6

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        os.close(self.master)


class Traffic(threading.Thread):
    """What a scheduler and a job write, from a thread of the bench."""

    def __init__(self, queue: Path, log: Path, jobs: int) -> None:
        super().__init__(daemon=True)
        self.path, self.log, self.jobs, self.over = queue, log, jobs, threading.Event()

    def run(self) -> None:
        chance = random.Random(1)  # noqa: S311 - which jobs change
        connection = sqlite3.connect(self.path, isolation_level=None)
        top, at, line = range(max(self.jobs - 40, 0) + 1, self.jobs), 0, 0  # the newest keeps running
        with self.log.open("a") as log:
            begin = time.monotonic()
            while not self.over.wait(max(0.0, begin + at / RATE - time.monotonic())):
                ids = [*chance.sample(top, 20), *chance.sample(range(1, self.jobs), CHANGES - 20)]
                change(connection, ids, STATES[at % len(STATES)])
                for _ in range(int(LINES / RATE)):
                    log.write(f"[{line:08d}] catchment cat-{line % 997} done, {line * 7 % 613} m3/s at its outlet\n")
                    line += 1
                log.flush()
                at += 1
        connection.close()

    def stop(self) -> None:
        self.over.set()
        self.join()


def measure(jobs: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = project.create(root)
        queue = Queue(made.queue)
        fill(queue, jobs)
        queue.close()
        one = sqlite3.connect(made.queue, isolation_level=None)
        change(one, [jobs], "running")
        one.close()
        home = made.job_folder(jobs)
        home.mkdir(parents=True)
        log = home / layout.STDOUT
        log.write_text("begins\n")
        dash = Terminal([sys.executable, "-m", "dmod.cli", "dashboard"], root)
        first = dash.until(rf"{jobs}.*bench")
        time.sleep(3)
        idle = dash.spend(seconds)
        dash.type("l")
        traffic = Traffic(made.queue, log, jobs)
        traffic.start()
        dash.until("catchment cat-")
        time.sleep(2)
        busy = dash.spend(seconds)
        dash.end()
        late = lateness(root, seconds)
        traffic.stop()
    cpu, memory = LIMITS.get(jobs, (0, 0))
    print(f"{jobs:,} jobs; first picture after {first:.2f} s (limit at 20,000: 0.6)")
    print(f"  {'':<8}{'CPU %':>8}{'MB':>8}{'kB/s':>8}{'wakes/s':>9}{'reads/s':>9}")
    for name, each in (("busy", busy), ("idle", idle)):
        print(f"  {name:<8}{each.cpu:>8.1f}{each.memory:>8.0f}{each.sent:>8.1f}{each.wakes:>9.1f}{each.reads:>9.1f}")
    print(f"  limits  {cpu:>8}{memory:>8}{40:>8}")
    print(f"  loop late by, ms: p50 {at(late, 0.5):.1f}  p95 {at(late, 0.95):.1f} (limit 40)  most {late[-1]:.1f}")


def lateness(root: Path, seconds: float) -> list[float]:
    """How late the loop comes back to a sleep of 10 ms: what a key waits, in ms, rising."""
    out = root / "late"
    shown = Terminal([sys.executable, "-c", _LATE, str(root), str(out)], root)
    shown.until("bench")
    shown.type("l")
    shown.until("catchment cat-")
    time.sleep(2)
    out.write_text("")
    time.sleep(seconds)
    shown.end()
    return sorted(float(line) for line in out.read_text().strip("\0").split("\n")[1:-1])


def at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def peer(seconds: float) -> None:
    """`top`, five times a second."""
    if shutil.which("top"):
        shown = Terminal(["top", "-d", "0.2"], Path.cwd())
        shown.until("COMMAND")
        time.sleep(1)
        each = shown.spend(seconds)
        shown.end()
        print(f"top -d 0.2: CPU {each.cpu:.1f} %, {each.memory:.0f} MB, {each.sent:.1f} kB/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="*", default=[20_000, 200_000])
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cpus")
    for jobs in given.jobs:
        measure(jobs, given.seconds)
    peer(given.seconds)


if __name__ == "__main__":
    main()
