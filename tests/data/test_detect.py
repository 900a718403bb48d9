"""Detection: which format files have, and what they cover."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pytest

from dmod.data.detect import choose, detect
from dmod.data.format import FORMATS, Category, parse
from dmod.data.source import gather
from dmod.errors import DmodError, UsageError
from dmod.hydro.forcing import write_csv, write_netcdf
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from pathlib import Path

HOURS = np.arange("2015-12-01", "2015-12-03", dtype="datetime64[h]").astype("datetime64[s]")
TWO_DAYS = TimeRange.parse("2015-12-01", "2015-12-02 23:00")
ONE_FORMULATION = {"formulations": [{"name": "bmi_python", "params": {"python_type": "dmod.models.series.GR4J"}}]}
TIME = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-02 23:00:00", "output_interval": 3600}
CSV = "time,02146562,02146600\n2015-12-01 00:00:00,1.5,\n2015-12-01 01:00:00,1.25,2.0\n"


def aorc_csv(folder: Path) -> None:
    write_csv(folder, HOURS, ["cat-1", "cat-11"], {"APCP_surface": np.ones((2, 48))}, {})


def aorc_netcdf(folder: Path) -> None:
    write_netcdf(folder / "forcing.nc", HOURS, ["cat-1", "cat-11"], {"precip_rate": np.ones((2, 48))}, {})


def geojson(folder: Path) -> None:
    catchments = [{"id": f"cat-{n}", "properties": {"areasqkm": 1.5, "toid": "nex-9"}} for n in (1, 11)]
    (folder / "catchment_data.geojson").write_text(json.dumps({"features": catchments}))
    (folder / "nexus_data.geojson").write_text(json.dumps({"features": [{"id": "nex-9", "properties": {}}]}))


def geopackage(folder: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "fabric.gpkg")) as database, database:
        database.execute("create table divides (divide_id text, toid text, areasqkm real, ds_id real)")
        database.execute("create table nexus (id text, toid text)")
        database.executemany("insert into divides values (?, 'nex-9', 1.5, 0)", [("cat-1",), ("cat-11",)])
        database.execute("insert into nexus values ('nex-9', 'wb-0')")
    database.close()


def realization(folder: Path) -> None:
    (folder / "realization.json").write_text(json.dumps({"global": ONE_FORMULATION, "time": TIME}))
    (folder / "cat_config").mkdir()
    (folder / "cat_config" / "cat-1.ini").write_text("a=1\n")


def partition(folder: Path) -> None:
    parts = [{"id": n, "cat-ids": [name], "nex-ids": ["nex-9"]} for n, name in enumerate(["cat-1", "cat-11"])]
    (folder / "parts.json").write_text(json.dumps({"partitions": parts}))


def bmi(folder: Path) -> None:
    for name in ("cat-1", "cat-11"):
        (folder / f"{name}_bmi_config.ini").write_text("verbosity=0\n")
    (folder / "laramie.txt").write_text("x\n")


def observation(folder: Path) -> None:
    (folder / "usgs.csv").write_text(CSV)
    (folder / "crosswalk.json").write_text(json.dumps({"02146562": "nex-9", "elsewhere": "nex-1"}))


def output_csv(folder: Path) -> None:
    stamps = [str(stamp).replace("T", " ") for stamp in HOURS]
    (folder / "nex-9_output.csv").write_text("".join(f"{n}, {stamp}, 1.5\n" for n, stamp in enumerate(stamps)))
    rows = "".join(f"{n},{stamp},0.1\n" for n, stamp in enumerate(stamps))
    for name in ("cat-1", "cat-11"):
        (folder / f"{name}.csv").write_text("Time Step,Time,Q_OUT\n" + rows)


def output_netcdf(folder: Path) -> None:
    with netCDF4.Dataset(folder / "run.nc", "w") as file:
        for dimension, size in (("nexus", 1), ("catchment", 2), ("time", 48)):
            file.createDimension(dimension, size)
        file.createVariable("nexus", str, ("nexus",))[:] = np.array(["nex-9"], dtype=object)
        file.createVariable("catchment", str, ("catchment",))[:] = np.array(["cat-1", "cat-11"], dtype=object)
        time = file.createVariable("time", "i8", ("time",))
        time.units = "seconds since 1970-01-01 00:00:00"
        time[:] = HOURS.astype("int64")
        file.createVariable("discharge", "f4", ("nexus", "time"))[:] = 1.5
        file.createVariable("runoff", "f4", ("catchment", "time"))[:] = 0.1
        file.createVariable("area", "f8", ("catchment",))[:] = 1.5


def output_parquet(folder: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    for file, feature, column, names in (
        ("nexuses", "nexus", "discharge", ["nex-9"]), ("catchments", "catchment", "runoff", ["cat-1", "cat-11"]),
    ):  # fmt: skip
        ids, times = np.repeat(names, len(HOURS)), np.tile(HOURS.astype("datetime64[s]"), len(names))
        table = arrow.table({feature: ids, "time": times, column: np.full(len(ids), 0.1, np.float32)})
        parquet.write_table(table.replace_schema_metadata({"steps": str(len(HOURS))}), folder / f"{file}.parquet")


def scores(folder: Path) -> None:
    period = {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-02T23:00:00Z", "step": 3600}
    rows = [{"gauge": "02146562", "feature": "nex-9", "pairs": 48, "nse": 0.9}]
    metrics = [{"name": "nse"}]
    (folder / "scores.json").write_text(json.dumps({"period": period, "scores": rows, "metrics": metrics}))
    (folder / "scores.csv").write_text("gauge,feature,pairs,nse\n02146562,nex-9,48,0.9\n")
    (folder / "report.html").write_text("<html></html>")


MAKERS = {
    "aorc-csv": aorc_csv,
    "aorc-netcdf": aorc_netcdf,
    "geojson-hydrofabric": geojson,
    "geopackage-hydrofabric": geopackage,
    "realization-config": realization,
    "partition-config": partition,
    "bmi-config": bmi,
    "observation-csv": observation,
    "output-csv": output_csv,
    "output-netcdf": output_netcdf,
    "output-parquet": output_parquet,
    "scores": scores,
}
TIMED = {"aorc-csv", "aorc-netcdf", "realization-config", "output-csv", "output-netcdf", "output-parquet", "scores"}


def test_every_format_that_can_be_found_is_tested():
    assert set(MAKERS) == {name for name, known in FORMATS.items() if known.detector}


@pytest.mark.parametrize("name", MAKERS)
def test_a_format_is_found_without_a_word_of_help(tmp_path, name):
    MAKERS[name](tmp_path)
    assert choose(None, gather([tmp_path])) == (FORMATS[name].category, name)
    domain = detect(None, tmp_path)
    assert domain.format == name
    if name in TIMED:
        assert (domain.time, domain.step) == (TWO_DAYS, 3600)
    if FORMATS[name].features != "gauges":
        assert domain.catchments in (("cat-1", "cat-11"), None)
    assert (domain.catchments is None) == (name == "realization-config"), "only a global formulation serves all"


@pytest.mark.parametrize("name", MAKERS)
def test_no_format_takes_the_files_of_another(tmp_path, name):
    """With the right category the answer is the same, and with a wrong one there is none."""
    MAKERS[name](tmp_path)
    for category in Category:
        if category == FORMATS[name].category:
            assert choose(category, gather([tmp_path])).format == name
        else:
            with pytest.raises(UsageError, match=f"no {category} format fits"):
                choose(category, gather([tmp_path]))


def test_a_realization_tells_what_its_job_will_need(tmp_path):
    realization(tmp_path)
    details = detect("config", tmp_path).details
    assert (details["begin"], details["end"], details["step"]) == ("2015-12-01T00:00:00Z", "2015-12-02T23:00:00Z", 3600)
    assert details["catchments"] is None
    (need,) = details["needs"]
    assert need["catchments"] is None
    assert "precipitation|APCP_surface|precip_rate" in need["variables"]


def test_a_realization_of_named_catchments_serves_no_other(tmp_path):
    document = {"catchments": {"cat-11": ONE_FORMULATION, "cat-1": ONE_FORMULATION}, "time": TIME}
    (tmp_path / "realization.json").write_text(json.dumps(document))
    domain = detect(None, tmp_path)
    assert domain.catchments == ("cat-1", "cat-11")
    assert [need["catchments"] for need in domain.details["needs"]] == [["cat-1", "cat-11"]]


def test_the_details_of_a_hydrofabric_tell_it_from_others(tmp_path):
    geojson(tmp_path)
    details = detect(None, tmp_path).details
    assert (details["version"], details["nexuses"], details["area_sqkm"]) == ("geojson", 1, 3.0)
    assert len(details["identity"]) == 64


def test_observations_know_their_gauges_and_where_they_stand(tmp_path):
    observation(tmp_path)
    domain = detect(None, tmp_path)
    assert domain.gauges == ("02146562", "02146600")
    assert domain.details == {"missing": 1, "crosswalk": {"02146562": "nex-9"}}


def test_a_partition_knows_its_parts(tmp_path):
    partition(tmp_path)
    assert detect(None, tmp_path).details == {"file": "parts.json", "parts": 2}


def test_output_has_discharge_of_nexuses_and_runoff_of_catchments(tmp_path):
    output_netcdf(tmp_path)
    domain = detect("output", tmp_path)
    assert (domain.nexuses, domain.variables) == (("nex-9",), ("discharge", "runoff"))


def test_catchments_with_a_period_each_stay_apart(tmp_path):
    write_csv(tmp_path, HOURS, ["cat-1"], {"APCP_surface": np.ones((1, 48))}, {})
    write_csv(tmp_path, HOURS[24:], ["cat-2"], {"APCP_surface": np.ones((1, 24))}, {})
    domain = detect(None, tmp_path)
    assert [(sorted(each.features.names), each.time.steps(3600)) for each in domain.blocks] == [
        (["cat-1"], 48),
        (["cat-2"], 24),
    ]


@pytest.mark.parametrize(
    ("makers", "category", "message", "fix"),
    [
        ((geojson, realization), None, "geojson-hydrofabric or realization-config", "--category hydrofabric"),
        ((), None, "is not known", "--format generic"),
        ((), "forcing", "no forcing format fits", "--format generic"),
        ((geojson, geopackage), "hydrofabric", "geojson-hydrofabric or geopackage-hydrofabric", "--format"),
    ],
)
def test_what_is_not_clear_is_asked(tmp_path, makers, category, message, fix):
    (tmp_path / "notes.md").write_text("x")
    for make in makers:
        make(tmp_path)
    with pytest.raises(UsageError, match=message) as error:
        choose(category, gather([tmp_path]))
    assert fix in error.value.fix


@pytest.mark.parametrize(
    ("name", "category", "form"),
    [
        ("models.json", None, "realization-config"), ("models.json", "config", "realization-config"),
        ("rain.nc", "forcing", "aorc-netcdf"), ("cat-1.CSV", None, "aorc-csv"),
        ("conus.gpkg", None, "geopackage-hydrofabric"),
    ],
)  # fmt: skip
def test_a_damaged_file_gets_the_format_that_tells_what_is_wrong(tmp_path, name, category, form):
    (tmp_path / name).write_text("{,}")
    with pytest.raises(UsageError) as error:
        choose(category and Category(category), gather([tmp_path]))
    assert error.value.fix == f"--format {form}, to be told what is wrong with it"
    with pytest.raises(UsageError):
        detect(category, tmp_path, form)


def test_what_a_job_made_is_kept_whatever_it_is(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    assert choose(Category.OUTPUT, gather([tmp_path]), job=3) == ("output", "generic")


def test_category_and_format_must_go_together(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(UsageError, match='format "aorc-csv" is of category forcing, not config') as error:
        choose(Category.CONFIG, gather([tmp_path]), "aorc-csv")
    assert error.value.fix == "--category forcing"
    with pytest.raises(UsageError, match="may have any category"):
        choose(None, gather([tmp_path]), "generic")
    assert choose(None, gather([tmp_path]), "aorc-csv") == ("forcing", "aorc-csv")


def test_unknown_words_have_neighbours():
    with pytest.raises(UsageError, match='there is no format "aorc"') as error:
        parse("aorc")
    assert error.value.fix in ("--format aorc-csv", "--format aorc-netcdf")
    with pytest.raises(UsageError, match='there is no category "forcings"') as error:
        Category.parse("forcings")
    assert error.value.fix == "--category forcing"
    assert Category.parse("Forcing") is Category.FORCING


@pytest.mark.parametrize(
    ("form", "files", "message"),
    [
        (
            "aorc-csv",
            {"cat-1.csv": "time,APCP_surface\n2015-12-01,x\n2015-12-01 01:00:00,1\n2015-12-01 01:00:00,1\n"},
            "twice|not",
        ),
        ("aorc-csv", {"a.csv": "time,APCP_surface\n"}, "no catchment id"),
        (
            "realization-config",
            {"a.json": '{"time": 1, "global": {}}', "b.json": '{"time": 1, "global": {}}'},
            "there are 2",
        ),
        ("realization-config", {}, "there are 0: none"),
        ("realization-config", {"a.json": '{"time": '}, "is not JSON"),
        ("partition-config", {"a.json": "{}", "b.json": "{}"}, "there are 2"),
        ("partition-config", {"a.json": '{"partitions": []}'}, "no list `partitions`"),
        ("output-csv", {"x.csv": "a,b\n"}, "holds no output"),
        ("output-csv", {"nex-1_output.csv": "0, 2015-12-01 00:00:00\n"}, "no rows of step, time and values"),
        ("output-csv", {"cat-1.csv": "Time Step,Time,Q_OUT\n"}, "no rows"),
        (
            "output-csv",
            {"nex-1_output.csv": "0, 2015-12-01 00:00:00, 1\n1, 2015-12-01 01:00:00, 1\n2, 2015-12-01 05:00:00, 1\n"},
            "rows are missing|not evenly|3 rows",
        ),
        ("observation-csv", {"a.csv": CSV, "b.csv": CSV}, "several CSV"),
        ("observation-csv", {"a.csv": CSV, "crosswalk.json": "{}"}, "no gauge"),
        ("observation-csv", {"a.csv": CSV, "crosswalk.json": "{}", "my_crosswalk.json": "{}"}, "two crosswalks"),
        ("geopackage-hydrofabric", {"a.gpkg": "SQLite format 3\0 and then nothing"}, "not a whole GeoPackage"),
        ("scores", {"scores.json": "nothing"}, "is not JSON"),
        ("scores", {"scores.json": '{"scores": 3}'}, "no scores"),
    ],
)
def test_damaged_files_are_named(tmp_path, form, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DmodError, match=message):
        detect(None, tmp_path, form) if files else _nothing(tmp_path, form)


def _nothing(folder: Path, form: str) -> None:
    (folder / "notes.md").write_text("x")
    detect(None, folder, form)


def test_several_netcdf_files_are_several_datasets(tmp_path):
    aorc_netcdf(tmp_path)
    (tmp_path / "forcing.nc").rename(tmp_path / "december.nc")
    aorc_netcdf(tmp_path)
    with pytest.raises(UsageError, match="2 NetCDF files cannot be one forcing") as error:
        detect(None, tmp_path)
    assert "a job can use several datasets" in error.value.why
