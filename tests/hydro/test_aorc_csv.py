from __future__ import annotations

import resource
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dmod.errors import ConflictError, DmodError, NotFoundError, UnmetError, UsageError
from dmod.hydro.csv_file import catchment_of
from dmod.hydro.forcing import open_forcing, write_csv

BEGIN = datetime(2015, 12, 1, tzinfo=UTC)
END = BEGIN + timedelta(hours=5)
AORC = "time,precip_rate,TMP_2maboveground,APCP_surface"
WRF = "Time,RAINRATE,T2D,LWDOWN"


def rows(hours=range(6)):
    return [f"2015-12-01 {hour:02}:00:00,{hour}.5,{280 + hour},{hour}" for hour in hours]


def put(folder, name, header=AORC, lines=None, end="\n"):
    path = folder / name
    path.write_text("\n".join([header, *(rows() if lines is None else lines)]) + end, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "catchment"),
    [
        ("cat-12.csv", "cat-12"),
        ("cat-27_2015-12-01 00_00_00_2015-12-30 23_00_00.csv", "cat-27"),
        ("cat_12.csv", "cat-12"),
        ("aorc_2016_cat-9.csv", "cat-9"),
        ("agg-1_2015-12-01.csv", "agg-1"),
    ],
)
def test_the_name_of_a_file_says_its_catchment(tmp_path, name, catchment):
    assert catchment_of(tmp_path / name) == catchment


@pytest.mark.parametrize("name", ["forcing.csv", "2015-12-01.csv", "cat-1_cat-2.csv", "bobcat-1x.csv"])
def test_a_name_that_says_no_catchment_or_two_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"the name says (no catchment id|cat-1 and cat-2)"):
        catchment_of(tmp_path / name)


def test_cat_1_is_never_read_for_cat_11(tmp_path):
    put(tmp_path, "cat-11.csv")
    put(tmp_path, "cat-2_cold.csv", lines=[row.replace(",28", ",27") for row in rows()])
    forcing = open_forcing(tmp_path)
    assert forcing.catchments == ("cat-2", "cat-11")
    read = forcing.read(["T2D"], ["cat-11", "cat-2"], BEGIN, END)
    np.testing.assert_array_equal(read["T2D"], [[280, 281, 282, 283, 284, 285], [270, 271, 272, 273, 274, 275]])
    with pytest.raises(NotFoundError, match=r"has no forcing for cat-1$"):
        forcing.read(["T2D"], ["cat-1"], BEGIN, END)


def test_both_families_of_names_are_one(tmp_path):
    put(tmp_path, "cat-1.csv", WRF)
    forcing = open_forcing(tmp_path)
    assert forcing.variables == ("precip_rate", "TMP_2maboveground", "DLWRF_surface")
    assert forcing.units["TMP_2maboveground"] == "K"
    csdms = "atmosphere_water__liquid_equivalent_precipitation_rate"
    read = forcing.read(["RAINRATE", "precip_rate", csdms], ["cat-1"], BEGIN, END)
    assert list(read) == ["RAINRATE", "precip_rate", csdms]
    assert all((values == read["RAINRATE"]).all() for values in read.values())


def test_a_header_may_say_units_and_they_are_converted(tmp_path):
    put(tmp_path, "cat-1.csv", "Time,RAINRATE (m s^-1),T2D [degC],q (g)", end="")
    forcing = open_forcing(tmp_path)
    read = forcing.read(["precip_rate", "T2D", "q"], ["cat-1"], BEGIN, END)
    np.testing.assert_allclose(read["precip_rate"][0, :2], [500.0, 1500.0])
    np.testing.assert_allclose(read["T2D"][0, :2], [553.15, 554.15])
    assert (forcing.units["precip_rate"], forcing.units["q"]) == ("mm s^-1", "g")


def test_part_of_the_period_is_read_by_its_stamps(tmp_path):
    put(tmp_path, "cat-1.csv")
    found = open_forcing(tmp_path).read(["APCP_surface"], ["cat-1"], BEGIN + timedelta(hours=2), END)
    np.testing.assert_array_equal(found["APCP_surface"], [[2, 3, 4, 5]])


