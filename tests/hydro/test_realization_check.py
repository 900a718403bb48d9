"""Each problem of a realization by its JSON path, and nothing where there is no problem."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from dmod.errors import UsageError
from dmod.hydro.findings import Finding
from dmod.hydro.forcing import write_csv, write_netcdf
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.realization_check import check

BEGIN = datetime(2015, 12, 1, tzinfo=UTC)
GIVEN = ("cat-1", "cat-11")
MULTI = "global.formulations[0].params"


def fabric(*catchments: str) -> Hydrofabric:
    count = len(catchments)
    nexuses = tuple(f"nex-{i}" for i in range(count))
    return Hydrofabric(
        catchments,
        np.ones(count),
        nexuses,
        nexuses,
        ("",) * count,
        "test",
        np.full(count, np.nan),
        MappingProxyType({}),
    )


def module(name: str, library: str, main: str, init: str = "/dev/null", **params: object) -> dict[str, Any]:
    known = {
        "model_type_name": library,
        "library_file": f"lib/{library}",
        "init_config": init,
        "main_output_variable": main,
    }
    return {"name": name, "params": known | params}


def whole() -> dict[str, Any]:
    """SLoTH, PET and CFE over ten hours: nothing is wrong with it in the folder that `place` makes."""
    sloth = module(
        "bmi_c++",
        "libslothmodel",
        "z",
        model_params={"ice_a(1,double,m,node)": 0, "ice_b(1,double,1,node)": 0, "smp(1,double,1,node)": 0},
    )
    pet = module(
        "bmi_c",
        "libpetbmi.so",
        "water_potential_evaporation_flux",
        variables_names_map={"water_potential_evaporation_flux": "pet"},
    )
    names = {
        "water_potential_evaporation_flux": "pet",
        "ice_fraction_schaake": "ice_a",
        "ice_fraction_xinanjiang": "ice_b",
        "soil_moisture_profile": "smp",
    }
    cfe = module("bmi_c", "libcfebmi", "Q_OUT", "cfe/{{id}}.ini", variables_names_map=names)
    params = {
        "model_type_name": "multi",
        "init_config": "",
        "main_output_variable": "Q_OUT",
        "modules": [sloth, pet, cfe],
    }
    return {
        "global": {
            "formulations": [{"name": "bmi_multi", "params": params}],
            "forcing": {"file_pattern": "{{id}}[.]csv", "path": "forcing", "provider": "CsvPerFeature"},
        },
        "time": {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-01 09:00:00", "output_interval": 3600},
    }


WEATHER = {
    "precip_rate": 1.0 / 3600,
    "APCP_surface": 1.0,
    "TMP_2maboveground": 280.0,
    "SPFH_2maboveground": 0.01,
    "UGRD_10maboveground": 1.0,
    "VGRD_10maboveground": 1.0,
    "PRES_surface": 1e5,
    "DSWRF_surface": 100.0,
    "DLWRF_surface": 300.0,
}


def weather(steps: int = 10, **changes: float) -> tuple[Any, dict[str, Any]]:
    times = np.array([np.datetime64("2015-12-01", "s") + np.timedelta64(3600 * i, "s") for i in range(steps)])
    return times, {name: np.full((len(GIVEN), steps), value) for name, value in (WEATHER | changes).items()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with every file that `whole` names."""
    for library in ("libslothmodel.so", "libpetbmi.so", "libcfebmi.so"):
        (tmp_path / "lib").mkdir(exist_ok=True)
        (tmp_path / "lib" / library).write_text("")
    (tmp_path / "cfe").mkdir()
    for catchment in GIVEN:
        (tmp_path / "cfe" / f"{catchment}.ini").write_text(
            "forcing_file=BMI\ngw_storage=0.5[m/m]\nsoil_storage=0.667\n"
        )
    times, values = weather()
    write_csv(tmp_path / "forcing", times, GIVEN, values, {})
    return tmp_path


