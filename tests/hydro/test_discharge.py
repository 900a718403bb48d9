from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.discharge import open_discharge

TIMES = ["2015-12-01 00:00:00", "2015-12-01 01:00:00", "2015-12-01 02:00:00"]
SECONDS = np.array(TIMES, dtype="datetime64[s]").astype(np.int64)


def nexus(folder, name, values, times=TIMES):
    lines = [f"{at}, {time}, {value}" for at, (time, value) in enumerate(zip(times, values, strict=True))]
    (folder / f"{name}_output.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def catchment(folder, name, header="Time Step,Time,RAIN,Q_OUT"):
    lines = [header, *(f"{at},{time},9,{(at + 1) / 1000}" for at, time in enumerate(TIMES))]
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def netcdf(path, flow="discharge", ids="nexus", unit=("seconds", 1), names=("nex-2", "tnex-10"), *, upright=True):
    """Our layout, or that of ngen's file of all nexuses."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension(ids, 2)
        file.createDimension("time", 3)
        time = file.createVariable("time", "f8", ("time",))
        time.units = f"{unit[0]} since 1970-01-01 00:00:00"
        time[:] = SECONDS / unit[1]
        kind = str if isinstance(names[0], str) else np.int64
        file.createVariable(ids, kind, (ids,))[:] = np.array(names, dtype=object if kind is str else kind)
        values = np.array([[1.5, 2.5, 3.5], [0.0, 0.5, 9.0]])
        dimensions = (ids, "time") if upright else ("time", ids)
        file.createVariable(flow, "f4", dimensions)[:] = values if upright else values.T
    return path


def test_a_folder_of_ngens_files_is_read_by_feature(tmp_path):
    nexus(tmp_path, "nex-10", [1.5, 2.5, 3.5])
    nexus(tmp_path, "nex-2", [0, 1e-3, 7])
    nexus(tmp_path, "tnex-3", [4, 5, 6])
    nexus(tmp_path, "tnx-1000000001", [7, 8, 9])
    nexus(tmp_path, "cnx-4", [1, 1, 1])
    with open_discharge(tmp_path) as found:
        assert found.features == ("cnx-4", "nex-2", "nex-10", "tnex-3", "tnx-1000000001")
        assert (found.step, [str(t).replace("T", " ") for t in found.times]) == (3600, TIMES)
        np.testing.assert_array_equal(found.read(["tnex-3", "nex-2"]), [[4, 5, 6], [0, 1e-3, 7]])
        with pytest.raises(NotFoundError, match=r"has no discharge for nex-1$"):
            found.read(["nex-1"])


def test_a_catchment_is_read_where_its_area_is_known(tmp_path):
    catchment(tmp_path, "cat-1")
    with pytest.raises(NotFoundError, match="no discharge at"):
        open_discharge(tmp_path)
    with open_discharge(tmp_path, {"cat-1": 3.6}) as found:  # 1 mm an hour on 3.6 km² is 1 m³/s
        np.testing.assert_allclose(found.read(["cat-1"]), [[1.0, 2.0, 3.0]])


def test_the_one_output_of_a_catchment_is_its_runoff_and_of_several_it_must_be_called_so(tmp_path):
    (tmp_path / "cat-1.csv").write_text(f"Time Step,Time,flow\n0,{TIMES[0]},1\n1,{TIMES[1]},2\n", encoding="utf-8")
    with open_discharge(tmp_path, {"cat-1": 3.6e-3}) as found:
        np.testing.assert_allclose(found.read(["cat-1"]), [[1.0, 2.0]])
    catchment(tmp_path, "cat-1", "Time Step,Time,RAIN,RUNOFF")
    with pytest.raises(UsageError, match=r"cat-1\.csv:1: which column is the runoff is not clear"):
        open_discharge(tmp_path, {"cat-1": 1.0})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0, 2015-12-01 00:00:00, x\n", r"nex-1_output\.csv:1: 'x' is not a number"),
        ("0, 2015-12-01 00:00:00\n", r"nex-1_output\.csv:1: 2 columns, not 3"),
        ("0, 2015-12-01 00:00:00, 1\n1, 2015-12-01 01:00\n", r"nex-1_output\.csv:2: 2 columns, not 3"),
        ("0, 2015-12-01 00:00:00, 1\n1, 2015-12-01 00:00:00, 1\n", r"nex-1_output\.csv:2: 2015-12-01 00:00:00 stands"),
        ("", r"nex-1_output\.csv is empty"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_line(tmp_path, lines, message):
    (tmp_path / "nex-1_output.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        open_discharge(tmp_path)


def test_files_of_different_periods_are_refused(tmp_path):
    nexus(tmp_path, "nex-1", [1, 2, 3])
    nexus(tmp_path, "nex-2", [1, 2], TIMES[:2])
    with open_discharge(tmp_path) as found, pytest.raises(UsageError, match=r"nex-2_output\.csv: its stamps are not"):
        found.read(["nex-1", "nex-2"])


def test_our_netcdf_has_nexuses_and_catchments(tmp_path):
    path = netcdf(tmp_path / "run.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("catchment", 1)
        file.createVariable("catchment", str, ("catchment",))[:] = np.array(["cat-1"], dtype=object)
        file.createVariable("area", "f8", ("catchment",))[:] = 3.6
        file.createVariable("runoff", "f4", ("catchment", "time"))[:] = [[0.001, 0.002, 0.0]]
    with open_discharge(tmp_path) as found:
        assert found.features == ("nex-2", "tnex-10", "cat-1")
        assert found.step == 3600
        np.testing.assert_allclose(found.read(["cat-1", "nex-2"]), [[1.0, 2.0, 0.0], [1.5, 2.5, 3.5]], rtol=1e-6)


def test_ngens_netcdf_is_read_though_it_stands_the_other_way_round(tmp_path):
    netcdf(tmp_path / "nexus.nc", "flow", "feature_id", ("minutes", 60), (2, 10), upright=False)
    with open_discharge(tmp_path) as found:
        assert found.features == ("nex-2", "nex-10")
        np.testing.assert_array_equal(found.read(["nex-10"]), [[0.0, 0.5, 9.0]])


def test_steps_that_were_never_written_are_nan(tmp_path):
    path = netcdf(tmp_path / "run.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.variables["discharge"][0, 1] = netCDF4.default_fillvals["f4"]
    with open_discharge(path) as found:
        np.testing.assert_array_equal(found.read(["nex-2"]), [[1.5, np.nan, 3.5]])


def test_what_holds_no_discharge_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="no such file or folder"):
        open_discharge(tmp_path / "nowhere")
    netcdf(tmp_path / "a.nc", flow="velocity")
    with pytest.raises(UsageError, match="has no discharge: no variable discharge or flow"):
        open_discharge(tmp_path)
    netcdf(tmp_path / "b.nc")
    with pytest.raises(UsageError, match="several NetCDF files"):
        open_discharge(tmp_path)


def brings(path):
    """What comes out of wb-7 of what came in above."""
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("flowpath", 1)
        file.createVariable("flowpath", str, ("flowpath",))[:] = np.array(["wb-7"], dtype=object)
        file.createVariable("outflow", "f4", ("flowpath", "time"))[:] = [[0.5, 0, 0.25]]


def test_after_routing_a_nexus_has_all_that_is_upstream_of_it(tmp_path):
    nexus(tmp_path, "nex-2", [0, 1e-3, 7])
    nexus(tmp_path, "tnex-10", [4, 5, 6])
    catchment(tmp_path, "cat-1")
    catchment(tmp_path, "cat-7")
    (tmp_path / "routed").mkdir()
    brings(netcdf(tmp_path / "routed" / "streamflow.nc"))
    with open_discharge(tmp_path, {"cat-1": 3.6, "cat-7": 3.6}) as found:
        assert found.features == ("nex-2", "tnex-10", "cat-1", "cat-7")
        flows = found.read(["cat-1", "tnex-10", "cat-7"])
        np.testing.assert_allclose(flows, [[1, 2, 3], [0, 0.5, 9], [1.5, 2, 3.25]], err_msg="wb-7 brings water")
        with pytest.raises(NotFoundError, match="no discharge for nex-3"):
            found.read(["nex-2", "nex-3"])


def test_streamflow_of_another_time_is_told(tmp_path):
    nexus(tmp_path, "nex-2", [0, 1], TIMES[:2])
    (tmp_path / "routed").mkdir()
    brings(netcdf(tmp_path / "routed" / "streamflow.nc"))
    with pytest.raises(UsageError, match="the stamps of the routed streamflow are not those"):
        open_discharge(tmp_path)
