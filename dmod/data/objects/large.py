"""Large: a file that comes in pieces, hashed as they come, with a list of those that are there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, DmodError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dmod.data.dataset import File

PIECE = 8 << 20  # bytes


class Large:
    """The file while it grows beside its place: `.<name>.<checksum>.part`, and `.pieces` for what is there of it.

    Raises ConflictError where another fetches the same file to the same place.
    """

    def __init__(self, file: File, place: Path) -> None:
        self._file, self._place = file, place
        stem = place.with_name(f".{place.name}.{file.sha256[:8]}")
        self._part, self._list = stem.with_name(f"{stem.name}.part"), stem.with_name(f"{stem.name}.pieces")
        self._handle = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise ConflictError(f"another dmod fetches {shown(place)} already", fix="wait until it is there") from error
        self._there = self._recall()
        try:
            if os.fstat(self._handle).st_size < file.size:  # room for all: to write into a hole takes twice as long
                os.posix_fallocate(self._handle, 0, file.size)
        except OSError:
            os.close(self._handle)
            raise
        self.resumed = bool(self._there)
        self._pieces = os.open(self._list, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._hash, self._hashed = hashlib.sha256(), 0
        self._lock, self._hashing = threading.Lock(), threading.Lock()
        self._open = True
        self.awaited = 0  # pieces that were asked for and are not there yet

    @property
    def present(self) -> int:
        """Bytes that are there."""
        return sum(min(PIECE, self._file.size - start) for start in self._there)

    def lacking(self) -> Iterator[tuple[int, int]]:
        """Start and length of each piece that is not there."""
        for start in range(0, self._file.size, PIECE):
            if start not in self._there:
                yield start, min(PIECE, self._file.size - start)

    def write(self, start: int, data: bytes, length: int) -> None:
        """Put a piece in its place. Raises OSError; DmodError for one that is too short."""
        if len(data) != length:
            raise DmodError(f"{self._file.path} is damaged in the object store: it ends too early")
        done = 0
        while done < len(data):
            done += os.pwrite(self._handle, memoryview(data)[done:], start + done)
        with self._lock:
            self._there.add(start)
            os.write(self._pieces, f"{start}\n".encode())
        self._advance(start, data)

    def finish(self) -> None:
        """Hold all against the checksum, and give the file its name. Raises DmodError."""
        with self._hashing:
            while self._hashed < self._file.size:
                self._take(os.pread(self._handle, PIECE, self._hashed))
        if self._hash.hexdigest() != self._file.sha256:
            self._part.unlink()
            self._list.unlink(missing_ok=True)
            more = "; what an earlier attempt had left is deleted" if self.resumed else " in the object store"
            raise DmodError(f"{self._file.path} is damaged{more}: its checksum is not that of the manifest")
        os.ftruncate(self._handle, self._file.size)
        self._part.replace(self._place)
        self._list.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of it; what is there stays."""
        if self._open:
            os.close(self._handle)
            os.close(self._pieces)
            self._open = False

    def _recall(self) -> set[int]:
        """The pieces that an earlier attempt has written."""
        try:
            lines = self._list.read_text().split("\n")[:-1]
        except FileNotFoundError:
            return set()
        have = os.fstat(self._handle).st_size
        starts = {int(line) for line in lines if line.isdecimal()}
        return {start for start in starts if start % PIECE == 0 and start + min(PIECE, self._file.size - start) <= have}

    def _advance(self, start: int, data: bytes) -> None:
        """Hash what is there in a row, unless another thread does: nobody waits for it."""
        if not self._hashing.acquire(blocking=False):
            return
        try:
            while self._hashed in self._there:
                self._take(data if self._hashed == start else os.pread(self._handle, PIECE, self._hashed))
        finally:
            self._hashing.release()

    def _take(self, data: bytes) -> None:
        self._hash.update(data)
        self._hashed += len(data)
