"""`dmod node`: the machines that jobs run on, and what is free of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli.output import Column, show_list, show_record
from dmod.cli.parser import group
from dmod.cli.settings import project
from dmod.errors import NotFoundError
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

app = group("The machines that jobs run on.")

RECORD = json_schema.record(
    "a row of `dmod node list`",
    name=("string", "of the host"),
    cpus=("integer", "that jobs may have"),
    free_cpus=("integer", "that no job holds"),
    memory=("integer", "bytes that jobs may have"),
    free_memory=("integer", "bytes that no job holds"),
    jobs=("array", "ids of the jobs that hold some of it"),
)
COLUMNS = (
    Column("name", "NODE"),
    Column("cpus", "CPUS", right=True),
    Column("free_cpus", "FREE", right=True),
    Column("memory", "MEMORY", right=True, show=format_memory),
    Column("free_memory", "FREE", right=True, show=format_memory),
    Column("jobs", "JOBS", show=lambda ids: " ".join(map(str, ids))),
)


@app.command(name="list")
def list_() -> None:
    """List the nodes: cpus and memory that jobs may have, and what is free.

    dmod node list
    """
    show_list(_rows(), COLUMNS)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NODE")]) -> None:
    """Show one node.

    dmod node show NODE
    """
    for row in _rows():
        if row["name"] == name:
            show_record(row)
            return
    raise NotFoundError(f"there is no node {name}", fix="dmod node list")


def _rows() -> list[Mapping[str, Any]]:
    from dmod.jobs.allocate import free
    from dmod.jobs.status import HOLDING
    from dmod.scheduler.nodes import nodes
    from dmod.scheduler.queue import Queue

    here = project()
    jobs = Queue(here.queue).jobs(status=HOLDING) if here.queue.exists() else []
    whole = nodes(here.config)
    left = free(whole, [each for job in jobs for each in job.allocation])
    return [
        {
            "name": node.name,
            "cpus": node.cpus,
            "free_cpus": spare.cpus,
            "memory": node.memory,
            "free_memory": spare.memory,
            "jobs": [job.id for job in jobs if any(each.node == node.name for each in job.allocation)],
        }
        for node, spare in zip(whole, left, strict=True)
    ]
