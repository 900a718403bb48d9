"""Download: files out of objects, many at once, each held against its checksum before it has its name.

What was fetched stays where the transfer ends early: a whole file under its name, of a large one the parts beside it,
and the same transfer again fetches the rest.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dmod.data.export import same
from dmod.data.objects.bucket import AT_ONCE
from dmod.data.objects.large import PIECE, Large
from dmod.data.objects.placement import PACK
from dmod.errors import DmodError, PartialError, UnreachableError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dmod.data.dataset import File
    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.failure import AbsentError
    from dmod.data.objects.placement import Placed
    from dmod.data.store import Report

_GAP = 256 << 10  # bytes between two wanted files that are rather fetched than asked for twice
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Piece(NamedTuple):
    """A part of an object, and the files that lie whole in it."""

    key: str
    start: int
    length: int
    files: Sequence[tuple[File, int]]  # and where each begins in the piece


def pieces(placed: Placed, files: Mapping[str, File]) -> Iterator[Piece]:
    """The parts of an object to fetch for the wanted of its files."""
    wanted = sorted((at, files[path]) for path, at in placed.files.items() if path in files)
    start = end = 0
    inner: list[tuple[File, int]] = []
    for at, file in wanted:
        if inner and (at - end > _GAP or at + file.size - start > PACK):
            yield Piece(placed.key, start, end - start, inner)
            inner = []
        start = start if inner else at
        inner.append((file, at - start))
        end = at + file.size
    if inner:
        yield Piece(placed.key, start, end - start, inner)


class Download:
    """The download of files of a dataset into a folder."""

    def __init__(self, bucket: Bucket, folder: str, target: Path, report: Report | None) -> None:
        self._bucket, self._folder, self._target, self._report = bucket, folder, target, report
        self._done = self._total = 0
        self._root = target.resolve()
        self._known: set[Path] = set()  # folders that lie in the target
        self._large: list[Large] = []
        self._waiting: dict[Future[int], tuple[str, Large | None]] = {}

    def run(self, placed: Sequence[Placed], files: Sequence[File]) -> list[Path]:
        """Fetch the files; those whose contents are there already stay.

        Raises PartialError for a full disk, or where the store stops to answer in between; DmodError for what is not
        as the manifest says; AbsentError where an object is gone.
        """
        self._total = sum(file.size for file in files)
        self._tell("")
        lacking = [file for file in files if not self._there(file)]
        self._require_room(lacking)
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            self._order(pool, placed, {file.path: file for file in lacking})
            while self._waiting:
                self._collect()
        except (OSError, UnreachableError) as error:
            raise self._stopped(error) from error
        finally:
            pool.shutdown(cancel_futures=True)
            for each in self._large:
                each.close()
        self._tell("")
        return [self._target / file.path for file in files]

    def _order(self, pool: ThreadPoolExecutor, placed: Sequence[Placed], lacking: Mapping[str, File]) -> None:
        left = dict(lacking)
        for each in placed:
            here = {path: left.pop(path) for path in each.files if path in left}
            if len(here) == 1 and (file := next(iter(here.values()))).size > PIECE:
                self._order_large(pool, each, file)
                continue
            for piece in pieces(each, here):
                self._later(pool, partial(self._fetch, piece), piece.files[-1][0].path)

    def _order_large(self, pool: ThreadPoolExecutor, placed: Placed, file: File) -> None:
        large = Large(file, self._place(file.path))
        self._large.append(large)
        self._tell(file.path, large.present)
        key, base = f"{self._folder}/{placed.key}", placed.files[file.path]
        lacking = list(large.lacking())
        large.awaited = len(lacking)
        for start, length in lacking:

            def fetch(start: int = start, length: int = length) -> int:
                large.write(start, self._bucket.get(key, base + start, length), length)
                return length

            self._later(pool, fetch, file.path, large)
        if not lacking:
            large.finish()

    def _later(self, pool: ThreadPoolExecutor, fetch: Callable[[], int], path: str, large: Large | None = None) -> None:
        while len(self._waiting) >= 2 * AT_ONCE:
            self._collect()
        self._waiting[pool.submit(fetch)] = (path, large)

    def _fetch(self, piece: Piece) -> int:
        """Fetch a piece and write its files; gives their bytes."""
        data = memoryview(self._bucket.get(f"{self._folder}/{piece.key}", piece.start, piece.length))
        for file, at in piece.files:
            part = data[at : at + file.size]
            if hashlib.sha256(part).hexdigest() != file.sha256:
                raise damaged(file.path)
            place = self._place(file.path)
            temporary = place.with_name(f".{place.name}.{os.getpid()}.new")
            temporary.write_bytes(part)
            temporary.replace(place)
        return sum(file.size for file, _ in piece.files)

    def _collect(self) -> None:
        done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
        failed: BaseException | None = None
        for each in done:
            path, large = self._waiting.pop(each)
            if error := each.exception():
                failed = failed or error
                continue
            self._tell(path, each.result())
            if large is not None:
                large.awaited -= 1
                if not large.awaited:
                    large.finish()
        if failed:
            for each in self._waiting:
                each.cancel()
            raise failed

    def _there(self, file: File) -> bool:
        place = self._target / file.path
        there = same(file, place) and not place.is_symlink()
        if there:
            self._tell(file.path, file.size)
        return there

    def _place(self, path: str) -> Path:
        """Where a file goes: in the target, whatever links lie there."""
        place = self._target / path
        if place.parent not in self._known:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(self._root):
                raise DmodError(f"{shown(place.parent)} leads out of {shown(self._target)}", fix="--to DIR")
            self._known.add(place.parent)
        return place

    def _require_room(self, files: Sequence[File]) -> None:
        need, self_free = sum(file.size for file in files), _free(self._target)
        if need > self_free:
            raise UnreachableError(
                f"no room for {format_memory(need)} in {shown(self._target)}",
                why=f"{format_memory(self_free)} are free; nothing was fetched",
                fix="make room there, then the same again; or set data.folder in dmod.toml to a larger disk",
            )

    def _stopped(self, error: OSError | UnreachableError) -> DmodError:
        """Why it ended early, and how far it came."""
        kept = f"{format_memory(self._done)} of {format_memory(self._total)} are here"
        if isinstance(error, UnreachableError):
            error.why = f"{error.why}; {kept}: the same again fetches the rest".removeprefix("; ")
            return error
        reason = (error.strerror or str(error)).lower()
        fix = "make room there, then the same again" if error.errno in _FULL else f"ls -ld {shown(self._target)}"
        return PartialError(
            f"{shown(self._target)} cannot be written: {reason}",
            why=f"{kept}: the same again fetches the rest",
            fix=fix,
        )

    def _tell(self, path: str, more: int = 0) -> None:
        self._done += more
        if self._report:
            self._report(self._done, self._total, path)


def damaged(path: str) -> DmodError:
    """What came is not what the manifest says."""
    return DmodError(f"{path} is damaged in the object store: its checksum is not that of the manifest")


def absent(error: AbsentError, name: str) -> DmodError:
    """An object of the dataset is gone."""
    return DmodError(f'files of dataset "{name}" are gone', why=error.message, fix=f"dmod dataset check {name}")


def _free(folder: Path) -> int:
    standing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(standing).free
