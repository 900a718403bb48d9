"""The models that are known by name: what goes in, what comes out, and how a formulation is recognised as one of them.

Names and units are those that the models report through BMI, read in their public sources; one reference each. Where
versions differ, the newest counts. A model that is not here is not wrong: less can be said about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dmod.hydro.realization import Formulation

RAIN = "atmosphere_water__liquid_equivalent_precipitation_rate"
EVAPORATION = "water_potential_evaporation_flux"
SERIES = "dmod.models.series."  # python_type of our whole-series models
SNOW = ("ctg", "kf", "qnbv")  # parameters that switch CemaNeige on, and with it the input temperature


@dataclass(frozen=True, slots=True)
class Interface:
    """What a model exchanges: variable -> unit."""

    name: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    found_by: str  # regular expression over library, registration function, python_type and model_type_name


class Refusal(NamedTuple):
    """What a module says when it cannot be set up."""

    key: str  # of its params, "" for none in particular
    parameter: str  # of its model_params, "" for none
    message: str
    fix: str = ""


def columns(unit: str, names: str) -> dict[str, str]:
    """Variable -> unit for names that share one."""
    return dict.fromkeys(names.split(), unit)


PET_WEATHER = {  # evapotranspiration/src/bmi_pet.c and include/pet.h
    "land_surface_radiation~incoming~longwave__energy_flux": "W m-2",
    "land_surface_radiation~incoming~shortwave__energy_flux": "W m-2",
    "land_surface_air__pressure": "Pa",
    "atmosphere_air_water~vapor__relative_saturation": "kg kg-1",
    "land_surface_air__temperature": "K",
    "land_surface_wind__x_component_of_velocity": "m s-1",
    "land_surface_wind__y_component_of_velocity": "m s-1",
}
TOPMODEL_OUT = columns(
    "m h-1",
    "Qout atmosphere_water__liquid_equivalent_precipitation_rate_out water_potential_evaporation_flux_out"
    " land_surface_water__runoff_mass_flux soil_water_root-zone_unsat-zone_top__recharge_volume_flux"
    " land_surface_water__baseflow_volume_flux"
    " land_surface_water__domain_time_integral_of_overland_flow_volume_flux",
) | columns(
    "m",
    "soil_water__domain_volume_deficit land_surface_water__domain_time_integral_of_precipitation_volume_flux"
    " land_surface_water__domain_time_integral_of_evaporation_volume_flux"
    " land_surface_water__domain_time_integral_of_runoff_volume_flux soil_water__domain_root-zone_volume_deficit"
    " soil_water__domain_unsaturated-zone_volume land_surface_water__water_balance_volume",
)
LGAR_OUT = columns(
    "m",
    "soil_moisture_wetting_fronts soil_depth_layers soil_depth_wetting_fronts soil_num_wetting_fronts precipitation"
    " potential_evapotranspiration actual_evapotranspiration surface_runoff giuh_runoff soil_storage total_discharge"
    " infiltration percolation groundwater_to_stream_recharge mass_balance",
)
TEST_OUT = columns("m", "OUTPUT_VAR_1 OUTPUT_VAR_2")

KNOWN: tuple[Interface, ...] = (
    Interface(  # NOAA-OWP/cfe, src/bmi_cfe.c
        "CFE",
        {
            RAIN: "mm h-1",
            EVAPORATION: "m s-1",
            "ice_fraction_schaake": "m",
            "ice_fraction_xinanjiang": "none",
            "soil_moisture_profile": "none",
        },
        columns(
            "m",
            "RAIN_RATE DIRECT_RUNOFF GIUH_RUNOFF NASH_LATERAL_RUNOFF DEEP_GW_TO_CHANNEL_FLUX SOIL_TO_GW_FLUX Q_OUT"
            " POTENTIAL_ET ACTUAL_ET GW_STORAGE SOIL_STORAGE SOIL_STORAGE_CHANGE INFILTRATION_EXCESS",
        )
        | {"SURF_RUNOFF_SCHEME": "none", "NWM_PONDED_DEPTH": "m"},
        r"libcfebmi|register_bmi_cfe|(^|[_\W])cfe($|[_\W])",
    ),
    Interface(  # NOAA-OWP/evapotranspiration, src/bmi_pet.c
        "PET", PET_WEATHER, {EVAPORATION: "m s-1"}, r"libpetbmi|register_bmi_pet|(^|[_\W])pet($|[_\W])"
    ),
    Interface(  # NOAA-OWP/noah-owp-modular, bmi/bmi_noahowp.f90
        "Noah-OWP-Modular",
        {
            "SFCPRS": "Pa",
            "SFCTMP": "K",
            "SOLDN": "W m-2",
            "LWDN": "W m-2",
            "UU": "m s-1",
            "VV": "m s-1",
            "Q2": "kg kg-1",
            "PRCPNONC": "mm s-1",
        },
        columns("m s-1", "QINSUR QSEVA EVAPOTRANS")
        | columns("mm s-1", "ETRAN QRAIN QSNOW ECAN")
        | columns("mm", "SNEQV ACSNOM SNLIQ CMC")
        | columns("K", "TG TGS TRAD SNOWT_AVG")
        | columns("W m-2", "FSH FSA FIRA GH LH")
        | {"SNOWH": "m", "FSNO": "1", "ISNOW": "1"},
        r"libsurfacebmi|register_bmi_noahowp|noah-?_?owp",
    ),
    Interface("TOPMODEL", {RAIN: "m h-1", EVAPORATION: "m h-1"}, TOPMODEL_OUT, r"libtopmodelbmi|topmodel"),
    Interface(  # NOAA-OWP/sac-sma, src/bmi/bmi_sac.f90
        "SAC-SMA",
        {"tair": "degC", "precip": "mm s-1", "pet": "mm s-1"},
        columns("mm", "qs qg eta roimp sdro ssur sif bfs bfp bfncc") | columns("m", "tci tci_giuh nwm_ponded_depth"),
        r"libsacbmi|sac-?_?sma",
    ),
    Interface(  # NOAA-OWP/snow17, src/bmi/bmi_snow17.f90
        "Snow-17",
        {"tair": "degC", "precip": "mm s-1"},
        columns("mm", "precip_scf sneqv snowh") | {"raim": "mm s-1"},
        r"libsnow17bmi|snow-?_?17",
    ),
    Interface(  # NOAA-OWP/LGAR-C, include/bmi_lgar.hxx
        "LGAR",
        {
            "precipitation_rate": "mm h-1",
            "potential_evapotranspiration_rate": "mm h-1",
            "soil_temperature_profile": "K",
        },
        LGAR_OUT,
        r"liblasambmi|lgar|lasam",
    ),
    Interface(  # NOAA-OWP/ngen, extern/test_bmi_c and test_bmi_cpp
        "ngen's test model in C or C++",
        {"INPUT_VAR_1": "m", "INPUT_VAR_2": "m s-1"},
        TEST_OUT,
        r"libtestbmi(c|cpp)model|test_bmi_(c|c\+\+|cpp)$",
    ),
    Interface(  # NOAA-OWP/ngen, extern/test_bmi_fortran
        "ngen's test model in Fortran",
        {"INPUT_VAR_1": "m", "INPUT_VAR_2": "m", "INPUT_VAR_3": "s", "GRID_VAR_1": "m"},
        TEST_OUT | {"OUTPUT_VAR_3": "s"} | columns("m", "GRID_VAR_2 GRID_VAR_3 GRID_VAR_4"),
        r"libtestbmifortranmodel|test_bmi_fortran$",
    ),
    Interface(  # NOAA-OWP/SoilFreezeThaw, include/bmi_soil_freeze_thaw.hxx
        "SoilFreezeThaw",
        {"ground_temperature": "K", "soil_moisture_profile": "none"},
        {
            "ice_fraction_schaake": "m",
            "ice_fraction_xinanjiang": "none",
            "num_cells": "none",
            "soil_temperature_profile": "K",
            "soil_ice_fraction": "none",
            "ground_heat_flux": "W m-2",
        },
        r"libsftbmi|soil_?freeze_?thaw|(^|[_\W])sft($|[_\W])",
    ),
    Interface(  # NOAA-OWP/LSTM, lstm/bmi_lstm.py
        "LSTM",
        {RAIN: "mm h-1", **PET_WEATHER},
        {"land_surface_water__runoff_volume_flux": "m3 s-1", "land_surface_water__runoff_depth": "m"},
        r"lstm\.bmi_lstm|bmi_lstm",
    ),
)
SLOTH = re.compile(r"libslothmodel|sloth", re.IGNORECASE)
_SLOTH = Interface("SLoTH", {}, {}, SLOTH.pattern)
SLOTH_KEY = re.compile(r"^(?P<name>[^()\s]+)\((?P<count>\d+),(?P<type>[^,]+),(?P<unit>[^,]+),(?P<place>[^,]+)\)$")


def interface(formulation: Formulation) -> Interface | None:
    """What the formulation's model exchanges; None for a model that is not known, and for bmi_multi itself.

    What a module said itself comes before what is known of its kind.
    """
    if formulation.own is not None:
        return formulation.own
    params = formulation.params
    python_type = str(params.get("python_type", ""))
    if python_type.startswith(SERIES):
        return series(formulation)
    library = PurePosixPath(str(params.get("library_file", ""))).name
    # the library says what runs; the type is a free text, asked only where there is neither library nor class
    marks = [library, str(params.get("registration_function", "")), python_type]
    if not any(marks):
        marks = [formulation.model]
    found = _recognised((*marks, formulation.model))
    return sloth(formulation) if found is _SLOTH else found


def is_sloth(formulation: Formulation) -> bool:
    """Whether it is SLoTH, which dmod does without its library."""
    found = interface(formulation)
    return found is not None and found.name == _SLOTH.name


@cache
def _recognised(marks: tuple[str, ...]) -> Interface | None:
    """The first model that a mark stands for; asked for each catchment, so it is kept."""
    for mark in filter(None, marks):
        if SLOTH.search(mark):
            return _SLOTH
        for known in KNOWN:
            if re.search(known.found_by, mark, re.IGNORECASE):
                return known
    return None


def sloth(formulation: Formulation) -> Interface:
    """NOAA-OWP/SLoTH, README.md: it gives out whatever `name(count,type,unit,location)` its parameters say, and `z`."""
    found = {match["name"]: match["unit"] for key in formulation.model_params if (match := SLOTH_KEY.match(key))}
    return Interface(_SLOTH.name, {}, {"z": "m", **found}, SLOTH.pattern)


def series(formulation: Formulation) -> Interface:
    """Our whole-series models: temperature is wanted only where the parameters switch snow on."""
    inputs = {"precipitation": "mm", "potential_evapotranspiration": "mm"}
    if any(name in formulation.model_params for name in SNOW):
        inputs["temperature"] = "degC"
    return Interface(str(formulation.params["python_type"]), inputs, {"Q_OUT": "m"}, SERIES)
