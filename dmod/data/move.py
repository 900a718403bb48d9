"""Move: a dataset from one store to the other; it is there at every moment, for a while in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.source import Entry
from dmod.data.stores import Where
from dmod.errors import ConflictError, DmodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.data.dataset import Dataset
    from dmod.data.store import Report
    from dmod.data.stores import Stores


def move(
    name: str, to: Where, stores: Stores, *, before: Callable[[], None] = lambda: None, report: Report | None = None
) -> Dataset:
    """Bring a dataset to the other store, verified, and forget it where it was; `before` that is asked.

    What ends early is gone on with by the same again. Raises NotFoundError; ConflictError where another dataset has
    the name there; UnreachableError; PartialError.
    """
    if to is Where.OBJECTS:
        return _to_objects(name, stores, before, report)
    made = stores.objects.fetch_to(stores.folder, name, report)
    before()
    stores.objects.delete(name)
    return made


def _to_objects(name: str, stores: Stores, before: Callable[[], None], report: Report | None) -> Dataset:
    dataset = stores.folder.get(name)
    made = stores.objects.keep(dataset, _entries(dataset, stores), report)
    before()
    if stores.folder.get(name) != dataset:
        raise ConflictError(
            f'dataset "{name}" was changed while it was sent',
            why="the object store has it as it was",
            fix=f"dmod dataset check {name}",
        )
    stores.folder.delete(name)
    return made


def _entries(dataset: Dataset, stores: Stores) -> list[Entry]:
    """Its files as they lie in the folder. Raises DmodError for one that is gone."""
    folder = stores.folder.path(dataset.name)
    entries = []
    for file in dataset.files:
        path = folder / file.path
        try:
            status = path.stat()
        except OSError as error:
            raise DmodError(
                f'{file.path} of dataset "{dataset.name}" is gone', fix=f"dmod dataset check {dataset.name}"
            ) from error
        entries.append(Entry(file.path, path, status.st_size, status.st_mtime_ns))
    return entries
