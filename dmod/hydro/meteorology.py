"""From forcing to what models take: precipitation, potential evapotranspiration and temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.ids import some
from dmod.hydro.variables import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from dmod.hydro.stamps import Stamps

    Series = NDArray[np.float64]

DAY = 86400
ZERO_CELSIUS = 273.15  # K
_SOLAR = 0.0820  # MJ m-2 min-1, the solar constant as FAO-56 has it
_LATENT = 2.45  # MJ kg-1, latent heat of vaporisation
# what serves each input of a model, best first
SOURCES: dict[str, tuple[str, ...]] = {
    "precipitation": ("precipitation", "APCP_surface", "precip_rate"),
    "temperature": ("temperature", "TMP_2maboveground"),
    "potential_evapotranspiration": ("potential_evapotranspiration", "temperature", "TMP_2maboveground"),
}


def needed(available: Collection[str], inputs: Iterable[str]) -> tuple[str, ...]:
    """The variables to read from a forcing that has those available, for `series` to make the inputs of a model.

    An input that is no meteorology is looked for under its own name. Raises NotFoundError naming the input that nothing
    serves, and what would.
    """
    own = {canonical(name): name for name in available}
    found = []
    for name in inputs:
        sources = SOURCES.get(name, (canonical(name),))
        source = next((own[source] for source in sources if source in own), None)
        if source is None:
            raise NotFoundError(
                f"the forcing has nothing for the model's input {name}",
                why=f"one of {', '.join(sources)} would do; it has {some(available, 12)}",
            )
        found.append(source)
    return tuple(dict.fromkeys(found))


def series(
    arrays: Mapping[str, Series], inputs: Iterable[str], times: Stamps, step: int, latitudes: ArrayLike
) -> dict[str, Series]:
    """The inputs of a model from the variables that `needed` named.

    Args:
        arrays: by name, (catchments, steps), in the units of VARIABLES.
        inputs: any of SOURCES, or a variable by its own name, which is passed on as it is.
        times: (steps,).
        step: seconds.
        latitudes: degrees, (catchments,); only asked for where evapotranspiration is computed.

    Returns:
        By input, (catchments, steps): mm per step, degC. Raises NotFoundError and UsageError.
    """
    own = {canonical(name): values for name, values in arrays.items()}
    made: dict[str, Series] = {}
    for name in inputs:
        if name == "precipitation":
            made[name] = precipitation(own, step)
        elif name == "temperature":
            made[name] = temperature(own)
        elif name == "potential_evapotranspiration":
            direct = own.get(name)
            made[name] = oudin(temperature(own), times, step, latitudes) if direct is None else direct
        else:
            made[name] = own[needed(own, [name])[0]]
    return made


def precipitation(arrays: Mapping[str, Series], step: int) -> Series:
    """Precipitation in mm per step, from a sum per step if there is one (APCP_surface), else from a rate in mm/s.

    Raises NotFoundError if there is neither.
    """
    source = needed(arrays, ["precipitation"])[0]
    return arrays[source] * step if canonical(source) == "precip_rate" else arrays[source]


def temperature(arrays: Mapping[str, Series]) -> Series:
    """Air temperature in degC. Raises NotFoundError if there is none."""
    source = needed(arrays, ["temperature"])[0]
    return arrays[source] - ZERO_CELSIUS if canonical(source) == "TMP_2maboveground" else arrays[source]


def radiation(days: NDArray[np.int_], latitude: ArrayLike) -> Series:
    """Radiation at the top of the atmosphere in MJ m-2 per day: (..., days) for latitudes (...) in degrees.

    Allen, R. G. et al. (1998): Crop evapotranspiration, FAO Irrigation and Drainage Paper 56, equations 21 to 25;
    beyond the polar circles the sun stands up, or down, all day.
    """
    angle = 2 * np.pi / 365 * np.asarray(days, dtype=np.float64)
    distance = 1 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    phi = np.radians(np.asarray(latitude, dtype=np.float64))[..., None]
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    lit = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(24 * 60 / np.pi * _SOLAR * distance * lit, dtype=np.float64)


def oudin(celsius: Series, times: Stamps, step: int, latitudes: ArrayLike) -> Series:
    """Potential evapotranspiration in mm per step: Re / (latent heat) x (T + 5) / 100 per day, 0 where T <= -5 degC.

    Oudin, L. et al. (2005), J. Hydrol. 303, 290-306, with the radiation Re of FAO-56. T is the mean of a day; within a
    day (from 00:00 UTC: without a longitude there is no other) the day's value is spread evenly over its steps, so that
    every whole day has its sum. A day that the period cuts has the mean of the steps it has.

    Args:
        celsius: degC, (catchments, steps).
        times: (steps,).
        step: seconds, a day or a whole part of one.
        latitudes: degrees, (catchments,) or one for all.

    Raises:
        UsageError: a latitude is unknown, or the step is none of a day.
    """
    if step <= 0 or DAY % step:
        raise UsageError(
            f"evapotranspiration cannot be computed for steps of {step} s", why="a step is a day or a whole part of one"
        )
    phi = np.broadcast_to(np.asarray(latitudes, dtype=np.float64), celsius.shape[:-1])
    if not (np.abs(phi) <= 90).all():  # also where it is NaN
        raise UsageError(
            "evapotranspiration cannot be computed without the latitude of each catchment",
            why=f"unknown for {int((~(np.abs(phi) <= 90)).sum())} of {phi.size} catchments",
            fix="set model_params.latitude in the realization, or give potential_evapotranspiration in the forcing",
        )
    if not len(times):
        return celsius * 0.0
    whole = times.astype("datetime64[s]").astype(np.int64)
    day = (whole - whole[0]) // DAY if step == DAY else whole // DAY
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    lengths = np.diff(starts, append=len(day))
    mean = np.add.reduceat(celsius, starts, axis=-1) / lengths
    daily = np.maximum(radiation(day_of_year(times[starts]), phi) / _LATENT * (mean + 5) / 100, 0.0)
    return np.repeat(daily * (step / DAY), lengths, axis=-1)


def day_of_year(times: Stamps) -> NDArray[np.int_]:
    """1 for the first of January."""
    days = times.astype("datetime64[D]")
    first = days.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((days - first).astype(np.int64) + 1)


def doubts(arrays: Mapping[str, Series], step: int) -> list[str]:
    """What makes no sense in a forcing though it can be read, as sentences; none of it stops a run.

    Judged are means over everything given, so give a month or more: precipitation below 20 or above 15,000 mm a year
    (the driest and wettest places have 1 and 12,000, which a unit misses by far more), two sources of it that differ
    twofold, precipitation below zero, and temperatures that are not in their unit.
    """
    own = {canonical(name): values for name, values in arrays.items()}
    return [*_wet(own, step), *_warm(own)]


def _wet(own: Mapping[str, Series], step: int) -> list[str]:
    sums, said = {}, []
    for name in SOURCES["precipitation"]:
        if name not in own or not own[name].size:
            continue
        rain = precipitation({name: own[name]}, step)
        yearly = sums[name] = float(rain.mean()) * 365.25 * DAY / step
        if rain.min() < 0:
            said.append(f"{name} is below zero: {float(own[name].min()):g}")
        elif 0 < yearly < 20:
            hint = "; it may be in m/s and not mm/s" if name == "precip_rate" else "; it may be in m and not mm"
            said.append(f"{name} gives {yearly:.3g} mm a year" + (hint if 20 < 1000 * yearly < 15000 else ""))
        elif yearly > 15000:
            said.append(f"{name} gives {yearly:,.0f} mm a year; its unit may be wrong")
    low, high = min(sums.values(), default=0.0), max(sums.values(), default=0.0)
    if high > 2 * max(low, 0.0):
        said.append("sources of precipitation differ: " + ", ".join(f"{n} {v:.4g} mm a year" for n, v in sums.items()))
    return said


def _warm(own: Mapping[str, Series]) -> list[str]:
    ranges: Sequence[tuple[str, float, float, str]] = (
        ("TMP_2maboveground", 180.0, 335.0, "K"),
        ("temperature", -93.0, 62.0, "degC"),
    )
    said = []
    for name, low, high, unit in ranges:
        values = own.get(name)
        if values is not None and values.size and not (values.min() > low and values.max() < high):
            said.append(f"{name} goes from {values.min():g} to {values.max():g}, which is not in {unit}")
    return said
