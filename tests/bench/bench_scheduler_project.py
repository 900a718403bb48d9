"""A project to measure a scheduler in: what it and its shepherd spend, and blocked tasks that are let go one by one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dmod import project, toml_file
from dmod.cli import settings
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order, line_item
from dmod.scheduler import lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dmod.jobs.job import Job

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 600  # seconds
NOOP = ("/bin/true",)
GATE = ("/bin/sh", "-c", 'read line < "gate-$DMOD_TASK"; exit 5')  # it waits without any cpu


def until(happened: Callable[[], object], pause: float = 0.05) -> None:
    """Look until it has happened; TimeoutError after ten minutes."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(pause)


class Project:
    """A project in a folder of its own, with a scheduler that may be killed."""

    def __init__(self, root: Path) -> None:
        self.here = project.create(root)
        (root / "dmod.toml").write_text('[nodes.here]\ncpus = 2\nmemory = "1GiB"\n')
        settings.use(settings.Settings(directory=root))
        self.root, self.state = root, root / ".dmod"
        self.queue = Queue(self.here.queue)
        self.scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind."""
        self.stop()
        if pid := self.shepherd():
            os.kill(pid, signal.SIGTERM)
            until(lambda: self.shepherd() is None)
        self.queue.close()

    def order(self, *argv: str, tasks: str = "", held: bool = False, lines: tuple[str, ...] = ()) -> Order:
        """A job that runs a program; `tasks` as in `--array`."""
        data = {"kind": "command", "name": "noop", "command": {"argv": list(argv)}}
        spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
        numbers = Numbers.parse(tasks) if tasks else None
        return Order(spec, self.root, numbers=numbers, held=held, items=[line_item(line) for line in lines])

    def submit(self, *argv: str, **options: Any) -> int:  # noqa: ANN401
        """Add a job and wake the scheduler, as the command line does."""
        job = self.queue.submit(self.order(*argv, **options))
        lock.wake(self.state)
        return job

    def dmod(self, *words: str) -> str:
        """What a command says."""
        argv = [sys.executable, "-m", "dmod.cli", *words]
        return subprocess.run(argv, cwd=self.root, capture_output=True, text=True, check=True).stdout

    def start(self) -> None:
        """A scheduler as our child."""
        quiet = subprocess.DEVNULL
        with (self.root / "log").open("ab") as log:
            argv = [sys.executable, "-m", "dmod.scheduler", str(self.root)]
            self.scheduler = subprocess.Popen(argv, stdin=quiet, stdout=log, stderr=log)
        lock.await_holder(self.state)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it; what runs goes on."""
        if self.scheduler is not None:
            self.scheduler.send_signal(number)
            self.scheduler.wait()
            self.scheduler = None

    def shepherd(self) -> int | None:
        """The pid of the process that starts the tasks."""
        mark = os.fsencode(self.state / "shepherd.sock")
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cmdline").read_bytes().rstrip(b"\0").endswith(b"\0" + mark):
                    return int(process.name)
        return None

    def spent(self) -> float:
        """Seconds of cpu that scheduler, shepherd and the tasks that ended have used; user and system."""
        return sum(map(_spent, (self._pid(), self.shepherd())))

    def spent_scheduling(self) -> float:
        """The same without the tasks."""
        return _spent(self._pid(), own=True) + _spent(self.shepherd(), own=True)

    def resident(self, field: str = "VmRSS") -> tuple[int, int]:
        """Bytes of memory that the scheduler and the shepherd hold; with VmHWM the most they have held."""
        return _resident(self._pid(), field), _resident(self.shepherd(), field)

    def _pid(self) -> int | None:
        return None if self.scheduler is None else self.scheduler.pid

    def quiet(self) -> None:
        """Wait until the scheduler and the shepherd do nothing."""
        seen = [-1.0]

        def same() -> bool:
            seen.append(self.spent_scheduling())
            return seen[-1] == seen[-2]

        until(same, 0.5)

    def block(self) -> int:
        """A job of two tasks that hold both cpus until their gates are opened."""
        for task in (1, 2):
            os.mkfifo(self.root / f"gate-{task}")
        job = self.submit(*GATE, tasks="1-2")
        until(lambda: self.get(job).running == 2, 0.01)
        return job

    def open(self, task: int) -> None:
        """Let a task of the blocking job go."""
        gate = self.root / f"gate-{task}"
        until(lambda: _opened(gate), 0.001)

    def get(self, job: int) -> Job:
        """A job as it is now."""
        return self.queue.get(job)


def _opened(gate: Path) -> bool:
    try:
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:  # nobody reads there yet
        return False
    return True


def _spent(pid: int | None, *, own: bool = False) -> float:
    if pid is None:
        return 0.0
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, numbers[11 : 13 if own else 15])) / TICK


def _resident(pid: int | None, field: str) -> int:
    if pid is None:
        return 0
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
