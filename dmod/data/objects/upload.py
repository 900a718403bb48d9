"""Upload: files into objects, many at once, each read once, hashed on the way, and resumed."""

from __future__ import annotations

import hashlib
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dmod.data.dataset import File
from dmod.data.objects.bucket import AT_ONCE
from dmod.data.objects.failure import AbsentError
from dmod.data.objects.placement import Lot, Placed, archive, lots
from dmod.data.source import Entry
from dmod.errors import UnreachableError, UsageError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import FileIO

    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.journal import Journal
    from dmod.data.store import Report

PART = 8 << 20  # bytes that are sent at once; an object of more has parts
_PARTS = 9_000  # of an object at most; S3 takes 10,000
_AHEAD = AT_ONCE + 2  # read before they can be sent: memory is this many parts


@dataclass(slots=True)
class _Large:
    """An object that is sent in parts."""

    entry: Entry
    upload: str  # the store's id of it
    parts: int = 0  # how many there are; 0 until all are read
    sha256: str = ""
    etags: dict[int, str] = field(default_factory=dict)


class _LostError(UnreachableError):
    """The store has lost what was sent of an object, or somebody has cleared it away."""

    def __init__(self, key: str, path: str, error: AbsentError) -> None:
        super().__init__(f"the object store has lost parts of {path}", why=error.message, fix="the same again")
        self.key = key