def test_a_scan_tells_the_period_of_each_catchment(tmp_path):
    put(tmp_path, "cat-1.csv")
    put(tmp_path, "cat-2.csv", lines=rows(range(2, 5)), end="\n\n")
    put(tmp_path, "cat-3.csv", lines=[row + "\r" for row in rows()], header=AORC + "\r")
    forcing = open_forcing(tmp_path)
    coverage = forcing.scan()
    assert coverage.step == 3600
    assert list(coverage.blocks()) == [
        (BEGIN, END, ("cat-1", "cat-3")),
        (BEGIN + timedelta(hours=2), BEGIN + timedelta(hours=4), ("cat-2",)),
    ]
    assert [str(stamp)[11:13] for stamp in forcing.times] == ["02", "03", "04"]


def test_files_of_one_folder_may_order_their_columns_as_they_like(tmp_path):
    put(tmp_path, "cat-1.csv")
    put(
        tmp_path,
        "cat-2.csv",
        "APCP_surface,time,precip_rate,T2D",
        [f"{h},2015-12-01 0{h}:00:00,0,280" for h in range(6)],
    )
    forcing = open_forcing(tmp_path)
    read = forcing.read(["APCP_surface"], ["cat-1", "cat-2"], BEGIN, END)["APCP_surface"]
    np.testing.assert_array_equal(read[0], read[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("02:00:00,2.5,282", "02:00:00,2.5,"),
            r"cat-7\.csv:4: TMP_2maboveground of cat-7 at 2015-12-01 02:00:00 is missing",
        ),
        (("02:00:00,2.5,282", "02:00:00,2.5,warm"), r"cat-7\.csv:4: .* is 'warm'"),
        (("02:00:00,2.5,282", "02:00:00,2.5,NaN"), r"cat-7\.csv:4: .* is 'NaN'"),
        (("02:00:00,2.5,282", "02:00:00,282"), r"cat-7\.csv:4: 3 columns, and the header has 4"),
        (("02:00:00,2.5,282", "02:00:00,2.5,0,282"), r"cat-7\.csv:4: 5 columns, and the header has 4"),
        (("01 02:00:00", "01 01:00:00"), r"cat-7\.csv:4: 2015-12-01 01:00:00 stands twice"),
        (("01 02:00:00", "01 02:10:00"), r"cat-7\.csv:4: stamps are not evenly spaced: .* 4200 s"),
        (("01 02:00:00", "01 x"), r"cat-7\.csv:4: '2015-12-01 x' is not a time"),
        (("5.5,285,5", "5.5,28"), r"cat-7\.csv:7: 3 columns, and the header has 4"),
        (("\n2015-12-01 02", "\n\n2015-12-01 02"), r"cat-7\.csv:4: 1 columns, and the header has 4"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_catchment_and_stamp(tmp_path, change, message):
    path = put(tmp_path, "cat-7.csv")
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        open_forcing(tmp_path).read(["precip_rate", "T2D"], ["cat-7"], BEGIN, END)


def test_a_gap_is_found_by_the_scan_already(tmp_path):
    put(tmp_path, "cat-1.csv")
    put(tmp_path, "cat-2.csv", lines=rows([0, 1, 4, 5]))
    with pytest.raises(UsageError, match=r"cat-2\.csv:4: 2 stamps are missing: 2015-12-01 04:00:00 comes after"):
        open_forcing(tmp_path).scan()


def test_a_line_too_long_and_one_too_short_do_not_cancel_out(tmp_path):
    lines = rows()
    lines[1], lines[3] = lines[1] + ",9", lines[3].rpartition(",")[0]
    put(tmp_path, "cat-1.csv", lines=lines)
    with pytest.raises(UsageError, match=r"cat-1\.csv:3: 5 columns"):
        open_forcing(tmp_path).read(["T2D"], ["cat-1"], BEGIN, END)


@pytest.mark.parametrize(
    ("begin", "end", "message"),
    [
        (-1, 5, r"cat-1\.csv: cat-1 starts late: its first stamp is 2015-12-01 00:00:00"),
        (0, 6, r"cat-1\.csv: cat-1 ends early: its last stamp is 2015-12-01 05:00:00"),
        (0.5, 5, r"cat-1\.csv: cat-1 has no stamp 2015-12-01 00:30:00"),
    ],
)
def test_a_period_that_is_not_covered_is_refused(tmp_path, begin, end, message):
    put(tmp_path, "cat-1.csv")
    with pytest.raises(UnmetError, match=message) as caught:
        open_forcing(tmp_path).read(["T2D"], ["cat-1"], BEGIN + timedelta(hours=begin), BEGIN + timedelta(hours=end))
    assert caught.value.why


def test_a_variable_that_is_not_there_is_named_with_its_neighbours(tmp_path):
    put(tmp_path, "cat-1.csv")
    with pytest.raises(NotFoundError, match="has no variable APCP_surfase") as caught:
        open_forcing(tmp_path).read(["APCP_surfase"], ["cat-1"], BEGIN, END)
    assert "near: APCP_surface" in caught.value.why


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("date,precip_rate,T2D,APCP_surface", r"cat-1\.csv:1: no column `time`"),
        ("time,precip_rate,precip_rate,APCP_surface", r"cat-1\.csv:1: two columns are called precip_rate"),
        ("time,precip_rate (furlong),T2D,APCP_surface", r"cat-1\.csv:1: precip_rate has the unit 'furlong'"),
        ("", r"cat-1\.csv is empty"),
    ],
)
def test_a_header_that_is_wrong_is_refused_when_the_folder_is_opened(tmp_path, header, message):
    put(tmp_path, "cat-1.csv", header)
    with pytest.raises(UsageError, match=message):
        open_forcing(tmp_path)


