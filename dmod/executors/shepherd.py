"""Shepherd: starts the tasks of a project, sees them end, and outlives the scheduler that asked for them.

It is a process of its own, one for each project, while a scheduler is connected or there is a task of which the queue
does not know the end. It stays small: it imports nothing but what is built in or beside it. Both sides speak JSON, a
line a message:

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

import json
import os
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress

from dmod.executors.processes import children, environ, read, stat

Id = tuple[int, int, int]  # job, task, attempt
UNSTARTED = 127  # the exit code of what could not be started, as shells have it
DEFAULT = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)  # ignored here, not by tasks
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
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
    def marks(self) -> tuple[bytes, bytes]:
        """What the environment of all its processes holds, but of those that cleared theirs."""
        return os.fsencode(f"DMOD_JOB_FOLDER={self.folder}"), b"DMOD_ATTEMPT=%d" % self.id[2]


class Shepherd:
    """The tasks of a project, and the scheduler that is connected."""

    def __init__(self, ear: socket.socket, path: str) -> None:
        self.ear, self.path = ear, path
        self.inode = os.stat(path).st_ino  # noqa: PTH116 - pathlib would be a fifth of its memory
        self.peer: socket.socket | None = None
        self.inbox, self.outbox = bytearray(), bytearray()
        self.news: list[list[object]] = []
        self.env: dict[str, str] = {}
        self.tasks: dict[Id, Task] = {}
        self.running: dict[int, Task] = {}  # by pid
        self.leaving = False
        self.cpus = os.sched_getaffinity(0)
        self.boot = read("/proc/sys/kernel/random/boot_id")[:8].decode()
        self.poll = select.poll()
        self.poll.register(ear, select.POLLIN)
        self.bell = hear()
        self.poll.register(self.bell, select.POLLIN)

    def run(self) -> None:
        """Serve until nobody needs it: who started it is connected already."""
        self.accept()
        while not self.is_done():
            for fd, _ in self.poll.poll(LOOK if self.peer is None and not self.running else None):
                if fd == self.bell.fileno():
                    self.hear()
                elif fd == self.ear.fileno():
                    self.accept()
                else:
                    self.receive()
            self.tell()
        with suppress(OSError):
            if os.stat(self.path).st_ino == self.inode:  # noqa: PTH116
                os.unlink(self.path)  # noqa: PTH108

    def is_done(self) -> bool:
        """Whether no task runs, and nobody will ask how those that ended did."""
        if self.running or (self.peer is not None and not self.leaving):
            return False
        if self.leaving or not self.tasks:
            return not self.outbox
        try:
            return os.stat(self.path).st_ino != self.inode  # noqa: PTH116
        except OSError:
            return True  # the project is gone

    def accept(self) -> None:
        """Serve another scheduler, once all is read that the one before it said."""
        peer, _ = self.ear.accept()
        uid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        if uid != os.getuid():
            peer.close()
            return
        if self.peer is not None:
            self.receive()
        if self.peer is not None:
            self.say({"replaced": True})
            self.hang_up()
        self.peer, self.news = peer, []
        peer.setblocking(False)
        self.poll.register(peer, select.POLLIN)
        held = self.tasks.values()
        self.say({"holds": [line for task in held for line in (task.begun, task.ended) if line]})

    def hang_up(self) -> None:
        """Let go of a scheduler; what was not sent yet is held for the next."""
        if self.peer is not None:
            self.poll.unregister(self.peer)
            self.peer.close()
        self.peer = None
        self.inbox, self.outbox = bytearray(), bytearray()

    def receive(self) -> None:
        """Do what the scheduler says, until it says no more for now, or for ever."""
        while self.peer is not None:
            try:
                data = self.peer.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            *lines, rest = (self.inbox + data).split(b"\n")
            self.inbox = rest
            for line in lines:
                self.obey(json.loads(line))
            if not data:
                self.hang_up()
            self.tell()

    def obey(self, message: dict[str, list[list[object]]]) -> None:
        """Carry out one message."""
        if "env" in message:
            self.env = message["env"]  # type: ignore[assignment]
        for row in message.get("start", ()):
            self.start(*row)  # type: ignore[arg-type]
        if "start" in message:
            os.chdir("/")
            os.sched_setaffinity(0, self.cpus)
        for number in message.get("forget", ()):
            task = self.tasks.get(tuple(number))  # type: ignore[arg-type]
            if task is None:
                continue
            task.forgotten = True
            if task.ended:
                del self.tasks[task.id]
            else:
                send(task.pid, signal.SIGKILL)
        if "signal" in message:
            *number, sent = message["signal"]
            task = self.tasks.get(tuple(number))  # type: ignore[arg-type]
            if task is not None and not task.ended:
                send(task.pid, sent)  # type: ignore[arg-type]

    def start(  # noqa: PLR0913, PLR0917
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
    ) -> None:
        """Start a task, once."""
        number = (job, task, attempt)
        if number in self.tasks:
            return
        made = self.tasks[number] = Task(number, folder, group)
        if self.leaving:
            self.end(made, UNSTARTED, None, "start: its shepherd was told to end")
            return
        try:
            pid = spawn(argv, folder, cwd, cpus or self.cpus, {**self.env, **env})
        except OSError as error:
            self.end(made, UNSTARTED, None, f"start: {error.strerror or error}: {error.filename or argv[0]}")
            return
        except ValueError as error:  # a null byte
            self.end(made, UNSTARTED, None, f"start: {error}")
            return
        found = stat(pid, zombie=True)
        made.pid, made.start = pid, found.start if found else 0
        made.begun = ["begun", number, pid, made.start, self.boot, time.time(), group]
        self.running[pid] = made
        self.news.append(made.begun)

    def end(self, task: Task, code: int, usage: list[float] | None, cause: str = "") -> None:
        """Note how a task ended."""
        task.ended = ["ended", task.id, code, usage, time.time(), cause, task.group]
        self.news.append(task.ended)
        if task.forgotten:
            del self.tasks[task.id]

    def hear(self) -> None:
        """See what ended, and whether to leave."""
        if signal.SIGTERM in self.bell.recv(4096):
            self.leaving = True
            for pid in self.running:
                send(pid, signal.SIGTERM)
        reaped = 0
        with suppress(ChildProcessError):
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
        if task is None:
            return
        code = os.waitstatus_to_exitcode(status)
        usage = [used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, used.ru_inblock * BLOCK, used.ru_oublock * BLOCK]
        self.end(task, code if code >= 0 else 128 - code, usage)

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

    def say(self, message: object) -> None:
        """Send a message, or keep what the scheduler does not take yet."""
        self.outbox += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self.flush()

    def tell(self) -> None:
        """Send what is new; without a scheduler it is in the tasks held."""
        news, self.news = self.news, []
        if self.peer is None:
            return
        if news:
            self.say({"news": news})
        else:
            self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        if self.peer is None or not self.outbox:
            return
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self.outbox:
                del self.outbox[: self.peer.send(self.outbox)]
        self.poll.modify(self.peer, select.POLLIN | (select.POLLOUT if self.outbox else 0))


def spawn(argv: list[str], folder: str, cwd: str, cpus: object, env: dict[str, str]) -> int:
    """Start a program in a session of its own; its log is the mark that it was begun, and is made once."""
    out = os.open(f"{folder}/stdout.log", APPEND | os.O_EXCL, 0o644)
    err = -1
    try:
        err = os.open(f"{folder}/stderr.log", APPEND, 0o644)
        os.chdir(cwd)
        with suppress(OSError):  # a cpu that has gone: better anywhere than nowhere
            os.sched_setaffinity(0, cpus)  # type: ignore[arg-type]
        try:
            return os.posix_spawn(
                argv[0],
                argv,
                env,
                file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, err, 2)],
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULT,
            )
        except OSError as error:
            with suppress(OSError):
                os.write(err, os.fsencode(f"{argv[0]}: {error.strerror}\n"))
            raise
    finally:
        os.close(out)
        if err >= 0:
            os.close(err)


def send(pid: int, number: int) -> None:
    """Signal the group of a task, if it is there."""
    with suppress(OSError):
        os.killpg(pid, number)


def hear() -> socket.socket:
    """Where the numbers of signals arrive."""
    bell, rope = socket.socketpair()
    bell.setblocking(False)
    rope.setblocking(False)
    signal.set_wakeup_fd(os.dup(rope.fileno()), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return bell


def main() -> None:
    """Serve the socket that is handed over as standard input and bound to the path of the first argument."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    ear = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)  # tasks have it as theirs
    os.chdir("/")
    Shepherd(ear, sys.argv[1]).run()
