"""What our NetCDF files of series have alike: what they are, the stamps of their steps, and the ids of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import dmod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netCDF4 import Dataset

    from dmod.models.model import Clock


def describe(file: Dataset, title: str, comment: str) -> None:
    """The attributes of the file."""
    file.setncatts(
        {
            "Conventions": "CF-1.11",
            "featureType": "timeSeries",
            "title": title,
            "source": f"dmod {dmod.__version__}",
            "comment": comment,
        }
    )


def put_time(file: Dataset, clock: Clock) -> None:
    """The dimension `time`, and the start of each step."""
    file.createDimension("time", clock.steps)
    time = file.createVariable("time", "i8", ("time",))
    time.setncatts(
        {"units": "seconds since 1970-01-01 00:00:00", "calendar": "standard", "standard_name": "time", "axis": "T"}
    )
    time[:] = int(clock.begin.timestamp()) + np.arange(clock.steps, dtype=np.int64) * clock.step


def put_ids(file: Dataset, name: str, ids: Sequence[str]) -> None:
    """A dimension of features, and the id of each."""
    file.createDimension(name, len(ids))
    variable = file.createVariable(name, str, (name,))
    variable.long_name = f"id of the {name}"
    if ids:
        variable[:] = np.array(ids, dtype=object)
