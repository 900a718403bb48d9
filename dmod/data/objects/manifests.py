"""Manifests: what the bucket says of its datasets, each manifest replaced only by who knows the one that is there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dmod.data import name as names_
from dmod.data.dataset import MANIFEST, Dataset
from dmod.data.objects import placement
from dmod.data.objects.bucket import AT_ONCE, Bucket
from dmod.data.objects.failure import AbsentError, ChangedError
from dmod.errors import ConflictError, DmodError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.data.objects.placement import Placed

Result = TypeVar("Result")


class Kept(NamedTuple):
    """A dataset of the bucket, and where its files are."""

    dataset: Dataset
    placed: tuple[Placed, ...]
    etag: str  # of the manifest

    @property
    def generations(self) -> set[str]:
        """All below which its objects lie."""
        return {each.generation for each in self.placed}


class Manifests:
    """The manifests of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def get(self, name: str) -> Kept:
        """A dataset. Raises NotFoundError with the nearest name; UsageError for a damaged manifest."""
        return self.parse(name, *self.read(name))

    def has(self, name: str) -> bool:
        """Whether there is a dataset of that name."""
        with suppress(UsageError):
            return self._bucket.has(_key(names_.require(name)))
        return False

    def read(self, name: str) -> tuple[bytes, str]:
        """The text and its etag. Raises NotFoundError."""
        try:
            return self._bucket.fetch(_key(names_.require(name)))
        except (AbsentError, UsageError) as error:
            raise self._missing(name) from error

    def parse(self, name: str, text: bytes, etag: str) -> Kept:
        """What the text says. Raises UsageError."""
        where = f"{self._bucket.place}/{_key(name)}"
        try:
            table = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{where} is not JSON", why=str(error), fix=f"dmod dataset delete {name}") from error
        listed = table.pop(placement.KEYS, None) if isinstance(table, dict) else None
        dataset = Dataset.from_json(table, name, where)
        return Kept(dataset, placement.from_json(listed, dataset.files, where), etag)

    def put(self, dataset: Dataset, placed: Sequence[Placed], over: str) -> None:
        """Say what there is now: of a new dataset, or in the place of the manifest `over`. Raises ChangedError."""
        table = {**dataset.to_json(), placement.KEYS: [each.to_json() for each in placed]}
        text, key = (json.dumps(table, indent=1) + "\n").encode(), _key(dataset.name)
        try:
            self._bucket.put(key, text, new=not over, over=over)
        except ChangedError:
            with suppress(AbsentError):
                if self._bucket.get(key) == text:
                    return  # it was ours: the answer to the first attempt was lost
            raise

    def delete(self, name: str, etag: str) -> None:
        """Forget a dataset as it was read."""
        self._bucket.delete(_key(name), over=etag)

    def names(self) -> list[str]:
        """The names of all, sorted."""
        folders = self._folders()
        return [name for name, there in zip(folders, _at_once(self.has, folders), strict=True) if there]

    def datasets(self, on_damage: Callable[[DmodError], None] | None) -> list[Dataset]:
        """All whose manifest can be read, by name; `on_damage` is told of the others."""
        found = []
        for each in _at_once(self._seen, self._folders()):
            if isinstance(each, Dataset):
                found.append(each)
            elif each is not None and on_damage:
                on_damage(each)
        return found

    def _folders(self) -> list[str]:
        from dmod.hydro.ids import natural

        return natural(self._bucket.folders())

    def _seen(self, name: str) -> Dataset | DmodError | None:
        try:
            return self.get(name).dataset
        except NotFoundError:
            return None  # it is being made, or was deleted
        except UsageError as error:
            return error

    def _missing(self, name: str) -> NotFoundError:
        from dmod.nearest import nearest

        near = nearest(name, self.names())
        fix = f"dmod dataset show {near}" if near else "dmod dataset list"
        return NotFoundError(f'there is no dataset "{name}"', why=f'the nearest is "{near}"' if near else "", fix=fix)


def taken(name: str) -> ConflictError:
    """Another dataset has the name."""
    return ConflictError(
        f'there is a dataset "{name}" already', fix=f"dmod dataset add {name} PATH, or take another name"
    )


def meanwhile(name: str) -> ConflictError:
    """Another writer was faster."""
    return ConflictError(f'dataset "{name}" was changed by another meanwhile', fix="the same again")


def _key(name: str) -> str:
    return f"{name}/{MANIFEST}"


def _at_once(call: Callable[[str], Result], names: Sequence[str]) -> Sequence[Result]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(call, names))
