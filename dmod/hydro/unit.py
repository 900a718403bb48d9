"""Units: text in UDUNITS' grammar to what it measures, and the conversion from one to another.

An own table, not a library: on the units of AORC, of the models and as files spell them it agrees with UDUNITS itself
(tests hold it against cf-units), in exact fractions that are rounded once. Of the libraries, pint reads less of the
grammar, and takes C for Celsius; UDUNITS through ctypes or cf-units is as right, but has to be installed with its
database on every machine, and its factors come out a bit off (3600.0000000000005 from mm s-1 to mm h-1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import UsageError
from dmod.hydro.unit_system import BASES, BEYOND, NAMED_PREFIXES, PREFIXES, SYSTEM
from dmod.nearest import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUMBER = r"(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
NAME = r"(?P<name>(?:[^\W\d]|[°%℃℉])+(?:\d+[^\W\d]+)*)"
TOKEN = re.compile(
    rf"\s*(?:{NUMBER}|{NAME}|(?P<open>\()|(?P<close>\))|(?:\^|\*\*)\s*(?P<power>[+-]?\d+)|(?P<sign>[*.·/]))"
)
POWER = re.compile(r"[+-]?\d+")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SAYS_NOTHING = ("", "-", "none", "null", "n/a")  # of modules that state no unit: their values are passed as they are
ONE = (0,) * len(BASES)
WATER = Fraction(1000)  # kg m-3: a depth of water in metres is so many kg m-2
MASS = (-2, 1)  # powers of m and kg in a mass of water on an area, whatever that is divided by


class UnknownUnitError(ValueError):
    """A text is no unit; the message says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """So many base units, to so many powers; of a temperature, from where it is counted."""

    factor: Fraction
    powers: tuple[int, ...] = ONE  # of BASES
    offset: Fraction = Fraction(0)  # base units

    def __mul__(self, other: Unit) -> Unit:
        powers = tuple(one + two for one, two in zip(self.powers, other.powers, strict=True))
        return Unit(self.factor * other.factor, powers)  # in a product a degree is a difference

    def __pow__(self, exponent: int) -> Unit:
        if exponent == 1:
            return self
        return Unit(self.factor**exponent, tuple(power * exponent for power in self.powers))

    def __str__(self) -> str:
        said = [f"{base}{power if power != 1 else ''}" for base, power in zip(BASES, self.powers, strict=True) if power]
        return " ".join(said) or "a number"