def found(
    place: Path, document: object, *, catchments: tuple[str, ...] | None = GIVEN, forcing: str = ""
) -> list[Finding]:
    (place / "r.json").write_text(json.dumps(document))
    return check(
        place / "r.json",
        hydrofabric=fabric(*catchments) if catchments else None,
        forcing=place / forcing if forcing else None,
        root=place,
    )


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def put(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set what the path leads to; a value of `...` deletes it."""
    *keys, last = path.replace("CFE", "global.formulations.0.params.modules.2.params").split(".")
    table = document
    for key in keys:
        table = table[int(key) if isinstance(table, list) else key]
    if value is ...:
        del table[last]
    else:
        table[int(last) if isinstance(table, list) else last] = value
    return document


def test_a_sound_realization_has_no_findings(place: Path):
    assert found(place, whole()) == []
    assert found(place, whole(), catchments=None) == []


CFE = f"{MULTI}.modules[2].params"


@pytest.mark.parametrize(
    ("path", "value", "where", "severity", "message"),
    [
        ("time.end_time", ..., "time.end_time", "error", "it is missing"),
        ("time.end_time", "2015-11-30 00:00:00", "time.end_time", "error", "it lies before start_time"),
        (
            "time.end_time",
            "2015-12-01 12:00:00",
            "time.end_time",
            "error",
            "the forcing of cat-1 ends 2015-12-01 09:00:00, before end_time 2015-12-01 12:00:00 (and so for 1 more)",
        ),
        (
            "time.start_time",
            "2015-11-30 00:00:00",
            "time.start_time",
            "error",
            "the forcing of cat-1 begins 2015-12-01 00:00:00, after start_time",
        ),
        ("time.output_interval", 900, "time.output_interval", "warning", "steps of 900 s, and forcing every 3600 s"),
        ("CFE.library_file", "lib/libcfe.dylib", f"{CFE}.library_file", "error", ".dylib is a macOS library"),
        ("CFE.init_config", "cfe/{{id}}.txt", f"{CFE}.init_config", "error", "no file"),
        ("CFE.init_config", ..., f"{CFE}.init_config", "error", "it is missing or empty"),
        ("CFE.uses_forcing_file", True, f"{CFE}.uses_forcing_file", "error", "ngen no longer has it"),
        ("CFE.forcing_file", "f.csv", f"{CFE}.forcing_file", "error", "ngen no longer has it"),
        ("CFE.main_output_variable", "Qout", f"{CFE}.main_output_variable", "error", 'CFE has no output "Qout"'),
        (
            "CFE.output_variables",
            ["Q_OUT", "GW_STORE"],
            f"{CFE}.output_variables[1]",
            "error",
            'CFE has no variable "GW_STORE"',
        ),
        ("CFE.output_variables", ["Q_OUT"], None, "", ""),
        (
            "CFE.variables_names_map.soil_moisture_profile",
            "smc",
            f"{CFE}.variables_names_map.soil_moisture_profile",
            "error",
            'neither a module nor the forcing provides "soil_moisture_profile", called "smc"',
        ),
        (
            "CFE.variables_names_map.land_surface_air__temperature",
            "T2D",
            f"{CFE}.variables_names_map",
            "warning",
            "CFE has no variable land_surface_air__temperature: ngen passes over it",
        ),
        (
            "global.formulations.0.params.main_output_variable",
            "Q",
            f"{MULTI}.main_output_variable",
            "error",
            'no module has an output "Q"',
        ),
        (
            "global.formulations.0.params.output_variables",
            ["Q_OUT", "pet", "SMC"],
            f"{MULTI}.output_variables[2]",
            "error",
            'no module has a variable "SMC"',
        ),
        ("global.formulations.0.name", "tshirt_c", "global.formulations[0].name", "error", "ngen no longer has it"),
        (
            "global.formulations.0.params.modules.2.name",
            "bmi_rust",
            f"{MULTI}.modules[2].name",
            "error",
            "ngen has no such formulation",
        ),
        (
            "global.formulations.0.params.modules.0.params.model_params",
            {"ice_a": 0},
            f"{MULTI}.modules[0].params.model_params.ice_a",
            "error",
            "SLoTH cannot read it",
        ),
        ("global.forcing.path", "nowhere", "global.forcing.path", "error", "no folder"),
        ("global.forcing.path", "forcing/cat-1.csv", "global.forcing.path", "error", "file_pattern wants a folder"),
        (
            "global.forcing.file_pattern",
            "{{id}}(",
            "global.forcing.file_pattern",
            "error",
            "is not a regular expression",
        ),
        (
            "global.forcing.file_pattern",
            "x{{id}}",
            "global.forcing.file_pattern",
            "error",
            "fits cat-1 (and so for 1 more)",
        ),
        (
            "global.forcing.file_pattern",
            "cat-11.csv",
            "global.forcing.file_pattern",
            "warning",
            "every catchment gets the same file",
        ),
        ("global.forcing.file_pattern", ..., "global.forcing.path", "error", "is a folder; ngen opens it as a file"),
        ("global.forcing.provider", "Netcdf", "global.forcing.provider", "warning", '"Netcdf" is not known here'),
        (
            "routing",
            {"t_route_config_file_with_path": "t.yaml"},
            "routing.t_route_config_file_with_path",
            "error",
            "no file",
        ),
        ("routing", {}, "routing.t_route_config_file_with_path", "error", "it is missing"),
    ],
)
def test_one_mistake_is_one_finding_at_its_place(
    place: Path, path: str, value: object, *, where: str | None, severity: str, message: str
):
    findings = found(place, put(whole(), path, value))
    if where is None:
        assert findings == []
        return
    first = next(finding for finding in findings if finding.path == where)
    assert first.severity == severity
    assert message in first.message


def test_a_pattern_that_fits_two_files_is_told_with_or_without_a_hydrofabric(place: Path):
    document = put(whole(), "global.forcing.file_pattern", ".*{{id}}.*.csv")
    for catchments in (GIVEN, None):
        finding = only(found(place, document, catchments=catchments))
        assert (finding.path, finding.severity) == ("global.forcing.file_pattern", "error")
        assert finding.message.startswith("2 files fit cat-1: cat-1.csv, cat-11.csv")
    assert found(place, put(whole(), "global.forcing.file_pattern", ".*{{id}}[^0-9].*")) == []


def test_a_name_of_an_older_model_says_what_it_is_now(place: Path):
    document = put(whole(), "CFE.variables_names_map.ice_fraction_xinanjiang", ...)
    document = put(document, "CFE.variables_names_map.ice_fraction_xinan", "ice_b")
    warning, error = found(place, document)
    assert (warning.path, warning.fix) == (
        f"{CFE}.variables_names_map.ice_fraction_xinan",
        'use "ice_fraction_xinanjiang"',
    )
    assert error.message == 'neither a module nor the forcing provides "ice_fraction_xinanjiang"'
    assert error.fix == 'rename "ice_fraction_xinan" to "ice_fraction_xinanjiang"'


def test_storage_in_percent_is_fifty_times_the_store(place: Path):
    (place / "cfe" / "cat-11.ini").write_text("a=1\ngw_storage=50%\nsoil_storage=1.5\n")
    percent, above = found(place, whole())
    assert percent.path == f"{CFE}.init_config"
    assert percent.message == "cat-11.ini:2: gw_storage=50%: CFE reads 50 times what the store holds"
    assert percent.fix == "gw_storage=0.5"
    assert "cat-11.ini:3: soil_storage=1.5" in above.message
    (place / "cfe" / "cat-11.ini").write_text("gw_storage=half\n")
    assert "gw_storage=half is not a number" in only(found(place, whole())).message


@pytest.mark.parametrize(("rate", "severity"), [(1e-3 / 3600, "error"), (0.5 / 3600, None), (3.0 / 3600, "error")])
def test_two_sums_of_rain_must_agree(place: Path, rate: float, severity: str | None):
    times, values = weather(precip_rate=rate)
    write_csv(place / "forcing", times, GIVEN, values, {})
    findings = found(place, whole())
    if severity is None:
        assert findings == []
        return
    finding = only(findings)
    assert (finding.path, finding.severity) == ("global.forcing.path", severity)
    assert finding.message.startswith(f"precip_rate sums to {rate * 36000:.4g} mm, APCP_surface sums to 10 mm")
    assert ("in m/s and read as mm/s" in finding.message) == (rate < 1e-6)


def test_forcing_without_a_variable_leaves_an_input_unmet(place: Path):
    times, values = weather()
    del values["DLWRF_surface"]
    for file in (place / "forcing").iterdir():
        file.unlink()
    write_csv(place / "forcing", times, GIVEN, values, {})
    finding = only(found(place, whole()))
    assert finding.path == f"{MULTI}.modules[1].params.variables_names_map"
    assert 'provides "land_surface_radiation~incoming~longwave__energy_flux"' in finding.message


def test_other_forcing_stands_in_for_what_the_file_says(place: Path):
    times, values = weather(steps=5)
    write_netcdf(place / "f.nc", times, GIVEN, values, {})
    document = put(whole(), "global.forcing.path", "nowhere")
    finding = only(found(place, document, forcing="f.nc"))
    assert (finding.path, "ends 2015-12-01 04:00:00" in finding.message) == ("time.end_time", True)
    lacking = found(place, document, forcing="f.nc", catchments=(*GIVEN, "cat-12"))
    assert any("f.nc lacks cat-12 of 3 catchments" in finding.message for finding in lacking)


def test_a_netcdf_that_is_none_is_said(place: Path):
    (place / "f.nc").write_text("no")
    document = put(whole(), "global.forcing", {"provider": "NetCDF", "path": "f.nc"})
    finding = only(found(place, document))
    assert finding.path == "global.forcing.path"
    assert "f.nc" in finding.message


def test_catchments_of_the_file_and_of_the_fabric(place: Path):
    own = whole()["global"]
    document = whole() | {"catchments": {"cat-1": own, "cat-9": own}}
    warning = found(place, document)[0]
    assert (warning.path, warning.severity) == ("catchments.cat-9", "warning")
    del document["global"]
    assert "1 catchments of the hydrofabric have no formulation: cat-11" in found(place, document)[1].message


def test_a_catchment_needs_forcing_of_its_own(place: Path):
    document = whole() | {"catchments": {"cat-1": {"formulations": whole()["global"]["formulations"]}}}
    finding = only(found(place, document))
    assert (finding.path, finding.severity) == ("catchments.cat-1", "error")
    assert "ngen does not fall back on global.forcing" in finding.message


def test_only_the_first_formulation_counts(place: Path):
    document = whole()
    document["global"]["formulations"] *= 2
    finding = only(found(place, document))
    assert (finding.path, finding.message) == ("global.formulations", "2 formulations, and ngen reads only the first")


def test_a_model_that_is_not_known_is_said_to_be_unchecked(place: Path):
    document = put(whole(), "global.formulations.0.params.modules.1.params.library_file", "lib/libmine.so")
    document = put(document, "global.formulations.0.params.modules.1.params.model_type_name", "mine")
    (place / "lib" / "libmine.so").write_text("")
    finding = only(found(place, document))
    assert finding.message == 'the model "mine" is not known here: its variables are not checked'


def test_our_own_models_need_neither_library_nor_file(place: Path):
    gr4j = {"python_type": "dmod.models.series.GR4J", "main_output_variable": "Q_OUT", "model_params": {"x1": 300}}
    assert found(place, put(whole(), "global.formulations.0", {"name": "bmi_python", "params": gr4j})) == []


def test_without_forcing_the_modules_must_provide_everything(place: Path):
    findings = found(place, put(whole(), "global.forcing", {"provider": "NullForcingProvider"}))
    assert len(findings) == 8  # seven of PET, and CFE's rain
    assert {finding.severity for finding in findings} == {"error"}


def test_nothing_at_all_is_one_finding(place: Path):
    assert [finding.path for finding in found(place, {"time": whole()["time"]})] == ["global.formulations"]
    assert {finding.path for finding in found(place, {})} >= {"time"}
    with pytest.raises(UsageError, match="holds a list, not a JSON object"):
        found(place, [])


def test_months_of_drought_are_doubted(place: Path):
    steps = 24 * 40
    times = np.array([np.datetime64(BEGIN.replace(tzinfo=None) + timedelta(hours=i), "s") for i in range(steps)])
    values = {name: np.full((2, steps), value) for name, value in WEATHER.items() if name != "APCP_surface"}
    values["precip_rate"] = np.full((2, steps), 1e-4 / 3600)
    for file in (place / "forcing").iterdir():
        file.unlink()
    write_csv(place / "forcing", times, GIVEN, values, {})
    finding = only(found(place, whole()))
    assert (finding.severity, "precip_rate gives" in finding.message) == ("warning", True)


@pytest.mark.parametrize(
    ("path", "value", "where", "severity", "message"),
    [
        ("modules.0.params.model_params", {"ice_a(1,double,K,node)": 0, "ice_b(1,double,1,node)": 0,
                                           "smp(1,double,1,node)": 0},
         f"{CFE}.variables_names_map.ice_fraction_schaake", "error",
         "libcfebmi takes \"ice_fraction_schaake\" in 'm', and libslothmodel gives \"ice_a\" in 'K'"),
        ("modules.0.params.model_params", {"ice_a(1,double,fathom,node)": 0, "ice_b(1,double,1,node)": 0,
                                           "smp(1,double,1,node)": 0},
         f"{CFE}.variables_names_map.ice_fraction_schaake", "warning",
         "the unit 'fathom' is not known here: \"ice_a\" goes into \"ice_fraction_schaake\" as it is"),
        ("modules.2.params.variables_names_map.water_potential_evaporation_flux", "PRES_surface",
         f"{CFE}.variables_names_map.water_potential_evaporation_flux", "error",
         "libcfebmi takes \"water_potential_evaporation_flux\" in 'm s-1', and the forcing has PRES_surface in 'Pa'"),
        ("main_output_variable", "SURF_RUNOFF_SCHEME", None, "", ""),  # CFE states no unit for it
        ("main_output_variable", "ice_a", None, "", ""),
    ],
)  # fmt: skip
def test_units_of_different_things_are_told_at_the_variable(
    place: Path, path: str, value: object, *, where: str | None, severity: str, message: str
):
    findings = found(place, put(whole(), f"global.formulations.0.params.{path}", value))
    if where is None:
        assert findings == []
        return
    finding = only(findings)
    assert (finding.path, finding.severity, finding.message) == (where, severity, message)


def test_a_main_output_that_is_no_depth_of_water_is_told(place: Path):
    document = put(whole(), "global.formulations.0.params.modules.0.params.model_params.warm(1,double,K,node)", 0)
    finding = only(found(place, put(document, "global.formulations.0.params.main_output_variable", "warm")))
    assert finding.path == f"{MULTI}.main_output_variable"
    assert finding.message == "\"warm\" is in 'K', which is no depth of water"
