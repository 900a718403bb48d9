"""local: tasks as processes of this machine, each in a session of its own, started by the shepherd of the project."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import ConflictError
from dmod.executors import cgroup, connection, processes
from dmod.executors.executor import LOST, UNSTARTED, Ended, Handle, Started, Usage
from dmod.executors.owner import owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.executors.line import Line
    from dmod.jobs.launch import Key, Program

Attempt = tuple[int, int, int]  # job, task, attempt
BATCH = 32  # tasks in a message: the first is reported before the last is started
NEAR = 0.9  # of its limit: what failed so close to it probably wanted more
# $1 is the limit of each process in KiB, the rest the program; exec keeps its pid
LIMITED = ("/bin/sh", "-c", 'ulimit -d "$1" || exit; shift; exec "$@"', "sh")
# $1 is the group that the program joins
GROUPED = ("/bin/sh", "-c", 'echo 0 > "$1/cgroup.procs" || exit; shift; exec "$@"', "sh")


class Local:
    """Processes of this machine."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._poll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)  # rings for news that no shepherd told
        self._poll.register(self._bell, select.EPOLLIN)
        self._rung = False
        self._replaced = False  # by another scheduler: nothing is ours any more
        self._line: Line | None = None
        self._watched = False  # whether room for more is news
        self._answered = False  # whether the shepherd has come up
        self._held: list[list[Any]] = []
        self._programs: dict[Attempt, Program] = {}  # those whose end was not told
        self._handles: dict[Attempt, Handle] = {}
        self._again: set[Attempt] = set()  # those that a second shepherd was asked for
        self._news: list[Started | Ended] = []
        self._groups: set[Path] = set()  # of tasks that have ended, with processes that have not quite
        found = connection.connect(state)
        if found is not None:
            line, self._held = found
            self._open(line, answered=True)

    def start(self, programs: Sequence[Program]) -> None:
        """Have tasks started by the shepherd, and the shepherd if there is none."""
        fresh = [program for program in programs if _attempt(program) not in self._programs]
        self._programs |= {_attempt(program): program for program in fresh}
        try:
            if self._line is None and fresh:
                self._open(connection.start(self._state), answered=False)
        except (OSError, ValueError) as error:
            for program in fresh:
                self._end(_attempt(program), UNSTARTED, f"start: the shepherd cannot be started: {error}")
            return
        for first in range(0, len(fresh), BATCH):
            self._say({"start": [self._row(program) for program in fresh[first : first + BATCH]]})

    def adopt(self, programs: Sequence[tuple[Program, Handle]]) -> set[Key]:
        """Take over what the shepherd holds, and end what is left of tasks that it does not know."""
        held: dict[Attempt, list[list[Any]]] = {}
        for line in self._held:
            held.setdefault(tuple(line[1]), []).append(line)
        self._held, never, lost = [], set(), []
        for program, handle in programs:
            attempt = _attempt(program)
            lines = held.pop(attempt, None)
            if lines is None and not handle and not (program.folder / layout.STDOUT).exists():
                never.add(program.key)
                continue
            self._programs[attempt] = program
            if handle:
                self._handles[attempt] = handle
            if lines is None:
                lost.append(attempt)
            for line in lines or ():
                if line[0] == "ended" or not handle:
                    self._hear(line)
        self._lose(lost)
        if held:
            self._say({"forget": list(held)})
        self._ring()
        return never

    def fileno(self) -> int:
        """Of an epoll set: the shepherd's line, which changes, and the bell."""
        return self._poll.fileno()

    def news(self) -> list[Started | Ended]:
        """What the shepherd told, and that it is no more."""
        if self._rung:
            os.eventfd_read(self._bell)
            self._rung = False
        line = self._line
        if line is not None:
            line.flush()
            for message in line.hear():
                self._answered = self._answered or "holds" in message
                for told in message.get("news", ()):
                    self._hear(told)
                self._replaced = self._replaced or "replaced" in message
            if self._replaced:
                raise ConflictError("another scheduler has taken over the tasks of this project")
            if line.is_open:
                self._watch(line)
            else:
                self._hang_up(line)
        told, self._news = self._news, []
        return told

    def forget(self, keys: Sequence[tuple[Key, int]]) -> None:
        """Let the shepherd forget what ended."""
        if keys:
            self._say({"forget": [(*key, attempt) for key, attempt in keys]})

    def stop(self, program: Program, handle: Handle, *, kill: bool) -> None:
        """SIGTERM or SIGKILL to all that a task started, wherever it went."""
        number = signal.SIGKILL if kill else signal.SIGTERM
        handle = handle or self._handles.get(_attempt(program), {})
        if not handle:  # it is being started
            self._say({"signal": [*_attempt(program), number]})
            return
        leaders = [handle["pid"]] if processes.alive(handle["pid"], handle["start"]) else []
        found = processes.belonging(leaders, [_mark(program)])
        processes.send({*found, *cgroup.members(handle["group"])}, number)

    def close(self) -> None:
        """Hang up; the shepherd keeps what happens for the next scheduler."""
        if self._poll.closed:
            return
        if self._line is not None:
            self._line.close()
            self._line = None
        for group in self._groups:
            cgroup.is_removed(group)
        self._poll.close()
        os.close(self._bell)

    def _row(self, program: Program) -> list[Any]:
        """A program as the shepherd is told of it, behind the shell that limits it."""
        argv, group = program.argv, None
        if program.total:
            group = cgroup.make(f"dmod-{owner(self._state)}-{'-'.join(map(str, _attempt(program)))}", program.total)
        if group is not None:
            argv = (*GROUPED, str(group), *argv)
        elif program.memory:
            argv = (*LIMITED, str(max(program.memory // 1024, 1)), *argv)
        where = (str(program.folder), str(program.cwd))
        return [*_attempt(program), argv, *where, program.cpus, dict(program.env), str(group or "")]

    def _hear(self, told: list[Any]) -> None:
        """Turn a line of the shepherd into news."""
        what, (job, task, attempt), *rest = told
        number = (job, task, attempt)
        program = self._programs.get(number)
        if program is None:
            return
        if what == "begun":
            pid, start, boot, moment, group = rest
            self._handles[number] = {"pid": pid, "start": start, "boot": boot, "group": group}
            self._news.append(Started(program.key, attempt, self._handles[number], moment))
            return
        code, used, moment, cause, group = rest
        usage = Usage(*used) if used else None
        if group:
            usage, cause = _grouped(Path(group), code, usage, cause)
            self._groups = {left for left in self._groups | {Path(group)} if not cgroup.is_removed(left)}
        elif program.memory and code and usage and usage.memory >= NEAR * program.memory:
            cause = cause or "memory"
        self._news.append(Ended(program.key, attempt, code, usage, moment, cause))
        del self._programs[number]
        self._handles.pop(number, None)

    def _open(self, line: Line, *, answered: bool) -> None:
        """Have a shepherd to talk to."""
        self._line, self._answered, self._watched = line, answered, False
        self._poll.register(line, select.EPOLLIN)
        self._watch(line)

    def _hang_up(self, line: Line) -> None:
        """The shepherd is no more: end what is left of its tasks."""
        self._poll.unregister(line)
        line.close()
        self._line = None
        never = [each for each in self._programs.values() if not (each.folder / layout.STDOUT).exists()]
        if not self._answered:
            why = f"start: the shepherd cannot be started: {_last(self._state / connection.LOG)}"
            for program in never:
                self._end(_attempt(program), UNSTARTED, why)
            never = []
        again = [program for program in never if _attempt(program) not in self._again]
        self._again |= {_attempt(program) for program in again}  # but not for ever
        for program in again:
            del self._programs[_attempt(program)]
        self._lose(list(self._programs))
        if again:
            self.start(again)

    def _lose(self, numbers: list[Attempt]) -> None:
        """End what is left of tasks that nobody waits for any more, and say so."""
        if not numbers:
            return
        boot = processes.boot()
        known = [handle for handle in map(self._handles.get, numbers) if handle and handle["boot"] == boot]
        leaders = {handle["pid"] for handle in known if processes.alive(handle["pid"], handle["start"])}
        marks = {_mark(self._programs[number]) for number in numbers}
        for _ in range(5):  # what forks meanwhile is found the next time
            grouped = [pid for handle in known for pid in cgroup.members(handle["group"])]
            left = {*processes.belonging(leaders, marks), *grouped}
            if not left:
                break
            processes.send(left, signal.SIGKILL)
        self._groups |= {Path(handle["group"]) for handle in known if handle["group"]}
        for number in numbers:
            handle = self._handles.get(number)
            rebooted = handle is not None and handle["boot"] != boot
            self._end(number, LOST, "its node was restarted" if rebooted else "its shepherd was killed")

    def _end(self, number: Attempt, code: int, cause: str) -> None:
        """Tell an end of which the shepherd does not."""
        program = self._programs.pop(number)
        self._handles.pop(number, None)
        self._news.append(Ended(program.key, program.attempt, code, None, time.time(), cause))
        self._ring()

    def _say(self, message: object) -> None:
        if self._line is not None:
            self._line.say(message)
            self._watch(self._line)

    def _watch(self, line: Line) -> None:
        """Be readable also when there is room for what could not be sent."""
        if line.is_pending != self._watched:
            self._watched = line.is_pending
            self._poll.modify(line, select.EPOLLIN | (select.EPOLLOUT if self._watched else 0))

    def _ring(self) -> None:
        if self._news and not self._rung:
            os.eventfd_write(self._bell, 1)
            self._rung = True


def _attempt(program: Program) -> Attempt:
    return (*program.key, program.attempt)


def _mark(program: Program) -> bytes:
    return os.fsencode(f"DMOD_JOB_FOLDER={program.folder}")


def _grouped(group: Path, code: int, usage: Usage | None, cause: str) -> tuple[Usage | None, str]:
    """Usage and cause as the cgroup of a task has them."""
    found = cgroup.measure(group)
    if found is None:
        return usage, cause
    peak, hit = found
    if usage is not None:
        usage = Usage(usage.cpu, max(peak, usage.memory), usage.read, usage.written)
    return usage, cause or ("memory" if hit and code else "")


def _last(log: Path) -> str:
    """The last line of a log."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError as error:
        return str(error)
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
