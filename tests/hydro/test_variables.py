"""Forcing into the units of a model, a rate into a sum where that is what it wants."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import UsageError
from dmod.hydro.variables import VARIABLES, canonical, conversion, to_model


@pytest.mark.parametrize(
    ("name", "units", "given", "wanted"),
    [
        ("APCP_surface", "mm", 3.6, 3.6),
        ("APCP_surface", "m", 3.6, 0.0036),
        ("APCP_surface", "mm h-1", 3.6, 3.6),
        ("APCP_surface", "mm s-1", 3.6, 0.001),
        ("APCP_surface", "kg m-2 s-1", 3.6, 0.001),
        ("precip_rate", "mm h-1", 0.001, 3.6),
        ("precip_rate", "mm", 0.001, 3.6),
        ("precip_rate", "inch", 0.00254, 0.36),
        ("RAINRATE", "m s-1", 0.001, 1e-6),
        ("TMP_2maboveground", "degC", 300.15, 27.0),
        ("TMP_2maboveground", "C", 300.15, 27.0),
        ("TMP_2maboveground", "", 300.15, 300.15),
        ("SPFH_2maboveground", "g/kg", 0.012, 12.0),
        ("PRES_surface", "hPa", 101325.0, 1013.25),
        ("DSWRF_surface", "MJ m-2 d-1", 100.0, 8.64),
        ("potential_evapotranspiration", "mm", 0.1, 0.1),
        ("potential_evapotranspiration", "m s-1", 3.6, 1e-6),
    ],
)
def test_a_model_gets_forcing_in_its_own_units(name, units, given, wanted):
    own = VARIABLES[canonical(name)].units
    assert to_model(name, own, units, 3600)(np.array([given]))[0] == pytest.approx(wanted)


def test_what_aorc_does_not_have_is_converted_by_what_its_file_says():
    assert to_model("snow_depth", "cm", "m", 3600) == (0.01, 0)
    assert to_model("snow_depth", "", "furlong", 3600) == (1, 0), "a file that says nothing is taken at its word"
    with pytest.raises(UsageError, match="snow_depth in 'cm', and the model wants it in 's'"):
        to_model("snow_depth", "cm", "s", 3600)


@pytest.mark.parametrize(
    ("name", "wanted", "why"),
    [
        ("TMP_2maboveground", "mm", "the one is no unit of what the other is one of"),
        ("APCP_surface", "mm moon-1", "'mm moon-1' is no unit"),
        ("DLWRF_surface", "J m-2", "the one is no unit of what the other is one of"),
    ],
)
def test_units_that_a_variable_cannot_have_are_refused(name, wanted, why):
    with pytest.raises(UsageError, match=f"the forcing has {name}") as caught:
        to_model(name, VARIABLES[name].units, wanted, 3600)
    assert caught.value.why == why
    assert "variables_names_map" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "said", "factor", "offset"),
    [
        ("precip_rate", "m s^-1", 1000, 0), ("RAINRATE", "kg m-2 s-1", 1, 0), ("precip_rate", "mm/day", 1 / 86400, 0),
        ("APCP_surface", "mm", 1, 0), ("APCP_surface", "in", 25.4, 0), ("T2D", "c", 1, 273.15),
        ("T2D", "degF", 5 / 9, 255.372222),
        ("PSFC", "mb", 100, 0), ("PSFC", "PA", 1, 0), ("Q2D", "g kg**-1", 1e-3, 0), ("U2D", "knots", 1852 / 3600, 0),
        ("SWDOWN", "W/m^2", 1, 0), ("snow", "furlong", 1, 0), ("T2D", "-", 1, 0),
    ],
)  # fmt: skip
def test_a_files_unit_becomes_that_of_the_variable(name, said, factor, offset):
    assert conversion(name, said, "file") == pytest.approx((factor, offset))


def test_a_files_unit_of_something_else_is_told():
    with pytest.raises(
        UsageError, match=r"f\.nc: T2D has the unit 'mm', which is not one of air temperature"
    ) as caught:
        conversion("T2D", "mm", "f.nc")
    assert caught.value.why.endswith("without a unit it is K")
