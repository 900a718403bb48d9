"""Units as modules state them, and how a value gets from one to another: `mm h-1` to `m s-1`, `degC` to `K`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from dmod.hydro.variables import VARIABLES

NONE = ("", "-", "none", "null", "unitless", "dimensionless", "n/a")  # a module that states no unit
_PREFIXES = {"n": -9, "u": -6, "µ": -6, "m": -3, "c": -2, "d": -1, "h": 2, "k": 3, "M": 6, "G": 9}  # powers of ten
_LONG = {"micro": -6, "milli": -3, "centi": -2, "deci": -1, "hecto": 2, "kilo": 3, "mega": 6}

_NUMBER, _LENGTH, _AREA, _VOLUME, _TIME = (0, 0, 0, 0), (1, 0, 0, 0), (2, 0, 0, 0), (3, 0, 0, 0), (0, 0, 1, 0)
_PRESSURE, _ENERGY, _POWER = (-1, 1, -2, 0), (2, 1, -2, 0), (2, 1, -3, 0)
# factor to metres, kilograms, seconds and kelvins, and the power of each of them; those of the first take prefixes
_PREFIXED: dict[str, tuple[str, tuple[int, ...]]] = {
    **dict.fromkeys(("m", "metre", "meter"), ("1", _LENGTH)),
    **dict.fromkeys(("g", "gram"), ("0.001", (0, 1, 0, 0))),
    **dict.fromkeys(("s", "sec", "second"), ("1", _TIME)),
    **dict.fromkeys(("K", "kelvin"), ("1", (0, 0, 0, 1))),
    **dict.fromkeys(("Pa", "pascal"), ("1", _PRESSURE)),
    **dict.fromkeys(("J", "joule"), ("1", _ENERGY)),
    **dict.fromkeys(("W", "watt"), ("1", _POWER)),
    **dict.fromkeys(("L", "l", "liter", "litre"), ("0.001", _VOLUME)),
    "bar": ("100000", _PRESSURE),
    "N": ("1", (1, 1, -2, 0)),
}
_PLAIN: dict[str, tuple[str, tuple[int, ...]]] = {
    **dict.fromkeys(("1", "fraction", "radian", "rad"), ("1", _NUMBER)),
    **dict.fromkeys(("%", "percent"), ("0.01", _NUMBER)),
    **dict.fromkeys(("min", "minute"), ("60", _TIME)),
    **dict.fromkeys(("h", "hr", "hour"), ("3600", _TIME)),
    **dict.fromkeys(("d", "day"), ("86400", _TIME)),
    **dict.fromkeys(("in", "inch"), ("0.0254", _LENGTH)),
    **dict.fromkeys(("ft", "foot", "feet"), ("0.3048", _LENGTH)),
    "mile": ("1609.344", _LENGTH),
    "ha": ("10000", _AREA),
    "acre": ("4046.8564224", _AREA),
}
_CELSIUS, _FAHRENHEIT = (Fraction(1), Fraction("273.15")), (Fraction(5, 9), Fraction("459.67") * 5 / 9)
_SCALES = dict.fromkeys(("degc", "celsius", "degreec", "degreecelsius"), _CELSIUS)
_SCALES |= dict.fromkeys(("degf", "fahrenheit", "degreef", "degreefahrenheit"), _FAHRENHEIT)
_FACTOR = re.compile(r"(?P<word>[^\d^+-]+|%|1)\^?(?P<power>[+-]?\d+)?")


class Unit(NamedTuple):
    """What a unit is in metres, kilograms, seconds and kelvins: SI = value x factor + offset."""

    factor: Fraction  # exact, so that mm s-1 to mm h-1 is 3600 and not a bit more
    powers: tuple[int, ...]
    offset: Fraction = Fraction(0)


@cache
def unit(text: str) -> Unit | None:
    """The unit behind a text, None where it is none that is known here."""
    scale = _SCALES.get(re.sub(r"[\s_]", "", text).lower().replace("degrees", "degree"))
    if scale is not None:
        return Unit(scale[0], (0, 0, 0, 1), scale[1])
    factor, sign = Fraction(1), 1
    powers: tuple[int, ...] = _NUMBER
    for part in re.split(r"(/)|[\s.*·]+", text.strip().replace("**", "^")):
        if part == "/":
            sign = -1
        elif part:
            found = _FACTOR.fullmatch(part)
            known = _word(found["word"]) if found else None
            if found is None or known is None:
                return None
            power = sign * int(found["power"] or 1)
            factor *= known.factor**power
            powers = tuple(own + power * more for own, more in zip(powers, known.powers, strict=True))
            sign = 1
    return Unit(factor, powers)


def conversion(given: str, wanted: str) -> tuple[float, float] | None:
    """Factor and offset from one unit to another: wanted = given x factor + offset. None where they do not agree.

    Where one side states no unit, one that is not known here or a pure number, values pass as they are, as in ngen.
    A mass of water on an area is its depth.
    """
    if given == wanted or {given.strip().lower(), wanted.strip().lower()} & set(NONE):
        return 1.0, 0.0
    one, other = unit(given), unit(wanted)
    if one is None or other is None or any(one.powers) != any(other.powers):
        return 1.0, 0.0
    if one.powers != other.powers:
        one, other = _depth(one), _depth(other)
        if one.powers != other.powers:
            return None
    return float(one.factor / other.factor), float((one.offset - other.offset) / other.factor)


def known(text: str) -> bool:
    """Whether a unit is understood, or none is stated."""
    return text.strip().lower() in NONE or unit(text) is not None


def from_forcing(name: str, wanted: str, step: int) -> tuple[tuple[float, float] | None, float]:
    """The way from a variable of forcing to a module's unit, and what to multiply with before.

    Water may be wanted as a rate or as the sum of a step of so many seconds. No way where the unit is another thing's.
    """
    if not known(wanted):
        return None, 1.0
    way = conversion(VARIABLES[name].units, wanted)
    if way is not None:
        return way, 1.0
    rate, depths = conversion("mm s-1", wanted), conversion("mm", wanted)
    if rate is not None and conversion(VARIABLES[name].units, "mm") is not None:
        return rate, 1.0 / step
    if depths is not None and conversion(VARIABLES[name].units, "mm s-1") is not None:
        return depths, float(step)
    return None, 1.0


def depth(units: str, step: int) -> float | None:
    """What turns a depth of water, of a step or by time, into m of a step of so many seconds; None for anything else.

    Where no unit is stated, or a pure number, it is m per step, as ngen has it.
    """
    text = units.strip()
    if text.lower() in NONE or unit(text) == unit("1"):
        return 1.0
    found = unit(text)
    for wanted, scale in (("m", 1.0), ("m s-1", float(step))):
        if found is not None and (way := conversion(text, wanted)) is not None and any(found.powers):
            return way[0] * scale
    return None


def _depth(mass: Unit) -> Unit:
    """Kilograms of water on a square metre as metres, whatever the time; any other unit as it is."""
    return Unit(mass.factor / 1000, (1, 0, *mass.powers[2:])) if mass.powers[:2] == (-2, 1) else mass


def _word(word: str) -> Unit | None:
    """A unit without power, with or without a prefix, in the singular or plural."""
    spellings = (word, word.lower()) if len(word) > 2 else (word,)  # mm is not Mm, but METERS are meters
    for name in dict.fromkeys(each for spelled in spellings for each in _singular(spelled)):
        if known := _PLAIN.get(name) or _PREFIXED.get(name):
            return Unit(Fraction(known[0]), known[1])
        for prefix, power in (*_LONG.items(), *_PREFIXES.items()):
            if name.startswith(prefix) and (known := _PREFIXED.get(name.removeprefix(prefix))):
                return Unit(Fraction(known[0]) * Fraction(10) ** power, known[1])
    return None


def _singular(word: str) -> tuple[str, str, str]:
    return word, word.removesuffix("s"), word.removesuffix("es")
