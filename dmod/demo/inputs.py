"""The input files of the demo, as a modeller would have them: hydrofabric, forcing, observations, realization, jobs.

Leaf has no temperature, because it has no snow, so its forcing is a dataset of its own: a NetCDF is a rectangle, and a
made-up temperature would be read as a true one. A job that needs both finds both.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.demo.calibration import EVALUATION
from dmod.demo.rivers import BEGIN, END, PACKAGE, RIVERS, STEP, VERSION, read
from dmod.hydro import forcing, observation
from dmod.hydro.meteorology import ZERO_CELSIUS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dmod.demo.parameters import Chosen
    from dmod.demo.rivers import Record, River

KM_PER_DEGREE = 111.2
_PREFIX = ".inputs-"  # of the folder where files lie until they are whole


FILES = (
    "README.md",
    "evaluation.toml",
    "hydrofabric/catchments.geojson",
    "hydrofabric/nexuses.geojson",
    "observations/crosswalk.json",
    "observations/discharge.csv",
    "rain.nc",
    "realization.json",
    "simulation.toml",
    "snow.nc",
)


def complete(folder: Path, chosen: Mapping[str, Chosen], *, replace: Collection[str] = ()) -> list[str]:
    """Write the inputs that `folder` lacks, and those in `replace`; the others may have been changed, and stay.

    Returns what was written, relative to the folder. Raises UnmetError without the data.
    """
    wanted = [name for name in FILES if name in replace or not (folder / name).exists()]
    if wanted:
        for left in folder.glob(f"{_PREFIX}*"):
            shutil.rmtree(left)
        with TemporaryDirectory(prefix=_PREFIX, dir=folder) as temporary:
            write(Path(temporary), chosen)
            for name in wanted:
                (folder / name).parent.mkdir(exist_ok=True)
                (Path(temporary) / name).replace(folder / name)
    return wanted


def write(folder: Path, chosen: Mapping[str, Chosen]) -> None:
    """Write every input of the demo into `folder`. Raises UnmetError without the data."""
    records = {river: read(river) for river in RIVERS}
    for part in ("hydrofabric", "observations"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _json(folder / "hydrofabric" / "catchments.geojson", _collection([_catchment(river) for river in RIVERS]))
    _json(folder / "hydrofabric" / "nexuses.geojson", _collection([_nexus(river) for river in RIVERS]))
    for name, rivers in groups(records).items():
        _forcing(folder / f"{name}.nc", {river: records[river] for river in rivers})
    _observations(folder / "observations", records)
    _json(folder / "realization.json", realization(records, chosen))
    _text(folder / "simulation.toml", SIMULATION)
    first, last = EVALUATION
    _text(folder / "evaluation.toml", EVALUATION_JOB.format(start=first, end=last))
    _text(folder / "README.md", README.format(package=PACKAGE, version=VERSION, areas=_areas()))


def groups(records: Mapping[River, Record]) -> dict[str, list[River]]:
    """The rivers of each forcing dataset: those without and those with temperature."""
    found: dict[str, list[River]] = {"rain": [], "snow": []}
    for river, record in records.items():
        found["rain" if record.temperature is None else "snow"].append(river)
    return found


def realization(records: Mapping[River, Record], chosen: Mapping[str, Chosen]) -> dict[str, Any]:
    """The realization config, in ngen's format: the model of each catchment and its parameters."""
    catchments = {}
    for river, record in records.items():
        best = chosen[river.gauge]
        fixed: dict[str, Any] = record.snow.settings if record.snow else {}
        params = {
            "model_type_name": best.model,
            "python_type": f"dmod.models.series.{best.model}",
            "init_config": "/dev/null",
            "main_output_variable": "Q_OUT",
            "model_params": {**best.parameters, **fixed},
        }
        name = "rain" if record.temperature is None else "snow"
        catchments[river.catchment] = {
            "formulations": [{"name": "bmi_python", "params": params}],
            "forcing": {"provider": "NetCDF", "path": f"./{name}.nc"},
        }
    ends = {key: f"{day} 00:00:00" for key, day in (("start_time", BEGIN), ("end_time", END))}
    return {"time": {**ends, "output_interval": STEP}, "catchments": catchments}


