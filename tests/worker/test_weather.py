"""Forcing on its way to a model: datasets that complete each other."""

from __future__ import annotations

import numpy as np
import pytest


def split(job, cut) -> None:
    """Lay the job out with its forcing cut in two datasets."""
    import netCDF4

    job.lay_out()
    source = job.folder / "dmod" / "datasets" / "forcing" / "rain" / "forcing.nc"
    with netCDF4.Dataset(source) as file:
        ids, stamps = file["ids"][:], file["Time"][0].data.astype("M8[s]")
        series = {name: file[name][:].data for name in ("APCP_surface", "potential_evapotranspiration")}
    from dmod.hydro.forcing import write_netcdf

    entries = []
    for name, (rows, steps) in cut.items():
        folder = job.folder / name
        folder.mkdir()
        some = {key: values[rows, steps] for key, values in series.items()}
        write_netcdf(folder / "f.nc", stamps[steps], list(ids[rows]), some, {"potential_evapotranspiration": "mm"})
        entries.append({"name": name, "path": name})
    job.extra["forcing"] = entries


@pytest.mark.parametrize(
    "cut",
    [
        {"early": (slice(None), slice(0, 20)), "late": (slice(None), slice(20, None))},
        {"these": (slice(0, 3), slice(None)), "those": (slice(3, None), slice(None))},
        {"all": (slice(None), slice(None)), "again": (slice(2, 5), slice(7, 40))},
    ],
    ids=["in time", "by catchment", "overlapping"],
)
def test_datasets_complete_each_other(job, cut):
    assert job.do() == 0
    alone = {file.name: file.read_bytes() for file in (job.folder / "output").iterdir()}
    split(job, cut)
    assert job.do() == 0
    assert {file.name: file.read_bytes() for file in (job.folder / "output").iterdir()} == alone


def test_a_hole_between_datasets_is_told_by_catchment_and_stamp(job):
    split(job, {"early": (slice(None), slice(0, 20)), "late": (slice(None), slice(21, None))})
    assert job.do() == 66
    assert job.failure()["message"] == "no forcing has APCP_surface of cat-1 at 2015-12-01T20:00:00Z"
    assert job.failure()["why"] == "looked into early, late"


def test_datasets_of_different_units_do_not_complete_each_other(job):
    from dmod.hydro.forcing import open_forcing, write_netcdf

    job.lay_out()
    with open_forcing(job.folder / "dmod" / "datasets" / "forcing" / "rain") as found:
        times, catchments = found.times, found.catchments
    entries = []
    for name, unit in (("one", "cm"), ("other", "m")):
        (job.folder / name).mkdir()
        snow = np.ones((len(catchments), len(times)))
        write_netcdf(job.folder / name / "f.nc", times, catchments, {"snow": snow}, {"snow": unit})
        entries.append({"name": name, "path": name})
    job.extra["forcing"] = entries
    assert job.do() == 65
    assert job.failure()["message"] == "forcing other has snow in 'm', and another in 'cm'"