class Upload:
    """The upload of files below a dataset's folder."""

    def __init__(self, bucket: Bucket, folder: str, journal: Journal, report: Report | None) -> None:
        self._bucket, self._folder, self._journal, self._report = bucket, folder, journal, report
        self._done = self._total = 0  # bytes
        self._files: list[File] = []
        self._placed: list[Placed] = []
        self._waiting: dict[Future[str], Callable[[str], None]] = {}  # what is being sent, and what to do then

    def run(self, entries: Sequence[Entry]) -> tuple[list[File], list[Placed]]:
        """Send all; gives the files with their checksums, and where they are.

        Raises UsageError for a file that changes meanwhile; UnreachableError, saying how far it came.
        """
        self._total = sum(entry.size for entry in entries)
        self._tell("")
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            there = self._there()
            for lot in lots(entries):
                self._send(pool, lot, there)
            while self._waiting:
                self._collect()
        except BaseException as error:
            pool.shutdown(cancel_futures=True)
            self._settle()
            if isinstance(error, _LostError):
                self._journal.note(key=error.key, upload=self._bucket.begin(f"{self._folder}/{error.key}"))
            if isinstance(error, UnreachableError):
                kept = f"{format_memory(self._done)} of {format_memory(self._total)} are there"
                error.why = f"{error.why}; {kept}: the same again sends the rest".removeprefix("; ")
            raise
        pool.shutdown()
        self._tell("")
        return sorted(self._files, key=lambda file: file.path), self._placed

    def _there(self) -> dict[str, int]:
        """Sizes of the objects that an earlier attempt has sent."""
        if not self._journal.resumed:
            return {}
        prefix = f"{self._folder}/"
        found = self._bucket.list(f"{prefix}{self._journal.generation}/")
        return {each.key.removeprefix(prefix): each.size for each in found}

    def _send(self, pool: ThreadPoolExecutor, lot: Lot, there: dict[str, int]) -> None:
        key = f"{self._journal.generation}/{lot.key}"
        known = self._journal.objects.get(key)
        if known and there.get(key) == known["size"]:
            for entry in lot.entries:
                _require_same(entry, entry.size)
            files = [File(entry.path, entry.size, known["sha256"][entry.path]) for entry in lot.entries]
            self._keep(Placed(key, known["size"], known["files"]), files)
        elif lot.packed:
            self._send_pack(pool, key, lot)
        elif lot.entries[0].size <= PART:
            self._send_file(pool, key, lot.entries[0])
        else:
            self._send_large(pool, key, lot.entries[0])

    def _send_pack(self, pool: ThreadPoolExecutor, key: str, lot: Lot) -> None:
        read = [(entry, _contents(entry)) for entry in lot.entries]
        data, offsets = archive((entry.path, each, entry.changed / 1e9) for entry, each in read)
        files = [File(entry.path, len(each), hashlib.sha256(each).hexdigest()) for entry, each in read]
        self._put(pool, Placed(key, len(data), offsets), data, files)

    def _send_file(self, pool: ThreadPoolExecutor, key: str, entry: Entry) -> None:
        data = _contents(entry)
        files = [File(entry.path, len(data), hashlib.sha256(data).hexdigest())]
        self._put(pool, Placed(key, len(data), {entry.path: 0}), data, files)

    def _put(self, pool: ThreadPoolExecutor, placed: Placed, data: bytes, files: Sequence[File]) -> None:
        def sent(_: str) -> None:
            self._note(placed, files)
            self._keep(placed, files)

        self._later(pool, lambda: self._bucket.put(f"{self._folder}/{placed.key}", data), sent)

    def _send_large(self, pool: ThreadPoolExecutor, key: str, entry: Entry) -> None:
        """Read a file once, in order; send the parts that are not there."""
        known = self._journal.parts.get(key, {})
        if key not in self._journal.uploads:
            self._journal.note(key=key, upload=self._bucket.begin(f"{self._folder}/{key}"))
        large = _Large(entry, self._journal.uploads[key])
        found, size, number = hashlib.sha256(), 0, 0
        step = max(PART, -(-entry.size // _PARTS))
        with _opened(entry) as file:
            while data := _read(file, min(step, entry.size + 1 - size)):
                number, size = number + 1, size + len(data)
                found.update(data)
                if number in known and known[number] == hashlib.md5(data, usedforsecurity=False).hexdigest():
                    large.etags[number] = known[number]
                    self._tell(entry.path, len(data))
                else:
                    self._send_part(pool, key, large, number, data)
        _require_same(entry, size)
        large.parts, large.sha256 = number, found.hexdigest()
        self._finish(key, large)

    def _send_part(self, pool: ThreadPoolExecutor, key: str, large: _Large, number: int, data: bytes) -> None:
        def sent(etag: str) -> None:
            large.etags[number] = etag
            self._journal.note(key=key, part=number, etag=etag)
            self._tell(large.entry.path, len(data))
            self._finish(key, large)

        def send() -> str:
            try:
                return self._bucket.put_part(f"{self._folder}/{key}", large.upload, number, data)
            except AbsentError as error:
                raise _LostError(key, large.entry.path, error) from error

        self._later(pool, send, sent)

    def _finish(self, key: str, large: _Large) -> None:
        """Make the object when its last part is there."""
        if not large.parts or len(large.etags) < large.parts:
            return
        try:
            self._bucket.complete(f"{self._folder}/{key}", large.upload, large.etags)
        except AbsentError as error:
            raise _LostError(key, large.entry.path, error) from error
        entry = large.entry
        placed, file = Placed(key, entry.size, {entry.path: 0}), File(entry.path, entry.size, large.sha256)
        self._note(placed, [file])
        self._files.append(file)
        self._placed.append(placed)

    def _note(self, placed: Placed, files: Sequence[File]) -> None:
        self._journal.note(**placed.to_json(), sha256={file.path: file.sha256 for file in files})

    def _keep(self, placed: Placed, files: Sequence[File]) -> None:
        self._placed.append(placed)
        self._files += files
        self._tell(files[-1].path, sum(file.size for file in files))

    def _later(self, pool: ThreadPoolExecutor, send: Callable[[], str], then: Callable[[str], None]) -> None:
        while len(self._waiting) >= _AHEAD:
            self._collect()
        self._waiting[pool.submit(send)] = then

    def _collect(self) -> None:
        """Wait for something to be sent, and note it."""
        done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
        for each in done:
            sent = each.result()
            self._waiting.pop(each)(sent)

    def _settle(self) -> None:
        """Note what was sent beside that which failed."""
        for each, then in self._waiting.items():
            if not each.cancelled() and each.exception() is None:
                with suppress(UnreachableError):
                    then(each.result())

    def _tell(self, path: str, more: int = 0) -> None:
        self._done += more
        if self._report:
            self._report(self._done, self._total, path)


def _contents(entry: Entry) -> bytes:
    with _opened(entry) as file:
        data = _read(file, entry.size + 1)
    _require_same(entry, len(data))
    return data


def _opened(entry: Entry) -> FileIO:
    try:
        return entry.source.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(entry, error) from error


def _unreadable(entry: Entry, error: OSError) -> UsageError:
    return UsageError(f"{shown(entry.source)} cannot be taken: {(error.strerror or str(error)).lower()}")


def _read(file: FileIO, size: int) -> bytes:
    """So many bytes, fewer only at the end."""
    parts = []
    while size and (data := file.read(size)):
        parts.append(data)
        size -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _require_same(entry: Entry, size: int) -> None:
    try:
        written = entry.source.stat().st_mtime_ns
    except OSError as error:
        raise _unreadable(entry, error) from error
    if (size, written) != (entry.size, entry.changed):
        raise UsageError(f"{shown(entry.source)} changed while it was read", fix="try again when it is written")
