"""The water balance of a run as `summary.json` tells it: what fell, what ran off, and what cannot be true."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.models.model import Clock, Series, Variable

RAIN = ("precipitation", "APCP_surface", "RAINRATE", "precip_rate")
DEMAND = "potential_evapotranspiration"
EMPTYING = 100.0  # mm that may run off without rain in any run
SHOWN = 1_000  # catchments that are told one by one


@dataclass(frozen=True, slots=True)
class Balance:
    """One catchment's water over the run."""

    catchment: str
    runoff: float  # mm
    peak: float  # m3 s-1, of the catchment's own runoff
    peak_step: int  # when, in steps from the begin
    rain: float | None  # mm; None where the model takes no rain in mm
    potential_evapotranspiration: float | None  # mm

    @classmethod
    def of(cls, catchment: str, forcing: Mapping[Variable, Series], runoff: Series, flow: Series) -> Balance:
        """Add up a catchment: `runoff` in m per step, `flow` in m³/s, both (steps,)."""
        top = int(np.argmax(flow))
        depths = {variable.name: series for variable, series in forcing.items() if variable.units == "mm"}
        rain = next((name for name in RAIN if name in depths), None)
        return cls(
            catchment=catchment,
            runoff=float(runoff.sum()) * 1e3,
            peak=float(flow[top]),
            peak_step=top,
            rain=None if rain is None else float(depths[rain].sum()),
            potential_evapotranspiration=float(depths[DEMAND].sum()) if DEMAND in depths else None,
        )

    def warning(self) -> str | None:
        """Why this balance cannot be true, None if it can: stores that empty once give little more than EMPTYING."""
        if self.rain is not None and self.runoff > 1.5 * self.rain + EMPTYING:
            return f"{self.catchment}: {self.runoff:.0f} mm ran off, and {self.rain:.0f} mm of rain fell"
        return None


def summary(balances: list[Balance], clock: Clock) -> dict[str, Any]:
    """What `summary.json` holds; beyond SHOWN catchments only their totals."""
    warnings = [warning for balance in balances if (warning := balance.warning())]
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
    peak = clock.begin + timedelta(seconds=told.pop("peak_step") * clock.step)
    return told | {"peak_time": f"{peak:%Y-%m-%dT%H:%M:%SZ}"}
