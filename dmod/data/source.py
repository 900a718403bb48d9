"""Sources: the files a dataset is made of, and the names they get in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import ConflictError, NotFoundError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Entry(NamedTuple):
    """One file to take."""

    path: str  # its name in the dataset, with slashes
    source: Path
    size: int  # bytes
    changed: int  # when it was last written, ns since 1970


def entry(name: str, path: Path) -> Entry:
    """One file under a name of its own. Raises as `gather`."""
    try:
        return _entry(name, path, None)
    except OSError as error:
        raise UsageError(f"{shown(path)} cannot be read: {error.strerror}", fix=f"ls -ld {shown(path)}") from error


def gather(sources: Sequence[Path | Entry]) -> list[Entry]:
    """Files by name, and all files in folders by their path there, hidden ones left out; entries as they are.

    Raises NotFoundError for what is not there; UsageError for a folder without files, for what cannot be read, is no
    file, or is a link out of its folder; ConflictError for two files of one name.
    """
    found: dict[str, Entry] = {}
    for source in sources:
        entries = [source] if isinstance(source, Entry) else _listed(source)
        for each in entries:
            other = found.setdefault(each.path, each)
            if other is not each and not other.source.samefile(each.source):
                both = f"{shown(other.source)} and {shown(each.source)}"
                raise ConflictError(f"two files would be {each.path} in the dataset: {both}", fix="leave out one")
    if not found:
        raise UsageError("a dataset is made from files, and none is given", fix="--from PATH")
    return [found[path] for path in sorted(found)]


def _listed(source: Path) -> list[Entry]:
    entries = list(_entries(source))
    if not entries:
        raise UsageError(f"{shown(source)} holds no files", fix=f"ls -la {shown(source)}")
    return entries


def _entries(source: Path) -> Iterator[Entry]:
    try:
        if not source.exists():
            raise NotFoundError(f"{shown(source)}: no such file or folder", fix=f"ls {shown(_standing(source))}")
        if not source.is_dir():
            yield _entry(source.name, source, None)
            return
        root = source.resolve()
        for folder, folders, names in os.walk(root, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in folders:
                if (Path(folder) / name).is_symlink():
                    link = shown(Path(folder) / name)
                    raise UsageError(f"{link} is a link to a folder", fix=f"give that folder too: --from {link}/")
            for name in sorted(names):
                if not name.startswith("."):
                    path = Path(folder) / name
                    yield _entry(path.relative_to(root).as_posix(), path, root)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = shown(Path(error.filename or source))
        raise UsageError(f"{where} cannot be read: {reason}", fix=f"ls -ld {where}") from error


def _entry(name: str, path: Path, root: Path | None) -> Entry:
    if not _is_text(name):
        raise UsageError(f"{os.fsencode(path)!r} has a name that is not UTF-8", fix="rename the file")
    if path.is_symlink() and root is not None and not path.resolve().is_relative_to(root):
        raise UsageError(
            f"{shown(path)} is a link out of {shown(root)}",
            why=f"it leads to {path.resolve()}",
            fix="copy the file there",
        )
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{shown(path)} is no file", why="only files can be kept: no pipe, socket or device")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise UsageError(f"{shown(path)} cannot be read: permission denied", fix=f"ls -l {shown(path)}")
    return Entry(name, path, status.st_size, status.st_mtime_ns)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return name.isprintable()


def _standing(path: Path) -> Path:
    """The nearest folder above that exists."""
    return next(each for each in path.absolute().parents if each.is_dir())


def _raise(error: OSError) -> None:
    raise error
