"""The forcing of a part has the very values of the whole, in the layout that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmod.errors import UnmetError
from dmod.hydro import subset_forcing
from dmod.hydro.forcing import open_forcing
from dmod.hydro.stamps import moment

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 7
IDS = [f"cat-{number}" for number in (4, 1, 9, 30, 2, 8, 77, 3)]


def make(path: Path, *, upright: bool, ids: list[str] = IDS, packed: bool = False, model: str = "NETCDF4") -> Path:
    """(catchment, time) with two-dimensional stamps, as ngen has it; or (time, catchment) with one axis of time."""
    values = np.random.default_rng(3).gamma(0.3, 9.0, (len(ids), STEPS)).astype("f4")
    dimensions = ("catchment-id", "time") if upright else ("time", "catchment-id")
    with netCDF4.Dataset(path, "w", format=model) as file:
        file.title = "rain"
        file.createDimension("catchment-id", len(ids))
        file.createDimension("time", None if packed else STEPS)
        if model == "NETCDF4":
            file.createVariable("ids", str, ("catchment-id",))[:] = np.array(ids, dtype=object)
        else:
            file.createDimension("letters", 8)
            file.createVariable("ids", "S1", ("catchment-id", "letters"))[:] = netCDF4.stringtochar(np.array(ids, "S8"))
        stamps = file.createVariable("Time", "f8", ("catchment-id", "time") if upright else ("time",))
        stamps.units = "s"
        stamps[:] = np.broadcast_to(1448928000 + 3600 * np.arange(STEPS), (len(ids), STEPS) if upright else STEPS)
        more = {"compression": "zlib", "fill_value": -9, "chunksizes": (2, 3)} if packed else {}
        rain = file.createVariable("APCP_surface", "i2" if packed else "f4", dimensions, **more)
        if packed:
            rain.scale_factor, rain.add_offset = 0.1, 2.0
        rain.units = "kg m^-2"
        rain[:] = values if upright else values.T
        warmth = file.createVariable("T2D", "f8", dimensions)  # unpacked and packed again, its last bits would change
        warmth.scale_factor, warmth.add_offset = 0.1, 273.15
        warmth.set_auto_maskandscale(maskandscale=False)
        warmth[:] = values if upright else values.T
        crs = file.createVariable("crs", "i4", ())
        crs.long_name = "datum"
    return path


def read(path: Path, catchments: list[str]) -> np.ndarray:
    with open_forcing(path) as forcing:
        begin, end = moment(forcing.times[0]), moment(forcing.times[-1])
        return forcing.read(["APCP_surface"], catchments, begin, end)["APCP_surface"]


def part(tmp_path: Path, source: Path, catchments: list[str]) -> tuple[Path, tuple[str, ...]]:
    target = tmp_path / "part"
    target.mkdir()
    own = subset_forcing.cut(source.parent, target, catchments)
    return target / source.name, own


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("more", [{}, {"packed": True}, {"model": "NETCDF3_CLASSIC"}])
def test_rows_in_either_layout(tmp_path, upright, more):
    (tmp_path / "whole").mkdir()
    whole = make(tmp_path / "whole" / "rain.nc", upright=upright, **more)
    new, own = part(tmp_path, whole, ["cat-2", "cat-9", "cat-3", "cat-555"])
    assert own == ("cat-9", "cat-2", "cat-3"), "in the order of the file"
    np.testing.assert_array_equal(read(new, [*own]), read(whole, [*own]))
    with netCDF4.Dataset(whole) as before, netCDF4.Dataset(new) as after:
        assert after.data_model == before.data_model
        assert after.title == "rain"
        for name, variable in before.variables.items():
            made = after.variables[name]
            assert (made.dtype, made.dimensions, made.ncattrs()) == (
                variable.dtype,
                variable.dimensions,
                variable.ncattrs(),
            )
            assert [made.getncattr(key) for key in made.ncattrs()] == [
                variable.getncattr(k) for k in variable.ncattrs()
            ]
            for each in (variable, made):
                each.set_auto_maskandscale(maskandscale=False)
            if "catchment-id" in variable.dimensions and name != "ids":
                rows = [IDS.index(catchment) for catchment in own]
                raw = np.take(variable[:], rows, variable.dimensions.index("catchment-id"))
                np.testing.assert_array_equal(made[:], raw)
        if more.get("packed"):
            assert after.variables["APCP_surface"].filters()["zlib"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # it writes files
@given(
    wanted=st.sets(st.integers(0, 99), min_size=1), block=st.sampled_from([1, 30, 200, 1 << 20]), upright=st.booleans()
)
def test_any_rows_in_blocks_of_any_size(tmp_path_factory, monkeypatch, wanted, block, upright):
    monkeypatch.setattr(subset_forcing, "BLOCK", block)
    monkeypatch.setattr(subset_forcing, "BRIDGE", 2)
    ids = [f"cat-{number}" for number in range(100)]
    folder = tmp_path_factory.getbasetemp() / f"hundred-{upright}"
    folder.mkdir(exist_ok=True)
    whole = folder / "rain.nc"
    if not whole.exists():
        make(whole, upright=upright, ids=ids)
    chosen = [f"cat-{number}" for number in sorted(wanted)]
    target = tmp_path_factory.mktemp("part")
    assert subset_forcing.cut(folder, target, chosen) == tuple(chosen)
    np.testing.assert_array_equal(read(target / "rain.nc", chosen), read(whole, chosen))


def test_files_of_catchments_are_taken_as_they_are(tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "part").mkdir()
    for number in (1, 2, 12):
        text = f"time,APCP_surface\r\n2015-12-01 00:00:00,{number}\r\n"
        (tmp_path / "whole" / f"cat-{number}_2015.csv").write_bytes(text.encode())
    assert subset_forcing.cut(tmp_path / "whole", tmp_path / "part", ["cat-12", "cat-2", "cat-7"]) == (
        "cat-2",
        "cat-12",
    )
    made = {path.name: path.read_bytes() for path in (tmp_path / "part").iterdir()}
    assert made == {name: (tmp_path / "whole" / name).read_bytes() for name in ("cat-2_2015.csv", "cat-12_2015.csv")}


@pytest.mark.parametrize("grid", [True, False])
def test_a_forcing_of_other_catchments_is_refused(tmp_path, grid):
    (tmp_path / "whole").mkdir()
    if grid:
        make(tmp_path / "whole" / "rain.nc", upright=True)
    else:
        (tmp_path / "whole" / "cat-4.csv").write_text("time,APCP_surface\n2015-12-01 00:00:00,1\n")
    with pytest.raises(UnmetError, match="has no forcing for any of the 2 catchments") as caught:
        part(tmp_path, tmp_path / "whole" / "rain.nc", ["cat-5", "cat-6"])
    assert "cat-4" in caught.value.why
