"""local: workers as processes of this machine, each job in a session of its own.

A small shell stands between scheduler and program: it sets the memory limit, says its pid, waits, and writes the exit code
to the job's folder. It outlives the scheduler, so a scheduler that was killed learns the true code when it comes back.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import DmodError, NotFoundError
from dmod.executors import processes
from dmod.executors.executor import LOST, Handle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmod.jobs.launch import Program

PID = "pid"
# $0 is the job's folder, $1 the limit in KiB or "unlimited", the rest is the program. A trap that is not "ignore" is not
# handed on to the program, so a signal to the whole session ends the program and lets the shell tell how.
SHELL = """
echo $$ "$DMOD_ATTEMPT" > "$0/pid"
trap : TERM INT HUP
ulimit -d "$1" 2>/dev/null
shift
"$@"
echo $? > "$0/exit"
"""


class Local:
    """Processes of this machine."""

    def start(self, program: Program, cpus: Sequence[int]) -> Handle:
        """Start a program in a new session, bound to cpus. Raises DmodError, NotFoundError."""
        limit = str(max(program.memory // 1024, 1)) if program.memory else "unlimited"
        _forget(program.folder)
        before = os.sched_getaffinity(0)
        try:
            if cpus:
                os.sched_setaffinity(0, cpus)  # of this thread, inherited by what it starts
            with (program.folder / layout.STDOUT).open("ab") as out, (program.folder / layout.STDERR).open("ab") as err:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", SHELL, str(program.folder), limit, *program.argv],
                    cwd=program.cwd,
                    env={**os.environ, **program.env},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            raise NotFoundError(f"{program.cwd} is gone", why="the job runs where it was submitted") from error
        except OSError as error:
            raise DmodError(f"{program.argv[0]} cannot be started", why=str(error)) from error
        finally:
            os.sched_setaffinity(0, before)
        start = processes.started(process.pid)
        process.returncode = 0  # we reap it ourselves, by pid: Popen shall not
        return {"pid": process.pid, "start": start or 0}

    def find(self, program: Program) -> Handle | None:
        """The shell that wrote its pid into the job's folder, if it runs or has told how it ended."""
        try:
            pid, attempt = (program.folder / PID).read_text().split()
        except (OSError, ValueError):
            return None
        if attempt != program.env["DMOD_ATTEMPT"]:
            return None
        start = processes.started(int(pid))
        if start is None and _code(program.folder) is None:
            return None
        return {"pid": int(pid), "start": start or 0}

    def watch(self, handle: Mapping[str, Any]) -> int | None:
        """A pidfd: readable when the shell ends."""
        if not handle["start"] or not processes.alive(handle["pid"], handle["start"]):
            return None
        try:
            return os.pidfd_open(handle["pid"])
        except ProcessLookupError:
            return None

    def ended(self, handle: Mapping[str, Any], program: Program) -> int | None:
        """The exit code that the shell wrote; LOST if it was killed itself."""
        if handle["start"] and processes.alive(handle["pid"], handle["start"]):
            return None
        with suppress(ChildProcessError):
            os.waitpid(handle["pid"], os.WNOHANG)
        left = processes.marked(_mark(program))
        processes.send(left, signal.SIGKILL)  # nothing of a job outlives it
        code = _code(program.folder)
        if code is None:
            return LOST
        return 128 - code if 128 < code < 128 + signal.NSIG else code

    def stop(self, handle: Mapping[str, Any], program: Program, *, kill: bool) -> None:
        """SIGTERM, or SIGKILL, to all that the job started; the shell lives to tell how it ended."""
        number = signal.SIGKILL if kill else signal.SIGTERM
        pids = [pid for pid in processes.marked(_mark(program)) if pid != handle["pid"]]
        processes.send(pids, number)


def _mark(program: Program) -> str:
    return f"DMOD_JOB_FOLDER={program.folder}"


def _code(folder: Path) -> int | None:
    """What the shell wrote, if it got to the newline."""
    try:
        text = (folder / layout.EXIT).read_text()
    except OSError:
        return None
    return int(text) if text.endswith("\n") and text.strip().isdecimal() else None


def _forget(folder: Path) -> None:
    """Take away what an earlier attempt left."""
    for name in (layout.EXIT, PID, layout.FAILURE, layout.PROGRESS):
        (folder / name).unlink(missing_ok=True)
