"""Addition: a dataset as it will be with more files."""

from __future__ import annotations

import os
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from dmod.data import detect
from dmod.data.dataset import DATA, Dataset
from dmod.data.source import gather
from dmod.data.transfer import How, digest, preview, transfer
from dmod.errors import ConflictError, NotFoundError
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry
    from dmod.data.store import Report


def build(  # noqa: PLR0913 - what it was, what is added, where and how
    now: Dataset, folder: Path, sources: Sequence[Path], new: Path, *, replace: bool, report: Report | None
) -> Dataset:
    """Lay out the files of a dataset (in `folder`) and of the sources in `new`/data; gives the dataset they make.

    What stays is linked, not copied. Gives `now` itself where nothing is new. Raises ConflictError for files that are
    there with other contents, unless they are to be replaced; UsageError where all together make no domain.
    """
    entries = fresh(now, gather(sources), replace=replace)
    if not entries:
        return now
    (new / DATA).mkdir()
    taken = {entry.path for entry in entries}
    kept = [file for file in now.files if file.path not in taken]
    for file in kept:
        target = new / DATA / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(folder / file.path, target, follow_symlinks=False)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"{file.path} of dataset {now.name} is gone", fix=f"dmod dataset check {now.name}"
            ) from error
    preview(entries, new / DATA)
    domain = detect.read_preview(now.domain.format, new / DATA, entries)
    files = [*kept, *transfer(entries, new / DATA, how=How.LINK if now.linked else How.COPY, report=report)]
    given = {key: value for key, value in now.domain.details.items() if key not in domain.details}
    return changed(
        now,
        domain=changed(domain, details={**given, **domain.details}),
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def fresh(now: Dataset, entries: Sequence[Entry], *, replace: bool) -> list[Entry]:
    """The entries whose contents the dataset does not have; to replace, all of them, as its own may be damaged."""
    if replace:
        return list(entries)
    known = {file.path: file for file in now.files}
    fresh = [entry for entry in entries if entry.path not in known or _differs(entry, known[entry.path].sha256)]
    clash = [entry.path for entry in fresh if entry.path in known]
    if clash:
        raise ConflictError(
            f"dataset {now.name} has other files of that name: {some(clash)}",
            why="their contents differ",
            fix="the same with --replace to put the new ones in their place",
        )
    return fresh


def _differs(entry: Entry, sha256: str) -> bool:
    return digest(entry.source)[1] != sha256
