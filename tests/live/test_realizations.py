"""What the check says of every realization config of Sugar Creek and of DMOD's users, and that it is true."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from dmod.cli import main

pytestmark = pytest.mark.live

GLOBAL = "global.formulations[0].params"
NO_LIBRARY, RAIN, STORES, STRANGERS, SLIP, UNMET = "library", "rain", "stores", "strangers", "slip", "unmet"
UNITS = "units"


def chain(root: str, libraries: int, *, cfe: int) -> set[tuple[str, str]]:
    """A bmi_multi whose libraries are not built, and whose CFE has stores in percent and names it does not know."""
    missing = {(NO_LIBRARY, f"{root}.modules[{at}].params.library_file") for at in range(libraries)}
    where = f"{root}.modules[{cfe}].params"
    return missing | {(STORES, f"{where}.init_config"), (STRANGERS, f"{where}.variables_names_map")}


def alone(root: str, rain: str = "") -> set[tuple[str, str]]:
    """One module whose library is not built; with `rain` its forcing is in the wrong unit."""
    return {(NO_LIBRARY, f"{root}.formulations[0].params.library_file")} | ({(RAIN, rain)} if rain else set())


def renamed(root: str, cfe: int) -> set[tuple[str, str]]:
    """A CFE that calls an input as older versions did."""
    where = f"{root}.modules[{cfe}].params.variables_names_map"
    return {(SLIP, f"{where}.ice_fraction_xinan"), (UNMET, where)}


WET = {(RAIN, "global.forcing.path")}
WET27 = alone("catchments.cat-27", "catchments.cat-27.forcing.path")
ROOTS = ("global", "catchments.cat-27", "catchments.cat-52", "catchments.cat-67")
TEST_MODELS = {
    *alone("global"),
    *WET27,
    *alone("catchments.cat-52", "catchments.cat-52.forcing.path"),
    *alone("catchments.cat-67", "catchments.cat-67.forcing.path"),
    *((UNITS, f"{root}.formulations[0].params.variables_names_map.INPUT_VAR_2") for root in ROOTS),
}
CAT27 = "catchments.cat-27.formulations[0].params"
EXPECTED: dict[str, set[tuple[str, str]]] = {
    "sugar-creek/example_bmi_multi_realization_config.json": WET | chain(GLOBAL, 3, cfe=2),
    "sugar-creek/example_bmi_multi_realization_config__macos.json": WET
    | chain(GLOBAL, 2, cfe=1)
    | {(UNMET, f"{GLOBAL}.modules[1].params.variables_names_map")},
    "sugar-creek/example_bmi_multi_realization_config_w_netcdf.json": WET | chain(GLOBAL, 3, cfe=2),
    "sugar-creek/example_bmi_multi_realization_config_w_nfp.json": chain(GLOBAL, 3, cfe=2),
    "sugar-creek/example_bmi_multi_realization_config_w_noah_pet_cfe.json": WET | chain(GLOBAL, 4, cfe=3),
    "sugar-creek/example_bmi_multi_realization_config_w_routing.json": WET
    | chain(GLOBAL, 3, cfe=2)
    | {("file", "routing.t_route_config_file_with_path")},
    "sugar-creek/example_multilayer_realization_config.json": TEST_MODELS | {("unused", "catchments.agg-1")},
    "sugar-creek/example_realization_config.json": TEST_MODELS,
    "sugar-creek/example_realization_config_w_bmi_c__lin_mac.json": WET
    | alone("global")
    | WET27
    | {(UNITS, f"{GLOBAL}.variables_names_map.INPUT_VAR_2")},
    "sugar-creek/test_bmi_multi_realization_config.json": WET | chain(GLOBAL, 3, cfe=2) | WET27,
    "sugar-creek/test_bmi_multi_realization_config_w_netcdf.json": WET | chain(GLOBAL, 3, cfe=2) | WET27,
    "sugar-creek/test_bmi_multi_realization_config_w_noah_pet_cfe.json": WET | chain(GLOBAL, 4, cfe=3) | WET27,
    "sugar-creek/test_realization_config.json": {("gone", "global.formulations[0].name")}
    | {("gone", f"catchments.cat-{n}.formulations[0].name") for n in (27, 52, 67)}
    | {(RAIN, f"catchments.cat-{n}.forcing.path") for n in (27, 52, 67)},
    "realizations/ex_realization_config_01.json": WET | chain(GLOBAL, 3, cfe=2) | renamed(GLOBAL, 2),
    "realizations/ex_realization_config_02.json": WET
    | chain(GLOBAL, 3, cfe=2)
    | renamed(GLOBAL, 2)
    | chain(CAT27, 4, cfe=3)
    | renamed(CAT27, 3)
    | alone("catchments.cat-67")
    | {("file", "catchments.cat-67.formulations[0].params.init_config")}
    | {("file", "routing.t_route_config_file_with_path")}
    | {("own", f"catchments.cat-{n}") for n in (27, 67)},
}
KINDS = {
    NO_LIBRARY: "no library ",
    "file": "no file ",
    RAIN: "precip_rate sums to ",
    STORES: "_storage=",
    STRANGERS: "CFE has no variable atmosphere",
    SLIP: 'CFE has no variable "',
    UNMET: "provides",
    UNITS: "takes \"INPUT_VAR_2\" in 'm s-1', and the forcing has ",
    "gone": "ngen no longer has it",
    "own": "has no forcing of its own",
    "unused": "is never used",
}


@pytest.fixture
def data(missing) -> Path:
    found = Path(os.environ.get("DMOD_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (found / "sugar-creek").is_dir():
        missing(f"no test data at {found}: set DMOD_TEST_DATA")
    return found


def at(document: Any, path: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What a JSON path leads to. Raises KeyError where nothing stands."""
    for key, index, quoted in re.findall(r"([\w-]+)|\[(\d+)\]|\[\"([^\"]+)\"\]", path):
        document = document[int(index)] if index else document[key or quoted]
    return document


