"""Units between modules, where ngen lets more pass than between forcing and a module."""

from __future__ import annotations

from functools import cache

from dmod.errors import UsageError
from dmod.hydro import unit


@cache
def conversion(given: str, wanted: str) -> tuple[float, float] | None:
    """Factor and offset from one unit to another: wanted = given x factor + offset. None where they do not agree.

    Where one side states no unit, one that is none, or a pure number, values pass as they are, as in ngen. A mass of
    water on an area is its depth.
    """
    if given == wanted or not (_stated(given) and _stated(wanted)):
        return 1.0, 0.0
    if any(unit.parse(given).powers) != any(unit.parse(wanted).powers):
        return 1.0, 0.0
    try:
        found = unit.conversion(given, wanted, water=True)
    except UsageError:
        return None
    return found.factor, found.offset


def known(text: str) -> bool:
    """Whether a unit is understood, or none is stated."""
    return unit.says_nothing(text) or unit.is_unit(text)


def depth(units: str, step: int) -> float | None:
    """What turns a depth of water, of a step or by time, into m of a step of so many seconds; None for anything else.

    Where no unit is stated, or a pure number, it is m per step, as ngen has it.
    """
    if unit.says_nothing(units) or units.strip() == "1":
        return 1.0
    for wanted, scale in (("m", 1.0), ("m s-1", float(step))):
        way = conversion(units, wanted) if unit.is_unit(units) and any(unit.parse(units).powers) else None
        if way is not None:
            return way[0] * scale
    return None


def _stated(text: str) -> bool:
    return not unit.says_nothing(text) and unit.is_unit(text)
