"""The water balance of a run as `summary.json` tells it: what fell, what ran off, and what cannot be true."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dmod.hydro.dimensions import depth
from dmod.hydro.variables import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dmod.models.model import Clock, Series, Variable

RAIN = ("precipitation", "APCP_surface", "precip_rate")
DEMAND = "potential_evapotranspiration"
EMPTYING = 100.0  # mm that may run off without rain in any run
BURST = 10.0  # mm that may run off in one step beyond the wettest day's rain
FULL = 50.0  # m of water that no store of a catchment holds
STORES = re.compile(r"storage(?!_change)", re.IGNORECASE)
SHOWN = 1_000  # catchments that are told one by one


class Water(NamedTuple):
    """What came to a catchment, and what it gave, all (steps,)."""

    forcing: Mapping[Variable, Series]
    runoff: Series  # m per step
    flow: Series  # m³/s
    stores: Mapping[Variable, Series]  # all outputs


@dataclass(frozen=True, slots=True)
class Balance:
    """One catchment's water over the run."""

    catchment: str
    runoff: float  # mm
    peak: float  # m3 s-1, of the catchment's own runoff
    peak_step: int  # when, in steps from the begin
    rain: float | None  # mm; None where the model takes no rain in mm
    potential_evapotranspiration: float | None  # mm
    doubts: tuple[str, ...] = ()  # what cannot be true of it

    @classmethod
    def of(cls, catchment: str, water: Water, step: int) -> Balance:
        """Add up a catchment whose steps are so many seconds."""
        top = int(np.argmax(water.flow))
        rain, demand = (_depth(water.forcing, names, step) for names in (RAIN, (DEMAND,)))
        fallen = None if rain is None else float(rain.sum())
        return cls(
            catchment=catchment,
            runoff=float(water.runoff.sum()) * 1e3,
            peak=float(water.flow[top]),
            peak_step=top,
            rain=fallen,
            potential_evapotranspiration=None if demand is None else float(demand.sum()),
            doubts=tuple(f"{catchment}: {doubt}" for doubt in doubts(water, rain, step)),
        )


def doubts(water: Water, rain: Series | None, step: int) -> Iterator[str]:
    """What cannot be true: stores that empty once give little more than EMPTYING, and none is below empty."""
    total, peak = float(water.runoff.sum()) * 1e3, float(water.runoff.max()) * 1e3
    if rain is not None:
        fallen = float(rain.sum())
        if total > 1.5 * fallen + EMPTYING:
            yield f"{total:,.0f} mm ran off, and {fallen:,.0f} mm of rain fell"
        day = max(1, 86_400 // step)
        wettest = float(np.convolve(rain, np.ones(min(day, len(rain))), "valid").max())
        if peak > wettest + BURST:
            yield f"{peak:,.0f} mm ran off in one step, and the wettest day had {wettest:,.0f} mm of rain"
    if float(water.runoff.min()) < -1e-6:
        yield f"runoff of {float(water.runoff.min()) * 1e3:,.3g} mm in a step"
    for variable, series in water.stores.items():
        way = depth(variable.units, step) if STORES.search(variable.name) and variable.units else None
        if way is None:
            continue
        least, most = float(series.min()) * way, float(series.max()) * way
        if least < -1e-6 or most > FULL:
            said = f"is {least:,.3g} m" if least < -1e-6 else f"holds {most:,.0f} m of water"
            yield f"{variable.name} {said}, which no store does"


def _depth(forcing: Mapping[Variable, Series], names: Sequence[str], step: int) -> Series | None:
    """The first of the inputs that is there, in mm of a step; a rate is one of its unit of time."""
    for name in names:
        for variable, series in forcing.items():
            way = depth(variable.units, step) if canonical(variable.name) == name and variable.units else None
            if way is not None:
                return series * (way * 1e3)
    return None


def summary(balances: list[Balance], clock: Clock) -> dict[str, Any]:
    """What `summary.json` holds; beyond SHOWN catchments only their totals."""
    warnings = [doubt for balance in balances for doubt in balance.doubts]
    rains = [balance.rain for balance in balances if balance.rain is not None]
    return {
        "begin": f"{clock.begin:%Y-%m-%dT%H:%M:%SZ}",
        "step": clock.step,
        "steps": clock.steps,
        "catchments": len(balances),
        "rain_mean_mm": sum(rains) / len(rains) if rains else None,
        "runoff_mean_mm": sum(balance.runoff for balance in balances) / max(len(balances), 1),
        "warnings": len(warnings),
        "first_warnings": warnings[:20],
        "balance": [_told(balance, clock) for balance in balances] if len(balances) <= SHOWN else None,
    }


def _told(balance: Balance, clock: Clock) -> dict[str, Any]:
    told = asdict(balance)
    del told["doubts"]
    peak = clock.begin + timedelta(seconds=told.pop("peak_step") * clock.step)
    return told | {"peak_time": f"{peak:%Y-%m-%dT%H:%M:%SZ}"}
