"""What a job is held against before it is queued: the data it names, the nodes there are, the output it makes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.cli.settings import project
from dmod.errors import ConflictError, UnmetError
from dmod.paths import there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.folder import FolderStore
    from dmod.jobs.order import Order
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec
    from dmod.jobs.sweep import Point


def prepared(spec: Spec, datasets: Sequence[Dataset], store: FolderStore) -> Prepared:
    """What the job will run on. Raises UnmetError; for a path where a dataset is meant it says how to make it one."""
    from dmod.jobs import kinds

    try:
        return kinds.prepare(spec, datasets)
    except UnmetError as error:
        said = [getattr(spec.table, role, None) for role in ("realization", "hydrofabric", "forcing", "observation")]
        names = {each for one in said for each in ((one,) if isinstance(one, str) else one or ())} - {*store.names()}
        path = next((each for each in sorted(names) if there(Path(each))), None)
        if path is None:
            raise
        from dmod.data import name

        raise UnmetError(
            error.message,
            why=f'"{path}" is a path, and a job names datasets',
            fix=f"dmod dataset create {name.slug(Path(path).stem)} --from {shlex.quote(path)}, and name that",
        ) from error


def possible(spec: Spec) -> None:
    """Refuse what no node could ever run."""
    from dmod.jobs.launch import mpiexec
    from dmod.scheduler.nodes import nodes
    from dmod.scheduler.step import impossible

    lack = impossible(spec.resources, nodes(project().config))
    if lack:
        most = max((node.cpus for node in nodes(project().config)), default=1)
        fix = f"--cpus {most}" if spec.resources.cpus > most else "--memory SIZE"
        raise UnmetError(f'job "{spec.name}" can never run here: it {lack}', fix=f"{fix}, or dmod node list")
    if spec.kind == "simulation" and spec.resources.cpus > 1 and spec.executor == "local":
        mpiexec()


def image(spec: Spec) -> str:
    """The id of the image in which a job will run; "" if in none. Raises UnmetError, UnreachableError."""
    if spec.executor != "docker":
        return ""
    from dmod.docker.chosen import choose

    return choose(project(), spec.image)


def free_output(order: Order, points: Sequence[Point], store: FolderStore) -> None:
    """Refuse an output whose name is taken, before anything runs for it."""
    from dmod.data import name as names

    spec = order.spec
    wanted = getattr(spec.table, "output", None)
    if not wanted:
        return
    taken = next((name for name in store.names() if _makes(order, points, wanted, name)), None)
    if taken:
        raise ConflictError(
            f'job "{spec.name}" would make the dataset "{taken}", which exists',
            fix=f"--set {spec.kind}.output=NAME, or dmod dataset delete {taken}",
        )
    for each in {wanted, *(point.spec.table.output for point in points)}:
        names.require(each)


def _makes(order: Order, points: Sequence[Point], wanted: str, name: str) -> bool:
    """Whether a dataset of that name is what the job makes, or one of its tasks."""
    if order.numbers is None:
        return name == wanted
    stem, _, number = name.rpartition("-")
    if not (number.isdecimal() and number == str(int(number)) and int(number) in order.numbers):
        return False
    return stem == (points[int(number) - 1].spec.table.output if points else wanted)
