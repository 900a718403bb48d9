"""What is common to the NetCDF files we read: opening them, ids of features, stamps, missing values."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from dmod.errors import ConflictError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps

    Values = netCDF4.Variable[Any]

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONG = {
    "nanoseconds": "ns", "microseconds": "us", "milliseconds": "ms", "seconds": "s", "second": "s", "sec": "s",
    "minutes": "m", "minute": "m", "min": "m", "hours": "h", "hour": "h", "hr": "h", "days": "d", "day": "d",
}  # fmt: skip


def variable_of(file: netCDF4.Dataset, names: Sequence[str], what: str) -> Values:
    """The first of the variables that the file has, unmasked. Raises UsageError if it has none of them."""
    for name in names:
        if name in file.variables:
            variable = file.variables[name]
            variable.set_auto_mask(False)
            return variable
    raise UsageError(
        f"{file.filepath()} has no {what}: no variable {' or '.join(names)}",
        why=f"it has {', '.join(file.variables) or 'no variables'}",
    )


def open_file(path: Path) -> netCDF4.Dataset:
    """Open a file to read. Raises NotFoundError; UsageError for what is not NetCDF, or cut off."""
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file")
    try:
        return netCDF4.Dataset(path)
    except OSError as error:
        with path.open("rb") as file:
            whole = file.read(4)[:3] in (b"CDF", b"\x89HD")
        what = "NetCDF, but damaged or cut off" if whole else "not NetCDF"
        raise UsageError(f"{path} is {what}", why=str(error), fix=f"ncdump -h {path}") from error


def fill_of(variable: Values) -> float:
    """The number that stands for a missing value."""
    fill = getattr(variable, "_FillValue", None)
    default = netCDF4.default_fillvals.get(variable.dtype.str[1:], np.nan)
    return float(default if fill is None else fill)


def ids_of(variable: Values, path: Path, prefix: str = "cat-") -> tuple[str, ...]:
    """The ids as text; a bare number gets the prefix. Raises ConflictError for a double one, UsageError for none."""
    raw = variable[:]
    if raw.dtype.kind == "S":
        raw = netCDF4.chartostring(raw) if raw.ndim == 2 else raw.astype("U")
    ids = tuple(f"{prefix}{text}" if text.isdecimal() else text for text in (str(text).strip() for text in raw))
    if len(set(ids)) != len(ids):
        double = next(name for name in ids if ids.count(name) > 1)
        raise ConflictError(f"{path}: {double} stands twice in {variable.name}")
    if not ids or not all(ids):
        raise UsageError(f"{path}: {variable.name} has {'an empty id' if ids else 'no ids'}")
    return ids


class Clock:
    """From the numbers of a time variable to stamps."""

    def __init__(self, epoch: int, scale: float) -> None:
        self._epoch, self._scale = epoch, scale

    def __call__(self, raw: NDArray[Any]) -> Stamps:
        """Stamps, rounded to whole seconds."""
        whole = np.rint(np.asarray(raw, dtype=np.float64) * self._scale)
        return (whole.astype(np.int64) + self._epoch).astype("datetime64[s]")


def clock_of(variable: Values, path: Path) -> Clock:
    """How the variable's numbers become stamps, by its units and `epoch_start`. Raises UsageError."""
    said = str(getattr(variable, "units", ""))
    found = re.fullmatch(r"\s*([A-Za-z]+)(?:\s+since\s+(.+?))?\s*", said)
    unit = _LONG.get(found[1].lower(), found[1]) if found else ""
    if found is None or unit not in _UNITS:
        raise UsageError(
            f"{path}: {variable.name} has the units {said!r}" if said else f"{path}: {variable.name} has no units",
            why='known are ns, us, ms, s, m, h and d, each alone or "since YYYY-MM-DD HH:MM:SS"',
        )
    epoch = found[2] or str(getattr(variable, "epoch_start", ""))
    return Clock(_epoch(epoch, f"{path}: {variable.name}") if epoch else 0, _UNITS[unit])


def _epoch(text: str, where: str) -> int:
    clean = text.strip().removesuffix("UTC").removesuffix("Z").strip()
    for form in (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
        "%m/%d/%Y %H:%M:%S",
        "%m/%d/%y %H:%M:%S",
    ):
        try:
            return int(datetime.strptime(clean, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    raise UsageError(f"{where}: its epoch {text!r} is not a time like 1970-01-01 00:00:00")