def kind(message: str) -> str:
    return next(name for name, words in KINDS.items() if words in message)


def total(data: Path, catchment: str, column: str) -> float:
    (file,) = (data / "sugar-creek" / "forcing").glob(f"{catchment}_*.csv")
    with file.open() as lines:
        return sum(float(row[column]) for row in csv.DictReader(lines))


def test_no_config_is_left_out(data: Path):
    found = [*data.glob("sugar-creek/*realization_config*.json"), *data.glob("realizations/*.json")]
    assert {str(path.relative_to(data)) for path in found} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_finding_is_expected_and_true(data: Path, tmp_path: Path, capsys, name: str):
    root = tmp_path / "root"
    root.mkdir()
    (root / "data").symlink_to(data / "sugar-creek")
    fabric = str(data / "sugar-creek")
    assert main(["realization", "show", str(data / name), "-q"]) == 0
    capsys.readouterr()
    code = main(["realization", "check", str(data / name), "--hydrofabric", fabric, "--root", str(root), "-o", "json"])
    findings = json.loads(capsys.readouterr().out)
    assert code == 1
    assert {(kind(finding["message"]), finding["path"]) for finding in findings} == EXPECTED[name]
    document = json.loads((data / name).read_text())
    for finding in findings:
        assert at(document, finding["path"]) is not None
        true(finding, document, root)


def true(finding: dict[str, str], document: Any, root: Path) -> None:  # noqa: ANN401 - any JSON
    """Look again, another way."""
    message, stands = finding["message"], at(document, finding["path"])
    match kind(message):
        case "library" | "file":
            assert not (root / stands).exists()
            assert not (root / f"{stands}.so").exists()
        case "rain":
            catchment = (
                "cat-52" if "cat-52" in finding["path"] else "cat-27" if "cat-27" in finding["path"] else "cat-67"
            )
            data = (root / "data").resolve().parent
            rate, depth = total(data, catchment, "precip_rate"), total(data, catchment, "APCP_surface")
            assert rate * 3600 * 1000 == pytest.approx(depth, rel=0.02)  # so the column is in m/s
            said = [float(number) for number in re.findall(r"sums to ([\d.]+)", message)]
            assert said == pytest.approx([rate * 3600, depth], rel=0.01)  # the global one is a mean of three
        case "stores":
            file, line, key, value = re.match(r"(.*?):(\d+): (\w+)=(\S+):", message).groups()
            text = (root / "data" / "bmi" / "c" / "cfe" / file).read_text().splitlines()[int(line) - 1]
            assert text.strip() == f"{key}={value}"
            assert value.endswith("%")
        case "units":
            # a temperature and a humidity, to a model of ngen's tests that wants m s-1
            assert stands in ("TMP_2maboveground", "atmosphere_air_water~vapor__relative_saturation")
        case "gone":
            assert stands in ("tshirt_c", "simple_lumped")
        case "own":
            assert "forcing" not in stands
        case "unmet":
            name = re.search(r'provides "(\w+)"', message).group(1)
            assert name not in stands


SURFACE = "./extern/noah-owp-modular/cmake_build/libsurfacebmi"
PET = "./extern/evapotranspiration/evapotranspiration/cmake_build/libpetbmi"
CFE = "./extern/cfe/cmake_build/libcfebmi"
TEST_CPP = "./extern/test_bmi_cpp/cmake_build/libtestbmicppmodel"
TEST_C = "./extern/test_bmi_c/cmake_build/libtestbmicmodel"
WHY = {  # none can be run as it lies there: the libraries it names are not built
    "test_realization_config.json": ['catchments.cat-27.formulations[0].name: there is no formulation "tshirt_c"'],
    "ex_realization_config_01.json": ["there is no hydrofabric in"],
    "ex_realization_config_02.json": ["there is no hydrofabric in"],
    "example_multilayer_realization_config.json": [TEST_CPP],
    "example_realization_config.json": [TEST_CPP],
    "example_realization_config_w_bmi_c__lin_mac.json": [TEST_C],
    "example_bmi_multi_realization_config_w_noah_pet_cfe.json": [SURFACE, PET, CFE],
    "test_bmi_multi_realization_config_w_noah_pet_cfe.json": [SURFACE, PET, CFE],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_each_is_run_or_told_why_it_cannot_be(shell, data: Path, name: str):
    shell.run("init", "--yes")
    refused = shell.run("job", "submit", "--run", str(data / name), code=6).stderr
    for reason in WHY.get(Path(name).name, [SURFACE, CFE]):
        assert reason in refused
        assert "extern" not in reason or not list((data / "sugar-creek").glob(reason + "*"))
    assert "sloth" not in refused  # needs no library
    assert shell.json("dataset", "list") == []