def test_two_files_for_one_catchment_are_refused(tmp_path):
    put(tmp_path, "cat-1.csv")
    put(tmp_path, "cat-1_2015.csv")
    with pytest.raises(ConflictError, match=r"two files for cat-1: .*cat-1\.csv and cat-1_2015\.csv"):
        open_forcing(tmp_path)


def test_files_of_different_steps_are_refused(tmp_path):
    put(tmp_path, "cat-1.csv")
    put(tmp_path, "cat-2.csv", lines=rows([0, 2, 4]))
    with pytest.raises(UsageError, match=r"cat-2\.csv: its step is 7200 s"):
        open_forcing(tmp_path).scan()
    with pytest.raises(UsageError, match=r"cat-2\.csv: its step is 7200 s"):
        open_forcing(tmp_path).read(["T2D"], ["cat-2"], BEGIN, END - timedelta(hours=1))


def test_a_header_without_rows_is_refused(tmp_path):
    put(tmp_path, "cat-1.csv", lines=[])
    for use in (lambda f: f.scan(), lambda f: f.read(["T2D"], ["cat-1"], BEGIN, END)):
        with pytest.raises(DmodError, match="no row below the header"):
            use(open_forcing(tmp_path))


def test_one_row_is_one_step(tmp_path):
    (tmp_path / "cat-1.csv").write_text("time,T2D\n2015-12-01 00:00:00,280.5\n")
    found = open_forcing(tmp_path).scan()
    assert (found.begins[0], found.ends[0]) == (np.datetime64("2015-12-01T00"), np.datetime64("2015-12-01T00"))


def test_many_files_need_few_descriptors(tmp_path):
    names = [f"cat-{number}" for number in range(200)]
    for name in names:
        put(tmp_path, f"{name}.csv")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        forcing = open_forcing(tmp_path)
        assert len(forcing.scan().catchments) == 200
        assert forcing.read(["T2D"], names, BEGIN, END)["T2D"].shape == (200, 6)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_is_written_is_read_again(tmp_path):
    times = np.arange("2015-12-01T00", "2015-12-01T06", dtype="datetime64[h]").astype("datetime64[s]")
    values = np.random.default_rng(1).random((2, 6))
    write_csv(tmp_path / "f", times, ["cat-1", "cat-2"], {"APCP_surface": values, "snow": values}, {"snow": "cm"})
    forcing = open_forcing(tmp_path / "f")
    assert forcing.units["snow"] == "cm"
    np.testing.assert_allclose(forcing.read(["snow"], ["cat-2"], BEGIN, END)["snow"], values[1:], rtol=1e-8)
    assert forcing.read(["snow"], [], BEGIN, END)["snow"].shape == (0, 6)


def test_files_of_different_units_are_told_before_the_run(tmp_path):
    for number, unit in ((1, "cm"), (2, "cm"), (3, "m")):
        (tmp_path / f"cat-{number}.csv").write_text(
            f"time,snow ({unit})\n2015-12-01 00:00:00,1\n2015-12-01 01:00:00,1\n"
        )
    with pytest.raises(UsageError, match=r"cat-3\.csv:1: snow is in 'm', and in 'cm' for cat-1"):
        open_forcing(tmp_path).scan()
