"""The variables of forcing: their names, the other names they go by, their units and how to get to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: of the AORC family, or an input of a model given as it is."""

    name: str  # as AORC names it
    units: str  # what it is read as, whatever the file says
    meaning: str
    aliases: tuple[str, ...]  # WRF's name, and the CSDMS name that ngen uses


_WATER, _VAPOUR = "atmosphere_water__", "atmosphere_air_water~vapor__"
_LAND, _RADIATION = "land_surface_", "land_surface_radiation~incoming~"
_KNOWN = (
    Variable("precip_rate", "mm s^-1", "precipitation", ("RAINRATE", f"{_WATER}liquid_equivalent_precipitation_rate")),
    Variable("APCP_surface", "kg m^-2", "precipitation in the step, mm", (f"{_WATER}rainfall_volume_flux",)),
    Variable("TMP_2maboveground", "K", "air temperature at 2 m", ("T2D", f"{_LAND}air__temperature")),
    Variable("SPFH_2maboveground", "kg kg-1", "specific humidity at 2 m", ("Q2D", f"{_VAPOUR}relative_saturation")),
    Variable("UGRD_10maboveground", "m s^-1", "wind to the east", ("U2D", f"{_LAND}wind__x_component_of_velocity")),
    Variable("VGRD_10maboveground", "m s^-1", "wind to the north", ("V2D", f"{_LAND}wind__y_component_of_velocity")),
    Variable("PRES_surface", "Pa", "air pressure at the surface", ("PSFC", f"{_LAND}air__pressure")),
    Variable("DSWRF_surface", "W m-2", "shortwave radiation", ("SWDOWN", f"{_RADIATION}shortwave__energy_flux")),
    Variable("DLWRF_surface", "W m-2", "longwave radiation", ("LWDOWN", f"{_RADIATION}longwave__energy_flux")),
    Variable("precipitation", "mm", "precipitation in the step", ()),
    Variable("potential_evapotranspiration", "mm", "potential evapotranspiration in the step", ()),
    Variable("temperature", "degC", "air temperature", ()),
)  # fmt: skip
VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _KNOWN}
_CANONICAL = {alias: variable.name for variable in _KNOWN for alias in (variable.name, *variable.aliases)}

# unit in a file, brought to one spelling -> factor and offset to the unit of VARIABLES
_RATE = {"mm s-1": 1.0, "kg m-2 s-1": 1.0, "m s-1": 1e3, "mm h-1": 1 / 3600, "mm d-1": 1 / 86400}
_CONVERSIONS: dict[str, dict[str, tuple[float, float]]] = {
    "mm s^-1": {unit: (factor, 0.0) for unit, factor in _RATE.items()},
    "kg m^-2": {"kg m-2": (1.0, 0.0), "mm": (1.0, 0.0), "m": (1e3, 0.0), "cm": (10.0, 0.0)},
    "mm": {"kg m-2": (1.0, 0.0), "mm": (1.0, 0.0), "m": (1e3, 0.0), "cm": (10.0, 0.0)},
    "degC": {"k": (1.0, -273.15), "degc": (1.0, 0.0), "c": (1.0, 0.0)},
    "K": {"k": (1.0, 0.0), "degc": (1.0, 273.15), "c": (1.0, 273.15)},
    "kg kg-1": {"kg kg-1": (1.0, 0.0), "1": (1.0, 0.0), "g kg-1": (1e-3, 0.0)},
    "m s^-1": {"m s-1": (1.0, 0.0), "km h-1": (1 / 3.6, 0.0)},
    "Pa": {"pa": (1.0, 0.0), "hpa": (100.0, 0.0), "kpa": (1000.0, 0.0), "mbar": (100.0, 0.0)},
    "W m-2": {"w m-2": (1.0, 0.0)},
}
_WORDS = {
    "kelvin": "k", "celsius": "degc", "degreec": "degc", "degreescelsius": "degc", "pascal": "pa", "hectopascal": "hpa",
    "mb": "mbar", "sec": "s", "hr": "h", "hour": "h", "day": "d", "watt": "w", "watts": "w",
}  # fmt: skip
_HEADER = re.compile(r"""^\s*"?(?P<name>.*?)\s*(?:[(\[](?P<unit>[^)\]]*)[)\]])?"?\s*$""")


def canonical(name: str) -> str:
    """The AORC name for any name of a variable; a name that is not known stays as it is."""
    return _CANONICAL.get(name, name)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The AORC names of a file's columns; a column that would take another's name keeps its own."""
    return tuple(canonical(name) if canonical(name) == name or canonical(name) not in names else name for name in names)


def header(text: str) -> tuple[str, str]:
    """Name and unit of a CSV column: `RAINRATE`, `RAINRATE (mm s^-1)`, `RAINRATE [mm/s]`; "" where there is no unit."""
    found = _HEADER.match(text)
    return (found["name"], (found["unit"] or "").strip()) if found else (text.strip(), "")


def conversion(name: str, units: str, where: str) -> tuple[float, float]:
    """Factor and offset from a file's unit to that of VARIABLES; (1, 0) for other variables and where no unit is said.

    Raises UsageError, with `where` the file is, for a unit that the variable cannot have.
    """
    known = VARIABLES.get(canonical(name))
    if known is None or not units or units in ("-", known.units):
        return 1.0, 0.0
    table = _CONVERSIONS[known.units]
    if (spelled := spelling(units)) not in table:
        raise UsageError(
            f"{where}: {name} has the unit {units!r}, which is not one of {known.meaning}",
            why=f"known are {', '.join(table)}; without a unit it is {known.units}",
        )
    return table[spelled]


def spelling(units: str) -> str:
    """One spelling for the many: `kg/m^2/s`, `kg m**-2 s**-1` and `kg m^-2 s^-1` are all `kg m-2 s-1`."""
    text = re.sub(r"\*\*|\^", "", units.strip().lower().replace("degree_c", "degc").replace("deg c", "degc"))
    parts = re.split(r"(/)|[\s*.·]+", text)
    sign, said = 1, []
    for part in parts:
        if part == "/":
            sign = -1
        elif part:
            word, power = re.fullmatch(r"(.*?)(-?\d*)", part).groups()  # type: ignore[union-attr] # matches anything
            exponent = sign * int(power if power not in ("", "-") else 1)
            said.append(part if not word else _WORDS.get(word, word) + ("" if exponent == 1 else str(exponent)))
            sign = 1
    return " ".join(said)


def pick(wanted: Iterable[str], available: Sequence[str], where: str) -> dict[str, str]:
    """The name in `available` for each name wanted, under any of its aliases.

    Raises NotFoundError naming what is missing and the names that come near.
    """
    own = {canonical(name): name for name in available} | {name: name for name in available}
    found = {name: own.get(name) or own.get(canonical(name)) or "" for name in wanted}
    missing = [name for name, there in found.items() if not there]
    if missing:
        near = get_close_matches(missing[0], [*available, *(a for n in available for a in aliases(n))], n=3)
        raise NotFoundError(
            f"{where} has no variable {', '.join(missing)}",
            why=f"it has {', '.join(available) or 'none'}" + (f"; near: {', '.join(near)}" if near else ""),
        )
    return found


def aliases(name: str) -> tuple[str, ...]:
    """The other names of a variable."""
    known = VARIABLES.get(canonical(name))
    return known.aliases if known else ()


def units_of(names: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    """What each variable is read as: the unit of VARIABLES, or for others what the file says."""
    return {n: VARIABLES[canonical(n)].units if canonical(n) in VARIABLES else said.get(n, "") for n in names}
