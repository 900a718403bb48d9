"""Submitting: a job file or a command line becomes a spec, is held against data and nodes, and is queued."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.cli import job_array, job_check, job_fetch, job_same, job_wait
from dmod.cli.job_array import Tasks
from dmod.cli.output import say, show_record, write
from dmod.cli.settings import current, project
from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.paths import there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.stores import Stores
    from dmod.jobs.job import Job
    from dmod.jobs.order import Order
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec
    from dmod.jobs.sweep import Point
    from dmod.scheduler.queue import Queue
    from dmod.toml_file import Located


class Asked(NamedTuple):
    """What is asked beside the spec."""

    tasks: Tasks = Tasks()
    points: Sequence[Point] = ()  # of a sweep
    after: Sequence[str] = ()  # words for jobs that must have completed
    after_any: Sequence[str] = ()  # that must have ended
    held: bool = False
    wait: bool = False
    reuse: bool = False  # an earlier output that was made of the same will do
    folder: Path | None = None  # where it runs; by default here


def located(words: Sequence[str], run: Path | None, name: str, executor: str) -> tuple[Located, Path | None]:
    """The job file that the words mean, or a run folder, and that folder. Raises as `run_folder.job`, UsageError."""
    from dmod import toml_file

    if run is not None and words:
        raise UsageError(f"--run {run} is a whole job, and {words[0]} another", fix="dmod job submit --help")
    if run is not None:
        from dmod.cli import run_folder

        return run_folder.job(run, name)
    if not words:
        raise UsageError("dmod job submit needs FILE, --run DIR or -- COMMAND", fix="dmod job submit --help")
    file = len(words) == 1 and words[0].endswith(".toml")
    here = (executor or project().config.defaults.executor) == "local"
    return (toml_file.read(Path(words[0])) if file else _command(words, here=here)), None


def read(located: Located, sets: Sequence[str], given: Mapping[str, Any]) -> tuple[Spec, list[Point]]:
    """The spec of a job file with what is set besides, and the points of its sweep. Raises UsageError."""
    from dmod import toml_file
    from dmod.jobs import kinds, sweep

    for text in sets:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {text}: a key and a value are needed", fix="--set simulation.end=1984-12-31")
        located = located.with_value(key.strip(), toml_file.value(value.strip()), f"--set {key.strip()}")
    for key, value in given.items():
        located = located.with_value(key, value, f"--{key.rpartition('.')[2].replace('_', '-')}")
    located, swept = sweep.taken(located)
    defaults = project().config.defaults
    if swept is None:
        return kinds.read(located, defaults), []
    points = sweep.points(located, swept, defaults)
    return points[0].spec, points


def _command(words: Sequence[str], *, here: bool) -> Located:
    """A job of kind command from a command line. Raises UsageError for what is meant as a job file, NotFoundError."""
    import shutil

    from dmod.nearest import nearest
    from dmod.toml_file import Located

    word = words[0]
    if word.endswith(".toml"):
        raise UsageError(f"{word} is a job file, and {words[1]} a word too many", fix=f"dmod job submit {word}")
    if "{}" in word:
        raise UsageError("{} cannot be the program", fix="dmod job submit --each-line FILE -- /bin/sh -c {}")
    if here and len(words) == 1 and shutil.which(word) is None:
        if there(Path(word)):
            raise UsageError(
                f"{word} is no job file and no program",
                why="job files end in .toml; programs can be run",
                fix="dmod job submit --help",
            )
        near = nearest(word, [str(path) for path in Path().glob("*.toml") if path.name != "dmod.toml"])
        fix = f"dmod job submit {near}" if near else "dmod job submit --help"
        raise NotFoundError(f"there is no job file {word}, and no program of that name", fix=fix)
    name = Path(word).name or "command"
    return Located(Path(f"{name}.toml"), {"kind": "command", "name": name, "command": {"argv": list(words)}}, {})


def submit(spec: Spec, asked: Asked) -> int:
    """Check a spec, queue it, print its id, wake the scheduler; or show its progress to the end."""
    from dmod.data.stores import Stores
    from dmod.scheduler import lock
    from dmod.scheduler.queue import Queue

    here = project()
    stores = Stores(here)
    order, points = _order(spec, asked, stores)
    job_check.possible(spec)
    if not asked.reuse:
        job_check.free_output(order, points, stores.folder)
    if current().dry_run:
        from dmod.cli import job_plan

        if here.queue.exists():
            _tried(order, Queue(here.queue))
        show_record(job_plan.record(order, points), table=job_plan.lines)
        return 0
    queue = Queue(here.queue)
    if asked.reuse and (same := job_same.earlier(order, queue, stores.folder)):
        return _reused(same)
    job_fetch.fetch(order.prepared, stores, queue)
    job = queue.submit(order)
    lock.ensure(here.root, here.state)
    return _told(job, order, queue, wait=asked.wait)


def _reused(job: Job) -> int:
    """Say which job has made the same already."""
    from dmod.cli.job_list import row

    if current().machine:
        show_record(row(job, {}))
    elif current().output == "name":
        write(str(job.id))
    else:
        write(f"job {job.id} {job.name} has made the same: dataset {job.output or job.as_task(1, 1).output}")
    return 0


class _UndoneError(Exception):
    """It would have been queued."""


def _tried(order: Order, queue: Queue) -> None:
    """Refuse what the queue would refuse, and take it back."""
    from dmod.scheduler import submission

    with suppress(_UndoneError), queue.transaction() as write:
        submission.submit(write, [replace(order, items=())], time.time())
        raise _UndoneError


def _told(job: int, order: Order, queue: Queue, *, wait: bool) -> int:
    """Say the id of what was submitted, or wait for it."""
    from dmod.cli.job_list import row

    name, size = order.spec.name, len(order.numbers) if order.numbers is not None else 0
    if current().output == "name":
        write(str(job))
    elif not wait and not current().machine:
        write(f"job {job} {name}{f': {size:,} tasks' if size else ''}")
        held = f"; it is held until dmod job release {job}" if order.held else ""
        say(f"next: dmod job watch {job}{held}")
    if not wait:
        if current().machine:
            show_record(row(queue.get(job), {}))
        return 0
    ended = job_wait.watch(job, queue)
    if current().machine:
        show_record(row(ended, {}))
    return job_wait.own_code(ended)


def _prepared(spec: Spec, asked: Asked, stores: Stores) -> tuple[Prepared, Tasks]:
    """What the job and its tasks run on: datasets of the folder, and where these do not do, of the object store too."""
    image = job_check.image(spec)

    def of(datasets: Sequence[Dataset]) -> tuple[Prepared, Tasks]:
        def prepare(one: Spec) -> Prepared:
            return replace(job_check.prepared(one, datasets, stores.folder), image=image)

        if asked.points:
            return job_array.of_points(asked.points, prepare)
        return prepare(spec), asked.tasks

    if spec.kind == "command":
        return of([])
    try:
        return of(stores.folder.list())
    except UnmetError:
        if not stores.shared:
            raise
    return of(stores.datasets())


def _order(spec: Spec, asked: Asked, stores: Stores) -> tuple[Order, Sequence[Point]]:
    """What is submitted, its tasks prepared. Raises UnmetError, and for jobs to wait for NotFoundError."""
    from dmod.jobs.order import Order

    prepared, tasks = _prepared(spec, asked, stores)
    after, after_any = (_ids(words, option) for words, option in ((asked.after, ""), (asked.after_any, "-any")))
    order = Order(
        spec,
        asked.folder or Path.cwd(),
        prepared,
        numbers=tasks.numbers,
        items=tasks.items,
        held=asked.held,
        after=after,
        after_any=after_any,
    )
    return replace(order, fingerprint=job_same.fingerprint(order)), asked.points


def _ids(words: Sequence[str], option: str) -> list[int]:
    """The jobs that `--after 41,fetch` names."""
    from dmod.cli.job_list import opened
    from dmod.jobs.selector import select

    named = [word.strip() for text in words for word in text.split(",")]
    if not named:
        return []
    if not all(named):
        raise UsageError(f"--after{option} names no job", fix=f"--after{option} last")
    return [head.id for head in select(named, opened().heads())]
