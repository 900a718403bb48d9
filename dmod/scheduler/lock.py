"""Lock: one scheduler a project, and how to wake it, or start it if there is none."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dmod.errors import ConflictError, UnreachableError
from dmod.paths import within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "scheduler.lock"
WAKE = "scheduler.wake"
STOPPED = "scheduler.stopped"  # when a user last stopped it, in seconds since 1970
LOG = "scheduler.log"
DRAIN = "drain"  # the word for a scheduler that starts no job
MOMENT = 0.25  # seconds; who only looks holds the lock for microseconds
LOG_SIZE = 1_000_000  # bytes; a longer one is put aside when a scheduler starts


class Lock:
    """Held by the scheduler of a project while it lives; the kernel gives it back whatever happens."""

    def __init__(self, state: Path) -> None:
        with _writable(state):
            state.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(state / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def __del__(self) -> None:
        """Who forgets a lock gives it back."""
        if hasattr(self, "_fd"):
            os.close(self._fd)

    def take(self) -> None:
        """Take it and say who has it. Raises ConflictError if another scheduler runs."""
        until = time.monotonic() + MOMENT
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:  # a scheduler, or somebody who just looks whether there is one
                if time.monotonic() > until:
                    raise ConflictError(
                        "the scheduler of this project runs already", fix="dmod scheduler status"
                    ) from error
            time.sleep(0.005)
        with _writable(LOCK):  # over what is there: a full disk has no room for what was given back
            os.ftruncate(self._fd, os.pwrite(self._fd, _me(), 0))

    def give(self) -> None:
        """Give it back."""
        os.ftruncate(self._fd, 0)
        fcntl.flock(self._fd, fcntl.LOCK_UN)


def holder(state: Path) -> dict[str, Any] | None:
    """Pid and start of the scheduler that runs, None if none does."""
    try:
        fd = os.open(state / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(fd, 200, 0).decode()
        return json.loads(text) if text else {"pid": None, "since": time.time()}
    finally:
        os.close(fd)
    return None


def _me() -> bytes:
    return json.dumps({"pid": os.getpid(), "since": time.time()}).encode()


@contextmanager
def _writable(what: Path | str) -> Iterator[None]:
    """That something of the state cannot be written, as UnreachableError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UnreachableError(f"{what} cannot be written: {reason}", fix="dmod doctor") from error


def listen(state: Path) -> socket.socket:
    """The socket on which a scheduler is woken."""
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        with _writable(state), within(state) as folder:
            (state / WAKE).unlink(missing_ok=True)
            ear.bind(f"{folder}/{WAKE}")
    except UnreachableError:
        ear.close()
        raise
    return ear


def wake(state: Path) -> None:
    """Tell the scheduler to look now; if it does not hear, it looks by itself within a second."""
    kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as mouth, within(state) as folder:
        mouth.sendto(b"!", f"{folder}/{WAKE}")


def ensure(root: Path, state: Path) -> None:
    """Wake the scheduler of a project, or start it."""
    if holder(state) is None:
        start(root, state)
    else:
        wake(state)


def drain(root: Path, state: Path) -> None:
    """See that a scheduler runs, and that it starts no job any more."""
    found = holder(state)
    if found is None:
        start(root, state, DRAIN)
        await_holder(state)
    elif found["pid"]:
        os.kill(found["pid"], signal.SIGUSR1)


def stopping(state: Path) -> None:
    """Leave word that schedulers asked for before this moment, and not there yet, shall not stay."""
    with _writable(state):
        temporary = state / f".{STOPPED}.{os.getpid()}"
        temporary.write_text(f"{time.time()}\n")
        temporary.replace(state / STOPPED)


def outdated(state: Path, asked: float) -> bool:
    """Whether the user has stopped the scheduler since one was asked for; a clock that was set back does not count."""
    try:
        return asked < float((state / STOPPED).read_text()) <= time.time()
    except (OSError, ValueError):
        return False


def start(root: Path, state: Path, *words: str) -> None:
    """Start a scheduler that outlives this process and its terminal."""
    log = state / LOG
    with _writable(state):
        state.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_SIZE:
            log.replace(state / f"{LOG}.1")
        log.touch()
    # a job that submits another must not take the scheduler with it when it ends
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("DMOD_JOB", "DMOD_TASK"))}
    with log.open("ab") as lines:
        subprocess.run(
            [
                "/bin/sh",
                "-c",
                '"$@" &',
                "sh",
                sys.executable,
                "-m",
                "dmod.scheduler",
                str(root),
                str(time.time()),
                *words,
            ],  # nobody's child
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
            check=True,
        )


def await_holder(state: Path, patience: float = 10.0) -> dict[str, Any]:
    """The scheduler that was just started, once it holds the lock. Raises UnreachableError."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = holder(state)
        if found and found["pid"]:
            return found
        time.sleep(0.01)
    raise UnreachableError(f"the scheduler did not start within {patience:g} s", fix="dmod scheduler logs")
