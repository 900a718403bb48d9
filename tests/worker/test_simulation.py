"""A simulation in one process: what it writes, and how it says what went wrong."""

from __future__ import annotations

import csv
import json
import re
import resource
from pathlib import Path

import netCDF4
import numpy as np
import pytest

pytest.importorskip("holmes_rs", reason="holmes-rs is not installed")

from dmod.hydro.discharge import open_discharge
from dmod.models.holmes import RAIN
from dmod.models.model import Variable
from dmod.models.series import GR4J
from dmod.worker.__main__ import main
from dmod.worker.balance import Balance, Water

RESERVOIRS = Path(__file__).parents[1] / "models" / "reservoirs.py"


def expected(job) -> np.ndarray:
    """What the model gives for each catchment, m per step."""
    model = GR4J()
    model.configure(job.formulation["model_params"])
    sun = np.full(job.steps, np.float32(0.05), dtype=float)
    rows = (np.ascontiguousarray(row, dtype=float) for row in job.forcing)
    return np.array([model.run({"precipitation": row, "potential_evapotranspiration": sun})["Q_OUT"] for row in rows])


def flows(job) -> dict[str, np.ndarray]:
    """The discharge of each nexus, m3 s-1."""
    areas = 10.0 + np.arange(len(job.toids)) / 3
    runoff = expected(job) * (areas * 1e6 / 3600)[:, None]
    where = np.array(list(job.toids.values()))
    return {nexus: runoff[where == nexus].sum(axis=0) for nexus in dict.fromkeys(job.toids.values())}


def column(path: Path, number: int) -> np.ndarray:
    rows = list(csv.reader(path.read_text().splitlines(), skipinitialspace=True))
    return np.array([float(row[number]) for row in rows if row[0].isdecimal()])


def test_csv_is_laid_out_as_ngen_does_it(job):
    assert job.do() == 0
    output = job.folder / "output"
    assert {file.name for file in output.iterdir()} == {
        *(f"cat-{n}.csv" for n in range(1, 8)), *(f"nex-{n}_output.csv" for n in (1, 2, 3)), "summary.json",
    }  # fmt: skip
    first, second = (output / "cat-1.csv").read_text().splitlines()[:2]
    assert first == "Time Step,Time,Q_OUT"
    assert second.startswith("0,2015-12-01 00:00:00,0.000")
    assert (output / "nex-1_output.csv").read_text().startswith("0, 2015-12-01 00:00:00, ")
    assert np.allclose(column(output / "cat-3.csv", 2), expected(job)[2], rtol=1e-8)
    for nexus, flow in flows(job).items():
        assert np.allclose(column(output / f"{nexus}_output.csv", 2), flow, rtol=5e-6)  # six digits


def test_netcdf_holds_the_same_with_cf_attributes(job):
    job.output = "netcdf"
    assert job.do() == 0
    with netCDF4.Dataset(job.folder / "output" / "sim.nc") as file:
        assert file["discharge"].dimensions == ("nexus", "time")
        assert file["runoff"].dimensions == ("catchment", "time")
        assert (file["discharge"].units, file["runoff"].units) == ("m3 s-1", "m")
        assert list(file["catchment"][:]) == list(job.toids)
        assert np.array_equal(file["runoff"][:].data, expected(job).astype(np.float32))
        stamps = netCDF4.num2date(file["time"][:2], file["time"].units, only_use_cftime_datetimes=False)
        assert [str(stamp) for stamp in stamps] == ["2015-12-01 00:00:00", "2015-12-01 01:00:00"]
        for nexus, flow in flows(job).items():
            row = list(file["nexus"][:]).index(nexus)
            assert np.allclose(file["discharge"][row], flow, rtol=1e-6)


