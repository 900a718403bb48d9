"""`dmod job list`, `show` and `explain`, as they are typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli import job_list
from dmod.cli.output import show_record

ONE = Annotated[str, typer.Argument(metavar="JOB", help="42, last, or a name; 42/7: a task of it")]


def list_(  # noqa: PLR0913, PLR0917 - filters
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB...]", help="only these; 42/: the tasks of it, 42/1-10: some")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="queued, running, failed, ..., or active; commas between")
    ] = None,
    name: Annotated[str | None, typer.Option(help="a name or a pattern: 'demo-*'")] = None,
    kind: Annotated[str | None, typer.Option(help="command, simulation or evaluation")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="submitted since: 2h (ago), today, or 2026-01-31 (UTC)")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="submitted before")] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="KEY", help=f"{', '.join(job_list.SORTS)}; -runtime: the longest first")
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="the other way round")] = False,
    limit: Annotated[int | None, typer.Option(help="so many of the newest; 50 if nothing is said", min=1)] = None,
    before: Annotated[int | None, typer.Option(metavar="ID", help="only older ones: the next page", min=1)] = None,
    tasks: Annotated[bool, typer.Option("--tasks", help="the tasks of these jobs, a row each")] = False,
    all: Annotated[bool, typer.Option("--all", help="all there are")] = False,  # noqa: A002
    watch: Annotated[
        bool, typer.Option("--watch", help="then a line for each change, until those named ended")
    ] = False,
) -> None:
    """List jobs: the newest, those that are named, or those of a state; an array is one row.

    dmod job list --state active
    dmod job list --since yesterday --sort -runtime
    dmod job list 42/ --state failed
    dmod job list --watch               lines are added, nothing is redrawn
    dmod job list --state failed -o name | xargs dmod job retry
    """
    job_list.show(words, state, name, kind, since, until, sort, reverse, limit, before, tasks, all, watch)


def show(
    word: ONE,
    events: Annotated[bool, typer.Option("--events", help="all that happened, to its tasks, too")] = False,
    tasks: Annotated[bool, typer.Option("--tasks", help="its tasks, a line each")] = False,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="what it comes from: spec, digests of its data, versions, host, seed")
    ] = False,
) -> None:
    """Show one job or task: what was asked for, the data it runs on, what it used, what happened to it.

    dmod job show last
    dmod job show 42/7
    dmod job show 42 --provenance -o json
    """
    from dmod.cli import job_show, task_list

    queue = job_list.opened()
    job, task = task_list.one(word, queue)
    shown = job_show.Shown(events=events, tasks=tasks, provenance=provenance)
    found = job_show.record(job, queue, shown) if task is None else job_show.of_task(job, task, queue)
    show_record(found, name_key="id", table=shown.lines)


def explain(word: ONE) -> None:
    """Say why a job or task waits or failed, when it starts, and the command that would change it.

    dmod job explain last
    dmod job explain 42/7
    """
    from dmod.cli import job_explain, task_list

    queue = job_list.opened()
    job, task = task_list.one(word, queue)
    found = job_explain.explained(job, queue) if task is None else job_explain.of_task(job, task, queue)
    show_record(found, name_key="id", table=job_explain.lines)
