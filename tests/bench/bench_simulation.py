"""A simulation through the worker, NetCDF in and out, against the bare model loop on the same arrays in memory.

    python tests/bench/bench_simulation.py [--catchments 10000] [--steps 8760] [--ranks 1 2] [--model GR4J]

Prints catchment-steps per second and the ratio to the loop of the same run: on a loaded machine only ratios compare.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from dmod.hydro.forcing import write_netcdf
from dmod.models.series import SERIES

BEGIN = np.datetime64("2015-01-01T00:00:00", "s")


def parameters(name: str) -> dict[str, float]:
    """Parameters a fifth of the way up their bounds."""
    model = SERIES[f"dmod.models.series.{name}"]()
    low, high = model._module.init()[1].T
    return dict(zip(model._module.param_names, (low + (high - low) / 5).tolist(), strict=True))


def weather(catchments: int, steps: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(7)
    rain = chance.gamma(0.1, 3.0, (catchments, steps)).astype(np.float32)
    sun = np.maximum(0, np.sin(np.arange(steps) * 2 * np.pi / 24)).astype(np.float32)
    return {"APCP_surface": rain, "potential_evapotranspiration": np.broadcast_to(0.3 * sun, rain.shape)}


def bare(name: str, forcing: dict[str, np.ndarray]) -> float:
    """Seconds of the model alone over series that lie ready in memory as it takes them."""
    model = SERIES[f"dmod.models.series.{name}"]()
    vector = np.array(list(parameters(name).values()))
    rain, sun = (values.astype(np.float64) for values in forcing.values())
    simulate = model._module.simulate
    begin = perf_counter()
    for row in range(len(rain)):
        simulate(vector, rain[row], sun[row])
    return perf_counter() - begin


def lay_out(folder: Path, name: str, forcing: dict[str, np.ndarray]) -> None:
    count, steps = forcing["APCP_surface"].shape
    catchments = [f"cat-{number + 1}" for number in range(count)]
    times = BEGIN + np.arange(steps) * np.timedelta64(3600, "s")
    for part in ("fabric", "forcing", "settings"):
        (folder / part).mkdir(parents=True)
    write_netcdf(folder / "forcing" / "forcing.nc", times, catchments, forcing, {"potential_evapotranspiration": "mm"})
    nexus = [f"nex-{number // 2 + 1}" for number in range(count)]
    point = {"type": "Point", "coordinates": [-80.0, 35.0]}
    square = {"type": "Polygon", "coordinates": [[[-80, 35], [-79, 35], [-79, 36], [-80, 35]]]}
    cats = [
        {"type": "Feature", "id": i, "properties": {"toid": t, "areasqkm": 10.0}, "geometry": square}
        for i, t in zip(catchments, nexus, strict=True)
    ]
    ends = [{"type": "Feature", "id": i, "properties": {"toid": ""}, "geometry": point} for i in dict.fromkeys(nexus)]
    for file, features in (("catchment_data", cats), ("nexus_data", ends)):
        collection = {"type": "FeatureCollection", "features": features}
        (folder / "fabric" / f"{file}.geojson").write_text(json.dumps(collection))
    params = {"model_type_name": name, "python_type": f"dmod.models.series.{name}", "init_config": "/dev/null"}
    params |= {"main_output_variable": "Q_OUT", "model_params": parameters(name)}
    formulations = [{"name": "bmi_python", "params": params}]
    begin, end = (str(stamp).replace("T", " ") for stamp in (times[0], times[-1]))
    time = {"start_time": begin, "end_time": end, "output_interval": 3600}
    realization = {"global": {"formulations": formulations}, "time": time}
    (folder / "settings" / "realization.json").write_text(json.dumps(realization))


def order(folder: Path, ranks: int, steps: int) -> Path:
    job = folder / f"job-{ranks}"
    job.mkdir()
    roles = {"hydrofabric": "fabric", "forcing": "forcing", "realization": "settings"}
    datasets = {r: [{"name": n, "category": "", "format": "", "path": str(folder / n)}] for r, n in roles.items()}
    end = BEGIN + np.timedelta64(3600 * (steps - 1), "s")
    period = {"begin": f"{BEGIN}Z", "end": f"{end}Z", "step": 3600}
    settings = {"id": 1, "name": "bench", "kind": "simulation", "ranks": ranks, "spec": {}, "period": period}
    settings |= {"catchments": None, "datasets": datasets, "output": {"format": "netcdf"}}
    (job / "job.json").write_text(json.dumps(settings))
    return job


def worker(job: Path, ranks: int) -> float:
    mpi = [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", str(ranks)] if ranks > 1 else []
    begin = perf_counter()
    subprocess.run(
        [*mpi, sys.executable, "-m", "dmod.worker", str(job)],
        check=True, stdin=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return perf_counter() - begin


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--catchments", type=int, default=10_000)
    said.add_argument("--steps", type=int, default=8_760)
    said.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    said.add_argument("--model", default="GR4J")
    said.add_argument("--keep", type=Path, help="make the data here, and keep them")
    asked = said.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        forcing = weather(asked.catchments, asked.steps)
        lay_out(folder, asked.model, forcing)
        size = asked.catchments * asked.steps
        alone = bare(asked.model, forcing)
        print(f"{asked.catchments:,} catchments x {asked.steps:,} steps, {asked.model}")
        print(f"bare loop   {alone:7.1f} s  {size / alone / 1e6:6.2f} M catchment-steps/s")
        for ranks in asked.ranks:
            took = worker(order(folder, ranks, asked.steps), ranks)
            rate = size / took / 1e6
            print(f"{ranks} rank(s)   {took:7.1f} s  {rate:6.2f} M catchment-steps/s  ratio {alone / took:.2f}")


if __name__ == "__main__":
    main()
