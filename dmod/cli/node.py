"""`dmod node`: what jobs run on, what is free of it, and what is drained for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli.output import Column, glyph, paint, relative_time, say, show_list, show_record, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.errors import NotFoundError
from dmod.nearest import nearest
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.jobs.resources import Allocation, Node
    from dmod.scheduler.queue import Drained, Held, Queue

app = group("What jobs run on: this machine, or the shares of it that dmod.toml declares.")

RECORD = json_schema.record(
    "a row of `dmod node list`",
    name=("string", "of the host, or as dmod.toml calls it"),
    state=("string", "ready, or drained: no task starts there"),
    why=("string", "it is drained"),
    since=("time|null", "when it was drained"),
    cpus=("integer", "that jobs may have"),
    free_cpus=("integer", "that no task holds"),
    memory=("integer", "bytes that jobs may have"),
    free_memory=("integer", "bytes that no task holds"),
    tasks=("integer", "that hold some of it"),
    jobs=("array", "ids of the jobs that these are of"),
)
_LOOKS = {"ready": ("ok", "green"), "drained": ("canceled", "yellow")}  # state -> whose glyph, colour
_MOST = 20  # tasks that `node show` lists one by one
NAMES = Annotated[list[str], typer.Argument(metavar="NODE...")]


def _spans(ids: Sequence[int]) -> str:
    """Ids as they may be typed: `40-45 51`."""
    from dmod.jobs.numbers import Numbers

    return str(Numbers.of(ids)).replace(",", " ")


def _state(state: str) -> str:
    like, color = _LOOKS[state]
    return paint(f"{glyph(like)} {state}", color)


COLUMNS = (
    Column("name", "NODE"),
    Column("state", "STATE", show=_state),
    Column("cpus", "CPUS", right=True),
    Column("free_cpus", "FREE", right=True),
    Column("memory", "MEMORY", right=True, show=format_memory),
    Column("free_memory", "FREE", right=True, show=format_memory),
    Column("tasks", "TASKS", optional=1, right=True),
    Column("jobs", "JOBS", optional=2, show=_spans),
)
DRAINED = (
    Column("since", "SINCE", optional=3, show=relative_time),
    Column("why", "WHY", show=lambda why: why or "-"),
)


@app.command(name="list")
def list_() -> None:
    """List the nodes: cpus and memory that jobs may have, what is free, and which are drained.

    dmod node list
    """
    rows = _rows()
    show_list(rows, (*COLUMNS, *DRAINED) if any(row["since"] for row in rows) else COLUMNS)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NODE")]) -> None:
    """Show one node, and the tasks that hold some of it.

    dmod node show NODE
    """
    rows = {row["name"]: row for row in _rows(holds=True)}
    _known([name], rows)
    show_record(rows[name], table=_lines)


@app.command()
def drain(
    names: NAMES,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="shown to whoever waits for it")] = "",
) -> None:
    """Start no more tasks on a node; what runs there goes on.

    dmod node drain NODE --why "new disk at noon"
    dmod node resume NODE        when it may be used again
    """
    rows = {row["name"]: row for row in _rows()}
    _known(names, rows)
    queue = None if current().dry_run else _queue()
    for name in dict.fromkeys(names):
        if queue:
            queue.drain(name, why)
        going = rows[name]["tasks"]
        tail = f"; {going} {'task goes' if going == 1 else 'tasks go'} on" if going else ""
        _told(name, "would be drained" if not queue else "drained", tail)
    if queue:
        _wake(queue)


@app.command()
def resume(names: NAMES) -> None:
    """Start tasks on a node again.

    dmod node resume NODE
    """
    from dmod.scheduler.nodes import nodes

    here = project()
    drained = _queue().drained() if here.queue.exists() else {}
    _known(names, [*(node.name for node in nodes(here.config)), *drained])
    queue = None if current().dry_run else _queue()
    for name in dict.fromkeys(names):
        if queue and name in drained:
            queue.resume(name)
        _told(name, "would be ready" if not queue else "ready" if name in drained else "was not drained")
    if queue and not drained.keys().isdisjoint(names):
        _wake(queue)


def _queue() -> Queue:
    from dmod.scheduler.queue import Queue

    return Queue(project().queue)


def _known(names: Sequence[str], known: Mapping[str, Any] | Sequence[str]) -> None:
    """Refuse all if there is no such node."""
    for name in names:
        if name not in known:
            near = nearest(name, known)
            said = f"; did you mean {near}?" if near else ""
            raise NotFoundError(f"there is no node {name}{said}", fix="dmod node list")


def _told(name: str, done: str, tail: str = "") -> None:
    write(name) if current().output == "name" else say(f"node {name}: {done}{tail}")


def _wake(queue: Queue) -> None:
    """Let the scheduler look at what has changed; one is started only for jobs that wait."""
    from dmod.jobs.status import Status
    from dmod.scheduler import lock

    here = project()
    if queue.counts().get(Status.QUEUED):
        lock.ensure(here.root, here.state)
    else:
        lock.wake(here.state)


def _rows(*, holds: bool = False) -> list[dict[str, Any]]:
    """The nodes; with `holds`, what each task holds of them, too."""
    from dmod.jobs.allocate import free
    from dmod.scheduler.nodes import nodes

    here = project()
    queue = _queue() if here.queue.exists() else None
    holding, drained = (queue.holding(), queue.drained()) if queue else ([], {})
    whole = nodes(here.config)
    parts: dict[str, list[tuple[Held, Allocation]]] = {node.name: [] for node in whole}
    for each in holding:
        for part in each.allocation:
            parts.setdefault(part.node, []).append((each, part))
    left = free(whole, [part for each in holding for part in each.allocation])
    rows = [
        _row(node, spare, drained.get(node.name), parts[node.name]) for node, spare in zip(whole, left, strict=True)
    ]
    for row in rows if holds else ():
        row["holding"] = [
            {"job": each.job, "task": each.task, "name": each.name, "cpus": part.cpus, "memory": part.memory}
            for each, part in parts[row["name"]]
        ]
    return rows


def _row(node: Node, spare: Node, out: Drained | None, parts: Sequence[tuple[Held, Allocation]]) -> dict[str, Any]:
    return {
        "name": node.name,
        "state": "drained" if out else "ready",
        "why": out.why if out else "",
        "since": out.since if out else None,
        "cpus": node.cpus,
        "free_cpus": spare.cpus,
        "memory": node.memory,
        "free_memory": spare.memory,
        "tasks": len(parts),
        "jobs": sorted({each.job for each, _ in parts}),
    }


def _lines(row: Mapping[str, Any]) -> list[str]:
    """What `node show` says to people."""
    why = f": {row['why']}" if row["why"] else ""
    state = _state(row["state"]) + (f" {relative_time(row['since'])}{why}" if row["since"] else "")
    spare = format_memory(row["free_memory"])
    lines = [
        f"{row['name']}  {state}",
        f"cpus    {row['cpus']}, {row['free_cpus']} free",
        f"memory  {format_memory(row['memory'])}, {spare} free",
        f"tasks   {row['tasks']}",
    ]
    for each in row["holding"][:_MOST]:
        task = f"{each['job']}/{each['task']}" if each["task"] else str(each["job"])
        size = f", {format_memory(each['memory'])}" if each["memory"] else ""
        lines.append(f"  {task} {each['name']}  {each['cpus']} cpu{'s' * (each['cpus'] != 1)}{size}")
    if len(row["holding"]) > _MOST:
        lines.append(f"  and {len(row['holding']) - _MOST} more (-o json)")
    if row["since"]:
        lines.append(f"again:  dmod node resume {row['name']}")
    return lines
