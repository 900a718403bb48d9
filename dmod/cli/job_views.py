"""`dmod job list`, `show` and `explain`, as they are typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli import job_list
from dmod.cli.output import show_record

ONE = Annotated[str, typer.Argument(metavar="JOB", help="42, last, or a name")]


def list_(  # noqa: PLR0913, PLR0917 - filters
    words: Annotated[list[str] | None, typer.Argument(metavar="[JOB...]", help="only these")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="queued, running, failed, ..., or active; commas between")
    ] = None,
    name: Annotated[str | None, typer.Option(help="a name or a pattern: 'demo-*'")] = None,
    kind: Annotated[str | None, typer.Option(help="command, simulation or evaluation")] = None,
    limit: Annotated[int | None, typer.Option(help="so many of the newest; 50 if nothing is said", min=1)] = None,
    all: Annotated[bool, typer.Option("--all", help="all there are")] = False,  # noqa: A002
) -> None:
    """List jobs: the newest, those that are named, or those of a state.

    dmod job list --state active
    dmod job list --state failed -o name | xargs dmod job retry
    """
    job_list.show(words, state, name, kind, limit, all)


def show(word: ONE) -> None:
    """Show one job: what was asked for, the data it runs on, what happened to it.

    dmod job show last
    """
    from dmod.cli import job_show

    queue = job_list.opened()
    job = job_list.chosen([word], queue)[-1]
    show_record(job_show.record(job, queue), name_key="id", table=job_show.lines)


def explain(word: ONE) -> None:
    """Say why a job waits or failed, and the command that would change it.

    dmod job explain last
    """
    from dmod.cli import job_show

    queue = job_list.opened()
    job = job_list.chosen([word], queue)[-1]
    show_record(job_show.explained(job, queue), name_key="id", table=job_show.explanation)
