"""Submitting: a job file or a command line becomes a spec, is held against data and nodes, and is queued."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.cli import job_wait
from dmod.cli.output import say, show_record, write
from dmod.cli.settings import current, project
from dmod.errors import ConflictError, NotFoundError, UnmetError, UsageError
from dmod.paths import there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.data.folder import FolderStore
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec
    from dmod.toml_file import Located


def read(words: Sequence[str], sets: Sequence[str], given: Mapping[str, Any]) -> Spec:
    """The spec that the words of `job submit` mean. Raises UsageError, NotFoundError."""
    from dmod import toml_file
    from dmod.jobs import kinds

    located = toml_file.read(Path(words[0])) if len(words) == 1 and words[0].endswith(".toml") else _command(words)
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {text}: a key and a value are needed", fix="--set simulation.end=1984-12-31")
        located = located.with_value(key.strip(), toml_file.value(value.strip()), f"--set {key.strip()}")
    for key, value in given.items():
        located = located.with_value(key, value, f"--{key.rpartition('.')[2].replace('_', '-')}")
    return kinds.read(located, project().config.defaults)


def _command(words: Sequence[str]) -> Located:
    """A job of kind command from a command line. Raises UsageError for what is meant as a job file, NotFoundError."""
    import shutil

    from dmod.nearest import nearest
    from dmod.toml_file import Located

    word = words[0]
    if word.endswith(".toml"):
        raise UsageError(f"{word} is a job file, and {words[1]} a word too many", fix=f"dmod job submit {word}")
    if len(words) == 1 and shutil.which(word) is None:
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


def submit(spec: Spec, *, wait: bool) -> int:
    """Check a spec, queue it, print its id, wake the scheduler; with `wait` show its progress to the end."""
    from dmod.cli.job_list import row
    from dmod.data.folder import FolderStore
    from dmod.jobs.order import Order
    from dmod.scheduler import lock
    from dmod.scheduler.queue import Queue

    here = project()
    store = FolderStore(here.datasets)
    prepared = _prepared(spec, store)
    _possible(spec)
    _free_output(spec, store)
    if current().dry_run:
        show_record(_plan(spec, prepared))
        return 0
    queue = Queue(here.queue)
    job = queue.submit(Order(spec, Path.cwd(), prepared))
    lock.ensure(here.root, here.state)
    if current().output == "name":
        write(str(job))
    elif not wait and not current().machine:
        write(f"job {job} {spec.name}")
        say(f"next: dmod job watch {job}")
    if not wait:
        if current().machine:
            show_record(row(queue.get(job), {}))
        return 0
    ended = job_wait.watch(job, queue)
    if current().machine:
        show_record(row(ended, {}))
    return job_wait.exit_code([ended])


def _prepared(spec: Spec, store: FolderStore) -> Prepared:
    """What the job will run on. Raises UnmetError; for a path where a dataset is meant it says how to make it one."""
    from dmod.jobs import kinds

    try:
        return kinds.prepare(spec, store.list() if spec.kind != "command" else [])
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


def _possible(spec: Spec) -> None:
    """Refuse what no node could ever run."""
    from dmod.jobs.launch import mpiexec
    from dmod.scheduler.nodes import nodes
    from dmod.scheduler.step import impossible

    lack = impossible(spec.resources, nodes(project().config))
    if lack:
        most = max((node.cpus for node in nodes(project().config)), default=1)
        fix = f"--cpus {most}" if spec.resources.cpus > most else "--memory SIZE"
        raise UnmetError(f'job "{spec.name}" can never run here: it {lack}', fix=f"{fix}, or dmod node list")
    if spec.kind == "simulation" and spec.resources.cpus > 1:
        mpiexec()


def _free_output(spec: Spec, store: FolderStore) -> None:
    """Refuse an output whose name is taken, before anything runs for it."""
    name = getattr(spec.table, "output", None)
    if name and name in store.names():
        raise ConflictError(
            f'job "{spec.name}" would make the dataset "{name}", which exists',
            fix=f"--set {spec.kind}.output=NAME, or dmod dataset delete {name}",
        )
    if name:
        from dmod.data import name as names

        names.require(name)


def _plan(spec: Spec, prepared: Prepared) -> dict[str, Any]:
    """What --dry-run shows."""
    found = prepared.to_json()
    return {
        "name": spec.name,
        "kind": spec.kind,
        "cpus": spec.resources.cpus,
        "memory": spec.resources.memory,
        "paradigm": spec.resources.paradigm,
        "time_limit": spec.resources.time_limit,
        "datasets": found["datasets"],
        "period": found["period"],
        "catchments": found["size"] or None,
    }
