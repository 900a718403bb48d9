"""A simulation by ngen: the worker starts it, serial or under mpiexec, and keeps what it writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from dmod import layout
from dmod.errors import NotFoundError, UsageError
from dmod.hydro import geojson, geopackage, partition
from dmod.jobs.launch import mpiexec
from dmod.models.model import ModelError
from dmod.worker import ngen_config
from dmod.worker.failure import OutputError
from dmod.worker.files import Progress, write_json
from dmod.worker.output import finish
from dmod.worker.prepare import json_of, prepare
from dmod.worker.ranks import Alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.worker.order import Order
    from dmod.worker.prepare import Run

PROGRAMS = {False: ("ngen-serial", "ngen"), True: ("ngen-parallel", "ngen")}  # by whether there are several ranks
MARKS = re.compile(r"Running timestep (\d+)|at output step (\d+)|Finished (\d+) timesteps")
LAST = 5  # lines that are told of a failure
GRACE = 5.0  # seconds to end in


def run(order: Order) -> None:
    """Do a simulation job with ngen."""
    if order.output_format not in ("auto", "csv"):
        raise UsageError("ngen writes CSV", fix="--set simulation.format=auto, or program = dmod")
    if order.spec.get("routing") == "muskingum":
        raise UsageError("ngen routes by t-route, or not at all", fix="--set simulation.routing=none")
    progress = Progress(order.folder, 0, "steps")
    progress.update("preparing")
    prepared = prepare(order, Alone())
    with prepared.weather:
        pass  # what it says of forcing was checked; ngen reads it itself
    shutil.rmtree(order.partial, ignore_errors=True)
    order.partial.mkdir()
    _watch(command(prepared), order.folder, Progress(order.folder, prepared.clock.steps, "steps"))
    if not any(order.partial.iterdir()):
        raise OutputError("ngen ended well, and has written nothing", why=f"looked into {order.partial}")
    steps = {"begin": f"{prepared.clock.begin:%Y-%m-%dT%H:%M:%SZ}", "step": prepared.clock.step}
    told = {"program": "ngen", **steps, "steps": prepared.clock.steps, "catchments": len(prepared.fabric.catchments)}
    write_json(order.partial / "summary.json", told)
    finish(order.partial, order.output)
    progress.update("done")


def command(prepared: Run) -> list[str]:
    """The command line: serial, or under mpiexec with a partition file of a part for each rank."""
    order, fabric = prepared.order, prepared.fabric
    path = order.the("hydrofabric").path.resolve()
    package = geopackage.find(path)
    catchments, nexuses = (package, package) if package else geojson.find(path)
    document = ngen_config.made(
        prepared.realization.document, order, prepared.base, prepared.clock, fabric.catchments[0]
    )
    config = order.folder / "ngen.json"
    config.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    several = order.ranks > 1
    whole = order.catchments is None
    ids = "all" if whole or several else ",".join(fabric.catchments)
    argv = [program(several=several), str(catchments), ids, str(nexuses), "all", str(config)]
    if not several:
        return argv
    parts = order.folder / "partition.json"
    if order.datasets.get("partition"):
        parts = json_of(order.the("partition"), "partitions")
    elif not parts.exists():  # `prepare` has written it, unless it has no METIS
        partition.write(partition.partition(fabric, order.ranks), parts)
    return [mpiexec(), "-n", str(order.ranks), *argv, str(parts)]


def program(*, several: bool) -> str:
    """The ngen of the image, else of PATH. Raises NotFoundError."""
    for name in PROGRAMS[several]:
        image = Path(layout.DMOD) / layout.BIN / name
        if image.is_file():
            return str(image)
        if found := shutil.which(name):
            return found
    raise NotFoundError(
        "there is no ngen",
        why=f"looked for {' and '.join(PROGRAMS[several])} in {layout.DMOD}/{layout.BIN} and on PATH",
        fix='put it on PATH, or set program = "dmod" in [simulation]',
    )


def _watch(argv: Sequence[str], folder: Path, progress: Progress) -> None:
    """Run ngen to its end, its output as ours. Raises ModelError."""
    print(" ".join(argv), flush=True)  # noqa: T201 - the log of the job
    progress.update("simulating")
    child = subprocess.Popen(
        argv, cwd=Path.cwd(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace"
    )
    try:
        last = _read(child.stdout or (), progress)
        code = child.wait()
    finally:
        if child.poll() is None:
            _end(child)
    if code:
        raise ModelError(
            f"ngen ended {f'by signal {-code}' if code < 0 else f'with exit code {code}'}",
            why=" / ".join(last) or "it said nothing on stdout",
            fix=f"see {folder / layout.STDERR}",
        )


def _read(lines: Iterable[str], progress: Progress) -> Sequence[str]:
    """Pass on what ngen says and note how far it is; gives its last lines."""
    done, last = 0, deque[str](maxlen=LAST)
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        last.append(line.strip())
        if found := MARKS.search(line):
            step = int(next(filter(None, found.groups())))
            progress.update("simulating", max(0, step - done))
            done = max(done, step)
    return list(last)


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
