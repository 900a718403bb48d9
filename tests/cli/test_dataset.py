"""`dmod dataset` from the keyboard."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.cli.dataset import RECORD

CATCHMENTS = ("cat-27", "cat-52")


@pytest.fixture
def rivers(dmod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and beside it files to keep."""
    dmod("init", "rivers")
    for month, days in ((12, 31), (1, 31)):
        folder = tmp_path / "rivers" / f"month-{month}"
        folder.mkdir()
        year = 2015 if month == 12 else 2016
        stamps = [f"{year}-{month:02}-{day:02} {hour:02}:00:00" for day in range(1, days + 1) for hour in range(24)]
        rows = "".join(f"{stamp},0.5,280\n" for stamp in stamps)
        for name in CATCHMENTS:
            (folder / f"{name}.csv").write_text("time,APCP_surface,TMP_2maboveground\n" + rows)
    features = [{"id": name, "properties": {"areasqkm": 2.0, "toid": "nex-1"}} for name in CATCHMENTS]
    (tmp_path / "rivers" / "catchments.geojson").write_text(json.dumps({"features": features}))
    nexus = {"features": [{"id": "nex-1", "properties": {}}]}
    (tmp_path / "rivers" / "nexus.geojson").write_text(json.dumps(nexus))
    monkeypatch.chdir(tmp_path / "rivers")
    return tmp_path / "rivers"


def test_from_nothing_to_a_list(dmod, rivers):  # noqa: ARG001 - a project
    empty = dmod("dataset", "list")
    assert (empty.code, empty.out) == (0, "")
    assert "dmod dataset create" in empty.err
    made = dmod("dataset", "create", "december", "--category", "forcing", "--from", "month-12")
    assert (made.code, made.out) == (
        0,
        "december: aorc-csv, 2 catchments, 2015-12-01..2015-12-31 every 1h, 40.8KiB in 2 files\n",
    )
    fabric = dmod("dataset", "create", "fabric", "--from", "catchments.geojson", "nexus.geojson")
    assert fabric.out == "fabric: geojson-hydrofabric, 2 catchments, 200B in 3 files\n".replace(
        "200B in 3", fabric_size()
    )
    rows = [line.split() for line in dmod("dataset", "list").lines]
    assert rows[0] == ["NAME", "CATEGORY", "FORMAT", "COVERS", "PERIOD", "STEP", "SIZE", "CREATED", "STORE"]
    assert rows[1][:5] == ["december", "forcing", "aorc-csv", "2", "catchments"]
    assert dmod("dataset", "list", "--category", "hydrofabric", "-o", "name").lines == ["fabric"]
    assert dmod("dataset", "list", "dec*", "-o", "name").lines == ["december"]


def fabric_size() -> str:
    size = sum(Path(name).stat().st_size for name in ("catchments.geojson", "nexus.geojson"))
    return f"{size}B in 2"


def test_a_dry_run_tells_what_would_be_made_and_makes_nothing(dmod, rivers):
    said = dmod("dataset", "create", "december", "month-12", "-n")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("would make december: aorc-csv, 2 catchments, 2015-12-01..2015-12-31 every 1h")
    assert not (rivers / ".dmod" / "datasets").exists()


