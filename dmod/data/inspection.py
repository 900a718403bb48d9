"""Inspection: the files of a dataset held against its manifest."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.data.store import Fault, Problem
from dmod.data.transfer import digest

if TYPE_CHECKING:
    from dmod.data.dataset import Dataset, File
    from dmod.data.store import Report

_READERS = 4  # hashing leaves the interpreter to others: as many files at once


def inspect(dataset: Dataset, folder: Path, *, report: Report | None = None) -> list[Problem]:
    """What is missing, changed, unreadable, or there without being in the manifest; by path."""
    problems, done, total = [], 0, dataset.size
    with ThreadPoolExecutor(_READERS) as readers:
        for file, problem in zip(
            dataset.files, readers.map(lambda file: _compared(file, folder), dataset.files), strict=True
        ):
            done += file.size
            if report:
                report(done, total, file.path)
            if problem is not None:
                problems.append(problem)
    known = {file.path for file in dataset.files}
    problems += [Problem(path, Fault.EXTRA, "it is not in the manifest") for path in _present(folder) - known]
    return sorted(problems)


def _compared(file: File, folder: Path) -> Problem | None:
    path = folder / file.path
    try:
        size = path.stat().st_size
        if size != file.size:
            return Problem(file.path, Fault.CHANGED, f"it has {size:,} bytes, and had {file.size:,}")
        if digest(path)[1] != file.sha256:
            return Problem(file.path, Fault.CHANGED, "its checksum is another: the contents have changed")
    except FileNotFoundError:
        gone = f"it was a link to {path.readlink()}, which is gone" if path.is_symlink() else "it is gone"
        return Problem(file.path, Fault.MISSING, gone)
    except OSError as error:
        return Problem(file.path, Fault.UNREADABLE, (error.strerror or str(error)).lower())
    return None


def _present(folder: Path) -> set[str]:
    return {
        (Path(where) / name).relative_to(folder).as_posix() for where, _, names in os.walk(folder) for name in names
    }
