"""ObjectStore: datasets in one bucket, which is all that another machine needs to see them.

`<name>/dataset.json` is the manifest. It comes last and goes first, and only in the place of the one that its writer
knew: a dataset is there whole or not at all, and of two writers one wins. Objects are never written twice.

One bucket for a deployment, not one for a dataset: names of buckets are taken once for all users of a provider, who
gives out a hundred; most agencies hand out one bucket and no right to make another; one request lists all datasets;
SeaweedFS keeps volumes of a gigabyte for each bucket; and keys scoped to one dataset need its prefix only.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.data import cache
from dmod.data import name as names_
from dmod.data.dataset import Dataset
from dmod.data.folder import FolderStore
from dmod.data.format import Category
from dmod.data.objects import generations
from dmod.data.objects import leftovers as leftovers_
from dmod.data.objects.download import Download, absent
from dmod.data.objects.failure import AbsentError, ChangedError
from dmod.data.objects.inspection import inspect
from dmod.data.objects.journal import Journal
from dmod.data.objects.manifests import Manifests, meanwhile, taken
from dmod.data.objects.upload import Upload
from dmod.errors import DmodError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dmod.data.dataset import File
    from dmod.data.domain import Domain
    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.manifests import Kept
    from dmod.data.objects.placement import Placed
    from dmod.data.source import Entry
    from dmod.data.store import Names, Problems, Report

    Leftovers = list[leftovers_.Leftover]
    Paths = list[Path]  # for annotations in a class that has a method `list`


class ObjectStore:
    """Datasets in a bucket; files are read from `local`, where `path` brings them."""

    def __init__(self, bucket: Bucket, local: Path) -> None:
        self.bucket = bucket
        self.manifests = Manifests(bucket)
        self.cache = FolderStore(local)
        self._journals = local / ".uploads"

    def create(  # noqa: PLR0913 - what a dataset is made of
        self,
        name: str,
        category: str | Category | None,
        sources: Sequence[Path],
        *,
        format: str | None = None,  # noqa: A002 - the word of the domain
        description: str = "",
        link: bool = False,  # noqa: ARG002 - there are no links in a bucket
        adopt: bool = False,  # noqa: ARG002 - files are sent, whoever keeps them
        derived_from: Sequence[str] = (),
        job: int | None = None,
        details: Mapping[str, Any] | None = None,
        report: Report | None = None,
    ) -> Dataset:
        """Send the files of `sources` as a new dataset, whole or not at all. See `Store.create`."""
        from dmod.data import detect
        from dmod.data.source import gather

        self._require_free(names_.require(name))
        entries = gather(sources)
        kind = detect.choose(None if category is None else Category.parse(category), entries, format, job=job)
        domain = _domain(kind.format, entries)
        domain = changed(domain, details={**domain.details, **(details or {})})
        made = Dataset(name, kind.category, domain, (), datetime.now(UTC), description, tuple(derived_from), job)
        return self._send(made, entries, report)

    def keep(self, dataset: Dataset, entries: Sequence[Entry], report: Report | None = None) -> Dataset:
        """Take over a dataset of another store. One that is there with the same contents stays.

        Raises ConflictError for other contents; DmodError for a file that is not what its manifest says.
        """
        with suppress(NotFoundError):
            there = self.get(dataset.name)
            if there.digest != dataset.digest:
                raise taken(dataset.name)
            return there
        return self._send(changed(dataset, linked=False), entries, report)

    def add(
        self, name: str, sources: Sequence[Path], *, replace: bool = False, report: Report | None = None
    ) -> Dataset:
        """Add the files of `sources`; the dataset changes as a whole or not at all. See `Store.add`."""
        from dmod.data.addition import fresh
        from dmod.data.source import gather

        now = self.manifests.get(name)
        entries = fresh(now.dataset, gather(sources), replace=replace)
        if not entries:
            return now.dataset
        taken = {entry.path for entry in entries}
        stays = [file for file in now.dataset.files if file.path not in taken]
        (self.cache.root / cache.PARTS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache.root / cache.PARTS) as folder:
            self._fetch(now, Path(folder), stays, None)
            domain = _domain(now.dataset.format, entries, Path(folder))
        given = {key: value for key, value in now.dataset.domain.details.items() if key not in domain.details}
        made = changed(now.dataset, domain=changed(domain, details={**given, **domain.details}), files=tuple(stays))
        return self._send(made, entries, report, now)

    def get(self, name: str) -> Dataset:
        """The dataset. Raises NotFoundError with the nearest name; UsageError for a damaged manifest."""
        return self.manifests.get(name).dataset

    def list(self, on_damage: Callable[[DmodError], None] | None = None) -> list[Dataset]:
        """All whose manifest can be read, by name; `on_damage` is told of the others."""
        return self.manifests.datasets(on_damage)

    def names(self) -> Names:
        """The names of all, sorted."""
        return self.manifests.names()

    def has(self, name: str) -> bool:
        """Whether there is a dataset of that name."""
        return self.manifests.has(name)

    def path(self, name: str, *, report: Report | None = None) -> Path:
        """The folder with its files, fetched to this machine once. Raises NotFoundError."""
        kept = self.manifests.get(name)
        return cache.fetched(kept.dataset, self.cache, lambda folder: self._fetch(kept, folder, None, report))

    def cached(self, name: str) -> bool:
        """Whether this machine has the dataset as it is now. Raises NotFoundError."""
        return cache.holds(self.cache, self.get(name))

    def fetch_to(self, store: FolderStore, name: str, report: Report | None = None) -> Dataset:
        """Bring a dataset into a folder store. Raises ConflictError where that has another of the name."""
        kept = self.manifests.get(name)
        if name in store.names():
            if store.get(name).digest != kept.dataset.digest:
                raise taken(name)
            return kept.dataset
        cache.fetched(kept.dataset, store, lambda folder: self._fetch(kept, folder, None, report), replace=False)
        return kept.dataset

    def export(self, name: str, target: Path, files: Sequence[File], *, report: Report | None = None) -> Paths:
        """Fetch some files to a folder; what is there whole stays."""
        target.mkdir(parents=True, exist_ok=True)
        return self._fetch(self.manifests.get(name), target, files, report)

    def check(self, name: str, *, report: Report | None = None) -> Problems:
        """Every file that is not as the manifest says, read in the store. Raises NotFoundError, UsageError."""
        kept = self.manifests.get(name)
        return inspect(self.bucket, kept.dataset, kept.placed, report)

    def delete(self, name: str) -> None:
        """Forget the dataset and its files; one whose manifest is damaged too. Raises NotFoundError."""
        text, etag = self.manifests.read(name)
        try:
            kept = self.manifests.parse(name, text, etag)
        except UsageError:
            kept = None  # its objects are found when nobody needs them any more
        self.manifests.delete(name, etag)
        if kept is not None:
            generations.clear(self.bucket, name, kept.generations)
        with suppress(DmodError):
            self.cache.delete(name)
        generations.sweep(self.bucket, name, self.manifests)

    def leftovers(self, age: float) -> Leftovers:
        """What transfers have left that nobody went on with for `age` seconds."""
        return leftovers_.leftovers(self.bucket, self.manifests, self._journals, age)

    def clear(self, found: Leftovers) -> None:
        """Forget leftovers."""
        leftovers_.clear(self.bucket, found)

    def _send(self, made: Dataset, entries: Sequence[Entry], report: Report | None, now: Kept | None = None) -> Dataset:
        """Send files, then the manifest: of a new dataset, or in the place of the one that was there (`now`)."""
        name = made.name
        self.bucket.make()
        with Journal(self._journals, self.bucket.place, name, entries) as journal:
            files, placed = Upload(self.bucket, name, journal, report).run(entries)
            if not now:
                _require_whole(made, files)
            made = changed(made, files=tuple(sorted([*made.files, *files] if now else files, key=lambda f: f.path)))
            placed = [*_without(now.placed if now else (), {file.path for file in files}), *placed]
            journal.close()
            try:
                self.manifests.put(made, placed, now.etag if now else "")
            except ChangedError as error:
                generations.clear(self.bucket, name, {journal.generation})
                raise (meanwhile(name) if now else taken(name)) from error
            journal.forget()
        if now:
            generations.clear(self.bucket, name, now.generations - {each.generation for each in placed})
        return made

    def _fetch(self, kept: Kept, folder: Path, files: Sequence[File] | None, report: Report | None) -> Paths:
        name = kept.dataset.name
        try:
            wanted = kept.dataset.files if files is None else files
            return Download(self.bucket, name, folder, report).run(kept.placed, wanted)
        except AbsentError as error:
            if self.manifests.get(name).etag != kept.etag:
                raise meanwhile(name) from error
            raise absent(error, name) from error

    def _require_free(self, name: str) -> None:
        if self.manifests.has(name):
            raise taken(name)


def _domain(format: str, entries: Sequence[Entry], others: Path | None = None) -> Domain:  # noqa: A002 - as above
    """What files cover, those that lie in `others` too."""
    from dmod.data import detect
    from dmod.data.transfer import preview

    with tempfile.TemporaryDirectory() as folder:
        preview(entries, Path(folder))
        for path in others.rglob("*") if others else ():
            if path.is_file():
                link = Path(folder) / path.relative_to(others or path)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        return detect.read_preview(format, Path(folder), entries)


def _without(placed: Sequence[Placed], paths: set[str]) -> list[Placed]:
    """Where files lie, but for some of them."""
    kept = (each._replace(files={path: at for path, at in each.files.items() if path not in paths}) for each in placed)
    return [each for each in kept if each.files]


def _require_whole(dataset: Dataset, files: Sequence[File]) -> None:
    """Hold what was sent against the manifest of where it comes from."""
    have = {file.path: file.sha256 for file in files}
    differing = [file.path for file in dataset.files if have.get(file.path) != file.sha256]
    if differing:
        raise DmodError(
            f'{differing[0]} of dataset "{dataset.name}" is damaged: its checksum is not that of the manifest',
            fix=f"dmod dataset check {dataset.name}",
        )
