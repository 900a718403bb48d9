"""`dmod job`: submit, look, wait, stop. Everything that runs is a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod import json_schema
from dmod.cli import job_list, job_submit, job_views, job_wait
from dmod.cli.output import say, show_list, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.errors import PartialError

if TYPE_CHECKING:
    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

app = group("Run simulations, evaluations and commands.")

RECORD = json_schema.record(
    "a row of `dmod job list`, and what `dmod job show` adds to it",
    id=("integer", "in the order of submission"),
    name=("string", "of the spec"),
    kind=("string", "command, simulation, evaluation"),
    status=("string", "queued, staging, running, collecting, completed, failed, canceled"),
    cpus=("integer", "asked for"),
    memory=("integer", "bytes asked for; 0 is no limit"),
    submitted=("string", "RFC 3339"),
    started=("string|null", "RFC 3339"),
    ended=("string|null", "RFC 3339"),
    runtime=("number|null", "seconds since it started, or that it ran"),
    exit_code=("integer|null", "of its program; negative: killed by that signal"),
    attempt=("integer", "1, and one more with each retry"),
    why=("string", "why it waits, failed or was canceled"),
    output=("string|null", "the dataset it makes"),
)
WORDS = Annotated[list[str], typer.Argument(metavar="JOB...", help="42, 40-45, last, a name, or a pattern: 'demo-*'")]


@app.command()
def submit(  # noqa: PLR0913, PLR0917 - what people set without opening the file
    words: Annotated[
        list[str], typer.Argument(metavar="FILE | -- COMMAND...", help="a job file, or after -- a program to run")
    ],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="any key of the file: simulation.end=1984-12-31"),
    ] = None,
    name: Annotated[str, typer.Option(help="instead of the file's")] = "",
    cpus: Annotated[int | None, typer.Option(metavar="N", help="instead of the file's", min=1)] = None,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="for all ranks together, such as 2GiB")] = "",
    time_limit: Annotated[str, typer.Option(metavar="DURATION", help="such as 1h30m")] = "",
    executor: Annotated[str, typer.Option(help="where it runs")] = "",
    wait: Annotated[
        bool, typer.Option("--wait", "--watch", help="show progress until it ends; exit 1 if it failed")
    ] = False,
) -> int:
    """Submit a job and print its id: it is checked against the data first, then it waits for its turn.

    dmod job submit simulation.toml --wait
    dmod job submit simulation.toml --set simulation.end=1984-12-31 --cpus 4
    dmod job submit -- /bin/echo hello

    A job file says its kind, and in a table of that name what it needs. It names datasets, not paths:

      kind = "simulation"             kind = "evaluation"

      [simulation]                    [evaluation]
      realization = "models"          simulation = "rivers-1"
      hydrofabric = "catchments"      observation = "measured"
      forcing = ["rain", "snow"]

    All its keys: dmod config schema --for simulation, evaluation or command.
    """
    given = {"name": name, "resources.cpus": cpus, "resources.memory": memory, "resources.time_limit": time_limit}
    given |= {"executor": executor}
    spec = job_submit.read(words, sets or [], {key: value for key, value in given.items() if value})
    return job_submit.submit(spec, wait=wait)


app.command(name="list")(job_views.list_)
app.command()(job_views.show)


@app.command()
def logs(
    word: job_views.ONE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until the job ends")] = False,
    stderr: Annotated[bool, typer.Option("--stderr", help="only what went to stderr")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="only what went to stdout")] = False,
    tail: Annotated[int, typer.Option(help="only so many lines at the end", min=0)] = 0,
) -> None:
    """Show what a job printed: its stdout, then its stderr.

    dmod job logs last -f
    """
    from dmod.cli import job_logs

    queue = job_list.opened()
    job = job_list.chosen([word], queue)[-1]
    job_logs.show(job, queue, both=(stdout or not stderr, stderr or not stdout), follow=follow, tail=tail)


@app.command()
def wait(words: WORDS) -> int:
    """Wait until jobs end: exit 0 if all completed, 1 if one failed or was canceled, 7 after --timeout.

    dmod job wait 40-45 --timeout 1h
    """
    queue = job_list.opened()
    jobs = job_list.chosen(words, queue)
    ended = job_wait.wait([job.id for job in jobs], queue)
    show_list([job_list.row(job, {}) for job in ended], job_list.COLUMNS, name_key="id")
    return job_wait.exit_code(ended)


@app.command()
def watch(word: job_views.ONE) -> int:
    """Show the progress of a job until it ends; exit code as of wait.

    dmod job watch last
    """
    queue = job_list.opened()
    job = job_list.chosen([word], queue)[-1]
    ended = job_wait.watch(job.id, queue)
    return job_wait.exit_code([ended])


@app.command()
def cancel(words: WORDS) -> int:
    """Cancel jobs: waiting ones at once, running ones are asked to end, and ended after scheduler.grace (10s).

    dmod job cancel 42 44-46
    """
    queue = job_list.opened()
    jobs = job_list.chosen(words, queue)
    if current().dry_run:
        say("\n".join(f"would cancel job {job.id} {job.name}, {job.status}" for job in jobs))
        return 0
    return _each(jobs, queue, "cancel")


@app.command()
def retry(words: WORDS) -> int:
    """Queue failed or canceled jobs again, under their ids.

    dmod job retry last
    """
    queue = job_list.opened()
    return _each(job_list.chosen(words, queue), queue, "retry")


app.command()(job_views.explain)


def _each(jobs: list[Job], queue: Queue, verb: str) -> int:
    """Do it to each job; those that refuse are named, the others are done."""
    from dmod.errors import ConflictError
    from dmod.scheduler import lock

    here, refused = project(), []
    for job in jobs:
        try:
            getattr(queue, verb)(job.id)
        except ConflictError as error:
            refused.append(error)
            continue
        running = verb == "cancel" and not job.status.ended and job.status != "queued"
        done = {"cancel": "asked to end" if running else "canceled", "retry": "queued again"}[verb]
        write(str(job.id)) if current().output == "name" else say(f"job {job.id} {job.name}: {done}")
    if len(refused) == len(jobs):
        raise refused[0]
    lock.ensure(here.root, here.state)
    if refused:
        raise PartialError(f"{len(refused)} of {len(jobs)} jobs refused", why=refused[0].message, fix=refused[0].fix)
    return 0


_ = Path  # typer reads the annotations at run time
