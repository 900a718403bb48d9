"""Prepared: what a job will run on, decided when it is submitted and kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmod.hydro.period import TimeRange
from dmod.jobs.spec import stamp


@dataclass(frozen=True, slots=True)
class Prepared:
    """The datasets of a job by role, its period, and its catchments."""

    datasets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> names
    digests: Mapping[str, str] = field(default_factory=dict)  # dataset -> what it held when the job was submitted
    period: TimeRange | None = None
    step: int = 0  # seconds between stamps of the period
    catchments: tuple[str, ...] | None = None  # None: all of the hydrofabric
    size: int = 0  # how many catchments, if it is known
    image: str = ""  # the id of that in which its tasks run; "" if in none

    @property
    def names(self) -> tuple[str, ...]:
        """All datasets, each once."""
        return tuple(dict.fromkeys(name for names in self.datasets.values() for name in names))

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "datasets": {role: list(names) for role, names in self.datasets.items()},
            "digests": dict(self.digests),
            "period": self.period
            and {"begin": stamp(self.period.begin), "end": stamp(self.period.end), "step": self.step},
            "catchments": None if self.catchments is None else list(self.catchments),
            "size": self.size,
            "image": self.image,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prepared:
        """The inverse of `to_json`."""
        from datetime import datetime

        period = data["period"]
        ends = period and [datetime.fromisoformat(period[end]) for end in ("begin", "end")]
        return cls(
            datasets={role: tuple(names) for role, names in data["datasets"].items()},
            digests=data["digests"],
            period=TimeRange(*ends) if ends else None,
            step=int(period["step"]) if period else 0,
            catchments=None if data["catchments"] is None else tuple(data["catchments"]),
            size=int(data["size"]),
            image=data.get("image", ""),
        )
