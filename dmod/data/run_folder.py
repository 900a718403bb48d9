"""The parts of a NextGen run folder as datasets; what is registered already, under whatever name, is not made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dmod.data.dataset import Dataset, File
from dmod.data.format import Category
from dmod.data.name import LEAST, MOST, slug
from dmod.data.source import entry
from dmod.data.transfer import digest
from dmod.errors import UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.data.source import Entry
    from dmod.data.store import Report
    from dmod.hydro.run_folder import RunFolder


class Part(NamedTuple):
    """What is to be one dataset."""

    category: Category
    ending: str  # of its name
    entries: tuple[Entry, ...]


class Registered(NamedTuple):
    """A part of a run folder as a dataset."""

    dataset: Dataset
    new: bool  # whether it was not there before


def parts(run: RunFolder) -> tuple[Part, ...]:
    """The hydrofabric, each forcing, and the realization with what its models read."""
    many = len(run.forcings) > 1
    return (
        _part(Category.HYDROFABRIC, "hydrofabric", run.hydrofabric),
        *(
            _part(Category.FORCING, f"forcing-{at}" if many else "forcing", files)
            for at, files in enumerate(run.forcings, 1)
        ),
        _part(Category.CONFIG, "config", run.config),
    )


def register(
    store: FolderStore, part: Part, name: str, *, link: bool = False, report: Report | None = None
) -> Registered:
    """The dataset of a part: one of the same files if there is one, else a new one, `<name>-<ending>`.

    Raises as `FolderStore.create`.
    """
    same = _same(store, part)
    if same is not None:
        return Registered(same, new=False)
    free = _free(store, f"{name}-{part.ending}")
    made = store.create(free, part.category, part.entries, link=link, report=report)
    return Registered(made, new=True)


def _part(category: Category, ending: str, files: Mapping[str, Path]) -> Part:
    return Part(category, ending, tuple(entry(name, path) for name, path in files.items()))


def _same(store: FolderStore, part: Part) -> Dataset | None:
    """The dataset that has just these files; a checksum is taken only where names and sizes agree."""
    sizes = {each.path: each.size for each in part.entries}
    alike = [
        each
        for each in store.list()
        if each.category is part.category and {file.path: file.size for file in each.files} == sizes
    ]
    if not alike:
        return None
    files = tuple(_file(each) for each in sorted(part.entries))
    return next((each for each in alike if each.files == files), None)


def _file(each: Entry) -> File:
    try:
        return File(each.path, *digest(each.source))
    except OSError as error:
        where = shown(each.source)
        raise UsageError(f"{where} cannot be read: {error.strerror}", fix=f"ls -l {where}") from error


def _free(store: FolderStore, wanted: str) -> str:
    """A name that no dataset has: the one that is wanted, else with a number."""
    taken = set(store.names())
    base = slug(wanted)
    names = (base, *(f"{base[: MOST - LEAST - 1].rstrip('-.')}-{at}" for at in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
