"""Cache: datasets of the object store as folders of this machine, each fetched once, whoever asks first.

It is a folder store of its own, so that a job reads from it as from any. A folder `.parts` holds what is being fetched,
under a lock that goes with the process.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TypeVar

from dmod.data.folder import FolderStore
from dmod.data.workspace import locked
from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dmod.data.dataset import Dataset

PARTS = ".parts"
Found = TypeVar("Found")


def fetched(dataset: Dataset, store: FolderStore, fetch: Callable[[Path], object], *, replace: bool = True) -> Path:
    """The folder of the dataset's files in a store, fetched there unless they are.

    `fetch` brings the files, verified, into a folder that may hold some of them already. With `replace` a
    dataset of that name with other contents gives way, else it is a ConflictError.
    """
    parts = store.root / PARTS
    parts.mkdir(parents=True, exist_ok=True)
    with locked(parts / f"{dataset.name}.lock"):
        if not holds(store, dataset):
            growing = parts / f"{dataset.name}-{dataset.digest[:16]}"
            growing.mkdir(exist_ok=True)
            fetch(growing)
            _tidy(growing, dataset)
            store.receive(dataset, growing, replace=replace)
            for left in parts.glob(f"{dataset.name}-{'[0-9a-f]' * 16}"):
                shutil.rmtree(left, ignore_errors=True)  # of an earlier state of the dataset
    return store.path(dataset.name)


def _tidy(folder: Path, dataset: Dataset) -> None:
    """Delete what is no file of the dataset: what a killed attempt had begun to write."""
    known = {file.path for file in dataset.files}
    for path in folder.rglob("*"):
        if not path.is_dir() and path.relative_to(folder).as_posix() not in known:
            path.unlink()


def holds(store: FolderStore, dataset: Dataset) -> bool:
    """Whether a store has a dataset of that name and contents."""
    try:
        return store.get(dataset.name) == dataset
    except (NotFoundError, UsageError):
        return False


class CachedStore(FolderStore):
    """A folder store with, behind it, what was fetched of the object store: for those who only read."""

    def __init__(self, root: Path, cache: Path) -> None:
        super().__init__(root)
        self._behind = FolderStore(cache)

    def get(self, name: str) -> Dataset:
        """The dataset of the folder, else the fetched one. Raises as `FolderStore.get`."""
        return self._either(name, super().get, self._behind.get)

    def path(self, name: str) -> Path:
        """The folder with its files. Raises NotFoundError."""
        return self._either(name, super().path, self._behind.path)

    def _either(self, name: str, own: Callable[[str], Found], behind: Callable[[str], Found]) -> Found:
        try:
            return own(name)
        except NotFoundError:
            if name not in self._behind.names():
                raise
        return behind(name)