def test_show_has_what_its_schema_says(dmod, rivers):  # noqa: ARG001 - a project
    dmod("dataset", "create", "december", "month-12", "--description", "of 2015")
    record = dmod("dataset", "show", "december", "-o", "json").json
    assert set(record) == set(RECORD["required"])
    assert record["domain"]["catchments"] == ["cat-27", "cat-52"]
    assert record["domain"]["time"] == {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-31T23:00:00Z"}
    assert record["domain"]["step"] == 3600
    assert datetime.fromisoformat(record["created"]) <= datetime.now(UTC)
    page = dmod("dataset", "show", "december").out
    for words in ("of 2015", "cat-27, cat-52", "every 1h, 744 steps", "APCP_surface, TMP_2maboveground", "cat-52.csv"):
        assert words in page


def test_where_files_come_from_is_kept(dmod, rivers):
    dmod("dataset", "create", "december", "month-12")
    made = dmod("dataset", "create", "mine", "month-1", "--derived-from", "december", "--adopt", "-o", "json").json
    assert (made["derived_from"], made["linked"]) == (["december"], False)
    (rivers / "month-1" / "cat-27.csv").unlink()
    assert dmod("dataset", "check", "mine").code == 0
    assert dmod("dataset", "create", "other", "month-12", "--derived-from", "november").code == 3
    assert dmod("dataset", "create", "other", "month-12", "--link", "--adopt").code == 2


def test_files_are_added_and_fetched(dmod, rivers):
    dmod("dataset", "create", "winter", "month-12/cat-27.csv")
    assert dmod("dataset", "add", "winter", "month-12").out.startswith("winter: aorc-csv, 2 catchments")
    again = dmod("dataset", "add", "winter", "month-12")
    assert (again.code, again.err) == (0, "nothing new: it has these files already\n")
    clash = dmod("dataset", "add", "winter", "month-1")
    assert clash.code == 4
    assert "--replace" in clash.err
    assert dmod("dataset", "add", "winter", "month-1", "--replace").out.startswith("winter: aorc-csv")
    assert dmod("dataset", "get", "winter", "cat-27*", "--to", "out").out == "out: 1 file, 20.4KiB\n"
    assert (rivers / "out" / "cat-27.csv").read_text() == (rivers / "month-1" / "cat-27.csv").read_text()
    assert dmod("dataset", "get", "winter", "cat-9.csv").code == 3
    assert dmod("dataset", "get", "winter", "-o", "json").json == [
        {"path": "winter/cat-27.csv"},
        {"path": "winter/cat-52.csv"},
    ]


def test_check_finds_what_was_touched(dmod, rivers):
    dmod("dataset", "create", "december", "month-12")
    good = dmod("dataset", "check")
    assert (good.code, good.out) == (0, "")
    assert "december: every file is as the manifest says" in good.err
    data = rivers / ".dmod" / "datasets" / "december" / "data"
    (data / "cat-27.csv").unlink()
    (data / "extra.csv").touch()
    bad = dmod("dataset", "check", "december")
    assert bad.code == 1
    assert [line.split()[:3] for line in bad.lines] == [
        ["DATASET", "FAULT", "FILE"],
        ["december", "missing", "cat-27.csv"],
        ["december", "extra", "extra.csv"],
    ]
    assert "error: 2 files are not as the manifest says" in bad.err
    assert "dmod dataset add december PATH/cat-27.csv --replace" in bad.err
    assert [each["fault"] for each in dmod("dataset", "check", "-o", "json").json] == ["missing", "extra"]
    assert dmod("dataset", "add", "december", "month-12", "--replace").code == 0
    assert dmod("dataset", "check").code == 0, "what the fix says mends it"


def test_check_tells_what_datasets_together_do_not_cover(dmod, rivers):  # noqa: ARG001 - a project
    dmod("dataset", "create", "fabric", "catchments.geojson", "nexus.geojson")
    dmod("dataset", "create", "december", "month-12")
    dmod("dataset", "create", "january", "month-1/cat-27.csv")
    whole = ("--start", "2015-12-01", "--end", "2016-01-31T23:00", "--catchments")
    covered = dmod("dataset", "check", "december", "january", *whole, "cat-27")
    assert covered.code == 0, covered.err
    said = dmod("dataset", "check", "december", "january", *whole, "fabric")
    assert (said.code, said.lines) == (1, ["MISSING", "2016-01-01..2016-01-31 missing for cat-52"])
    assert "error: december, january: 1 gap" in said.err
    gaps = dmod("dataset", "check", "december", *whole, "fabric", "--variables", "Q2D", "-o", "json").json
    assert gaps[0]["features"] == ["cat-27", "cat-52"]
    assert dmod("dataset", "check", "--start", "2015-12-01").code == 2


def test_deleting_asks_for_the_name(dmod, rivers):  # noqa: ARG001 - a project
    dmod("dataset", "create", "december", "month-12")
    refused = dmod("dataset", "delete", "december", "--no-input")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert dmod("dataset", "delete", "december", "nowhere", "--yes").code == 3
    assert dmod("dataset", "list", "-o", "name").lines == ["december"], "all or none"
    assert dmod("dataset", "delete", "december", "-n").err == "would delete december\n"
    assert dmod("dataset", "delete", "december", "--yes").err == "deleted december\n"
    assert dmod("dataset", "list", "-o", "name").lines == []


def test_what_a_job_needs_is_neither_deleted_nor_changed(dmod, rivers):
    from dmod.jobs.kinds.command import Command, CommandSpec
    from dmod.jobs.order import Order
    from dmod.jobs.prepared import Prepared
    from dmod.scheduler.queue import Queue

    dmod("dataset", "create", "december", "month-12")
    queue = Queue(rivers / ".dmod" / "queue.db")
    spec = CommandSpec(name="leaf", kind="command", command=Command(("/bin/true",)))
    job = queue.submit(Order(spec, rivers, Prepared(datasets={"forcing": ("december",)})))
    for words in (("delete", "december", "--yes"), ("add", "december", "month-1", "--replace")):
        said = dmod("dataset", *words)
        assert said.code == 4
        assert f"job {job} (leaf) is queued and needs it" in said.err
        assert f"fix: dmod job wait {job}" in said.err
    queue.cancel(job)
    assert dmod("dataset", "delete", "december", "--yes").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("show", "decembr"), 3, 'there is no dataset "decembr"'),
        (("create", "December", "month-12"), 2, "call it december"),
        (("create", "december", "--from", "month-13"), 3, "month-13: no such file or folder"),
        (("create", "december"), 2, "fix: --from PATH"),
        (("create", "december", "month-12", "--category", "forcings"), 2, "--category forcing"),
        (("create", "december", "month-12", "--format", "aorc-cvs"), 2, "--format aorc-csv"),
        (("create", "december", "dmod.toml"), 2, "--format generic"),
        (("create", "december", "month-12", "--category", "config"), 2, "no config format fits"),
        (("lst",), 2, 'the verb is "list"'),
    ],
)
def test_mistakes_end_with_what_to_type(dmod, rivers, words, code, message):  # noqa: ARG001 - a project
    said = dmod("dataset", *words)
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_damaged_dataset_is_told_beside_the_others(dmod, rivers):
    dmod("dataset", "create", "december", "month-12")
    dmod("dataset", "create", "january", "month-1")
    (rivers / ".dmod" / "datasets" / "january" / "dataset.json").write_text("{")
    said = dmod("dataset", "list", "-o", "name")
    assert (said.code, said.lines) == (0, ["december"])
    assert "january/dataset.json is not JSON" in said.err
    assert dmod("dataset", "delete", "january", "--yes").code == 0


def test_a_list_imports_neither_numpy_nor_netcdf(rivers):
    code = (
        "import sys; from dmod.cli import main; main(['dataset', 'list']);"
        "print([name for name in ('numpy', 'netCDF4', 'sqlite3') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=rivers, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"
