"""Compiled modules against the same source in a bare C loop: alone, three in a row with units, and three in a loop.

    python tests/bench/bench_modules.py [--catchments 200] [--rounds 7]

Prints millions of catchment-steps per second of CPU, medians of the rounds, everything in it: making the module, its
names and units, values in and out. Ratios are to the bare loop of the same round: under load only they compare.
The last lines are jobs through the worker, with forcing from NetCDF and ngen's CSV out.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import bench_simulation
import numpy as np

from dmod.hydro.realization import Formulation
from dmod.models import compiler, create, drive
from dmod.models.model import Clock
from dmod.models.registry import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


def built(source: str, folder: Path) -> Path:
    library = folder / f"lib{Path(source).stem}.so"
    argv = ["gcc", "-std=c99", "-O2", "-fPIC", "-shared", str(HERE / source), "-o", str(library), "-lm"]
    subprocess.run(argv, check=True)
    return library


def reservoir(library: Path, **params: object) -> Formulation:
    made = {"model_type_name": "reservoir", "library_file": str(library), "init_config": ""}
    made |= {"registration_function": "register_bmi_reservoir", "main_output_variable": "q", "output_variables": ["q"]}
    return Formulation("bmi_c", made | params)


def chain(library: Path, folder: Path, *, back: bool = False) -> Formulation:
    """Three reservoirs, the second in cm and the third in mm again; with `back` the first is fed by the third too."""
    (folder / "cm.txt").write_text("units cm")
    feeds = ["q3" if back else "rain", "q1", "q2"]
    modules = []
    for number, fed in enumerate(feeds, 1):
        names = {"p": fed, **{name: f"{name}{number}" for name in ("q", "s", "n", "profile")}}
        config = str(folder / "cm.txt") if number == 2 else ""
        modules.append(reservoir(library, variables_names_map=names, init_config=config))
    defaults = [{"name": "q3", "value": 100.0}]
    params = {"main_output_variable": "q3", "output_variables": ["q1"], "default_output_values": defaults}
    return Formulation("bmi_multi", params, tuple(modules))


def ways(library: Path, folder: Path) -> dict[str, tuple[Formulation, str]]:
    """Formulations, and the configuration with which the bare loop does the same work."""
    slow, hidden = _config(folder, "work 30"), _config(folder, "hide 1")
    return {
        "one bmi_c": (reservoir(library), ""),
        "one bmi_c, by name": (reservoir(library, init_config=hidden), ""),
        "one bmi_c of 300 ns a step": (reservoir(library, init_config=slow), slow),
        "bmi_multi of 3": (chain(library, folder), ""),
        "bmi_multi of 3, looking back": (chain(library, folder, back=True), ""),
    }


def _config(folder: Path, text: str) -> str:
    path = folder / f"{text.replace(' ', '-')}.txt"
    path.write_text(text)
    return str(path)


def seconds(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin


def run(formulation: Formulation, rain: np.ndarray, catchments: int) -> None:
    setting = Setting("cat-1", Clock(datetime(2015, 12, 1, tzinfo=UTC), 3600, len(rain)))
    for _ in range(catchments):
        create(formulation, setting).run({"p": rain, "rain": rain})


def without_compiler(folder: Path) -> None:
    """From here on as on a machine without a compiler."""
    os.environ |= {"CC": "none", "DMOD_CACHE": str(folder / "none")}
    tempfile.tempdir = str(folder / "none")
    for found in (drive.loop, compiler.built):
        found.cache_clear()


def compare(library: Path, folder: Path, limit: Callable[..., int], catchments: int, rounds: int) -> None:
    for steps in (720, 8760):
        rain, runoff = np.random.default_rng(3).gamma(0.3, 5.0, steps), np.zeros(steps)
        print(f"  {steps:,} steps, {catchments} catchments         M/s    of the bare loop")
        for name, (formulation, config) in ways(library, folder).items():
            rates, ratios = [], []
            arrays = rain.ctypes.data, runoff.ctypes.data
            for _ in range(rounds):
                own = seconds(lambda f=formulation, r=rain: run(f, r, catchments))
                bare = seconds(lambda c=config, s=steps, a=arrays: limit(c.encode(), 3 * catchments, s, *a))
                rates.append(catchments * steps / own / 1e6)
                ratios.append(bare / 3 / own)
            print(f"    {name:32}{median(rates):8.2f}{median(ratios):12.3f}")


def jobs(library: Path, folder: Path, catchments: int, steps: int) -> None:
    """Whole jobs: everything that a worker does, seconds of CPU."""
    bench_simulation.lay_out(folder / "job", "GR4J", bench_simulation.weather(catchments, steps))
    path = folder / "job" / "settings" / "realization.json"
    document = json.loads(path.read_text())
    for name, formulation in (("one bmi_c", reservoir(library)), ("bmi_multi of 3", chain(library, folder))):
        leaves = [{"name": each.name, "params": dict(each.params)} for each in formulation.modules]
        params = {**formulation.params, **({"modules": leaves} if leaves else {})}
        text = json.dumps({"name": formulation.name, "params": params})
        rain = text.replace('"rain"', '"APCP_surface"') if leaves else text
        made = json.loads(rain)
        if not leaves:
            made["params"]["variables_names_map"] = {"p": "APCP_surface"}
        document["global"]["formulations"] = [made]
        path.write_text(json.dumps(document))
        for form in ("csv", "netcdf"):
            job = bench_simulation.order(folder / "job", len(list((folder / "job").iterdir())), steps)
            order = json.loads((job / "job.json").read_text())
            (job / "job.json").write_text(json.dumps(order | {"ranks": 1, "output": {"format": form}}))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            bench_simulation.worker(job, 1)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"    {name:20}{form:8}{took:8.2f} s{catchments * steps / took / 1e6:10.3f} M/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catchments", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library, limit = built("../modules/reservoir.c", folder), ctypes.CDLL(str(built("bare.c", folder))).bare
        limit.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        print(f"jobs through the worker, {5 * asked.catchments} catchments x 720 steps")
        jobs(library, folder, 5 * asked.catchments, 720)
        print("the loop in C")
        compare(library, folder, limit, asked.catchments, asked.rounds)
        without_compiler(folder)
        print("Python and ctypes alone")
        compare(library, folder, limit, max(3, asked.catchments // 40), asked.rounds)


if __name__ == "__main__":
    main()
