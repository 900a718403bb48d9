"""A realization is read as ngen reads it, and stops at its first fault."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.modules import interface
from dmod.hydro.realization import Formulation, Realization

SLOTH = {
    "name": "bmi_c++",
    "params": {
        "model_type_name": "SLOTH",
        "library_file": "./extern/sloth/libslothmodel",
        "init_config": "/dev/null",
        "main_output_variable": "z",
        "model_params": {
            "ice_a(1,double,m,node)": 0.0,
            "ice_b(1,double,1,node)": 0.0,
            "smp(1,double,1,node)": 0.0,
        },
    },
}
CFE = {
    "name": "bmi_c",
    "params": {
        "model_type_name": "CFE",
        "library_file": "./extern/cfe/libcfebmi",
        "init_config": "./cfe/{{id}}.ini",
        "main_output_variable": "Q_OUT",
        "variables_names_map": {
            "water_potential_evaporation_flux": "ETRAN",
            "ice_fraction_schaake": "ice_a",
            "ice_fraction_xinanjiang": "ice_b",
            "soil_moisture_profile": "smp",
        },
    },
}
NOAH = {
    "name": "bmi_fortran",
    "params": {
        "model_type_name": "NoahOWP",
        "library_file": "libsurfacebmi.so",
        "init_config": "noah-{{id}}.input",
        "main_output_variable": "QINSUR",
        "variables_names_map": {"PRCPNONC": "atmosphere_water__liquid_equivalent_precipitation_rate", "SFCTMP": "T2D"},
    },
}
GR4J = {
    "name": "bmi_python",
    "params": {
        "python_type": "dmod.models.series.GR4J",
        "main_output_variable": "Q_OUT",
        "model_params": {"x1": 320.1, "x2": 2.4, "x3": 69.6, "x4": 1.39},
    },
}
WHOLE: dict[str, Any] = {
    "global": {
        "formulations": [
            {
                "name": "bmi_multi",
                "params": {"model_type_name": "m", "main_output_variable": "Q_OUT", "modules": [SLOTH, NOAH, CFE]},
            }
        ],
        "forcing": {"file_pattern": ".*{{id}}.*.csv", "path": "./forcing/"},
    },
    "time": {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600},
    "catchments": {
        "cat-27": {"formulations": [GR4J], "forcing": {"path": "f.nc", "provider": "NetCDF"}},
    },
    "routing": {"t_route_config_file_with_path": "routing.yaml"},
    "metadata": {"free": "key"},
}


def read(folder: Path, document: object) -> Realization:
    (folder / "realization.json").write_text(json.dumps(document))
    return Realization.read(folder / "realization.json")


def changed(*keys: str | int, to: object = None, drop: bool = False) -> dict[str, Any]:
    """WHOLE with one value changed, or one key dropped."""
    document = copy.deepcopy(WHOLE)
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    if drop:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to
    return document


def test_everything_in_it_can_be_asked(tmp_path: Path):
    found = read(tmp_path, WHOLE)
    assert found.time == (datetime(2015, 12, 1, tzinfo=UTC), datetime(2015, 12, 30, 23, tzinfo=UTC), 3600)
    assert found.time.steps == 720
    assert found.catchments is None
    whole = found.formulation("cat-1")
    assert (whole.name, whole.where, len(whole.modules)) == ("bmi_multi", "global.formulations[0]", 3)
    assert whole.modules[2].where == "global.formulations[0].params.modules[2]"
    assert whole.modules[2].map["ice_fraction_schaake"] == "ice_a"
    assert [leaf.model for leaf in whole.leaves()] == ["SLOTH", "NoahOWP", "CFE"]
    assert found.formulation("cat-27").model_params["x1"] == 320.1
    assert found.forcing("cat-1")[:3] == ("CsvPerFeature", "./forcing/", ".*{{id}}.*.csv")
    assert found.forcing("cat-27")[:3] == ("NetCDF", "f.nc", "")
    assert found.document["metadata"] == {"free": "key"}


def test_without_a_global_formulation_only_the_named_run(tmp_path: Path):
    found = read(tmp_path, changed("global", drop=True))
    assert found.catchments == ("cat-27",)
    assert found.forcing("cat-27") is not None
    assert found.forcing("cat-1") is None
    with pytest.raises(NotFoundError, match="no formulation for cat-1"):
        found.formulation("cat-1")


def test_what_must_come_from_forcing_follows_from_who_feeds_whom(tmp_path: Path):
    needs = read(tmp_path, changed("catchments", drop=True)).needs()
    assert needs == (  # ETRAN comes from Noah, ice and soil moisture from SLoTH
        "LWDN",
        "Q2",
        "SFCPRS",
        "SOLDN",
        "TMP_2maboveground",
        "UU",
        "VV",
        "precip_rate",
    )
    own = read(tmp_path, changed("global", drop=True))
    assert own.needs() == ("potential_evapotranspiration", "precipitation")


def test_snow_wants_the_temperature():
    params = GR4J["params"] | {"model_params": {"x1": 1, "ctg": 0.2, "kf": 4}}
    known = interface(Formulation("bmi_python", params))
    assert known is not None
    assert list(known.inputs) == ["precipitation", "potential_evapotranspiration", "temperature"]


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"library_file": "/dmod/shared_libs/libcfebmi.so.1.0.0"}, "CFE"),
        ({"registration_function": "register_bmi_topmodel"}, "TOPMODEL"),
        ({"model_type_name": "bmi_c_pet"}, "PET"),
        ({"library_file": "libpetbmi", "model_type_name": "my_cfe_thing"}, "PET"),
        ({"library_file": "./x/libsacbmi"}, "SAC-SMA"),
        ({"library_file": "./x/libsnow17bmi"}, "Snow-17"),
        ({"library_file": "liblasambmi.so"}, "LGAR"),
        ({"python_type": "lstm.bmi_lstm.bmi_LSTM"}, "LSTM"),
        ({"model_type_name": "carpet_model"}, None),
        ({"python_type": "my.module.Model"}, None),
    ],
)
def test_a_model_is_known_by_its_library_first(params: dict[str, str], name: str | None):
    known = interface(Formulation("bmi_c", params))
    assert (known.name if known else None) == name


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], r"\$: a realization is a JSON object"),
        (changed("time", drop=True), "time: it is missing"),
        (changed("time", "end_time", drop=True), r"time\.end_time: it is missing"),
        (changed("time", "end_time", to="2015-11-30 23:00:00"), r"time\.end_time: it lies before start_time"),
        (changed("time", "start_time", to="2015-12-01"), r"time\.start_time: '2015-12-01' is not a time as ngen"),
        (changed("time", "output_interval", to=0), r"time\.output_interval: 0 is not a number of seconds above 0"),
        (changed("time", "output_interval", to="1h"), r"time\.output_interval: '1h' is not"),
        (changed("global", to=3), "global: it is not an object"),
        (changed("global", "formulations", to=[]), r"global\.formulations: it is not a list with a formulation"),
        (changed("global", "formulations", to=[{}]), r"global\.formulations\[0\]: it is not an object with a \"name\""),
        (changed("global", "formulations", 0, "params", to={}), r"formulations\[0\]\.params: it is missing or empty"),
        (changed("global", "formulations", 0, "params", "modules", to=[]), r"params\.modules: bmi_multi needs a list"),
        (changed("global", "formulations", 0, "params", "modules", 1, to=7), r"params\.modules\[1\]: it is not an"),
        (changed("global", "forcing", "path", drop=True), r"global\.forcing\.path: it is missing"),
        (changed("global", "forcing", to=1), r"global\.forcing: it is not an object"),
        (changed("catchments", to=[]), "catchments: it is not an object of catchment ids"),
        (changed("catchments", "cat-27", "formulations", drop=True), r"catchments\.cat-27\.formulations: it is not a"),
        ({"time": WHOLE["time"]}, r"global\.formulations: there is no formulation"),
    ],
)
def test_the_first_fault_is_named_by_its_place(tmp_path: Path, document: object, message: str):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, document)


def test_text_for_the_interval_is_as_good_as_a_number(tmp_path: Path):
    assert read(tmp_path, changed("time", "output_interval", to="900")).time.step == 900


def test_a_provider_of_nothing_needs_no_path(tmp_path: Path):
    found = read(tmp_path, changed("global", "forcing", to={"provider": "NullForcingProvider"}))
    assert found.forcing("cat-1")[:2] == ("NullForcingProvider", "")
