"""`dmod realization`: what it runs, and what is wrong with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from dmod.cli import main
from dmod.hydro.forcing import write_netcdf

RIVER = {"x1": 300, "x2": 0.5, "x3": 90, "x4": 6}
GR4J = {"python_type": "dmod.models.series.GR4J", "main_output_variable": "Q_OUT", "model_params": RIVER}
SOUND = {
    "global": {
        "formulations": [{"name": "bmi_python", "params": GR4J}],
        "forcing": {"path": "f.nc", "provider": "NetCDF"},
    },
    "time": {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600},
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    times = np.datetime64("2015-12-01", "s") + np.timedelta64(3600, "s") * np.arange(720)
    values = {"APCP_surface": np.full((1, 720), 0.1), "TMP_2maboveground": np.full((1, 720), 280.0)}
    write_netcdf(tmp_path / "f.nc", times, ["cat-1"], values, {})
    (tmp_path / "r.json").write_text(json.dumps(SOUND))
    return tmp_path / "r.json"


@pytest.mark.usefixtures("file")
def test_show_tells_period_models_and_forcing(capsys: pytest.CaptureFixture[str]):
    assert main(["realization", "show", "./r.json"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "period      2015-12-01 00:00 to 2015-12-30 23:00 UTC, 720 steps of 3600 s",
        "catchments  all",
        "needs       potential_evapotranspiration, precipitation",
        "",
        "global",
        "  bmi_python: dmod.models.series.GR4J, giving Q_OUT",
        "  forcing: NetCDF f.nc",
    ]
    main(["realization", "show", "./r.json", "-o", "json"])
    record = json.loads(capsys.readouterr().out)
    assert (record["begin"], record["end"], record["steps"]) == ("2015-12-01T00:00:00Z", "2015-12-30T23:00:00Z", 720)
    assert record["catchments"] is None
    assert record["scopes"][0]["formulation"]["output"] == "Q_OUT"


def test_check_names_each_problem_and_fails(file: Path, capsys: pytest.CaptureFixture[str]):
    file.write_text(
        json.dumps(
            SOUND | {"time": {}, "global": SOUND["global"] | {"forcing": {"path": "g.nc", "provider": "NetCDF"}}}
        )
    )
    assert main(["realization", "check", "./r.json"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[:3] == [
        "error time.start_time",
        "  it is missing",
        '  fix: add "start_time": "2015-12-01 00:00:00"',
    ]
    assert "error global.forcing.path" in said.out
    assert "r.json: 4 errors, 0 warnings" in said.err
    assert main(["realization", "check", "./r.json", "-o", "json"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert [finding["path"] for finding in findings][:3] == ["time.start_time", "time.end_time", "time.output_interval"]
    assert {finding["severity"] for finding in findings} == {"error"}
    main(["realization", "check", "./r.json", "-o", "name"])
    assert "global.forcing.path" in capsys.readouterr().out.split()


@pytest.mark.usefixtures("file")
def test_check_of_a_sound_one_is_silent_on_stdout(capsys: pytest.CaptureFixture[str]):
    assert main(["realization", "check", "./r.json"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "no errors, 0 warnings" in said.err


def test_a_hydrofabric_that_lacks_what_is_named_warns(file: Path, capsys: pytest.CaptureFixture[str]):
    fabric = file.parent / "river"
    fabric.mkdir()
    (fabric / "catchment_data.geojson").write_text(
        json.dumps({"features": [{"id": "cat-1", "properties": {"areasqkm": 1, "toid": "nex-1"}}]})
    )
    (fabric / "nexus_data.geojson").write_text(json.dumps({"features": [{"id": "nex-1"}]}))
    lone = {"forcing": SOUND["global"]["forcing"], "formulations": SOUND["global"]["formulations"]}
    file.write_text(json.dumps(SOUND | {"catchments": {"cat-7": lone}}))
    assert main(["realization", "check", "./r.json", "--hydrofabric", str(fabric)]) == 0
    said = capsys.readouterr()
    assert "warning catchments.cat-7\n  the hydrofabric has no cat-7" in said.out
    assert "no errors, 1 warning" in said.err


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"model_params": {"x1": 300, "x4": 6}},
         ["model_params", "GR4J lacks x2, x3", 'fix: add "x2": -5 to 3, "x3": 10 to 400']),
        ({"model_params": RIVER | {"x1": 1}}, ["model_params.x1", "GR4J: parameter x1 is 1, outside 10 to 1500"]),
        ({"model_params": RIVER | {"x2": "big"}}, ["model_params.x2", "GR4J: parameter x2 is 'big', not a number"]),
        ({"model_params": RIVER | {"x9": 1}},
         ["model_params.x9", "GR4J has no parameter 'x9'",
          "fix: it has x1, x2, x3, x4, ctg, kf, qnbv, elevation_layers, median_elevation"]),
        ({"python_type": "dmod.models.series.GR5J"},
         ["python_type", 'there is no model "dmod.models.series.GR5J"', 'fix: "dmod.models.series.GR4J"']),
    ],
)  # fmt: skip
def test_what_our_models_would_refuse_is_told_before_the_run(
    file: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], lines: list[str]
):
    formulation = {"name": "bmi_python", "params": GR4J | change}
    file.write_text(json.dumps(SOUND | {"global": SOUND["global"] | {"formulations": [formulation]}}))
    assert main(["realization", "check", "./r.json"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == [f"error global.formulations[0].params.{lines[0]}", *(f"  {line}" for line in lines[1:])]


def test_a_class_without_its_module_is_an_error(file: Path, capsys: pytest.CaptureFixture[str]):
    formulation = {"name": "bmi_python", "params": GR4J | {"python_type": "GR4J", "model_type_name": "GR4J"}}
    file.write_text(json.dumps(SOUND | {"global": SOUND["global"] | {"formulations": [formulation]}}))
    assert main(["realization", "check", "./r.json"]) == 1
    assert '"GR4J" is not module.Class\n  fix: "dmod.models.series.GR4J"' in capsys.readouterr().out


def test_a_name_too_long_for_a_file_is_not_found(capsys: pytest.CaptureFixture[str]):
    assert main(["realization", "check", "a" * 300]) == 3
    assert "neither a dataset nor a path" in capsys.readouterr().err


def test_what_is_not_json_is_named_by_line(file: Path, capsys: pytest.CaptureFixture[str]):
    file.write_text('{\n "time": {},\n}')
    for verb in ("show", "check"):
        assert main(["realization", verb, "./r.json"]) == 2
        assert "r.json:2:12 is not JSON: a comma before '}'" in capsys.readouterr().err
    assert main(["realization", "show", "./none.json"]) == 3


def test_a_module_is_asked_for_its_variables_unless_nothing_may_be_loaded(file: Path, module, capsys):
    params = {
        "model_type_name": "reservoir", "library_file": str(module("reservoir.c")), "init_config": "/dev/null",
        "registration_function": "register_bmi_reservoir", "main_output_variable": "Q",
        "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    file.write_text(json.dumps(SOUND | {"global": {"formulations": [{"name": "bmi_c", "params": params}]}}))
    assert main(["realization", "check", "./r.json"]) == 1
    assert 'reservoir has no output "Q": q, s, n, profile' in capsys.readouterr().out
    assert main(["realization", "check", "./r.json", "--no-load"]) == 0
    assert 'the model "reservoir" is not known here: its variables are not checked' in capsys.readouterr().out
