"""What a worker is asked to do, as `job.json` says it, and where the paths of its configs lead."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod import layout
from dmod.errors import NotFoundError, UsageError
from dmod.hydro.run_paths import spellings
from dmod.models.model import Clock


@dataclass(frozen=True, slots=True)
class Source:
    """One dataset as it lies in the job's folder."""

    name: str
    category: str
    format: str
    path: Path  # the folder that holds its files


@dataclass(frozen=True, slots=True)
class Order:
    """One job."""

    folder: Path  # of the job
    name: str
    kind: str  # "simulation", "evaluation"
    ranks: int
    spec: Mapping[str, Any]  # the table of the kind
    clock: Clock | None  # the steps of the run, None for a kind without a period
    catchments: tuple[str, ...] | None  # None = all
    datasets: Mapping[str, tuple[Source, ...]]  # by role
    output_format: str  # "auto", "csv", "netcdf"

    @classmethod
    def read(cls, folder: Path) -> Order:
        """The order in a job's folder. Raises NotFoundError, UsageError."""
        path = folder / layout.JOB
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise NotFoundError(f"{path} cannot be read", why=str(error), fix="dmod job list") from error
        except ValueError as error:
            raise UsageError(f"{path} is not JSON", why=str(error)) from error
        try:
            return cls(
                folder=folder,
                name=str(data["name"]),
                kind=str(data["kind"]),
                ranks=int(data.get("ranks", 1)),
                spec=data.get("spec", {}),
                clock=_clock(data.get("period")),
                catchments=None if data.get("catchments") is None else tuple(data["catchments"]),
                datasets={
                    role: tuple(_source(entry, folder) for entry in entries)
                    for role, entries in data.get("datasets", {}).items()
                },
                output_format=data.get("output", {}).get("format", "auto"),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{path} is not a job", why=f"{type(error).__name__}: {error}") from error

    @property
    def output(self) -> Path:
        """Where the finished output stands."""
        return self.folder / layout.OUTPUT

    @property
    def partial(self) -> Path:
        """Where the output grows until it is finished."""
        return self.folder / f"{layout.OUTPUT}.partial"

    def the(self, role: str) -> Source:
        """The one dataset of a role. Raises NotFoundError."""
        found = self.datasets.get(role, ())
        if len(found) != 1:
            raise NotFoundError(f"job {self.name} has {len(found)} datasets for the role {role}, and needs one")
        return found[0]

    def resolve(self, text: str, base: Path) -> Path:
        """A path of a config: /dmod/... is in the job's folder or the image, a relative one beside it or in the cwd.

        A library of /dmod/shared_libs may lie in any folder of LD_LIBRARY_PATH. Raises NotFoundError.
        """
        path = Path(text)
        if path.is_relative_to(layout.DMOD):
            candidates = [self.folder / layout.DMOD.strip("/") / path.relative_to(layout.DMOD), path]  # or in the image
            if path.is_relative_to(f"{layout.DMOD}/{layout.SHARED_LIBS}"):
                folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
                candidates += [Path(folder) / path.name for folder in folders if folder]
        else:  # an absolute path stays what it is
            candidates = [folder / name for name in spellings(text) for folder in (base, Path.cwd())]
        for candidate in candidates:
            if candidate.exists():
                return candidate
        tried = " and ".join(dict.fromkeys(map(str, candidates)))
        raise NotFoundError(f"{text}: no such file", why=f"looked at {tried}", fix="dmod realization check FILE")


def _source(entry: Mapping[str, Any], folder: Path) -> Source:
    path = Path(entry["path"])
    if path.is_relative_to(layout.DMOD):
        path = folder / layout.DMOD.strip("/") / path.relative_to(layout.DMOD)
    return Source(str(entry["name"]), str(entry.get("category", "")), str(entry.get("format", "")), folder / path)


def _clock(period: Mapping[str, Any] | None) -> Clock | None:
    if period is None:
        return None
    begin, end = (datetime.fromisoformat(period[key]).astimezone(UTC) for key in ("begin", "end"))
    step = int(period["step"])
    seconds = int((end - begin).total_seconds())
    if step <= 0 or seconds < 0 or seconds % step:
        raise ValueError(f"{period['begin']} to {period['end']} is not a whole number of steps of {step} s")
    return Clock(begin, step, seconds // step + 1)
