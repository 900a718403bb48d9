"""Placement: which object holds which files of a dataset, and where in it.

Small files share objects, which are tar archives that any tar reads: an object costs a server milliseconds, whatever
its size. A larger file is an object of its own. All that one writer sends lies below one generation, a random name that
nobody else uses: `<dataset>/<generation>/pack-00001.tar`, `<dataset>/<generation>/files/<path>`.
"""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dmod.data.dataset import inside
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dmod.data.dataset import File
    from dmod.data.source import Entry

SMALL = 1 << 20  # bytes of a file below which it shares an object
PACK = 8 << 20  # bytes of an object that is shared
KEYS = "objects"  # in the manifest: where the files lie
_BLOCK = tarfile.BLOCKSIZE
_KEY = re.compile(r"[0-9a-f]{16}/(?:pack-\d{5}\.tar|files/.+)", re.DOTALL)
Item = TypeVar("Item", "Entry", "File")


class Placed(NamedTuple):
    """An object, and the files that begin at its offsets."""

    key: str  # below the dataset's folder
    size: int  # bytes
    files: Mapping[str, int]  # path -> byte where it begins

    def to_json(self) -> dict[str, Any]:
        """How the manifest says it."""
        return {"key": self.key, "size": self.size, "files": dict(self.files)}

    @property
    def generation(self) -> str:
        """The writer's name for all it sent."""
        return self.key.partition("/")[0]


class Lot(NamedTuple):
    """Files that go into one object."""

    key: str  # below the generation
    entries: Sequence[Entry]

    @property
    def packed(self) -> bool:
        """Whether it is an archive, however few files it has."""
        return self.key.startswith("pack-")


def lots(entries: Iterable[Entry]) -> Iterator[Lot]:
    """The objects of files, in their order: always the same for the same files."""
    pack: list[Entry] = []
    filled = number = 0
    for entry in entries:
        if entry.size >= SMALL:
            yield Lot(f"files/{entry.path}", [entry])
            continue
        pack.append(entry)
        filled += entry.size
        if filled >= PACK:
            number += 1
            yield Lot(f"pack-{number:05}.tar", pack)
            pack, filled = [], 0
    if pack:
        yield Lot(f"pack-{number + 1:05}.tar", pack)


def archive(contents: Iterable[tuple[str, bytes, float]]) -> tuple[bytes, dict[str, int]]:
    """A tar archive of path, contents and time of each; and where the contents of each begin in it."""
    parts: list[bytes] = []
    at, offsets = 0, {}
    for path, data, written in contents:
        head = tarfile.TarInfo(path)
        head.size, head.mtime, head.mode = len(data), int(written), 0o644
        header = head.tobuf(tarfile.PAX_FORMAT)
        offsets[path] = at + len(header)
        padding = b"\0" * (-len(data) % _BLOCK)
        parts += (header, data, padding)
        at += len(header) + len(data) + len(padding)
    return b"".join([*parts, b"\0" * (2 * _BLOCK)]), offsets


def from_json(listed: object, files: Sequence[File], where: str) -> tuple[Placed, ...]:
    """Where the files of a dataset lie. Raises UsageError for what cannot be, also for keys that lead elsewhere."""
    try:
        placed = tuple(_placed(each) for each in listed)  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UsageError(f"{where} does not say where its files lie", why=str(error)) from error
    known = {path for each in placed for path in each.files}
    lost = [file.path for file in files if file.path not in known]
    if lost:
        raise UsageError(f"{where} does not say where {lost[0]} lies")
    return placed


def _placed(each: Mapping[str, Any]) -> Placed:
    key = inside(str(each["key"]))
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of a dataset's object")
    return Placed(key, int(each["size"]), {inside(str(path)): int(at) for path, at in each["files"].items()})
