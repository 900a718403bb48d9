from __future__ import annotations

from datetime import UTC, datetime, timedelta

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import ConflictError, NotFoundError, UnmetError, UsageError
from dmod.hydro.forcing import open_forcing, write_netcdf

BEGIN = datetime(2015, 12, 1, tzinfo=UTC)
END = BEGIN + timedelta(hours=5)
TIMES = np.arange("2015-12-01T00", "2015-12-01T06", dtype="datetime64[h]").astype("datetime64[s]")
SECONDS = TIMES.astype(np.int64)
IDS = ["cat-3", "cat-1", "cat-2"]
RAIN = np.arange(18, dtype=np.float64).reshape(3, 6)


def make(path, *, stamps=SECONDS, units="s", both=False, ids=IDS, epoch=None, name="Time", values=RAIN, upright=True):
    """A file in one of the layouts that occur."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("catchment-id", len(ids))
        file.createDimension("time", len(stamps))
        file.createVariable("ids", str, ("catchment-id",))[:] = np.array(ids, dtype=object)
        time = file.createVariable(name, "f8", ("catchment-id", "time") if both else ("time",))
        time[:] = np.broadcast_to(stamps, (len(ids), len(stamps))) if both else stamps
        if units:
            time.units = units
        if epoch:
            time.epoch_start = epoch
        dimensions = ("catchment-id", "time")
        rain = file.createVariable("APCP_surface", "f4", dimensions if upright else dimensions[::-1])
        rain[:] = values if upright else values.T
    return path


def rain_of(path, catchments=("cat-1", "cat-2", "cat-3"), begin=BEGIN, end=END):
    with open_forcing(path) as forcing:
        return forcing.read(["APCP_surface"], catchments, begin, end)["APCP_surface"]


@pytest.mark.parametrize(
    "layout",
    [
        {"both": True, "stamps": SECONDS * 1e9, "units": "ns"},
        {"stamps": SECONDS, "units": "s"},
        {"stamps": np.arange(6), "units": "hours since 2015-12-01 00:00:00", "name": "time"},
        {"stamps": np.arange(6) * 60, "units": "minutes since 2015-12-01T00:00:00Z", "both": True},
        {"stamps": np.arange(6) * 3600e3, "units": "ms", "epoch": "12/01/2015 00:00:00"},
        {"stamps": np.arange(6) / 24, "units": "days since 2015-12-01", "upright": False},
    ],
)
def test_every_layout_and_unit_of_time_gives_the_same_series(tmp_path, layout):
    path = make(tmp_path / "f.nc", **layout)
    with open_forcing(path) as forcing:
        assert forcing.catchments == ("cat-3", "cat-1", "cat-2")
        np.testing.assert_array_equal(forcing.times, TIMES)
        assert list(forcing.scan().blocks()) == [(BEGIN, END, ("cat-3", "cat-1", "cat-2"))]
    np.testing.assert_array_equal(rain_of(path), RAIN[[1, 2, 0]])


@given(st.lists(st.integers(0, 39), max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_any_rows_in_any_order_over_any_stretch(tmp_path_factory, rows, one, other):
    ids = [f"cat-{number}" for number in range(40)]
    values = np.arange(240, dtype=np.float64).reshape(40, 6)
    path = tmp_path_factory.getbasetemp() / "forty.nc"
    if not path.exists():
        write_netcdf(path, TIMES, ids, {"APCP_surface": values}, {})
    first, last = sorted((one, other))
    found = rain_of(path, [ids[row] for row in rows], BEGIN + timedelta(hours=first), BEGIN + timedelta(hours=last))
    np.testing.assert_array_equal(found, values[rows, first : last + 1])


def test_what_is_written_is_what_ngen_reads(tmp_path):
    write_netcdf(
        tmp_path / "f.nc",
        TIMES,
        IDS,
        {"precip_rate": RAIN, "potential_evapotranspiration": RAIN},
        {"potential_evapotranspiration": "mm"},
    )
    with netCDF4.Dataset(tmp_path / "f.nc") as file:
        assert file.variables["ids"].dimensions == ("catchment-id",)
        assert file.variables["Time"].dimensions == file.variables["precip_rate"].dimensions == ("catchment-id", "time")
        assert (file.variables["Time"].dtype, file.variables["Time"].units) == (np.float64, "s")
        assert (file.variables["precip_rate"].dtype, file.variables["precip_rate"].units) == (np.float32, "mm s^-1")
        assert file.variables["potential_evapotranspiration"].units == "mm"
        np.testing.assert_array_equal(file.variables["Time"][2], SECONDS)
    assert [path.name for path in tmp_path.iterdir()] == ["f.nc"]


def test_a_shape_that_does_not_fit_leaves_no_file(tmp_path):
    with pytest.raises(UsageError, match=r"precip_rate has the shape \(3, 5\), not .* \(3, 6\)"):
        write_netcdf(tmp_path / "f.nc", TIMES, IDS, {"precip_rate": RAIN[:, :5]}, {})
    assert list(tmp_path.iterdir()) == []


def test_units_are_converted_and_packed_values_unpacked(tmp_path):
    path = make(tmp_path / "f.nc")
    with netCDF4.Dataset(path, "a") as file:
        packed = file.createVariable("T2D", "i2", ("catchment-id", "time"), fill_value=-1)
        packed.units, packed.scale_factor, packed.add_offset = "degC", 0.01, 10.0
        packed[:] = np.full((3, 6), 12.34)
    with open_forcing(path) as forcing:
        assert forcing.units["TMP_2maboveground"] == "K"
        np.testing.assert_allclose(forcing.read(["T2D"], ["cat-1"], BEGIN, END)["T2D"], 285.49)
    with netCDF4.Dataset(path, "a") as file:
        file.variables["T2D"][1, 3] = np.ma.masked
    with (
        open_forcing(path) as forcing,
        pytest.raises(UsageError, match="TMP_2maboveground of cat-1 at 2015-12-01 03:00"),
    ):
        forcing.read(["T2D"], ["cat-1"], BEGIN, END)


@pytest.mark.parametrize("missing", [np.nan, np.inf, netCDF4.default_fillvals["f4"]])
def test_a_missing_value_is_named_with_catchment_and_stamp(tmp_path, missing):
    values = RAIN.copy()
    values[2, 4] = missing
    path = make(tmp_path / "f.nc", values=values)
    assert rain_of(path, ["cat-1", "cat-3"]).shape == (2, 6)
    with pytest.raises(UsageError, match=r"f\.nc: APCP_surface of cat-2 at 2015-12-01 04:00:00 is missing"):
        rain_of(path)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"units": ""}, "Time has no units"),
        ({"units": "fortnights"}, "Time has the units 'fortnights'"),
        ({"units": "s since the flood"}, "its epoch 'the flood' is not a time"),
        ({"stamps": SECONDS[[0, 1, 2, 4, 5]], "values": RAIN[:, :5]}, r"Time\[3\]: 1 stamp is missing"),
        ({"stamps": SECONDS[[0, 1, 1, 2, 3]], "values": RAIN[:, :5]}, r"Time\[2\]: 2015-12-01 01:00:00 stands twice"),
        ({"name": "when"}, "has no stamps: no variable Time or time"),
    ],
)
def test_times_that_are_wrong_are_refused_when_the_file_is_opened(tmp_path, layout, message):
    with pytest.raises(UsageError, match=message):
        open_forcing(make(tmp_path / "f.nc", **layout))


def test_an_id_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(ConflictError, match="cat-1 stands twice"):
        open_forcing(make(tmp_path / "f.nc", ids=["cat-1", "cat-2", "cat-1"]))


def test_a_catchment_with_stamps_of_its_own_is_named(tmp_path):
    path = make(tmp_path / "f.nc", both=True)
    with netCDF4.Dataset(path, "a") as file:
        file.variables["Time"][1, 2] += 1800
    with pytest.raises(UsageError, match="the stamps of cat-1 are not those of cat-3") as caught:
        rain_of(path)
    assert caught.value.why == "at step 2 it has 2015-12-01 02:30:00"
    assert rain_of(path, ["cat-2", "cat-3"]).shape == (2, 6)
    with netCDF4.Dataset(path, "a") as file:
        file.variables["Time"][1] += 3600
    with open_forcing(path) as forcing, pytest.raises(UsageError, match="the stamps of cat-1"):
        forcing.scan()


def test_what_is_not_there_is_named(tmp_path):
    path = make(tmp_path / "f.nc")
    with open_forcing(path) as forcing:
        with pytest.raises(NotFoundError, match=r"has no forcing for cat-11$"):
            forcing.read(["APCP_surface"], ["cat-1", "cat-11"], BEGIN, END)
        with pytest.raises(NotFoundError, match="has no variable T2D") as caught:
            forcing.read(["T2D"], ["cat-1"], BEGIN, END)
        assert "APCP_surface" in caught.value.why
        with pytest.raises(UnmetError, match="ends early"):
            forcing.read(["APCP_surface"], ["cat-1"], BEGIN, END + timedelta(hours=1))


def test_a_file_that_is_not_netcdf_or_cut_off_is_told_apart(tmp_path):
    (tmp_path / "text.nc").write_text("time,precip_rate\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"text\.nc is not NetCDF"):
        open_forcing(tmp_path / "text.nc")
    whole = make(tmp_path / "f.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"cut\.nc is NetCDF, but damaged or cut off"):
        open_forcing(tmp_path / "cut.nc")


def test_a_folder_holds_one_netcdf_and_no_csv_beside_it(tmp_path):
    make(tmp_path / "f.nc")
    assert rain_of(tmp_path).shape == (3, 6)
    make(tmp_path / "g.nc")
    with pytest.raises(UsageError, match=r"several NetCDF files: f\.nc, g\.nc"):
        open_forcing(tmp_path)
    (tmp_path / "g.nc").rename(tmp_path / "g.csv")
    with pytest.raises(UsageError, match="both CSV and NetCDF"):
        open_forcing(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="no forcing at"):
        open_forcing(tmp_path / "empty")
    with pytest.raises(NotFoundError, match="no such file or folder"):
        open_forcing(tmp_path / "nowhere")