def _catchment(river: River) -> dict[str, Any]:
    """A box of the catchment's area around its middle: the data do not say its outline."""
    half = math.sqrt(river.area) / 2 / KM_PER_DEGREE
    wide = half / math.cos(math.radians(river.latitude))
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [[round(river.longitude + x * wide, 5), round(river.latitude + y * half, 5)] for x, y in corners]
    properties = {
        "areasqkm": river.area, "toid": river.nexus, "name": river.name, "area_source": river.area_source,
        "outline": "a box of this area around the middle of the catchment",
    }  # fmt: skip
    return _feature(river.catchment, properties, {"type": "Polygon", "coordinates": [ring]})


def _nexus(river: River) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [river.longitude, river.latitude]}
    return _feature(river.nexus, {"toid": "", "name": river.name}, point)


def _feature(name: str, properties: Mapping[str, Any], geometry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "properties": dict(properties), "geometry": dict(geometry)}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features}


def _forcing(path: Path, records: Mapping[River, Record]) -> None:
    times = next(iter(records.values())).times
    variables = {
        "APCP_surface": np.array([record.precipitation for record in records.values()]),
        "potential_evapotranspiration": np.array([record.evapotranspiration for record in records.values()]),
    }
    warm = [record.temperature for record in records.values() if record.temperature is not None]
    if warm:
        variables["TMP_2maboveground"] = np.array(warm) + ZERO_CELSIUS
    catchments = [river.catchment for river in records]
    forcing.write_netcdf(path, times, catchments, variables, {"potential_evapotranspiration": "mm"})


def _observations(folder: Path, records: Mapping[River, Record]) -> None:
    flows = np.array([record.discharge * (river.area * 1e3 / STEP) for river, record in records.items()])
    times = next(iter(records.values())).times
    observation.write(folder / "discharge.csv", times, [river.gauge for river in records], flows)
    _json(folder / "crosswalk.json", {river.gauge: river.nexus for river in records})


def _areas() -> str:
    return "\n".join(f"- {river.name}: {river.area:,.0f} km² ({river.area_source})" for river in RIVERS)


def _json(path: Path, data: Any) -> None:  # noqa: ANN401 - what JSON holds
    _text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


SIMULATION = """\
# Three rivers, eight years, one model each. Submit it: dmod job submit simulation.toml --wait
kind = "simulation"
name = "rivers"

[resources]
cpus = 2                         # ranks: each simulates its share of the catchments

[simulation]
realization = "models"           # which model for which catchment, and its parameters
hydrofabric = "catchments"
forcing = ["rain", "snow"]
"""

EVALUATION_JOB = """\
# The years that the calibration never saw. Submit it: dmod job submit evaluation.toml --wait
kind = "evaluation"
name = "scores"

[evaluation]
simulation = "rivers-1"          # what job 1 made; of a later job: --set evaluation.simulation=NAME
observation = "measured"
metrics = ["nse", "kge", "pbias", "rmse", "peak_error"]
start = {start}T00:00:00Z
end = {end}T00:00:00Z
"""

README = """\
# Three rivers

`dmod demo` made this folder. What it typed, you can type too; change something and see what it does.

- `hydrofabric/`: three catchments and the nexuses they drain to
- `rain.nc`, `snow.nc`: daily precipitation and potential evapotranspiration; with temperature where it snows
- `observations/`: measured discharge in m³/s, and which nexus each gauge observes
- `realization.json`: the model of each catchment, with parameters fitted to 1981-1983 (`dmod demo --calibrate`)
- `simulation.toml`, `evaluation.toml`: the two jobs

Precipitation, evapotranspiration, temperature and discharge (mm per day) are those of the package {package} {version}
(MIT). Areas, with which discharge becomes m³/s, are not in it:

{areas}
"""
