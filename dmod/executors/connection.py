"""Connection: how a scheduler comes to a line to the shepherd of its project, and starts one."""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dmod.errors import UnreachableError
from dmod.executors.line import Line
from dmod.paths import within

SOCKET = "shepherd.sock"
LOG = "shepherd.log"
LOG_SIZE = 1_000_000  # bytes; a longer one is begun anew
PATIENCE = 10.0  # seconds for a shepherd to say what it holds
CODE = "import sys; sys.path.append(sys.argv.pop(1)); from dmod.executors.shepherd import main; main()"
ROOT = str(Path(__file__).parents[2])  # where the package dmod lies


def connect(state: Path) -> tuple[Line, list[list[Any]]] | None:
    """The shepherd that runs, and what it holds; None if none does. Raises UnreachableError if it does not answer."""
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(PATIENCE)
    try:
        with within(state) as folder:
            end.connect(f"{folder}/{SOCKET}")
    except OSError:
        end.close()
        return None
    if struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] != os.getuid():
        end.close()
        raise UnreachableError(f"{state / SOCKET} is another user's", fix="dmod doctor")
    line, until = _greet(end), time.monotonic() + PATIENCE
    while line.is_open and time.monotonic() < until:
        messages = line.hear()
        if messages:
            return line, [told for message in messages for told in message.get("holds", message.get("news", ()))]
        _wait(line, until)
    line.close()
    if line.is_open:
        raise UnreachableError("the shepherd of this project does not answer", fix="dmod doctor")
    return None  # it was about to leave


def start(state: Path) -> Line:
    """A new shepherd, which may still be on its way up. Raises OSError if it cannot be started."""
    ear, end = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    try:
        with ear, within(state) as folder:
            (state / SOCKET).unlink(missing_ok=True)  # of one that was killed
            os.fchmod(ear.fileno(), 0o600)  # of the file that bind makes
            ear.bind(f"{folder}/{SOCKET}")
            ear.listen()
            end.connect(f"{folder}/{SOCKET}")
            _run(state, ear)
    except OSError:
        end.close()
        raise
    return _greet(end)


def _greet(end: socket.socket) -> Line:
    """A line over a socket, on which the environment of tasks has been said."""
    line = Line(end)
    line.say({"env": dict(os.environ)})
    return line


def _run(state: Path, ear: socket.socket) -> None:
    """Run a shepherd as nobody's child, in a session of its own; its socket is its standard input."""
    log = state / LOG
    with suppress(OSError):
        if log.stat().st_size > LOG_SIZE:
            log.unlink()
    argv = [sys.executable, "-ISc", CODE, ROOT, str((state / SOCKET).absolute())]
    own = {name: text for name, text in os.environ.items() if not name.startswith("DMOD_")}  # it is no task's
    with log.open("ab") as lines:
        subprocess.run(
            ["/bin/sh", "-c", 'exec 3<&0; "$@" <&3 3<&- &', "sh", *argv],
            cwd="/",
            env=own,
            stdin=ear.fileno(),
            stdout=lines,
            stderr=lines,
            start_new_session=True,
            check=True,
        )


def _wait(line: Line, until: float) -> None:
    """Wait for an answer."""
    asked = select.poll()
    asked.register(line, select.POLLIN | (select.POLLOUT if line.is_pending else 0))
    asked.poll(max(until - time.monotonic(), 0) * 1000)
    line.flush()
