"""Units between modules: values known from tables, and the laws of any way from one unit to another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.hydro.dimensions import conversion, known
from dmod.hydro.modules import KNOWN
from dmod.hydro.unit import parse
from dmod.hydro.variables import VARIABLES

DEPTHS = st.sampled_from(["m", "mm", "cm", "kg m-2", "in", "feet", "millimeters"])
RATES = st.sampled_from(["m s-1", "mm h-1", "mm/hr", "kg m^-2 s^-1", "kg/m**2/s", "cm d-1", "m.s-1", "inch day-1"])
WARMTH = st.sampled_from(["K", "degC", "degrees_C", "Celsius", "degF", "kelvin"])


@pytest.mark.parametrize(
    ("given_unit", "wanted", "value", "expected"),
    [
        ("mm s^-1", "mm h-1", 1.0, 3600.0),
        ("mm h-1", "m s-1", 3.6, 1e-6),
        ("m h-1", "mm/h", 0.002, 2.0),
        ("kg m-2 s-1", "mm h-1", 0.001, 3.6),
        ("degC", "K", 20.0, 293.15),
        ("degF", "degC", 212.0, 100.0),
        ("hPa", "Pa", 1013.25, 101325.0),
        ("MJ m-2 d-1", "W m-2", 8.64, 100.0),
        ("m3 s-1", "L/s", 0.25, 250.0),
        ("%", "1", 35.0, 0.35),
        ("inch", "mm", 2.0, 50.8),
        ("ft^3 s-1", "m3 s-1", 100.0, 2.8316846592),
        ("g kg-1", "kg kg-1", 7.0, 0.007),
    ],
)
def test_a_value_in_another_unit(given_unit, wanted, value, expected):
    factor, offset = conversion(given_unit, wanted)
    assert value * factor + offset == pytest.approx(expected, rel=1e-14)


@given(st.one_of(st.tuples(DEPTHS, DEPTHS, DEPTHS), st.tuples(RATES, RATES, RATES), st.tuples(WARMTH, WARMTH, WARMTH)))
def test_there_and_back_and_by_way_of_a_third_is_the_same(units):
    one, two, three = units

    def turned(value: float, *way: str) -> float:
        for start, end in pairwise(way):
            factor, offset = conversion(start, end)
            value = value * factor + offset
        return value

    assert turned(12.5, one, two, one) == pytest.approx(12.5, rel=1e-12)
    assert turned(12.5, one, two, three) == pytest.approx(turned(12.5, one, three), rel=1e-12)


@given(st.sampled_from(["m", "m s-1", "K", "Pa", "W m-2", "m3", "s"]), st.sampled_from(["kg", "mm h-1", "ha", "J"]))
def test_units_of_different_things_do_not_agree(one, other):
    same = parse(one).powers == parse(other).powers
    assert (conversion(one, other) is None) is not same


@pytest.mark.parametrize("unsaid", ["", "-", "none", "NONE", "1", "fathom"])
def test_a_unit_that_says_nothing_lets_values_pass(unsaid):
    assert conversion(unsaid, "mm h-1") == conversion("mm h-1", unsaid) == (1.0, 0.0)


def test_every_unit_of_the_tables_is_understood():
    modules = {text for known in KNOWN for text in (*known.inputs.values(), *known.outputs.values())} - {"none"}
    for text in modules | {variable.units for variable in VARIABLES.values()}:
        assert known(text), text
