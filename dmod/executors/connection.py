"""Connection: a scheduler's line to the shepherd of its project, which it starts if there is none."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET = "shepherd.sock"
LOG = "shepherd.log"
LOG_SIZE = 1_000_000  # bytes; a longer one is begun anew
PATIENCE = 10.0  # seconds for a shepherd to say what it holds
CODE = "import sys; sys.path.append(sys.argv.pop(1)); from dmod.executors.shepherd import main; main()"
ROOT = str(Path(__file__).parents[2])  # where the package dmod lies


class Connection:
    """Messages both ways, neither of which blocks."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._inbox, self._outbox = bytearray(), bytearray()
        self.is_open = True
        line.setblocking(False)
        self.say({"env": dict(os.environ)})

    def fileno(self) -> int:
        """Of the socket."""
        return self._line.fileno()

    @property
    def is_pending(self) -> bool:
        """Whether something could not be sent yet."""
        return bool(self._outbox)

    def say(self, message: object) -> None:
        """Send a message, or keep it until there is room."""
        self._outbox += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        try:
            while self._outbox:
                del self._outbox[: self._line.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self._outbox.clear()  # reading tells that it has ended, after the last of what it said

    def hear(self) -> list[dict[str, Any]]:
        """The messages that have arrived; at the end of the last, `is_open` is false."""
        messages = []
        while self.is_open:
            try:
                data = self._line.recv(1 << 18)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self.is_open = bool(data)
            *lines, self._inbox = (self._inbox + data).split(b"\n")
            messages += [json.loads(line) for line in lines]
        return messages

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def connect(state: Path) -> tuple[Connection, list[list[Any]]] | None:
    """The shepherd that runs, and what it holds; None if none does. Raises UnreachableError if it does not answer."""
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    try:
        with _within(state) as folder:
            line.connect(f"{folder}/{SOCKET}")
        if struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] != os.getuid():
            raise UnreachableError(f"{state / SOCKET} is another user's", fix="dmod doctor")
    except OSError:
        line.close()
        return None
    except UnreachableError:
        line.close()
        raise
    connection, until = Connection(line), time.monotonic() + PATIENCE
    while connection.is_open:
        for message in connection.hear():
            if "holds" in message:
                return connection, message["holds"]
        if time.monotonic() > until:
            connection.close()
            raise UnreachableError("the shepherd of this project does not answer", fix="dmod doctor")
        _wait(connection, until)
    connection.close()
    return None


def start(state: Path) -> Connection:
    """A new shepherd, which may still be on its way up. Raises OSError if it cannot be started."""
    ear, line = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    try:
        with ear, _within(state) as folder:
            (state / SOCKET).unlink(missing_ok=True)  # of one that was killed
            os.fchmod(ear.fileno(), 0o600)  # of the file that bind makes
            ear.bind(f"{folder}/{SOCKET}")
            ear.listen()
            line.connect(f"{folder}/{SOCKET}")
            _run(state, ear)
    except OSError:
        line.close()
        raise
    return Connection(line)


def _run(state: Path, ear: socket.socket) -> None:
    """Run a shepherd as nobody's child, in a session of its own; its socket is its standard input."""
    log = state / LOG
    with suppress(OSError):
        if log.stat().st_size > LOG_SIZE:
            log.unlink()
    argv = [sys.executable, "-ISc", CODE, ROOT, str((state / SOCKET).absolute())]
    with log.open("ab") as lines:
        subprocess.run(
            ["/bin/sh", "-c", 'exec 3<&0; "$@" <&3 3<&- &', "sh", *argv],
            cwd="/",
            stdin=ear,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
            check=True,
        )


def _wait(connection: Connection, until: float) -> None:
    import select

    asked = select.poll()
    asked.register(connection, select.POLLIN | (select.POLLOUT if connection.is_pending else 0))
    asked.poll(max(until - time.monotonic(), 0) * 1000)
    connection.flush()


@contextmanager
def _within(folder: Path) -> Iterator[str]:
    """A short name for a folder: a socket's path has at most 107 bytes, a project's may have more."""
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)
