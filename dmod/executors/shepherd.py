"""Shepherd: starts the tasks of a project, sees them end, and outlives the scheduler that asked for them.

It is a process of its own, one for each project, while a scheduler is connected or there is a task of which the queue
does not know the end. It stays small: it imports nothing but what is built in or beside it. Messages:

    to it    {"env": {...}}                   what tasks find in their environment besides their own; first
             {"start": [[job, task, attempt, argv, folder, cwd, cpus, env, group], ...]}
             {"forget": [[job, task, attempt], ...]}    their end is in the queue; one that runs is ended
             {"signal": [job, task, attempt, number]}
    from it  {"holds": [...]}                 on connecting: news of all that is not forgotten
             {"news": [...]}                  ["begun", id, pid, start, boot, time, group]
                                              ["ended", id, code, usage, time, cause, group]
             {"replaced": true}               another scheduler has connected
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress

from dmod.executors.line import Line
from dmod.executors.processes import boot, children, environ, read, stat
from dmod.executors.spawn import bind, spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Id = tuple[int, int, int]  # job, task, attempt
UNSTARTED = 127  # the exit code of what could not be started, as shells have it
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
LOOK = 60_000  # milliseconds after which one that nobody asks looks whether its project is still there
BLOCK = 512  # bytes that the kernel counts as one input or output


class Task:
    """A task that runs, or has ended and is not forgotten."""

    __slots__ = ("begun", "ended", "folder", "forgotten", "group", "id", "pid", "start")

    def __init__(self, number: Id, folder: str, group: str) -> None:
        self.id, self.folder, self.group = number, folder, group
        self.pid, self.start = 0, 0
        self.begun: list[object] = []  # what was told of its beginning
        self.ended: list[object] = []  # and of its end
        self.forgotten = False

    @property
    def told(self) -> list[list[object]]:
        """All that was told of it."""
        return [line for line in (self.begun, self.ended) if line]

    @property
    def marks(self) -> tuple[bytes, bytes]:
        """What the environment of all its processes holds, but of those that cleared theirs."""
        return os.fsencode(f"DMOD_JOB_FOLDER={self.folder}"), b"DMOD_ATTEMPT=%d" % self.id[2]


class Shepherd:
    """The tasks of a project, and the scheduler that is connected."""

    def __init__(self, ear: socket.socket, path: str) -> None:
        self.ear, self.path = ear, path
        self.inode = inode(path)
        self.line: Line | None = None
        self.news: list[list[object]] = []
        self.env: dict[str, str] = {}
        self.tasks: dict[Id, Task] = {}
        self.running: dict[int, Task] = {}  # by pid
        self.leaving = False
        self.cpus = os.sched_getaffinity(0)
        self.boot = boot()
        self.poll = select.poll()
        self.bell = bell()
        self.poll.register(ear, select.POLLIN)
        self.poll.register(self.bell, select.POLLIN)

    def run(self) -> None:
        """Serve until nobody needs it: who started it is connected already."""
        self.accept()
        while not self.is_done():
            for fd, _ in self.poll.poll(LOOK if self.line is None and not self.running else None):
                if fd == self.bell.fileno():
                    self.look()
                elif fd == self.ear.fileno():
                    self.accept()
                else:
                    self.receive()
            self.tell()
        if self.inode == inode(self.path):
            os.unlink(self.path)  # noqa: PTH108 - pathlib is a fifth of its memory

    def is_done(self) -> bool:
        """Whether no task runs, and nobody will ask how those that ended did."""
        if self.running or (self.line is not None and not self.leaving):
            return False
        if self.leaving or not self.tasks:
            return self.line is None or not self.line.is_pending
        return self.inode != inode(self.path)  # the project is gone

    def accept(self) -> None:
        """Serve another scheduler, once all is read that the one before it said."""
        end, _ = self.ear.accept()
        if struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] != os.getuid():
            end.close()
            return
        self.receive()
        if self.line is not None:
            self.line.say({"replaced": True})
            self.hang_up(self.line)
        self.line, self.news = Line(end), []
        self.poll.register(self.line, select.POLLIN)
        self.line.say({"holds": [told for task in self.tasks.values() for told in task.told]})

    def hang_up(self, line: Line) -> None:
        """Let go of a scheduler; what was not sent yet is held for the next."""
        self.poll.unregister(line)
        line.close()
        self.line = None

    def receive(self) -> None:
        """Do what the scheduler says, until it says no more for now, or for ever."""
        line = self.line
        if line is None:
            return
        for message in line.hear():
            self.obey(message)
            self.tell()
        if not line.is_open:
            self.hang_up(line)

    def obey(self, message: dict[str, Any]) -> None:
        """Carry out one message."""
        self.env = message.get("env", self.env)
        if "start" in message:
            for row in message["start"]:
                self.start(*row)
            os.chdir("/")
            bind(self.cpus)
        for number in message.get("forget", ()):
            self.forget(tuple(number))
        if "signal" in message:
            *who, number = message["signal"]
            task = self.tasks.get(tuple(who))
            if task is not None and not task.ended:
                send(task.pid, number)

    def start(  # noqa: PLR0913, PLR0917 - a row of the message
        self,
        job: int,
        task: int,
        attempt: int,
        argv: list[str],
        folder: str,
        cwd: str,
        cpus: list[int],
        env: dict[str, str],
        group: str,
        *_: object,  # what a later version adds
    ) -> None:
        """Start a task, or say again what is known of it: no attempt runs twice."""
        number = (job, task, attempt)
        if number in self.tasks:
            self.news += self.tasks[number].told
            return
        made = self.tasks[number] = Task(number, folder, group)
        if self.leaving:
            self.end(made, UNSTARTED, None, "start: its shepherd was told to end")
            return
        try:
            pid = spawn(argv, folder, cwd, cpus or self.cpus, {**self.env, **env})
        except (OSError, ValueError) as error:
            why = f"{error.strerror}: {error.filename or argv[0]}" if isinstance(error, OSError) else error
            self.end(made, UNSTARTED, None, f"start: {why}")
            return
        found = stat(pid, zombie=True)
        made.pid, made.start = pid, found.start if found else 0
        made.begun = ["begun", number, pid, made.start, self.boot, time.time(), group]
        self.running[pid] = made
        self.news.append(made.begun)

    def forget(self, number: Id) -> None:
        """Hold a task no longer."""
        task = self.tasks.get(number)
        if task is not None and task.ended:
            del self.tasks[number]
        elif task is not None:
            task.forgotten = True
            send(task.pid, signal.SIGKILL)

    def end(self, task: Task, code: int, usage: list[float] | None, cause: str = "") -> None:
        """Note how a task ended."""
        task.ended = ["ended", task.id, code, usage, time.time(), cause, task.group]
        self.news.append(task.ended)
        if task.forgotten:
            del self.tasks[task.id]

    def look(self) -> None:
        """See what ended, and whether to leave."""
        if signal.SIGTERM in self.bell.recv(4096):
            self.leaving = True
            for pid in self.running:
                send(pid, signal.SIGTERM)
        reaped = 0
        with suppress(ChildProcessError):  # there is none left: nothing was left behind
            while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self.reap(found.si_pid)
                reaped += 1
            if reaped:
                self.sweep()

    def reap(self, pid: int) -> None:
        """Take the exit code of a process, and end what a task left in its group: a zombie keeps the group's number."""
        if pid in self.running:
            send(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        task = self.running.pop(pid, None)
        if task is None:  # it was left behind
            return
        code = os.waitstatus_to_exitcode(status)
        cpu, disk = used.ru_utime + used.ru_stime, [used.ru_inblock * BLOCK, used.ru_oublock * BLOCK]
        self.end(task, code if code >= 0 else 128 - code, [cpu, used.ru_maxrss * 1024, *disk])

    def sweep(self) -> None:
        """End the processes that tasks left behind: they are children of this one since their parents ended."""
        for pid in children():
            if pid not in self.running and not self.is_owned(pid):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def is_owned(self, pid: int) -> bool:
        """Whether a process whose parent has ended belongs to a task that runs, or may do so, or to none."""
        found, words = stat(pid), environ(pid)
        if found is None or found.session in self.running:
            return True
        if any(word.startswith(b"DMOD_JOB_FOLDER=") for word in words):
            return any(all(mark in words for mark in task.marks) for task in self.running.values())
        argv = read(f"/proc/{pid}/cmdline").split(b"\0")
        if any(b"dmod.scheduler" in word or b"dmod.executors.shepherd" in word for word in argv):
            return True  # a task that submits a job may start a scheduler
        return any(task.start <= found.start for task in self.running.values())  # nobody knows whose: the older ones'

    def tell(self) -> None:
        """Send what is new; without a scheduler it is in the tasks held."""
        news, self.news = self.news, []
        line = self.line
        if line is None:
            return
        was_pending = line.is_pending
        if news:
            line.say({"news": news})
        elif was_pending:
            line.flush()
        if was_pending or line.is_pending:
            self.poll.modify(line, select.POLLIN | (select.POLLOUT if line.is_pending else 0))


def send(pid: int, number: int) -> None:
    """Signal the group of a task, if it is there."""
    with suppress(OSError):
        os.killpg(pid, number)


def inode(path: str) -> int:
    """Which file a path means now; 0 if none."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return 0


def bell() -> socket.socket:
    """Where the numbers of signals arrive."""
    heard, rope = socket.socketpair()
    heard.settimeout(0)
    rope.settimeout(0)
    signal.set_wakeup_fd(rope.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return heard


def main() -> None:
    """Serve the socket that is handed over as standard input and bound to the path that is the first argument."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    ear = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)  # tasks have it as theirs
    os.chdir("/")
    Shepherd(ear, sys.argv[1]).run()
