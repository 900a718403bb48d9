"""Transfer: files copied or linked into a dataset, hashed on the way."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.data.dataset import File
from dmod.errors import DmodError, UsageError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dmod.data.source import Entry
    from dmod.data.store import Report

_CHUNK = 4 << 20  # bytes
_CANNOT = (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
_MANY = 32  # files from which on one call for all of the file system is quicker than one for each


class How(StrEnum):
    """How files get into a dataset."""

    COPY = "copy"
    LINK = "link"  # a hard link where the file system can, else a symbolic one: the originals must stay as they are
    ADOPT = "adopt"  # a hard link, else a copy: whoever gives them lets go of the originals


def transfer(
    entries: Sequence[Entry], folder: Path, *, how: How = How.COPY, report: Report | None = None
) -> list[File]:
    """Bring the files into a new folder and on disk; gives their sizes and checksums.

    What `preview` left there is replaced. Raises UsageError for a source that cannot be read or changes meanwhile;
    DmodError for a full disk.
    """
    total, done = sum(entry.size for entry in entries), 0
    if how is How.COPY:
        _require_room(folder, total)
    files = []
    for entry in entries:
        if report:
            report(done, total, entry.path)
        target = folder / entry.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            file = _WAYS[how](entry, target)
        except OSError as error:
            raise _failed(error, entry, folder) from error
        files.append(file)
        done += entry.size
    if how is not How.LINK:
        sync([folder / entry.path for entry in entries])
    sync_folders(folder)
    if report:
        report(done, total, "")
    return files


def preview(entries: Sequence[Entry], folder: Path) -> None:
    """The folder as it will be, with links in place of the files: what is wrong is found before anything is copied."""
    for entry in entries:
        target = folder / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(entry.source.resolve())


def digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        found = hashlib.file_digest(file, "sha256")
        return file.tell(), found.hexdigest()


def sync(paths: Sequence[Path]) -> None:
    """See that the contents of files and folders of one file system are on disk."""
    if len(paths) > _MANY and _sync_all(paths[0]):
        return
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_all(folder: Path) -> None:
    """See that all files in a folder and below are on disk, and their names."""
    sync([Path(where) / name for where, _, names in os.walk(folder) for name in names])
    sync_folders(folder)


def sync_folders(folder: Path) -> None:
    """See that the names in a folder and below are on disk."""
    sync([Path(name) for name, _, _ in os.walk(folder)])


def _sync_all(path: Path) -> bool:
    """Have the system write all it holds of the file system of a path (syncfs, Linux); False where it cannot.

    20,000 calls of fsync take 40 s on a disk where this takes 2.
    """
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        return bool(call(handle) == 0)
    finally:
        os.close(handle)


def _copy(entry: Entry, target: Path) -> File:
    size, found = 0, hashlib.sha256()
    with entry.source.open("rb", buffering=0) as source, target.open("xb", buffering=0) as copy:
        while chunk := source.read(_CHUNK):
            found.update(chunk)
            _place(chunk, source.fileno(), copy.fileno(), size)
            size += len(chunk)
        if os.fstat(copy.fileno()).st_size != size:
            raise OSError(errno.EIO, "the copy is shorter than the file")
        _require_same(entry, size, os.fstat(source.fileno()).st_mtime_ns)
    return File(entry.path, size, found.hexdigest())


def _place(chunk: bytes, source: int, copy: int, at: int) -> None:
    """Put what was just read of the source into the copy.

    The kernel does it, without a second read as the chunk is in memory, and shares the blocks on disk where the file
    system can (btrfs, XFS). Between file systems, or where it cannot, the chunk is written.
    """
    done = 0
    try:
        while done < len(chunk):
            more = os.copy_file_range(source, copy, len(chunk) - done, at + done, at + done)
            if not more:
                return  # the source has become shorter, which its size will tell
            done += more
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        while done < len(chunk):
            done += os.pwrite(copy, memoryview(chunk)[done:], at + done)


def _require_same(entry: Entry, size: int, written: int) -> None:
    if (size, written) != (entry.size, entry.changed):
        raise UsageError(
            f"{shown(entry.source)} changed while it was read",
            why=f"it had {entry.size:,} bytes and now {size:,}" if size != entry.size else "it was written to",
            fix="try again when it is written",
        )


def _adopt(entry: Entry, target: Path) -> File:
    return File(entry.path, *digest(target)) if _hard(entry, target) else _copy(entry, target)


def _link(entry: Entry, target: Path) -> File:
    if not _hard(entry, target):
        target.symlink_to(entry.source.resolve())
    return File(entry.path, *digest(target))


def _hard(entry: Entry, target: Path) -> bool:
    """Make a hard link; False where the two are on different file systems, or theirs has none."""
    try:
        os.link(entry.source.resolve(), target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        return False
    return True


_WAYS: Mapping[How, Callable[[Entry, Path], File]] = {How.COPY: _copy, How.LINK: _link, How.ADOPT: _adopt}


def _require_room(folder: Path, total: int) -> None:
    free = shutil.disk_usage(folder).free
    if total > free:
        raise DmodError(
            f"no room for {format_memory(total)} in {shown(folder.parent)}",
            why=f"{format_memory(free)} are free",
            fix="set data.folder in dmod.toml to a larger disk, or --link the files where they are",
        )


def _failed(error: OSError, entry: Entry, folder: Path) -> DmodError:
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        return DmodError(
            f"{entry.path} cannot be written to {shown(folder.parent.parent)}: {reason}",
            fix="set data.folder in dmod.toml to a larger disk",
        )
    return UsageError(f"{shown(entry.source)} cannot be taken: {reason}")
