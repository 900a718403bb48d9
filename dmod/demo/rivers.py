"""Three gauged rivers: daily meteorology and discharge from the wheel holmes-hydro, read without importing it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import NotFoundError, UnmetError
from dmod.hydro.stamps import Stamps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Series = NDArray[np.float64]

PACKAGE, VERSION = "holmes-hydro", "3.5.0"  # later releases carry no data
BEGIN, END = np.datetime64("1980-01-01"), np.datetime64("1987-12-31")  # what the three have in common
STEP = 86_400  # seconds
_INSTALL = "pip install 'dmod[demo]'"


@dataclass(frozen=True, slots=True)
class River:
    """A river, and where it is measured."""

    gauge: str  # "leaf"
    name: str  # "Leaf River, Mississippi"
    file: str  # how the wheel's files begin
    catchment: str
    nexus: str
    area: float  # km²
    area_source: str
    longitude: float  # degrees, roughly its middle
    latitude: float  # degrees, roughly its middle


RIVERS = (
    River(
        "leaf", "Leaf River, Mississippi", "Leaf", "cat-1", "nex-1", 1949.0,
        "the area with which the record becomes whole ft³/s, as the USGS publishes them",
        -89.4, 31.7,
    ),
    River(
        "au-saumon", "Rivière au Saumon, Québec", "Au Saumon", "cat-2", "nex-2", 839.0,
        "nominal: at the gauge of Gould (Water Survey of Canada, after de.wikipedia.org), whose mean of 20 m³/s fits; "
        "the data do not say which gauge they are of",
        -71.4, 45.482,
    ),
    River(
        "baskatong", "Inflow to Baskatong, Québec", "Baskatong", "cat-3", "nex-3", 13057.0,
        "the area with which the record becomes whole m³/s",
        -75.9, 47.210,
    ),
)  # fmt: skip


def river(gauge: str) -> River:
    """The river of a gauge. Raises NotFoundError."""
    for each in RIVERS:
        if each.gauge == gauge:
            return each
    known = ", ".join(each.gauge for each in RIVERS)
    raise NotFoundError(f"the demo has no gauge {gauge!r}", why=f"it has {known}", fix=f"--gauge {RIVERS[0].gauge}")


def require(gauge: str) -> None:
    """Find out early: the gauge is one of ours, and the data are there. Raises NotFoundError, UnmetError."""
    _text(f"{river(gauge).file}_Observations.csv")


@dataclass(frozen=True, slots=True)
class Snow:
    """What CemaNeige needs to know of a catchment."""

    qnbv: float  # mm, mean solid precipitation of a year
    layers: tuple[float, ...]  # m, the height of each elevation band
    median: float  # m

    @property
    def settings(self) -> dict[str, float | list[float]]:
        """By the names that models know."""
        return {"qnbv": self.qnbv, "elevation_layers": list(self.layers), "median_elevation": self.median}


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured of a river, each (steps,) without gaps."""

    times: Stamps
    precipitation: Series  # mm per day
    evapotranspiration: Series  # mm per day, potential
    discharge: Series  # mm per day
    temperature: Series | None  # degC; None where the wheel has none, because there is no snow
    snow: Snow | None

    @property
    def inputs(self) -> dict[str, Series]:
        """What a model takes, by its name for it."""
        found = {"precipitation": self.precipitation, "potential_evapotranspiration": self.evapotranspiration}
        return found if self.temperature is None else found | {"temperature": self.temperature}


def read(river: River) -> Record:
    """The record of a river from BEGIN to END. Raises UnmetError without the wheel, or if it is not the right one."""
    rows = list(csv.DictReader(io.StringIO(_text(f"{river.file}_Observations.csv"))))
    dates = np.array([row["Date"] for row in rows], dtype="datetime64[D]")
    inside = (dates >= BEGIN) & (dates <= END)
    columns = {
        name: np.array([float(row[name] or "nan") for row in rows], dtype=np.float64)[inside]
        for name in ("P", "E0", "Qo", "T")
        if name in rows[0]
    }
    whole = int((END - BEGIN) // np.timedelta64(1, "D")) + 1
    if inside.sum() != whole or any(np.isnan(column).any() for column in columns.values()):
        raise _wrong(f"{river.file} has no whole record from {BEGIN} to {END}")
    return Record(
        dates[inside].astype("datetime64[s]"), columns["P"], columns["E0"], columns["Qo"], columns.get("T"),
        _snow(river) if "T" in columns else None,
    )  # fmt: skip


def _snow(river: River) -> Snow:
    info = dict(csv.reader(io.StringIO(_text(f"{river.file}_CemaNeigeInfo.csv"))))
    layers = tuple(float(height) for height in info["AltiBand"].split(";"))
    return Snow(float(info["QNBV"]), layers, float(info["Z50"]))


def _text(name: str) -> str:
    """A data file of the wheel."""
    try:
        wheel = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise UnmetError(
            f"the demo needs the package {PACKAGE}, whose data it runs on",
            why="it is not installed in this Python",
            fix=_INSTALL,
        ) from error
    path = Path(str(wheel.locate_file(f"holmes/data/{name}")))
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _wrong(f"{PACKAGE} {wheel.version} has no {name}") from error


def _wrong(why: str) -> UnmetError:
    return UnmetError(f"the demo's data are not those of {PACKAGE} {VERSION}", why=why, fix=_INSTALL)
