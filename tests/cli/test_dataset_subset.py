"""`dmod dataset subset` from the keyboard: all datasets of a part, or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FLOW = {"cat-1": "nex-3", "cat-2": "nex-3", "cat-3": "nex-5", "cat-5": "nex-0"}
TIME = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-01 01:00:00", "output_interval": 3600}


def formulation() -> dict[str, Any]:
    params = {"python_type": "dmod.models.series.GR4J", "model_type_name": "GR4J", "init_config": "/dev/null"}
    return {"formulations": [{"name": "bmi_python", "params": {**params, "main_output_variable": "Q_OUT"}}]}


@pytest.fixture
def river(dmod, tmp_path: Path) -> Path:
    """A project with a hydrofabric, forcing of all but one catchment, and two realizations."""
    dmod("init", "--yes")
    for folder in ("fabric", "rain", "models"):
        (tmp_path / folder).mkdir()
    divides = [{"id": name, "properties": {"areasqkm": 2.0, "toid": toid}} for name, toid in FLOW.items()]
    nexuses = [{"id": name, "properties": {"toid": f"cat-{name[4:]}"}} for name in dict.fromkeys(FLOW.values())]
    (tmp_path / "fabric" / "catchments.geojson").write_text(json.dumps({"features": divides}))
    (tmp_path / "fabric" / "nexus.geojson").write_text(json.dumps({"features": nexuses}))
    rows = "".join(f"2015-12-01 0{hour}:00:00,0.5\n" for hour in range(2))
    for name in ("cat-1", "cat-2", "cat-5"):
        (tmp_path / "rain" / f"{name}.csv").write_text("time,APCP_surface\n" + rows)
    models = {"time": TIME, "catchments": {"cat-3": formulation(), "cat-5": formulation()}}
    (tmp_path / "models" / "models.json").write_text(json.dumps(models))
    for name in ("fabric", "rain", "models"):
        assert dmod("dataset", "create", name, "--from", name).code == 0
    return tmp_path / ".dmod" / "datasets"


def test_a_part_is_a_dataset_that_says_where_it_comes_from(dmod, river):
    said = dmod("dataset", "subset", "fabric", "--upstream-of", "nex-5")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("fabric-nex-5: geojson-hydrofabric, 3 catchments, ")
    record = dmod("dataset", "show", "fabric-nex-5", "-o", "json").json
    assert record["domain"]["catchments"] == ["cat-1", "cat-2", "cat-3"]
    assert (record["derived_from"], record["description"], record["linked"]) == (["fabric"], "part of fabric", False)
    assert dmod("dataset", "check").code == 0
    assert [path.name for path in river.glob(".new-*")] == []


def test_forcing_and_config_are_cut_alike_under_one_name(dmod, river):
    said = dmod("dataset", "subset", "fabric", "--catchments", "cat-3,cat-1", "--as", "creek", "--with", "rain,models")
    assert (said.code, [line.split(":")[0] for line in said.lines]) == (0, ["creek", "creek-rain", "creek-models"])
    assert said.err == "warning: creek-rain has no forcing for cat-3\n"
    made = [dmod("dataset", "show", name, "-o", "json").json for name in ("creek", "creek-rain", "creek-models")]
    assert [each["domain"]["catchments"] for each in made] == [["cat-1", "cat-3"], ["cat-1"], ["cat-3"]]
    assert [each["derived_from"] for each in made] == [["fabric"], ["rain"], ["models"]]
    assert made[1]["domain"]["time"] == {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-01T01:00:00Z"}
    whole, part = (river / name / "data" / "cat-1.csv" for name in ("rain", "creek-rain"))
    assert part.read_bytes() == whole.read_bytes()
    assert part.stat().st_ino != whole.stat().st_ino, "a change of the one is none of the other"


def test_names_alone_for_scripts(dmod, river):  # noqa: ARG001 - a project
    said = dmod("dataset", "subset", "fabric", "--upstream-of", "nex-3", "--with", "rain", "-o", "name")
    assert said.lines == ["fabric-nex-3", "rain-nex-3"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--upstream-of", "nex-55"], 3, "the nearest: nex-5 for nex-55"),
        (["--catchments", "cat-1,cat-4"], 3, "the hydrofabric has no cat-4"),
        (["--upstream-of", "nex-3", "--with", "models"], 6, "no formulation for any of the 2 catchments"),
        (["--catchments", "cat-3", "--with", "models,rain"], 6, "no forcing for any of the 1 catchments"),
        (["--upstream-of", "nex-3", "--with", "fabric,rani"], 3, 'the nearest is "rain"'),
        (["--upstream-of", "nex-3", "--as", "rain"], 4, 'there is a dataset "rain" already'),
        (["--upstream-of", "nex-3", "--as", "x"], 2, "not a name for a dataset"),
        ([], 2, "--upstream-of NEXUS, or --catchments ID"),
        (["--upstream-of", "nex-3", "--catchments", "cat-1"], 2, "--upstream-of NEXUS, or --catchments ID"),
        (["--catchments", ","], 2, "--upstream-of NEXUS, or --catchments ID"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_nothing(dmod, river, words, code, told):
    said = dmod("dataset", "subset", "fabric", *words)
    assert said.code == code
    assert told in said.err
    assert "fix: " in said.err
    assert sorted(path.name for path in river.iterdir() if path.is_dir()) == ["fabric", "models", "rain"]


@pytest.mark.parametrize(("name", "along"), [("rain", "models"), ("fabric", "again")])
def test_only_a_hydrofabric_has_parts_and_only_what_goes_with_it_is_cut_along(dmod, river, name, along):  # noqa: ARG001
    dmod("dataset", "create", "again", "--from", "fabric")
    said = dmod("dataset", "subset", name, "--catchments", "cat-1", "--with", along)
    assert said.code == 2
    assert "hydrofabric" in said.err


def test_a_dry_run_names_what_would_be_made(dmod, river):
    said = dmod("dataset", "subset", "fabric", "--upstream-of", "cat-3", "--with", "rain", "-n")
    assert (said.code, said.out) == (0, "")
    assert said.err == "would make fabric-cat-3, rain-cat-3 of 3 catchments\n"
    assert not (river / "fabric-cat-3").exists()