class Conversion(NamedTuple):
    """From one unit to another: times the factor, plus the offset."""

    factor: float
    offset: float

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values in the other unit; the same array where nothing changes."""
        scaled = values if self.factor == 1.0 else values * self.factor
        return scaled if self.offset == 0.0 else scaled + self.offset


SAME = Conversion(1.0, 0.0)


def says_nothing(text: str) -> bool:
    """Whether a module that gives this text for a unit states none."""
    return text.strip().lower() in SAYS_NOTHING


@cache
def conversion(given: str, wanted: str, *, water: bool = False) -> Conversion:
    """From a unit to another; with `water`, 1 kg m-2 is 1 mm. What SAYS_NOTHING is taken for the other.

    Raises UsageError for a text that is no unit, and for units of different things. Not taken from UDUNITS is that a
    time may become a frequency, by its reciprocal.
    """
    if given == wanted or says_nothing(given) or says_nothing(wanted):
        return SAME
    one, other = known(given), known(wanted)
    factor, powers = one.factor, one.powers
    if water and powers != other.powers:
        (factor, powers), other = _as_depth(one), Unit(*_as_depth(other), other.offset)
    if powers != other.powers:
        raise UsageError(
            f"{given!r} cannot be converted to {wanted!r}",
            why=f"the one measures {one}, the other {known(wanted)}",
            fix="give what is in the wrong unit its own: in a CSV's header, name (unit); in NetCDF, `units`",
        )
    return Conversion(float(factor / other.factor), float((one.offset - other.offset) / other.factor))


def _as_depth(one: Unit) -> tuple[Fraction, tuple[int, ...]]:
    """Kilograms of water on a square metre as metres; any other unit as it is."""
    metres, kilograms, *others = one.powers
    if (metres, kilograms) != MASS or any(others[1:]):
        return one.factor, one.powers
    return one.factor / WATER, (1, 0, *others)


def known(text: str) -> Unit:
    """The unit that a text means. Raises UsageError with the nearest name."""
    try:
        return parse(text)
    except UnknownUnitError as error:
        raise UsageError(
            f"{text!r} is no unit", why=str(error), fix="a unit looks like mm h-1, kg m-2 or degC"
        ) from error


def is_unit(text: str) -> bool:
    """Whether a text is a unit."""
    try:
        parse(text)
    except UnknownUnitError:
        return False
    return True


@cache
def parse(text: str) -> Unit:
    """The unit that a text means, in UDUNITS' grammar: `mm s-1`, `mm/s`, `kg m^-2`, `W.m**-2`, `m per s`, `1e-3 m`.

    Raises UnknownUnitError.
    """
    plain = text.translate(SUPERSCRIPTS).strip()
    if alone := _own(plain):
        return alone
    reader = _Reader(plain)
    unit = reader.product()
    if not reader.ended:
        raise UnknownUnitError(f"what is {reader.rest!r} in it?")
    return unit


class _Reader:
    """One pass over a text, from the left."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def rest(self) -> str:
        return self.text[self.at :].strip()

    @property
    def ended(self) -> bool:
        return not self.rest

    def product(self) -> Unit:
        """Factors in a row, until the end or a closing parenthesis; only the one after a sign belongs to it."""
        unit, exponent = self.factor(), 1
        while (token := TOKEN.match(self.text, self.at)) and not token["close"]:
            if token["power"]:
                raise UnknownUnitError("a power stands alone")
            if token["sign"] or (token["name"] or "").lower() == "per":
                self.at = token.end()
                exponent = -1 if (token["sign"] or "/") == "/" else 1
            unit, exponent = unit * self.factor() ** exponent, 1
        return unit

    def factor(self) -> Unit:
        """A number, a name or what is in parentheses, with its power."""
        token = TOKEN.match(self.text, self.at)
        if token is None or token["sign"] or token["power"] or token["close"]:
            raise UnknownUnitError(f"what is {self.rest!r} in it?" if self.rest else "it ends in the middle")
        self.at = token.end()
        if token["number"]:
            return Unit(Fraction(token["number"])) ** self.power(near=False)
        if token["name"]:
            return _named(token["name"]) ** self.power(near=True)
        unit = self.product()
        closing = TOKEN.match(self.text, self.at)
        if closing is None or not closing["close"]:
            raise UnknownUnitError("a parenthesis is not closed")
        self.at = closing.end()
        return unit ** self.power(near=True)

    def power(self, *, near: bool) -> int:
        """The exponent that follows: after ^ or **, or where it may, right behind the name."""
        token = TOKEN.match(self.text, self.at)
        if token and token["power"]:
            self.at = token.end()
            return int(token["power"])
        if near and (found := POWER.match(self.text, self.at)):
            self.at = found.end()
            return int(found[0])
        return 1


def _named(name: str) -> Unit:
    """A symbol or name, with a prefix or without. Raises UnknownUnitError with the nearest."""
    if own := _own(name):
        return own
    for table, key in ((PREFIXES, name), (NAMED_PREFIXES, name.lower())):
        for prefix, power in table.items():
            if key.startswith(prefix) and (own := _own(key[len(prefix) :])) and not own.offset:
                return Unit(Fraction(10) ** power) * own
    near = nearest(name, [each for names in _names() for each in names])
    raise UnknownUnitError(f"there is no unit {name!r}" + (f"; the nearest is {near!r}" if near else ""))


def _own(name: str) -> Unit | None:
    """The unit of the table that has this symbol or name."""
    symbols, names = _names()
    low = name.lower()
    definition = symbols.get(name) or names.get(low) or (names.get(low[:-1]) if low.endswith("s") else None)
    definition = definition or (names.get(low[:-2]) if low.endswith("es") else None)
    return None if definition is None else _defined(definition)


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Symbol -> definition, and name -> definition."""
    table = (*SYSTEM, *BEYOND)
    symbols = {symbol: definition for each, _, definition in table for symbol in each.split()}
    return symbols, {name.lower(): definition for _, each, definition in table for name in each.split()}


@cache
def _defined(definition: str) -> Unit:
    text, _, offset = (part.strip() for part in definition.partition("@"))
    if text in BASES:
        unit = Unit(Fraction(1), tuple(int(base == text) for base in BASES))
    elif text.endswith(" kg"):
        unit = Unit(Fraction(text.removesuffix(" kg"))) * _defined("kg")
    else:
        unit = _Reader(text).product()
    return Unit(unit.factor, unit.powers, Fraction(offset) * unit.factor) if offset else unit
