"""Files: what a job has made: the files of its output, and those of its folder, with their sizes."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from tui.look import Line

_SHOWN = 500  # files of a folder or a dataset
_COUNTED = 20_000  # that are looked for in a folder: it may be that of an array of many tasks

File = tuple[str, int]  # where it is in its folder, and its bytes


def told(store: FolderStore, output: str, folder: Path) -> list[Line]:
    """The page: the output dataset, if there is one already, then the folder."""
    lines: list[Line] = []
    try:
        made = store.get(output) if output else None
    except DmodError:
        made = None
    if made is not None:
        files = [(file.path, file.size) for file in made.files]
        lines += _block("output", made.name, store.path(made.name), files)
    found = list(islice(_walk(folder), _COUNTED + 1))
    if found or made is None:
        lines += _block("folder", "", folder, found)
    return lines


def _block(what: str, name: str, at: Path, files: list[File]) -> list[Line]:
    over = len(files) > _COUNTED
    count = f"over {_COUNTED:,}" if over else f"{len(files):,}"
    size = format_memory(sum(size for _, size in files)) if not over else ""
    title: Line = (
        (f" {what:<8}", "muted"),
        (f"{name}  " if name else "", "strong"),
        (f"{count} file{'s' * (len(files) != 1)}  {size}  ", "text"),
        (shown(at), "muted"),
    )
    rows = [_row(path, size) for path, size in sorted(files[:_COUNTED])[:_SHOWN]]
    more = [((f" {'':<10}and more, of which the first {_SHOWN} are shown", "muted"),)] if len(files) > _SHOWN else []
    return [(), title, *rows, *more]


def _row(path: str, size: int) -> Line:
    return (f" {format_memory(size):>10}  ", "text"), (path, "text" if size else "muted")


def _walk(folder: Path) -> Iterator[File]:
    """The files below a folder, without following links; what goes meanwhile is left out."""
    for root, _, names in os.walk(folder):
        yield from _sized(root, names, str(folder))


def _sized(root: str, names: Iterable[str], base: str) -> Iterator[File]:
    for name in names:
        path = os.path.join(root, name)  # noqa: PTH118 - a path object for each of many files is dear
        try:
            yield os.path.relpath(path, base), os.lstat(path).st_size
        except OSError:
            continue