def test_parquet_holds_the_same(job):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    job.output = "parquet"
    assert job.do() == 0
    output = job.folder / "output"
    assert {file.name for file in output.iterdir()} == {"catchments.parquet", "nexuses.parquet", "summary.json"}
    table = parquet.read_table(output / "catchments.parquet")
    assert table.column_names == ["catchment", "time", "runoff"]
    assert table.column("catchment").to_pylist()[:: job.steps] == list(job.toids)
    assert str(table.column("time")[1]) == "2015-12-01 01:00:00+00:00"
    assert np.array_equal(table.column("runoff").to_numpy(), expected(job).astype(np.float32).ravel())
    with open_discharge(output) as found:
        assert found.features == ("nex-1", "nex-2", "nex-3")
        for nexus, flow in flows(job).items():
            assert np.allclose(found.read([nexus])[0], flow, rtol=1e-6)
    areas = {name: 10.0 + at / 3 for at, name in enumerate(job.toids)}
    with open_discharge(output, areas) as found:
        wanted = expected(job)[4] * areas["cat-5"] * 1e6 / 3600
        assert np.allclose(found.read(["nex-1", "cat-5"])[1], wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("said", "files", "digits"),
    [
        ({"output": {"precision": 4}}, {"cat", "nex"}, 4),
        ({"output": {"catchment": {"enable": False}}}, {"nex"}, 9),
        ({"disable_catchment_output": True, "output_root": "./out/"}, {"nex"}, 9),
        ({"output": {"nexus": {"enable": "false"}}}, {"cat"}, 9),
        ({"output": {"nexus": {"format": "netcdf"}}}, {"sim.nc"}, 9),
        ({"per_formulation_nexus_files": True}, {"sim.nc"}, 9),
        ({"output": {"catchment": {"grouping": "per_formulation"}}}, {"cat_output.csv", "nex"}, 9),
    ],
)
def test_the_realization_says_what_is_written(job, said, files, digits):
    job.realization = lambda whole=job.realization: whole() | said
    assert job.do() == 0
    output = job.folder / "output"
    names = {re.sub(r"-\d+(_output)?.csv", "", path.name) for path in output.iterdir()} - {"summary.json"}
    assert names == files
    if "cat" in files:
        written = (output / "cat-1.csv").read_text().splitlines()[1].split(",")[2]
        assert written == f"{expected(job)[0, 0]:.{digits}g}"
    if "cat_output.csv" in files:
        head, first = (output / "cat_output.csv").read_text().splitlines()[:2]
        assert head == "catchment_id,Time Step,Time,Q_OUT"
        assert first == f"cat-1,0,2015-12-01 00:00:00,{expected(job)[0, 0]:.9g}"


def test_many_features_go_into_one_netcdf(job):
    job.toids = {f"cat-{n}": f"nex-{n}" for n in range(1, 502)}
    job.steps = 3
    assert job.do() == 0
    assert {file.name for file in (job.folder / "output").iterdir()} == {"sim.nc", "summary.json"}


def test_the_summary_tells_the_water_balance(job):
    assert job.do() == 0
    told = json.loads((job.folder / "output" / "summary.json").read_text())
    assert (told["catchments"], told["steps"], told["warnings"]) == (7, 48, 0)
    one = told["balance"][2]
    assert one["catchment"] == "cat-3"
    assert one["rain"] == pytest.approx(job.forcing[2].sum(dtype=float))
    assert one["peak_time"] == "2015-12-01T00:00:00Z"
    assert one["runoff"] == pytest.approx(expected(job)[2].sum() * 1e3)
    assert json.loads((job.folder / "progress.json").read_text())["phase"] == "done"


def test_more_water_than_fell_is_a_warning():
    rain, runoff = np.array([5.0, 5.0]), np.array([0.1, 0.2])
    balance = Balance.of("cat-1", Water({RAIN: rain}, runoff, runoff * 2, {}), 3600)
    assert balance.doubts == (
        "cat-1: 300 mm ran off, and 10 mm of rain fell",
        "cat-1: 200 mm ran off in one step, and the wettest day had 10 mm of rain",
    )
    assert (balance.peak, balance.peak_step) == (0.4, 1)
    assert Balance.of("cat-1", Water({RAIN: rain}, runoff / 100, runoff, {}), 3600).doubts == ()


def test_stores_that_cannot_be_are_a_warning():
    rate = Variable("RAINRATE", "mm h-1")  # 20 mm in two hours
    stores = {
        Variable("GW_STORAGE", "m"): np.array([800.0, 700.0]),
        Variable("SOIL_STORAGE", "mm"): np.array([-5.0, 100.0]),
        Variable("SOIL_STORAGE_CHANGE", "m"): np.array([-1.0, 0.0]),
        Variable("other", "m"): np.array([900.0, 900.0]),
    }
    balance = Balance.of("cat-1", Water({rate: np.array([10.0, 10.0])}, np.zeros(2), np.zeros(2), stores), 3600)
    assert balance.rain == pytest.approx(20)
    assert balance.doubts == (
        "cat-1: GW_STORAGE holds 800 m of water, which no store does",
        "cat-1: SOIL_STORAGE is -0.005 m, which no store does",
    )


def test_chosen_catchments_are_run_and_no_nexus_without_them(job):
    job.catchments = ["cat-1", "cat-7"]
    assert job.do() == 0
    names = {file.name for file in (job.folder / "output").glob("*.csv")}
    assert names == {"cat-1.csv", "cat-7.csv", "nex-1_output.csv", "nex-3_output.csv"}


