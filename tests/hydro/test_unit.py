"""Units against UDUNITS itself, and against the laws that conversions keep."""

from __future__ import annotations

import re

import cf_units
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.hydro import modules
from dmod.hydro.unit import SAME, SAYS_NOTHING, Conversion, conversion, is_unit, known, parse
from dmod.hydro.unit_system import SYSTEM
from dmod.hydro.variables import VARIABLES

MODELS = {unit for each in modules.KNOWN for table in (each.inputs, each.outputs) for unit in table.values()}
AORC = {variable.units for variable in VARIABLES.values()}
SPELLED = [  # as files and modules are met with
    "mm/s", "mm s-1", "mm s^-1", "mm h^-1", "mm/hr", "mm hr-1", "mm/day", "mm d-1", "mm day^-1", "in/hr", "cm h-1",
    "m/s",
    "kg m^-2 s^-1", "kg/m^2", "kg/m2", "kg m**-2", "kg.m-2", "kg m-2", "g m-2", "K", "kelvin", "Kelvin",
    "degC", "celsius", "Celsius", "degree_Celsius", "deg_C", "°C", "degF", "kg kg^-1", "g kg-1", "g/kg", "kg/kg",
    "hPa", "kPa", "mbar", "millibar", "bar", "atm", "pascal", "hectopascal", "mmHg", "inHg", "psi", "W m^-2", "W/m2",
    "W/m^2", "W m**-2", "J m-2 s-1", "MJ m-2 d-1", "kJ m-2 h-1", "Watts/meter^2", "langley/day", "km/h", "km h-1",
    "meters/second", "knot", "kt", "mile", "ft", "feet", "inch", "micron", "µm", "cm", "dam", "%", "percent", "ppm",
    "m3 s-1", "m^3/s", "ft^3/s", "ft3 s-1", "l s-1", "L/s", "gallon min-1", "acre_foot", "acre", "hectare", "ha", "km2",
    "km^2", "s", "hours", "days", "week", "year", "month", "1", "0.001", "1e-3 m", "2 m2 s-1", "m per s", "(m s)-1",
    "(m/s)^2", "W/m2 s", "m/s/s", "degC m-1", "W K-1 m-1", "tonne", "lb", "mg/L", "cal cm-2 min-1", "degree", "hp",
    "m·s-2",
]  # fmt: skip


def theirs(one: str, other: str) -> Conversion | None:
    """What UDUNITS makes of it; None where it refuses."""
    try:
        first, second = cf_units.Unit(one), cf_units.Unit(other)
        low, high = (first.convert(value, second) for value in (0.0, 1e6))
    except ValueError:
        return None
    return Conversion(float(high - low) / 1e6, float(low))


def ours(one: str, other: str) -> Conversion | None:
    try:
        return conversion(one, other)
    except UsageError:
        return None


def like(one: Conversion | None, other: Conversion | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, rel=1e-9, abs=1e-9)


EVERY = sorted((AORC | MODELS | set(SPELLED)) - set(SAYS_NOTHING))


@pytest.mark.parametrize("one", EVERY)
def test_every_unit_of_aorc_and_the_models_into_every_other_as_udunits_has_it(one):
    wrong = {other: (ours(one, other), theirs(one, other)) for other in EVERY if not reciprocal(one, other)}
    assert {other: each for other, each in wrong.items() if not like(*each)} == {}


def reciprocal(one: str, other: str) -> bool:
    """UDUNITS turns a time into a frequency; we do not."""
    a, b = parse(one), parse(other)
    return any(a.powers) and all(x == -y for x, y in zip(a.powers, b.powers, strict=True))


def symbols_and_names() -> list[tuple[str, str]]:
    return [(word, rest) for symbols, names, rest in SYSTEM for word in f"{symbols} {names}".split()]


@pytest.mark.parametrize(("word", "definition"), symbols_and_names())
def test_every_symbol_and_name_of_the_table_is_that_of_udunits(word, definition):
    base = str(known(word)) if any(known(word).powers) else "1"
    told = theirs(word, base)
    assert told is not None, definition
    assert like(conversion(word, base), told)


