"""Where a run is: the catchment, the module and the step, in memory that outlives a crash where a file is behind it.

A module that brings its process down leaves no exception. What was written here before it began is then what is known.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import mmap
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dmod import layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

SIZE = 4096  # bytes: the number of the step, then what else is known as JSON
SETUP = -1  # in place of a step: before the first one
END = -2  # after the last one
OUT = -3  # in no module
_SIGNALS = {
    "Segmentation fault": "SIGSEGV",
    "Aborted": "SIGABRT",
    "Bus error": "SIGBUS",
    "Floating": "SIGFPE",
    "Illegal instruction": "SIGILL",
}


class Place:
    """The place of one process."""

    def __init__(self, path: Path | None = None) -> None:
        self._memory: mmap.mmap | bytearray = bytearray(SIZE)
        self._fault: int | None = None
        if path is not None:
            path.write_bytes(bytes(SIZE))
            with path.open("r+b") as file:
                self._memory = mmap.mmap(file.fileno(), SIZE)
            # behind the place: which signal it was; MPI may blame another rank
            self._fault = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            faulthandler.enable(self._fault, all_threads=False)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self.steps = memoryview(self._memory)[:8].cast("q")  # [0] is the step under way
        self.steps[0] = OUT

    def __del__(self) -> None:
        """Close what tells of a crash."""
        if self._fault is not None:
            faulthandler.disable()
            os.close(self._fault)

    def enter(self, note: bytes, step: int = SETUP) -> None:
        """A module is about to be called; what is said of it is a `note`."""
        self._memory[8 : 8 + len(note)] = note
        self.steps[0] = step

    def leave(self) -> None:
        """No module is under way."""
        self.steps[0] = OUT


def note(catchment: str, module: str, begin: datetime, step: int) -> bytes:
    """What is to be known of a module that does not return: `begin` is the start of step 0, `step` its seconds."""
    told = [catchment, module[:1024], begin.isoformat(), step]
    return json.dumps(told).encode()[: SIZE - 9] + b"\0"


class Left(NamedTuple):
    """What a process left behind."""

    catchment: str
    module: str
    step: int
    begin: str
    seconds: int

    def __str__(self) -> str:
        if self.step < 0:
            return f"{self.module} of {self.catchment} {'while it was set up' if self.step == SETUP else 'at its end'}"
        from datetime import datetime, timedelta

        stamp = datetime.fromisoformat(self.begin) + timedelta(seconds=self.step * self.seconds)
        return f"{self.module} of {self.catchment} at step {self.step}, {stamp:%Y-%m-%dT%H:%M:%SZ}"


def signal_of(path: Path) -> str:
    """The name of the signal that ended a process in a module; "" if none did."""
    with suppress(OSError):
        told = path.read_bytes()[SIZE:].decode(errors="replace")
        return next((name for said, name in _SIGNALS.items() if told.startswith(f"Fatal Python error: {said}")), "")
    return ""


def left(path: Path) -> Left | None:
    """Where a process was when it ended; None where it was in no module, or nothing is known."""
    with suppress(OSError, ValueError):
        content = path.read_bytes()
        step = int.from_bytes(content[:8], "little", signed=True)
        if step == OUT or len(content) < SIZE:
            return None
        catchment, module, begin, seconds = json.loads(content[8:].split(b"\0", 1)[0])
        return Left(catchment, module, step, begin, seconds)
    return None


def places(folder: Path) -> Iterator[tuple[Path, Left]]:
    """Where the ranks of a job were that ended in a module, each with the file that tells of it."""
    for file in sorted((folder / layout.RANKS).glob("*.at")):
        if place := left(file):
            yield file, place
