"""`dmod partition` from the keyboard to ngen's file."""

import json
from pathlib import Path

import pytest

from dmod.cli import main

pytest.importorskip("pymetis", reason="pip install 'dmod[partition]'")


@pytest.fixture
def river(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten catchments in a row, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "river"
    folder.mkdir()
    catchments = [{"id": f"cat-{i}", "properties": {"areasqkm": 1, "toid": f"nex-{i}"}} for i in range(1, 11)]
    nexuses = [{"id": f"nex-{i}", "properties": {"toid": f"cat-{i + 1}"}} for i in range(1, 11)]
    (folder / "catchment_data.geojson").write_text(json.dumps({"features": catchments}))
    (folder / "nexus_data.geojson").write_text(json.dumps({"features": nexuses}))
    return folder


def test_create_writes_the_file_and_says_how_good_it_is(river: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["partition", "create", "--hydrofabric", "./river", "-n", "2", "--out", "p.json"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines() == [
        "p.json: 10 catchments in 2 parts of 5 (largest 0.0 % over the mean)",
        "1 of 9 rivers pass between parts (11.11 %)",
    ]
    parts = json.loads((river.parent / "p.json").read_text())["partitions"]
    assert sorted(len(part["cat-ids"]) for part in parts) == [5, 5]


def test_show_lists_the_parts(river: Path, capsys: pytest.CaptureFixture[str]):
    main(["partition", "create", "--hydrofabric", str(river), "-n", "3", "--out", "p.json", "-o", "name"])
    assert capsys.readouterr().out == "p.json\n"
    assert main(["partition", "show", "./p.json"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0] == "p.json: 10 catchments in 3 parts of 3 to 4 (largest 20.0 % over the mean)"
    assert table[2].split() == ["PART", "CATCHMENTS", "NEXUSES", "REMOTE", "NEIGHBOURS"]
    assert len(table) == 6
    main(["partition", "show", "./p.json", "--hydrofabric", str(river), "-o", "json"])
    record = json.loads(capsys.readouterr().out)
    assert (record["count"], record["cut"], record["edges"], record["shared"]) == (3, 2, 9, 0)
    assert [part["id"] for part in record["parts"]] == [0, 1, 2]


def test_a_dry_run_writes_nothing(river: Path):
    create = ["partition", "create", "--hydrofabric", str(river), "-n", "2", "--out", "p.json"]
    assert main([*create, "--dry-run"]) == 0
    assert not (river.parent / "p.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-n", "11"], 6, "11 parts cannot be made of 10 catchments"),
        (["-n", "0"], 2, "0 parts cannot be made"),
        (["-n", "two"], 2, "two"),
        (["-n", "2", "--hydrofabric", "./lake"], 3, "no hydrofabric ./lake: neither a dataset nor a path"),
        (["-n", "2", "--hydrofabric", "./river/nothing.gpkg"], 3, "no hydrofabric"),
    ],
)
def test_what_cannot_be_done_is_said(
    river: Path, capsys: pytest.CaptureFixture[str], words: list[str], *, code: int, message: str
):
    assert main(["partition", "create", "--hydrofabric", str(river), "--out", "p.json", *words]) == code
    assert message in capsys.readouterr().err
    assert not (river.parent / "p.json").exists()


def test_a_partition_of_another_fabric_is_refused(river: Path, capsys: pytest.CaptureFixture[str]):
    part = {"id": 0, "cat-ids": ["cat-99"], "nex-ids": [], "remote-connections": []}
    (river.parent / "p.json").write_text(json.dumps({"partitions": [part]}))
    assert main(["partition", "show", "./p.json", "--hydrofabric", str(river)]) == 6
    assert "not one of this hydrofabric" in capsys.readouterr().err


def test_a_folder_must_hold_one_file(river: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["partition", "show", str(river)]) == 3
    assert "holds no file *.json" in capsys.readouterr().err
    for name in ("a.json", "b.json"):
        (river / name).write_text("{}")
    assert main(["partition", "show", str(river)]) == 2
    assert "holds 2 files *.json" in capsys.readouterr().err
