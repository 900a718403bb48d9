"""local: workers as processes of this machine, each job in a session of its own.

A small shell stands between scheduler and program: it claims the attempt, sets the memory limit, waits, and writes the
exit code to the job's folder. It outlives the scheduler: one that was killed learns the true code when it comes back.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import ConflictError, DmodError, NotFoundError
from dmod.executors import processes
from dmod.executors.executor import LOST, Handle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmod.jobs.launch import Program

CLAIMED = 120  # exit code of a shell that finds its attempt claimed by another
# $0 is the claim, $1 the job's folder, $2 the limit in KiB or "unlimited", the rest is the program. The claim is
# created exclusively: no attempt runs twice, whoever dies in between. A trap that is not "ignore" is not handed on: a
# signal to the whole session ends the program, and the shell tells how. What the shell itself says goes nowhere. Room
# for the exit code is taken before the program can fill the disk; the shell's own exit code says it once more.
SHELL = f"""
set -C
echo $$ 2>/dev/null > "$0" || exit {CLAIMED}
set +C
trap : TERM INT HUP
folder=$1
echo "   " > "$folder/exit"
ulimit -d "$2" 2>/dev/null
shift 2
exec 3>&2 2>/dev/null
(exec "$@" 2>&3 3>&-)
code=$?
echo $code 1<> "$folder/exit"
exit $code
"""


class Local:
    """Processes of this machine."""

    def start(self, program: Program, cpus: Sequence[int]) -> Handle:
        """Start a program in a new session, bound to cpus. Raises ConflictError if its attempt runs already."""
        claim, limit = _claim(program), str(max(program.memory // 1024, 1)) if program.memory else "unlimited"
        if claim.exists():
            raise ConflictError(f"{claim} is there: this attempt was started already")
        before = os.sched_getaffinity(0)
        try:
            if cpus:
                os.sched_setaffinity(0, cpus)  # of this thread, inherited by what it starts
            with (program.folder / layout.STDOUT).open("ab") as out, (program.folder / layout.STDERR).open("ab") as err:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", SHELL, str(claim), str(program.folder), limit, *program.argv],
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
        """The shell that claimed this attempt, whether it runs or has ended."""
        try:
            text = _claim(program).read_text()
        except OSError:
            return None
        if not text.strip().isdecimal():
            return {"pid": 0, "start": 0}  # claimed, and dead before it could say by whom
        pid = int(text)
        alive = processes.holds(pid, _mark(program))  # and no stranger that was given its number
        return {"pid": pid, "start": (processes.started(pid) or 0) if alive else 0}

    def watch(self, handle: Mapping[str, Any]) -> int | None:
        """A pidfd: readable when the shell ends."""
        if not handle["start"] or not processes.alive(handle["pid"], handle["start"]):
            return None
        try:
            return os.pidfd_open(handle["pid"])
        except ProcessLookupError:
            return None

    def ended(self, handle: Mapping[str, Any], program: Program) -> int | None:
        """The exit code that the shell told, 128 + n for signal n; LOST if it was killed itself."""
        pid = handle["pid"]
        if handle["start"] and processes.alive(pid, handle["start"]):
            return None
        zombie = _zombie(pid)
        if zombie is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # nothing of a job outlives it; a zombie keeps the number of its group
            os.waitpid(pid, 0)
        processes.send(processes.marked(_mark(program)), signal.SIGKILL)
        code = _code(program.folder)
        if code is None and zombie is not None and zombie >= 0:
            code = zombie  # the file could not be written: the disk is full
        return LOST if code is None else code

    def stop(self, handle: Mapping[str, Any], program: Program, *, kill: bool) -> None:
        """SIGTERM, or SIGKILL, to all that the job started; the shell lives to tell how it ended."""
        number = signal.SIGKILL if kill else signal.SIGTERM
        session = handle["pid"] if processes.alive(handle["pid"], handle["start"]) else 0
        processes.send([pid for pid in processes.marked(_mark(program), session) if pid != handle["pid"]], number)


def _mark(program: Program) -> str:
    return f"DMOD_JOB_FOLDER={program.folder}"


def _claim(program: Program) -> Path:
    return program.folder / f"attempt-{program.env['DMOD_ATTEMPT']}"


def _zombie(pid: int) -> int | None:
    """The exit code of a child that has ended and is not reaped, negative for a signal; None if it is no such child."""
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) if pid else None
    except ChildProcessError:
        return None
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _code(folder: Path) -> int | None:
    """What the shell wrote, if it got to the newline."""
    try:
        text = (folder / layout.EXIT).read_text()
    except OSError:
        return None
    return int(text) if text.endswith("\n") and text.strip().isdecimal() else None
