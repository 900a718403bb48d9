"""Need: what a job needs of time and catchments, and what of it a dataset leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.data.blocks import ANY, Block, Features
from dmod.data.domain import open_in
from dmod.data.explain import phrases
from dmod.errors import DmodError
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job

_TOLD = 12  # gaps in words


@dataclass(frozen=True, slots=True)
class Need:
    """A job, the period it simulates, and for which catchments."""

    job: int
    name: str
    period: TimeRange
    block: Block
    step: int | None

    @classmethod
    def of(cls, job: Job, store: FolderStore) -> Need | None:
        """None if the job has no period."""
        wanted = job.prepared
        if wanted.period is None:
            return None
        names = wanted.catchments or _named(store, wanted.datasets.get("hydrofabric", ()))
        features = Features(frozenset(names)) if names else ANY
        return cls(job.id, job.name, wanted.period, Block(features, wanted.period, frozenset()), wanted.step or None)

    def gaps(self, dataset: Dataset) -> tuple[Block, ...]:
        """What the dataset alone leaves open; all of it, if its step is another."""
        return open_in((self.block,), (dataset.domain,), self.step)

    def said(self, dataset: Dataset) -> Sequence[str]:
        """The gaps in words."""
        found = self.gaps(dataset)
        told = list(phrases(found[:_TOLD], (self.block,), (dataset.domain,), self.step))
        more = len(found) - _TOLD
        return [*told, f"and {more:,} gaps more"] if more > 0 else told


def _named(store: FolderStore, fabrics: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(name for fabric in fabrics for name in store.get(fabric).domain.features or ())
    except DmodError:  # it was deleted: then any catchment will do
        return ()
