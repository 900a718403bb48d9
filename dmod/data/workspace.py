"""Workspace: the hidden folder in a store where a dataset grows until it is whole.

Its maker holds a lock on a file in it. The lock goes with the process, however that ends, so that whoever comes next
can tell what was left behind from what is being made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".new-"
_LOCK = ".lock"


class Workspace:
    """A new folder in the store; what is still in it at the end is deleted. What the dead left is deleted at start.

    Raises DmodError where the store cannot be written, also for an OSError from within.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Path:
        try:
            return self._open()
        except OSError as error:
            raise unwritable(error, self._root) from error

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        _lock_of(self._folder).unlink(missing_ok=True)
        os.close(self._mine)
        if isinstance(error, OSError):
            raise unwritable(error, self._root) from error

    def _open(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        with locked(self._root / _LOCK):
            _sweep(self._root)
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._root))
            self._folder.chmod(0o755)
            self._mine = os.open(_lock_of(self._folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._mine, fcntl.LOCK_EX)
        return self._folder


def exchange(root: Path, new: Path, current: Path) -> None:
    """Put the new folder in the place of the current one, which is deleted. Readers see the one or the other.

    Where the system cannot swap two names at once, the name is gone for the time of two renames; what a crash leaves
    then is put back by the next one.
    """
    with locked(root / _LOCK):
        if not _swap(new, current):
            aside = root / f"{_ASIDE}{current.name}"
            current.rename(aside)
            new.rename(current)
            aside.rename(new)


def remove(root: Path, folder: Path) -> None:
    """Take a folder out of the store at once, then delete its files."""
    with Workspace(root) as bin_:
        folder.rename(bin_ / folder.name)


def unwritable(error: OSError, root: Path) -> DmodError:
    """The error for a store that cannot be written."""
    reason = (error.strerror or str(error)).lower()
    return DmodError(
        f"{shown(root)} cannot be written: {reason}", fix=f"ls -ld {shown(root)}, or data.folder in dmod.toml"
    )


_ASIDE = ".old-"


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which goes with the process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(root: Path) -> None:
    """Delete the folders of dead makers, and put back what an exchange left aside. The store's lock is held."""
    for folder in root.glob(f"{PREFIX}*"):
        if folder.suffix == ".lock":
            if not folder.with_suffix("").exists():
                _if_dead(folder, folder)
            continue
        _if_dead(_lock_of(folder), folder)
    for aside in root.glob(f"{_ASIDE}*"):
        home = root / aside.name.removeprefix(_ASIDE)
        if home.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(home)


def _if_dead(lock: Path, left: Path) -> None:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        lock.unlink(missing_ok=True)
    except BlockingIOError:
        return  # its maker lives
    finally:
        os.close(handle)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two names in one step (renameat2, Linux); False where the system or the file system cannot."""
    import ctypes

    at_cwd, exchange_flag = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of linux/fs.h
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(call(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange_flag) == 0)
