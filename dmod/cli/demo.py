"""`dmod demo`: three real rivers from input files to scores and a hydrograph, by the commands that anybody types."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli import settings
from dmod.cli.output import glyph, say
from dmod.cli.typist import Typist
from dmod.errors import ConflictError
from dmod.paths import shown
from dmod.project import FILE, Project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.demo.parameters import Chosen
    from dmod.jobs.job import Job

MARK = Path(".dmod") / "demo"  # in a project that the demo made
CALIBRATED = "parameters.json"  # what --calibrate leaves in the project


def command(
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="the project; made if it is not there")] = Path(
        "dmod-demo"
    ),
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="find the models and parameters again: about 2 minutes on 2 cores")
    ] = False,
    executor: Annotated[str, typer.Option(metavar="WHERE", help="where the jobs run")] = "local",
    gauge: Annotated[str, typer.Option(help="the hydrograph to show: leaf, au-saumon or baskatong")] = "baskatong",
) -> None:
    """Simulate three real rivers in parallel, score them against what was measured, show a hydrograph.

    It types the commands that you would type, and shows each; the project it makes is kept to play with. What is there
    already is not made again, and what you changed in it counts.

    dmod demo
    dmod demo --dir rivers --calibrate
    """
    from dmod.demo.rivers import require

    began = time.perf_counter()
    require(gauge)
    here = settings.current()
    root = (here.directory or Path()) / folder
    typist = Typist(root.parent)
    _begin(typist, root)
    if here.dry_run:
        return _rehearse(typist, executor)
    found = _parameters(typist, root, calibrate=calibrate)
    names = _datasets(typist, root, found, calibrated=calibrate)
    simulation = _job(typist, root, "simulation", names, executor)
    names["simulated"] = str(simulation.output)
    evaluation = _job(typist, root, "evaluation", names, executor)
    typist.type("get", "dataset", "get", str(evaluation.output))
    from dmod.cli.demo_result import Result

    result = Result(Project.find(root), simulation, evaluation, names["measured"], typist.seconds)
    return result.show(gauge, time.perf_counter() - began)


def _begin(typist: Typist, root: Path) -> None:
    """Make the project if there is none, and go there."""
    if (root / FILE).exists():
        _require_ours(root)
        say(f"{shown(root)} is a project already; what is in it is kept")
    else:
        if not settings.current().dry_run:
            root.parent.mkdir(parents=True, exist_ok=True)
        typist.type("init", "init", root.name, quietly=True)
    if not settings.current().dry_run:
        (root / MARK).parent.mkdir(exist_ok=True)
        (root / MARK).touch()
    say(f"$ cd {shlex.quote(shown(root))}")
    typist.folder = root


def _require_ours(root: Path) -> None:
    """Leave projects alone that the demo did not make, unless there is nothing in them. Raises ConflictError."""
    others = sorted(path.name for path in root.iterdir() if not path.name.startswith(".") and path.name != FILE)
    if others and not (root / MARK).exists():
        raise ConflictError(
            f"{shown(root)} is a project, and not one of the demo",
            why=f"it has {', '.join(others[:3])}, which the demo did not write",
            fix="dmod demo --dir DIR",
        )


def _rehearse(typist: Typist, executor: str) -> None:
    """Show what would be typed in an empty project."""
    from dmod.demo.datasets import WANTED

    for each in WANTED:
        typist.type("", "dataset", "create", each.name, "--category", each.category, "--from", each.source)
    for kind in ("simulation", "evaluation"):
        typist.type("", "job", "submit", f"{kind}.toml", *_where(executor), "--wait")
    typist.type("", "dataset", "get", "scores-2")


def _parameters(typist: Typist, root: Path, *, calibrate: bool) -> Mapping[str, Chosen]:
    """The parameters to write: just found, found here before, or those that come with dmod."""
    from dmod.demo import parameters

    own = root / CALIBRATED
    if calibrate:
        with typist.timed("calibrate"):
            _calibrate(own)
    return parameters.read(own) if own.exists() else parameters.read()


def _calibrate(target: Path) -> None:
    import os

    from dmod.cli.output import Progress
    from dmod.demo import calibration, parameters

    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    say(f"calibrating on {calibration.CALIBRATION[0]} to {calibration.CALIBRATION[1]}, {workers} models at a time")
    with Progress("calibration") as bar:
        bar.update(0, 0, "starting")
        fits = calibration.calibrate(workers=workers, told=lambda _, done, total: bar.update(done, total, "fits"))
    parameters.write(fits, target)
    for each in calibration.choose(fits).values():
        say(f"{glyph('ok')} {each.gauge}: {each.model}, NSE {each.calibration:.3f} in the calibration period")


def _datasets(typist: Typist, root: Path, found: Mapping[str, Chosen], *, calibrated: bool) -> dict[str, str]:
    """Write the input files that are missing, and register what is not registered; the name of each dataset."""
    from dmod.data.folder import FolderStore
    from dmod.demo import datasets, inputs

    with typist.timed("inputs"):
        written = inputs.complete(root, found, replace=("realization.json",) if calibrated else ())
    if written:
        count = f"{len(written)} input file{'s' if len(written) > 1 else ''}"
        say(f"{glyph('ok')} {count} written, from the data of holmes-hydro (see README.md)")
    store = FolderStore(Project.find(root).datasets)
    names = {}
    for each in datasets.WANTED:
        name, there = datasets.held(each, root, store.list())
        names[each.name] = name
        if there:
            say(f"{glyph('ok')} dataset {name} is there")
        else:
            words = ("dataset", "create", name, "--category", each.category, "--from", each.source)
            typist.type(f"dataset {name}", *words)
    return names


def _job(typist: Typist, root: Path, kind: str, names: Mapping[str, str], executor: str) -> Job:
    """Submit a job, wait for it, and find it in the queue."""
    from dmod.demo.datasets import settings as told
    from dmod.scheduler.queue import Queue

    sets = told(names, kind)
    simulated = names.get("simulated", "rivers-1")
    if kind == "evaluation" and simulated != "rivers-1":
        sets += ["--set", f"evaluation.simulation={simulated}"]
    typist.type(kind, "job", "submit", f"{kind}.toml", *sets, *_where(executor), "--wait")
    return Queue(Project.find(root).queue).jobs(name="rivers" if kind == "simulation" else "scores", limit=1)[0]


def _where(executor: str) -> list[str]:
    return [] if executor == "local" else ["--executor", executor]
