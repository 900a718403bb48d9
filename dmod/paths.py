"""Paths as people see them, and as sockets can bear them; small files that are there as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def shown(path: Path) -> str:
    """The path as a person would type it from here: relative if that is shorter."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except OSError:  # the working directory is gone
        return str(path)


def there(path: Path) -> bool:
    """Whether a path leads to something that can be looked at: not one too long, or in a folder nobody may enter."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists lets those errors out


def keep(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` in place of a file in one step, never readable by more than `mode` and the umask say."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    part.replace(path)


@contextmanager
def within(folder: Path) -> Iterator[str]:
    """A short name for a folder: a socket's path has at most 107 bytes, a project's may have more."""
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)
