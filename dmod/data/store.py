"""Store: where datasets are kept. `tests/data/store_tests.py` holds every implementation to the same promises."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmod.data.dataset import Dataset
    from dmod.data.format import Category

Report = Callable[[int, int, str], None]  # bytes done, bytes in all, the file at hand


class Fault(StrEnum):
    """How a file differs from what the manifest says."""

    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"
    UNREADABLE = "unreadable"


class Problem(NamedTuple):
    """One file that is not as the manifest says."""

    path: str  # below data/
    fault: Fault
    message: str  # what was found against what was needed


Names = list[str]  # for annotations in a class that has a method `list`
Problems = list[Problem]


class Store(Protocol):
    """Datasets by name; one is there whole or not at all, also after a crash."""

    def create(  # noqa: PLR0913 - what a dataset is made of
        self,
        name: str,
        category: str | Category | None,
        sources: Sequence[Path],
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
        """Keep files, and what lies in folders, as a new dataset; category and format are detected where not given.

        With `link` the files may stay where they are and must not change; with `adopt` the caller lets go of them, so
        that a store may keep them without a copy.
        Raises UsageError (name, format, sources), NotFoundError (sources), ConflictError (the name is taken).
        """
        ...

    def add(
        self, name: str, sources: Sequence[Path], *, replace: bool = False, report: Report | None = None
    ) -> Dataset:
        """Add files to a dataset; its domain is read anew. Raises as `create`, and NotFoundError."""
        ...

    def get(self, name: str) -> Dataset:
        """The dataset. Raises NotFoundError with the nearest name; UsageError for a damaged manifest."""
        ...

    def list(self) -> list[Dataset]:
        """All whose manifest can be read, by name."""
        ...

    def names(self) -> Names:
        """The names of all, sorted."""
        ...

    def path(self, name: str) -> Path:
        """The folder with its files. Raises NotFoundError."""
        ...

    def check(self, name: str, *, report: Report | None = None) -> Problems:
        """Every file that is not as the manifest says, by its checksum. Raises NotFoundError, UsageError."""
        ...

    def delete(self, name: str) -> None:
        """Forget the dataset and its files. Raises NotFoundError."""
        ...
