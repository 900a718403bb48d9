"""Export: files of a dataset copied out of a store, verified on the way."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, DmodError, NotFoundError
from dmod.hydro.ids import some
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.dataset import Dataset, File
    from dmod.data.store import Report

_CHUNK = 1 << 20  # bytes


def export(
    dataset: Dataset, folder: Path, target: Path, items: Sequence[str] = (), *, report: Report | None = None
) -> list[Path]:
    """Copy files (all, or those that items name: paths or patterns) from `folder` to `target`; gives where they are.

    A file that is there already with the same contents stays. Raises NotFoundError for an item that fits none;
    ConflictError for a file there with other contents; DmodError for one that is not what the manifest says, or cannot
    be written. Each file is there whole or not at all.
    """
    files = free(dataset, target, items)
    total, done, placed = sum(file.size for file in files), 0, []
    for file in files:
        place = target / file.path
        if report:
            report(done, total, file.path)
        if not _there(place):
            try:
                _copy(dataset, file, folder / file.path, place)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise DmodError(f"{shown(place)} cannot be written: {reason}", fix="--to DIR") from error
        done += file.size
        placed.append(place)
    return placed


def free(dataset: Dataset, target: Path, items: Sequence[str]) -> list[File]:
    """The files that the items name. Raises NotFoundError; ConflictError for one there with other contents."""
    files = chosen(dataset, items)
    other = [file.path for file in files if _there(target / file.path) and not same(file, target / file.path)]
    if other:
        raise ConflictError(
            f"{shown(target)} has other files of that name: {some(other)}",
            fix=f"dmod dataset get {dataset.name} --to DIR",
        )
    return files


def chosen(dataset: Dataset, items: Sequence[str]) -> list[File]:
    """The files that the items name, in the order of the manifest; all where there are none. Raises NotFoundError."""
    if not items:
        return list(dataset.files)
    from dmod.nearest import nearest

    taken: set[str] = set()
    paths = [file.path for file in dataset.files]
    for item in items:
        fitting = [path for path in paths if path == item or path.startswith(f"{item.rstrip('/')}/")]
        fitting = fitting or fnmatch.filter(paths, item)
        if not fitting:
            near = nearest(item, paths)
            raise NotFoundError(
                f'dataset "{dataset.name}" has no file {item}',
                why=f"the nearest is {near}" if near else f"it has {some(paths)}",
                fix=f"dmod dataset show {dataset.name}",
            )
        taken.update(fitting)
    return [file for file in dataset.files if file.path in taken]


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def same(file: File, path: Path) -> bool:
    """Whether a path holds what the manifest says of a file."""
    try:
        if path.stat().st_size != file.size:
            return False
        with path.open("rb", buffering=0) as have:
            return hashlib.file_digest(have, "sha256").hexdigest() == file.sha256
    except OSError:
        return False  # a folder, or what cannot be read: not the file


def _copy(dataset: Dataset, file: File, source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}")
    found = hashlib.sha256()
    try:
        try:
            have = source.open("rb", buffering=0)
        except OSError as error:
            raise _damaged(dataset, file, (error.strerror or str(error)).lower()) from error
        with have, part.open("xb") as copy:
            while chunk := have.read(_CHUNK):
                found.update(chunk)
                copy.write(chunk)
        if found.hexdigest() != file.sha256:
            raise _damaged(dataset, file, "its checksum is not that of the manifest")
        shutil.copystat(source, part)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _damaged(dataset: Dataset, file: File, reason: str) -> DmodError:
    return DmodError(
        f'{file.path} of dataset "{dataset.name}" is damaged: {reason}', fix=f"dmod dataset check {dataset.name}"
    )
