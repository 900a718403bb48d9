"""The variables of forcing: their names, the other names they go by, their units and how to get to them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import unit
from dmod.hydro.unit import SAME, Conversion

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
_CANONICAL = {alias: each.name for each in _KNOWN for alias in (each.name, *each.aliases)}

# of a variable whose unit is known, also what is no unit of UDUNITS, or one of something else (C is a coulomb)
_LOOSE = {
    "c": "degC", "k": "K", "deg c": "degC", "deg k": "K", "pa": "Pa", "hpa": "hPa", "kpa": "kPa", "w m-2": "W m-2",
    "w m^-2": "W m-2", "w/m^2": "W m-2", "w/m2": "W m-2",
}  # fmt: skip
_DEPTHS = ("mm s^-1", "kg m^-2", "mm")  # units of water that falls or evaporates, of which 1 mm is 1 kg m-2
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


def conversion(name: str, units: str, where: str) -> Conversion:
    """From a file's unit to that of VARIABLES; none for other variables and where no unit is said.

    Raises UsageError, with `where` the file is, for a unit that the variable cannot have.
    """
    known = VARIABLES.get(canonical(name))
    if known is None or not units or units in ("-", known.units):
        return SAME
    said = _LOOSE.get(units.strip().lower(), units)
    try:
        return unit.conversion(said, known.units, water=known.units in _DEPTHS)
    except UsageError as error:
        raise UsageError(
            f"{where}: {name} has the unit {units!r}, which is not one of {known.meaning}",
            why=f"{error.message}: {error.why}; without a unit it is {known.units}",
        ) from error


@cache
def to_model(name: str, units: str, wanted: str, step: int) -> Conversion:
    """From forcing as it is read (in `units`) to the unit that a model wants; where either says none, as it is.

    A rate of precipitation becomes the sum of a step (of so many seconds) where the model wants a depth; a sum a rate.
    Raises UsageError for a unit that it cannot become.
    """
    water = units in _DEPTHS
    said = _LOOSE.get(wanted.strip().lower(), wanted) if canonical(name) in VARIABLES else wanted
    ways = [(units, 1.0)]
    if water:
        ways += [(f"({units}) s", float(step)), (f"({units}) s-1", 1 / step)]
    for given, times in ways:
        with suppress(UsageError):
            found = unit.conversion(given, said, water=water)
            return Conversion(found.factor * times, found.offset)
    raise UsageError(
        f"the forcing has {name} in {units!r}, and the model wants it in {wanted!r}",
        why="the one is no unit of what the other is one of" if unit.is_unit(said) else f"{wanted!r} is no unit",
        fix=f"map the model's input to another variable in variables_names_map, or mend the units of {name}",
    )


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
