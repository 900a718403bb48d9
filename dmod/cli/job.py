"""`dmod job`: submit, look, wait, stop. Everything that runs is a job."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from dmod import json_schema
from dmod.cli import job_actions, job_array, job_list, job_submit, job_views, job_wait, job_words
from dmod.cli.output import show_list, show_record
from dmod.cli.parser import group
from dmod.cli.settings import current

app = group("Run simulations, evaluations and commands.")

RECORD = json_schema.record(
    "a row of `dmod job list`, and what `dmod job show` adds to it",
    id=("integer", "in the order of submission"),
    name=("string", "of the spec"),
    kind=("string", "command, simulation, evaluation"),
    status=("string", "queued, staging, running, collecting, completed, failed, canceled"),
    priority=("integer", "0 to 100: the higher, the sooner"),
    held=("boolean", "it waits for dmod job release"),
    cpus=("integer", "asked for, by each task"),
    memory=("integer", "bytes asked for, by each task; 0 is no limit"),
    submitted=("string", "RFC 3339"),
    started=("string|null", "RFC 3339"),
    ended=("string|null", "RFC 3339"),
    runtime=("number|null", "seconds since it started, or that it ran"),
    exit_code=("integer|null", "of its program, 128 + n for signal n; of an array that of its first failed task"),
    attempt=("integer", "1, and one more with each retry"),
    why=("string", "why it waits, failed or was canceled"),
    output=("string|null", "the dataset it makes; of an array its tasks tell"),
    tasks=("object|null", "of an array: numbers, size, and how many wait, run, completed, failed, were canceled"),
    cpu_seconds=("number", "of all its tasks that ended"),
    peak_memory=("integer", "bytes, the most that one of its tasks held"),
    bytes_read=("integer", "from disks"),
    bytes_written=("integer", "to disks"),
)


@app.command()
def submit(  # noqa: PLR0913, PLR0917 - what people set without opening the file
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE | -- COMMAND...", help="a job file, or after -- a program to run"),
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="a NextGen run folder, or a realization in it")
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="any key of the file: simulation.end=1984-12-31"),
    ] = None,
    name: Annotated[str, typer.Option(help="instead of the file's")] = "",
    cpus: Annotated[int | None, typer.Option(metavar="N", help="instead of the file's", min=1)] = None,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="for all ranks together, such as 2GiB")] = "",
    time_limit: Annotated[str, typer.Option(metavar="DURATION", help="such as 1h30m")] = "",
    executor: Annotated[str, typer.Option(help="where it runs: local, docker")] = "",
    image: Annotated[str, typer.Option(metavar="NAME", help="in which it runs, with docker")] = "",
    array: Annotated[
        str, typer.Option(metavar="NUMBERS", help="a task for each: 1-100, 1-100%8 (8 at once), 1,5,8-10")
    ] = "",
    each_line: Annotated[
        str, typer.Option(metavar="FILE", help="a task for each line, which {} stands for; - is stdin")
    ] = "",
    at_once: Annotated[int | None, typer.Option(metavar="N", help="so many of its tasks at once", min=1)] = None,
    after: Annotated[
        list[str] | None, typer.Option(metavar="JOB", help="start when that has completed: 41, last, a name")
    ] = None,
    after_any: Annotated[list[str] | None, typer.Option(metavar="JOB", help="start when that has ended")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="wait for dmod job release")] = False,
    priority: Annotated[int | None, typer.Option(metavar="N", help="0 to 100: the higher, the sooner")] = None,
    retries: Annotated[int | None, typer.Option(metavar="N", help="run what failed so many times again")] = None,
    retry_on: Annotated[
        list[str] | None, typer.Option(metavar="CAUSE", help="only for these: exit:75, node-lost, memory, ...")
    ] = None,
    max_fails: Annotated[
        int | None, typer.Option(metavar="N", help="cancel the rest after so many failed tasks")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", "--watch", help="show progress until it ends; exit with its own code")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="answer with an earlier output that was made of the same, if there is one")
    ] = False,
) -> int:
    """Submit a job and print its id: it is checked against the data first, then it waits for its turn.

    dmod job submit simulation.toml --wait
    dmod job submit simulation.toml --set simulation.end=1984-12-31 --cpus 4
    dmod job submit --run ngen-run                     config/, forcings/
    dmod job submit -- /bin/echo hello
    dmod job submit --array 1-100 -- ./model           DMOD_TASK tells which
    dmod job submit --each-line gauges.txt -- ./fetch {}
    dmod job submit --after 41 --retries 2 report.toml

    A job file says its kind, and in a table of that name what it needs. It names datasets, not paths:

      kind = "simulation"             kind = "evaluation"

      [simulation]                    [evaluation]
      realization = "models"          simulation = "rivers-1"
      hydrofabric = "catchments"      observation = "measured"
      forcing = ["rain", "snow"]

    A table [sweep] varies any of these, a task for each combination (mode = "zip": the first with the first):

      [sweep]
      "simulation.realization" = ["cfe", "topmodel"]
      "seed" = [1, 2, 3]

    All its keys: dmod config schema --for simulation, evaluation or command.
    """
    numbers, most = job_array.array(array, at_once)
    given = {
        "name": name or None, "resources.cpus": cpus, "resources.memory": memory or None,
        "resources.time_limit": time_limit or None, "executor": executor or None, "image": image or None,
        "at_once": most, "priority": priority, "retries": retries, "retry_on": job_array.causes(retry_on),
        "max_fails": max_fails,
    }  # fmt: skip
    said = {key: value for key, value in given.items() if value is not None}
    located, folder = job_submit.located(words or [], run, name, executor)
    if run is not None and current().dry_run:
        return 0
    spec, points = job_submit.read(located, sets or [], said)
    tasks = job_array.of(spec, numbers, each_line, swept=bool(points))
    ends = (after or (), after_any or ())
    asked = job_submit.Asked(tasks, points, *ends, held=hold, wait=wait, reuse=reuse, folder=folder)
    return job_submit.submit(spec, asked)


app.command(name="list")(job_views.list_)
app.command()(job_views.show)
app.command()(job_views.explain)


@app.command()
def logs(  # noqa: PLR0913, PLR0917 - filters
    word: Annotated[str, typer.Argument(metavar="JOB", help="42, last, or a name; 42/7, 42/1-10")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until the job ends")] = False,
    stderr: Annotated[bool, typer.Option("--stderr", help="only what went to stderr")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="only what went to stdout")] = False,
    tail: Annotated[int, typer.Option(help="only so many lines at the end", min=0)] = 0,
    failed: Annotated[bool, typer.Option("--failed", help="of the tasks that failed")] = False,
) -> None:
    """Show what a job printed: its stdout, then its stderr; of several tasks each line with its task.

    dmod job logs last -f
    dmod job logs 42/7
    """
    from dmod.cli import job_logs

    queue = job_list.opened()
    chosen = job_words.picked([word], queue)[-1]
    wanted = job_logs.Wanted((stdout or not stderr, stderr or not stdout), follow, tail, failed)
    job_logs.show(chosen, queue, wanted)


@app.command()
def wait(words: job_actions.TASKS) -> int:
    """Wait until jobs or tasks end: exit 0 if all completed, 1 if one failed or was canceled, 7 after --timeout.

    dmod job wait 40-45 --timeout 1h
    dmod job wait 42/1-10
    """
    queue = job_list.opened()
    chosen = job_words.picked(words, queue)
    if any(one.numbers is not None for one in chosen):
        return job_wait.wait_tasks(chosen, queue)
    ended = job_wait.wait([one.job.id for one in chosen], queue)
    columns = list(job_list.COLUMNS)
    if any(job.array for job in ended):
        columns.insert(4, job_list.TASKS)
    show_list([job_list.row(job, {}) for job in ended], columns, name_key="id")
    return job_wait.exit_code(ended)


@app.command()
def watch(word: Annotated[str, typer.Argument(metavar="JOB", help="42, last, or a name; 42/7: a task of it")]) -> int:
    """Show the progress of a job until it ends; exit code as of wait.

    dmod job watch last
    """
    queue = job_list.opened()
    chosen = job_words.picked([word], queue)[-1]
    if chosen.numbers is not None:
        return job_wait.wait_tasks([chosen], queue)
    ended = job_wait.watch(chosen.job.id, queue)
    if current().machine:
        show_record(job_list.row(ended, {}))
    return job_wait.exit_code([ended])


app.command()(job_actions.cancel)
app.command()(job_actions.retry)
app.command()(job_actions.hold)
app.command()(job_actions.release)
