"""FolderStore: a folder for each dataset, with its manifest and its files.

`<root>/<name>/dataset.json` and `<root>/<name>/data/...`: whoever copies such a folder to another store has registered
the dataset there. Hidden names in the root are what is being made.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.data import name as names_
from dmod.data import workspace
from dmod.data.dataset import DATA, MANIFEST, Dataset
from dmod.data.format import Category
from dmod.errors import ConflictError, DmodError, NotFoundError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dmod.data.source import Entry
    from dmod.data.store import Names, Problems, Report


class FolderStore:
    """Datasets in the folders of a folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)  # made with the first dataset

    def create(  # noqa: PLR0913 - what a dataset is made of
        self,
        name: str,
        category: str | Category | None,
        sources: Sequence[Path | Entry],
        *,
        format: str | None = None,  # noqa: A002 - the word of the domain
        description: str = "",
        link: bool = False,
        adopt: bool = False,
        derived_from: Sequence[str] = (),
        job: int | None = None,
        details: Mapping[str, Any] | None = None,
        report: Report | None = None,
    ) -> Dataset:
        """Keep the files of `sources` as a new dataset, whole or not at all. See `Store.create`.

        A job's output of no known format is `generic`. Raises DmodError too: the disk is full, or cannot be written.
        """
        from dmod.data import detect
        from dmod.data.source import gather
        from dmod.data.transfer import How, preview, transfer

        self._require_free(names_.require(name))
        entries = gather(sources)
        kind = detect.choose(None if category is None else Category.parse(category), entries, format, job=job)
        how = How.LINK if link else How.ADOPT if adopt else How.COPY
        with self._workspace() as new:
            (new / DATA).mkdir()
            preview(entries, new / DATA)
            domain = detect.read_preview(kind.format, new / DATA, entries)
            files = transfer(entries, new / DATA, how=how, report=report)
            domain = changed(domain, details={**domain.details, **(details or {})})
            made = Dataset(
                name, kind.category, domain, tuple(files), _now(), description, tuple(derived_from), job, link
            )
            _write(made, new)
            self._put(new, name)
        return made

    def preview(
        self,
        name: str,
        category: str | Category | None,
        sources: Sequence[Path],
        *,
        format: str | None = None,  # noqa: A002 - the word of the domain
    ) -> Dataset:
        """What `create` would make, without its checksums; nothing is kept. Raises as `create`."""
        import tempfile

        from dmod.data import detect
        from dmod.data.dataset import File
        from dmod.data.source import gather
        from dmod.data.transfer import preview

        self._require_free(names_.require(name))
        entries = gather(sources)
        kind = detect.choose(None if category is None else Category.parse(category), entries, format)
        with tempfile.TemporaryDirectory() as folder:
            preview(entries, Path(folder))
            domain = detect.read_preview(kind.format, Path(folder), entries)
        files = tuple(File(entry.path, entry.size, "") for entry in entries)
        return Dataset(name, kind.category, domain, files, _now())

    def add(
        self, name: str, sources: Sequence[Path], *, replace: bool = False, report: Report | None = None
    ) -> Dataset:
        """Add the files of `sources`; the dataset changes as a whole or not at all. See `Store.add`.

        A file that is there with other contents is a ConflictError, or replaced with `replace`.
        """
        from dmod.data import addition

        now = self.get(name)
        with self._workspace() as new:
            made = addition.build(now, self.path(name), sources, new, replace=replace, report=report)
            if made is not now:
                _write(made, new)
                workspace.exchange(self.root, new, self.root / name)
        return made

    def receive(self, dataset: Dataset, files: Path, *, replace: bool = False) -> None:
        """Take over a folder of files that its caller has verified, with `replace` in the place of what has the name.

        The folder lies on the store's disk, and is gone then. Raises ConflictError (the name is taken).
        """
        from dmod.data.transfer import sync_all

        with self._workspace() as new:
            sync_all(files)
            files.rename(new / DATA)
            _write(dataset, new)
            if replace and (self.root / dataset.name / MANIFEST).exists():
                workspace.exchange(self.root, new, self.root / dataset.name)
            else:
                self._put(new, dataset.name)

    def get(self, name: str) -> Dataset:
        """The dataset. Raises NotFoundError with the nearest name; UsageError for a damaged manifest."""
        path = self._folder(name) / MANIFEST
        try:
            table = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise self._missing(name) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"{shown(path)} cannot be read: {reason}", fix=f"ls -l {shown(path)}") from error
        except ValueError as error:
            raise UsageError(f"{shown(path)} is not JSON", why=str(error), fix=f"dmod dataset delete {name}") from error
        return Dataset.from_json(table, name, shown(path))

    def list(self, on_damage: Callable[[DmodError], None] | None = None) -> list[Dataset]:
        """All whose manifest can be read, by name; `on_damage` is told of the others."""
        found = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except NotFoundError:
                continue  # deleted meanwhile
            except UsageError as error:
                if on_damage:
                    on_damage(error)
        return found

    def names(self) -> Names:
        """The names of all, sorted."""
        from dmod.hydro.ids import natural

        try:
            folders = [each.name for each in os.scandir(self.root) if not each.name.startswith(".") and each.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return natural(name for name in folders if (self.root / name / MANIFEST).is_file())

    def path(self, name: str) -> Path:
        """The folder with its files. Raises NotFoundError."""
        folder = self._folder(name)
        if not (folder / MANIFEST).is_file():
            raise self._missing(name)
        return folder / DATA

    def check(self, name: str, *, report: Report | None = None) -> Problems:
        """Every file that is not as the manifest says. Raises NotFoundError, UsageError."""
        from dmod.data import inspection

        return inspection.inspect(self.get(name), self.path(name), report=report)

    def delete(self, name: str) -> None:
        """Forget the dataset and its files; one whose manifest is damaged too. Raises NotFoundError."""
        self.path(name)
        try:
            workspace.remove(self.root, self.root / name)
        except DmodError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise self._missing(name) from error  # someone else was faster
            raise

    def _folder(self, name: str) -> Path:
        if "/" in name or name in ("", ".", "..") or name.startswith(".") or "\0" in name:
            raise self._missing(name)
        return self.root / name

    def _missing(self, name: str) -> NotFoundError:
        from dmod.nearest import nearest

        near = nearest(name, self.names())
        fix = f"dmod dataset show {near}" if near else "dmod dataset list"
        return NotFoundError(f'there is no dataset "{name}"', why=f'the nearest is "{near}"' if near else "", fix=fix)

    def _require_free(self, name: str) -> None:
        if (self.root / name / MANIFEST).exists():
            raise _taken(name)
        if (self.root / name).exists() and any((self.root / name).iterdir()):
            where = shown(self.root / name)
            raise ConflictError(
                f"{where} is in the way: it is no dataset", why=f"it has no {MANIFEST}", fix=f"ls {where}"
            )

    def _workspace(self) -> workspace.Workspace:
        return workspace.Workspace(self.root)

    def _put(self, new: Path, name: str) -> None:
        from dmod.data.transfer import sync

        try:
            new.rename(self.root / name)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise _taken(name) from error
            raise workspace.unwritable(error, self.root) from error
        sync([self.root])


def _write(dataset: Dataset, folder: Path) -> None:
    """Write the manifest beside the files, and see that both are on disk."""
    from dmod.data.transfer import sync

    path = folder / MANIFEST
    try:
        path.write_text(json.dumps(dataset.to_json(), indent=1) + "\n", encoding="utf-8")
        sync([path, folder])
    except OSError as error:
        raise workspace.unwritable(error, folder.parent) from error


def _now() -> datetime:
    return datetime.now(UTC)


def _taken(name: str) -> ConflictError:
    return ConflictError(
        f'there is a dataset "{name}" already', fix=f"dmod dataset add {name} PATH, or take another name"
    )
