"""Stores: all that a project keeps datasets in, its folder first, and its object store where dmod.toml names one."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dmod.data import listing
from dmod.data.folder import FolderStore
from dmod.errors import DmodError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.listing import Listing
    from dmod.data.objects.store import ObjectStore
    from dmod.data.store import Names
    from dmod.project import Project


class Where(StrEnum):
    """A store, as people name it."""

    FOLDER = "folder"
    OBJECTS = "object-store"


class Found(NamedTuple):
    """A dataset and where it lies."""

    dataset: Dataset
    where: Where
    store: FolderStore | ObjectStore


class Stores:
    """The stores of a project. The object store is asked only where the folder does not have the answer."""

    def __init__(self, project: Project, *, hurried: bool = False) -> None:
        self._project = project
        self._hurried = hurried  # an object store that is slow to answer counts as down
        self.folder = FolderStore(project.datasets)

    @property
    def shared(self) -> bool:
        """Whether there is an object store."""
        return bool(self._project.config.object_store.endpoint)

    @cached_property
    def objects(self) -> ObjectStore:
        """The object store. Raises UsageError where dmod.toml names none, or there are no credentials."""
        return _opened(self._project, hurried=self._hurried)

    def at(self, where: Where) -> FolderStore | ObjectStore:
        """One of the two."""
        return self.folder if where is Where.FOLDER else self.objects

    def find(self, name: str) -> Found:
        """A dataset of either; of one name in both, the folder's. Raises NotFoundError, and what the store raises."""
        try:
            return Found(self.folder.get(name), Where.FOLDER, self.folder)
        except NotFoundError as error:
            if not self.shared:
                raise
            near = error
        try:
            return Found(self.objects.get(name), Where.OBJECTS, self.objects)
        except NotFoundError as error:
            raise (near if near.why else error) from None

    def where(self, name: str) -> FolderStore | ObjectStore:
        """The store that has a dataset, one whose manifest is damaged too. Raises NotFoundError."""
        with suppress(NotFoundError):
            self.folder.path(name)
            return self.folder
        return self.objects if self.shared and self.objects.has(name) else self.find(name).store

    def datasets(self) -> Sequence[Dataset]:
        """What a job can name: those of the folder, and of the object store those whose names it does not have."""
        return list({each.dataset.name: each.dataset for each in reversed(list(self.list()))}.values())

    def names(self) -> Names:
        """The names of all, the folder's first."""
        return list(dict.fromkeys([*self.folder.names(), *(self.objects.names() if self.shared else ())]))

    def list(self, on_damage: Callable[[DmodError], None] | None = None) -> Iterator[Found]:
        """All of both by name, the folder's first; `on_damage` is told of those that cannot be read.

        Raises what the object store raises, after those of the folder.
        """
        yield from (Found(each, Where.FOLDER, self.folder) for each in self.folder.list(on_damage))
        if self.shared:
            there = self.objects.list(on_damage)
            listing.keep(self._project.cache, self.place, there)
            yield from (Found(each, Where.OBJECTS, self.objects) for each in there)

    @property
    def place(self) -> str:
        """The object store as dmod.toml names it."""
        said = self._project.config.object_store
        return f"{said.endpoint}/{said.bucket}"

    def listing(self) -> Listing | None:
        """What the object store had when it was last asked by anybody here; it is not asked now."""
        return listing.kept(self._project.cache, self.place) if self.shared else None


def _opened(project: Project, *, hurried: bool) -> ObjectStore:
    said = project.config.object_store
    if not said.endpoint:
        raise UsageError(
            "there is no object store", why="dmod.toml names none", fix='endpoint = "HOST:PORT" in [object_store]'
        )
    try:
        from dmod.data.objects.bucket import Bucket
    except ImportError as error:
        raise UsageError(
            "the client of object stores is not installed", why=str(error), fix="pip install 'dmod[objects]'"
        ) from error
    from dmod.data.objects import credentials
    from dmod.data.objects.store import ObjectStore

    keys = credentials.read(project.root / said.credentials.expanduser())
    bucket = Bucket(
        said.endpoint, said.bucket, keys,
        secure=said.secure, region=said.region, authority=project.authority, hurried=hurried,
    )  # fmt: skip
    return ObjectStore(bucket, project.cache)
