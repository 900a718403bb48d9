from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import observation, stamps

TEXT = (
    "time,0214655255,0214657975\n2015-12-01 00:00:00,,0.5\n2015-12-01 01:00:00,1.24,0.75\n2015-12-01 02:00:00,1.1,nan\n"
)


def read(tmp_path, text):
    (tmp_path / "gauges.csv").write_text(text, encoding="utf-8")
    return observation.read(tmp_path / "gauges.csv")


def test_gauges_keep_their_leading_zeros_and_empty_cells_are_gaps(tmp_path):
    found = read(tmp_path, TEXT)
    assert found.gauges == ("0214655255", "0214657975")
    assert found.step == 3600
    assert [str(stamp) for stamp in found.times[[0, -1]]] == ["2015-12-01T00:00:00", "2015-12-01T02:00:00"]
    np.testing.assert_array_equal(found.values, [[np.nan, 1.24, 1.1], [0.5, 0.75, np.nan]])


def test_the_series_of_a_gauge_or_the_gauges_there_are(tmp_path):
    found = read(tmp_path, TEXT)
    np.testing.assert_array_equal(found.series("0214657975"), [0.5, 0.75, np.nan])
    with pytest.raises(NotFoundError, match="no gauge 214655255") as caught:
        found.series("214655255")
    assert "0214655255" in caught.value.why


def test_cubic_feet_become_cubic_metres(tmp_path):
    found = read(tmp_path, "Time,a (ft3/s),b [m^3 s^-1]\n2015-12-01,35.3146667,1\n2015-12-02,0,2\n")
    np.testing.assert_allclose(found.values, [[1.0, 0.0], [1.0, 2.0]], rtol=1e-8)
    assert found.step == 86400


def test_coarser_steps_get_the_mean_and_a_gap_stays_a_gap(tmp_path):
    rows = "".join(f"2015-12-01 {hour:02}:00:00,{hour}\n" for hour in range(6))
    found = read(tmp_path, "time,g\n" + rows.replace(",4\n", ",\n"))
    times = np.array(["2015-12-01T00", "2015-12-01T02", "2015-12-01T04", "2015-12-01T06"], dtype="datetime64[s]")
    np.testing.assert_array_equal(found.at(times, 7200), [[0.5, 2.5, np.nan, np.nan]])
    np.testing.assert_array_equal(found.at(times, 3600), [[0.0, 2.0, np.nan, np.nan]])
    with pytest.raises(UsageError, match="cannot score a simulation every 900 s"):
        found.at(times, 900)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((",0.75", ",0,75"), r"gauges\.csv:3: 4 columns, and the header has 3"),
        (("1.24", "1.2.4"), r"gauges\.csv:3: '1\.2\.4' at gauge 0214655255 is not a number"),
        (("1.24", "-999"), r"gauges\.csv:3: -999 at gauge 0214655255 is not a discharge"),
        (("1.24", "inf"), r"gauges\.csv:3: inf at gauge 0214655255 is not a discharge"),
        (("01 02:00", "01 01:00"), r"gauges\.csv:4: 2015-12-01 01:00:00 stands twice"),
        (("01 02:00", "01 00:30"), r"gauges\.csv:4: 2015-12-01 00:30:00 comes after 2015-12-01 01:00:00"),
        (("01 02:00", "yesterday"), r"gauges\.csv:4: '2015-12-yesterday:00' is not a time"),
        (("0214657975", "0214655255"), r"gauges\.csv:1: two columns are called 0214655255"),
        (("0214657975", "0214657975 (furlongs)"), r"gauges\.csv:1: 0214657975 has the unit 'furlongs'"),
        (("time,", "date,"), r"gauges\.csv:1: not `time`"),
        ((TEXT[TEXT.index("\n") :], "\n"), r"gauges\.csv has no row"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, change, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, TEXT.replace(*change))


def test_a_missing_hour_is_a_gap_in_the_stamps_and_not_skipped(tmp_path):
    with pytest.raises(UsageError, match=r"gauges\.csv:5: 1 stamp is missing: 2015-12-01 04:00:00 comes after"):
        read(tmp_path, TEXT + "2015-12-01 04:00:00,1,1\n")


def test_a_folder_holds_one_csv(tmp_path):
    with pytest.raises(NotFoundError, match="no CSV file"):
        observation.read(tmp_path)
    read(tmp_path, TEXT)
    assert observation.read(tmp_path).gauges[0] == "0214655255"
    (tmp_path / "more.csv").write_text(TEXT, encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"several CSV files: gauges\.csv, more\.csv"):
        observation.read(tmp_path)


def test_what_is_written_is_read_again(tmp_path):
    times = stamps.Axis(0, 86400, 3).stamps()
    values = np.array([[1.5, np.nan, 2.25], [0.0, 1e-5, 1234.5]])
    observation.write(tmp_path / "o.csv", times, ["a", "b"], values)
    found = observation.read(tmp_path / "o.csv")
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found.times, times)