WORDS = ["m", "mm", "km", "kg", "g", "s", "h", "day", "K", "Pa", "hPa", "W", "J", "ft", "kelvins", "meter"]
FACTORS = st.builds(
    lambda word, power, caret: word if power == 1 else f"{word}{caret}{power}",
    st.sampled_from(WORDS), st.sampled_from([-3, -2, -1, 1, 2, 3]), st.sampled_from(["", "^", "**"]),
)  # fmt: skip
TEXTS = st.lists(FACTORS, min_size=1, max_size=4).flatmap(
    lambda parts: st.lists(
        st.sampled_from([" ", ".", "*", "/", " per "]), min_size=len(parts), max_size=len(parts)
    ).map(lambda signs: "".join(sign + part for sign, part in zip(["", *signs[1:]], parts, strict=True)))
)


@given(TEXTS)
def test_the_grammar_is_that_of_udunits(text):
    unit = parse(text)
    assume(any(unit.powers))
    told = theirs(text, str(unit))
    assert told is not None
    assert float(unit.factor) == pytest.approx(told.factor, rel=1e-9)


@given(TEXTS, st.sampled_from(WORDS[:8]), st.sampled_from(WORDS[:8]), st.floats(-1e6, 1e6))
def test_there_and_back_and_over_a_third(text, one, other, value):
    """Conversions of a kind: text times m over one, times km over other, and back."""
    units = [text, f"({text}) (1e3 {one})/({one})", f"({text}) {other} / (60 {other})"]
    steps = [conversion(a, b) for a, b in zip(units, [*units[1:], units[0]], strict=True)]
    found = np.array([value])
    for step in steps:
        found = step(found)
    assert found[0] == pytest.approx(value, rel=1e-12, abs=1e-300)
    direct, bridge = conversion(units[0], units[2]), steps[0].factor * steps[1].factor
    assert direct.factor == pytest.approx(bridge, rel=1e-14)


@given(
    st.sampled_from(["K", "degC", "degF", "degR"]), st.sampled_from(["K", "degC", "degF", "degR"]), st.floats(-200, 900)
)
def test_temperatures_go_there_and_back(one, other, value):
    found = conversion(other, one)(conversion(one, other)(np.array([value])))
    assert found[0] == pytest.approx(value, abs=1e-9)


def test_by_hand():
    assert conversion("mm s^-1", "mm h-1") == (3600, 0)
    assert conversion("K", "degC") == (1, -273.15)
    assert conversion("degF", "degC") == (5 / 9, float(-160) / 9)
    assert conversion("W m-2", "MJ m-2 d-1").factor == 0.0864
    assert conversion("g kg-1", "%").factor == 0.1
    assert conversion("cfs", "m3 s-1").factor == 0.028316846592
    assert conversion("degC m-1", "K km-1") == (1000, 0), "a difference of degrees has no zero"


def test_water_alone_may_be_weighed():
    assert conversion("kg m-2", "mm", water=True) == (1, 0)
    assert conversion("kg m-2 s-1", "mm h-1", water=True) == (3600, 0)
    assert conversion("m", "kg m-2", water=True) == (1000, 0)
    for one, other in (("kg", "m3"), ("m3 s-1", "kg s-1"), ("kg m-3", "1"), ("kg m-1", "m2"), ("K kg m-2", "K m")):
        with pytest.raises(UsageError, match="cannot be converted"):
            conversion(one, other, water=True)
    for one, other in (("kg m-2", "mm"), ("mm", "kg m-2")):
        with pytest.raises(UsageError, match="cannot be converted"):
            conversion(one, other)


@pytest.mark.parametrize("nothing", SAYS_NOTHING)
def test_where_a_module_states_no_unit_values_pass_as_they_are(nothing):
    values = np.array([1.5])
    assert conversion(nothing, "mm") is conversion("K", nothing) is SAME
    assert conversion(nothing, "mm")(values) is values


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mm moon-1", "there is no unit 'moon'; the nearest is 'month'"),
        ("Kelvni", "the nearest is 'kelvin'"),
        ("m/", "it ends in the middle"),
        ("(m s", "a parenthesis is not closed"),
        ("m s -1", "what is '-1' in it"),
        ("^2", r"what is '\^2' in it"),
        ("m)", r"what is '\)' in it"),
        ("kdegC", "there is no unit 'kdegC'"),
    ],
)
def test_what_is_no_unit_is_told_with_the_nearest(text, why):
    assert not is_unit(text)
    with pytest.raises(UsageError, match="is no unit") as caught:
        conversion(text, "mm")
    assert re.search(why, caught.value.why)


def test_units_of_different_things_are_told_by_what_they_measure():
    with pytest.raises(UsageError, match="'mm s-1' cannot be converted to 'degC'") as caught:
        conversion("mm s-1", "degC")
    assert caught.value.why == "the one measures m s-1, the other K"
