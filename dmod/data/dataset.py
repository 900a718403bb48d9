"""Dataset: a named body of files with a category and a domain, as its manifest says it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dmod.data.domain import Domain
from dmod.data.format import Category
from dmod.errors import DmodError, UsageError
from dmod.hydro.period import moment, rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

MANIFEST = "dataset.json"  # in the dataset's folder: it travels with the data
DATA = "data"  # beside it: the files
VERSION = 1  # of the manifest

__all__ = ["DATA", "MANIFEST", "Category", "Dataset", "File"]


@dataclass(frozen=True, slots=True)
class File:
    """One file."""

    path: str  # below data/, with slashes
    size: int  # bytes
    sha256: str  # hexadecimal


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a manifest says."""

    name: str
    category: Category
    domain: Domain
    files: tuple[File, ...]  # by path
    created: datetime  # UTC
    description: str = ""
    derived_from: tuple[str, ...] = ()  # names of datasets
    job: int | None = None  # whose output it is
    linked: bool = False  # the files are links: whoever changes the originals changes them
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys of later versions, kept as they are

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over the names and checksums of all files: the same for the same contents, wherever they lie."""
        listed = "".join(f"{file.sha256}  {file.path}\n" for file in self.files)
        return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def format(self) -> str:
        """The name of its format."""
        return self.domain.format

    def to_json(self) -> dict[str, Any]:
        """The manifest."""
        return {
            "manifest": VERSION,
            **self._facts(),
            "domain": self.domain.to_json(),
            "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in self.files],
            **self.extra,
        }

    def record(self) -> dict[str, Any]:
        """What -o json shows: the manifest, with sums."""
        return {
            **self._facts(),
            "format": self.format,
            "size": self.size,
            "digest": self.digest,
            "domain": self.domain.record(),
            "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in self.files],
        }

    def _facts(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "category": str(self.category),
            "description": self.description,
            "created": rfc3339(self.created),
            "derived_from": list(self.derived_from),
            "job": self.job,
            "linked": self.linked,
        }

    @classmethod
    def from_json(cls, table: object, name: str, where: str) -> Dataset:
        """The dataset of a manifest. `name` is that of its folder, which may have been renamed.

        Raises UsageError naming `where` and what is wrong, also for a path of a file that leads out of the folder.
        """
        if not isinstance(table, Mapping):
            raise UsageError(f"{where} is not a manifest: it holds no JSON object")
        if table.get("manifest", VERSION) != VERSION:
            raise UsageError(f"{where} is of version {table['manifest']}, and this dmod knows version {VERSION}")
        try:
            return cls(
                name,
                Category(table["category"]),
                Domain.from_json(table["domain"]),
                _files(table["files"]),
                moment(table["created"]),
                str(table.get("description", "")),
                tuple(map(str, table.get("derived_from", ()))),
                None if table.get("job") is None else int(table["job"]),
                bool(table.get("linked", False)),
                {key: table[key] for key in table.keys() - _KEYS},
            )
        except (KeyError, TypeError, ValueError, AttributeError, DmodError) as error:
            what = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"{where} is not a manifest of a dataset", why=what) from error


_KEYS = {
    "manifest", "name", "category", "description", "created", "derived_from", "job", "linked", "domain", "files",
}  # fmt: skip


def _files(listed: Sequence[Mapping[str, Any]]) -> tuple[File, ...]:
    return tuple(File(inside(str(each["path"])), int(each["size"]), str(each["sha256"])) for each in listed)


def inside(path: str) -> str:
    """The path of a file below data/. Raises ValueError for one that leads out."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or "\0" in path:
        raise ValueError(f"{path!r} leads out of the dataset")
    return path
