"""LogFile: the end of a file that grows, read in pieces, and found in by searching the bytes."""

from __future__ import annotations

import mmap
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PIECE = 1 << 18  # bytes read at a time: a screen of lines at the end of a gigabyte costs no more
KEPT = 50_000  # lines in memory
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class LogFile:
    """A window of whole lines onto a file; it begins at the end and grows at both ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []
        self.begin = 0  # the byte at which the window begins
        self.end = 0  # the byte up to which the file was read
        self._rest = b""  # a last line without its end
        self._identity: tuple[int, int] | None = None  # device and inode: a file that was replaced is read anew

    @property
    def tail(self) -> list[str]:
        """The unfinished last line, if there is one."""
        return [_text(self._rest)] if self._rest else []

    def follow(self, pieces: int = 64) -> bool:
        """Read what was added, or so much of it; returns whether anything was. A file that is not there is empty."""
        try:
            with self.path.open("rb") as file:
                stat = os.fstat(file.fileno())
                identity = (stat.st_dev, stat.st_ino)
                if identity != self._identity or stat.st_size < self.end:
                    self._start(stat.st_size)
                    self._identity = identity
                if stat.st_size == self.end:
                    return False
                file.seek(self.end)
                return self._take(file.read(min(stat.st_size - self.end, pieces * PIECE)))
        except FileNotFoundError:
            return False

    def earlier(self) -> int:
        """Read a piece before the window; returns the number of lines that came before."""
        if self.begin == 0:
            return 0
        start = max(0, self.begin - PIECE)
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(self.begin - start)
        cut = data.find(b"\n") + 1 if start else 0
        lines = [_text(line) for line in data[cut:].split(b"\n")[:-1]]
        self.lines[:0] = lines
        self.begin = start + cut
        return len(lines)

    def search(self, text: str, at: int, *, back: bool = True) -> int | None:
        """The byte at which the nearest line with this text begins: before a byte, or after the line of that byte."""
        wanted = text.encode()
        if not wanted or not self.path.exists() or not self.path.stat().st_size:
            return None
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if back:
                found = data.rfind(wanted, 0, max(at, 0))
            else:
                next_line = data.find(b"\n", at) + 1
                found = data.find(wanted, next_line) if next_line else -1
            return None if found < 0 else data.rfind(b"\n", 0, found) + 1

    def line_of(self, byte: int) -> int:
        """Which line of the window begins at a byte; the window moves there if that is outside of it."""
        if not self.begin <= byte < self.end:
            self.lines, self._rest, self.begin, self.end = [], b"", byte, byte
            self.earlier()
            self.follow(1)  # a screen or two after it: not so much that its own line is forgotten again
        with self.path.open("rb") as file:
            file.seek(self.begin)
            return file.read(byte - self.begin).count(b"\n")

    def _start(self, size: int) -> None:
        """Begin at the first whole line of the last piece."""
        self.lines, self._rest = [], b""
        self.begin = self.end = max(0, size - PIECE)
        if self.begin:
            with self.path.open("rb") as file:
                file.seek(self.begin)
                self.begin = self.end = self.begin + len(file.readline(PIECE))

    def _take(self, data: bytes) -> bool:
        self.end += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.lines += [_text(line) for line in lines]
        if len(self.lines) > KEPT:
            self._forget(len(self.lines) - KEPT)
        return True

    def _forget(self, count: int) -> None:
        """Let the first lines go; where the window begins is then counted anew from the end, when it is needed."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = self.begin
            for _ in range(count):
                at = data.find(b"\n", at) + 1
        self.begin = at
        del self.lines[:count]


def _text(line: bytes) -> str:
    """A line as it may be shown: the last of what a carriage return overwrote, no escapes, tabs as blanks."""
    line = line.removesuffix(b"\r").rpartition(b"\r")[2]
    text = line.decode(errors="replace")
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    return _CONTROL.sub("", text.expandtabs(4)) if not text.isprintable() else text
