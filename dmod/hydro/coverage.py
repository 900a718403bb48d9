"""What a forcing covers: which catchments, from when to when, in which steps, with which variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import NotFoundError
from dmod.hydro.ids import some
from dmod.hydro.stamps import Stamps, moment

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """The catchments of a forcing and the period of each."""

    catchments: tuple[str, ...]
    begins: Stamps  # (catchments,) start of the first step
    ends: Stamps  # (catchments,) start of the last step
    step: int  # seconds
    variables: tuple[str, ...]  # that every catchment has
    units: Mapping[str, str]  # of each variable, as `read` gives it

    def blocks(self) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
        """Begin, end and catchments of each period that occurs, earliest first."""
        pairs = np.stack([self.begins.astype(np.int64), self.ends.astype(np.int64)], axis=1)
        periods, which = np.unique(pairs, axis=0, return_inverse=True)
        for number, (begin, end) in enumerate(periods.tolist()):
            members = np.flatnonzero(which.ravel() == number).tolist()
            yield moment(begin), moment(end), tuple(self.catchments[at] for at in members)


def places(catchments: Sequence[str], index: Mapping[str, int], where: str, what: str = "forcing") -> list[int]:
    """The place of each catchment. Raises NotFoundError naming those that `where` does not have."""
    missing = [catchment for catchment in catchments if catchment not in index]
    if missing:
        raise NotFoundError(
            f"{where} has no {what} for {some(missing)}",
            why=f"it has {len(index):,} features: {some(index)}",
        )
    return [index[catchment] for catchment in catchments]