def test_a_class_beside_the_realization_runs_for_one_catchment(job):
    folder = job.folder / "dmod" / "datasets" / "config" / "settings"
    folder.mkdir(parents=True)
    (folder / "my_reservoirs.py").write_text(RESERVOIRS.read_text())
    (folder / "cat-2.ini").write_text("")
    job.of["cat-2"] = {
        "python_type": "my_reservoirs.Shown", "init_config": "./{{id}}.ini", "main_output_variable": "q",
        "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    assert job.do() == 0
    assert (job.folder / "output" / "cat-1.csv").read_text().startswith("Time Step,Time,Q_OUT\n")
    runoff = column(job.folder / "output" / "cat-2.csv", 2)
    assert runoff[0] == pytest.approx(job.forcing[1, 0] * 0.1e-3, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"formulation": {"python_type": "dmod.models.series.GR4J", "model_params": {"x1": 1.0}}}, 65,
         "cat-1: GR4J: parameters x2, x3, x4 are missing"),
        ({"formulation": {"python_type": "dmod.models.series.GR4J", "main_output_variable": "Q",
                          "model_params": {"x1": 300.0, "x2": 0.5, "x3": 90.0, "x4": 2.0}}}, 65,
         "cat-1: GR4J has no output 'Q'"),
        ({"formulation": {"name": "bmi_c", "library_file": "cfe.so"}}, 66, "cat-1: there is no library cfe.so"),
        ({"formulation": {"python_type": "no_such.Model"}}, 71, "cat-1: no_such.Model cannot be imported"),
        ({"formulation": {"python_type": "dmod.models.series.GR5J"}}, 65, "there is no model dmod.models.series.GR5J"),
        ({"formulation": {"python_type": "dmod.models.series.GR4J", "init_config": "./{{id}}.json"}}, 66,
         "./cat-1.json: no such file"),
        ({"catchments": ["cat-99"]}, 66, "cat-99"),
        ({"output": "hdf"}, 65, "output format 'hdf'"),
        ({"kind": "tiling"}, 65, "does not do jobs of kind 'tiling'"),
        ({"extra": {"forcing": []}}, 66, "the job has no forcing"),
        ({"extra": {"hydrofabric": [{"name": "gone", "path": "gone"}]}}, 66, "gone"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)  # fmt: skip
def test_a_failure_has_its_exit_code_and_its_story(job, capsys, change, code, message):
    for name, value in change.items():
        setattr(job, name, value)
    assert job.do() == code
    failure = job.failure()
    assert message in failure["message"]
    assert (failure["rank"], failure["exit"]) == (0, code)
    assert f"error: rank 0: {failure['message']}" in capsys.readouterr().err
    assert not (job.folder / "output").exists()
    assert not (job.folder / "output.partial").exists()


def test_a_model_that_fails_shows_its_own_traceback(job, capsys, monkeypatch):
    monkeypatch.syspath_prepend(RESERVOIRS.parent)
    job.of["cat-5"] = {
        "python_type": "reservoirs.Clumsy", "main_output_variable": "q", "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    assert job.do() == 71
    assert job.failure()["message"] == "cat-5: reservoirs.Clumsy failed at step 5, 2015-12-01T05:00:00Z"
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert 'raise ZeroDivisionError("the reservoir leaks")' in said


@pytest.mark.parametrize("output", ["csv", "netcdf"])
def test_a_full_disk_is_told_as_such(job, output):
    job.output, job.steps = output, 4000
    job.lay_out()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        assert main([str(job.folder)]) == 74
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written" in job.failure()["message"]
    assert not (job.folder / "output.partial").exists()


def test_an_output_that_cannot_be_made_is_told_as_such(job):
    job.lay_out()
    (job.folder / "output.partial").symlink_to("/nowhere")
    assert main([str(job.folder)]) == 74
    assert "output.partial cannot be made" in job.failure()["message"]


def test_a_feature_that_cannot_name_a_file_is_refused(job):
    job.toids = {"cat-1": "nex-1", "cat-2": "nex-../../2"}
    assert job.do() == 65
    assert "nex-../../2" in job.failure()["message"]
    assert not list(job.folder.parent.glob("2*"))


def test_one_rank_needs_no_mpi(job):
    done = job.run(PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert "dmod.worker.blocks" in done.stderr
    assert "mpi4py" not in done.stderr


def test_steps_of_another_length_are_refused(job):
    job.lay_out()
    order = job.order()
    order["period"] |= {"step": 7200, "end": "2015-12-01T10:00:00Z"}
    (job.folder / "job.json").write_text(json.dumps(order))
    assert main([str(job.folder)]) == 65
    assert job.failure()["message"] == "forcing rain has steps of 3600 s, and the run of 7200 s"


def test_without_a_job_there_is_a_usage(capsys, job):
    assert main([]) == 65
    assert capsys.readouterr().err == "usage: python -m dmod.worker JOBFOLDER\n"
    assert main([str(job.folder)]) == 66
