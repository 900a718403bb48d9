"""`dmod config`: what dmod.toml says, what holds, and why."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli import schemas
from dmod.cli.output import Column, say, show_list, show_record, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.cli.values import as_json, as_yaml
from dmod.config import Config, Tables, setting, variable
from dmod.errors import NotFoundError
from dmod.nearest import nearest
from dmod.paths import shown
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Callable

app = group("dmod.toml: what it says, what holds, and why.")

RECORD = json_schema.record(
    "a line of `dmod config show`",
    key=("string", "table and key of dmod.toml"),
    value=("string|integer", "what holds; memory in bytes, durations in seconds"),
    origin=("string", "default, file:line:column, or environment and the variable"),
    variable=("string", "the environment variable that goes before dmod.toml; empty for nodes and limits"),
    doc=("string", "what it means"),
)
_SIZES: dict[str, Callable[[Any], str]] = {"memory": format_memory, "duration": format_duration}
_OWN_VARIABLES = (
    "DMOD_JOB",
    "DMOD_TASK",
    "DMOD_ATTEMPT",
    "DMOD_JOB_FOLDER",
    "DMOD_TEST_DATA",
    "DMOD_OBJECT_STORE_ACCESS_KEY",
    "DMOD_OBJECT_STORE_SECRET_KEY",
)  # told to jobs, read by the tests, and secrets, which are in no dmod.toml


@app.command()
def show(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="such as defaults or defaults.cpus")
    ] = None,
) -> None:
    """Show every value and where it comes from: the default, a line of dmod.toml, or the environment.

    dmod config show
    dmod config show defaults.cpus -o json
    """
    config = project().config
    rows = [_row(key, value, config) for key, value in config.values().items()]
    if keys:
        rows = [row for row in rows if any(f"{row['key']}.".startswith(f"{key}.") for key in keys)]
    if keys and not rows and not {table.name for table in fields(Tables)}.issuperset(keys):
        near = nearest(keys[0], config.values())
        raise NotFoundError(f"dmod.toml has no key {', '.join(keys)}", fix=f"dmod config show {near or ''}".rstrip())
    columns = [
        Column("key", "KEY"),
        Column("said", "VALUE"),
        Column("origin", "FROM"),
        Column("doc", "WHAT IT IS", optional=1),
    ]
    if current().machine:
        rows = [{key: value for key, value in row.items() if key != "said"} for row in rows]
    show_list(rows, columns, name_key="key", empty=f"dmod.toml says nothing of {', '.join(keys or [])}")


@app.command()
def check() -> None:
    """Check dmod.toml and the environment: unknown keys, wrong values, and what cannot work on this machine.

    dmod config check
    """
    here = project()
    config = here.config
    findings = [*_variables(), *_machine(config)]
    record = {"file": here.file, "ok": not findings, "findings": findings}
    show_record(record, name_key="file", table=lambda _: [*findings] or [f"{shown(here.file)} is right"])
    if findings:
        raise typer.Exit(1)


@app.command()
def schema(
    of: Annotated[
        str, typer.Option("--for", metavar="NAME", help="simulation, job, dataset, ... (default: dmod.toml)")
    ] = "",
) -> None:
    """Write the JSON Schema of dmod.toml, of a job file, or of what a command shows with -o json.

    dmod config schema > dmod.schema.json
    dmod config schema --for simulation    all keys of a job file
    dmod config schema --for job           a row of job list -o json
    """
    found = schemas.of(of) if of else json_schema.of(Tables, "dmod.toml")
    write(as_yaml(found) if current().output == "yaml" else as_json(found))


@app.command()
def path() -> None:
    """Show where dmod.toml, jobs and datasets of this project lie.

    dmod config path -o name       dmod.toml alone
    """
    here = project()
    record = {
        "file": here.file,
        "root": here.root,
        "state": here.state,
        "jobs": here.jobs,
        "datasets": here.datasets,
    }
    show_record(record, name_key="file")


def _row(key: str, value: Any, config: Config) -> dict[str, Any]:  # noqa: ANN401 - any value of dmod.toml
    metadata = setting(key).metadata
    return {
        "key": key,
        "value": value,
        "said": _SIZES.get(metadata.get("kind", ""), str)(value) if value else str(value),
        "origin": config.origins.get(key, "default"),
        "variable": variable(key),
        "doc": metadata["doc"],
    }


def _variables() -> list[str]:
    """Variables that look like ours and are not."""
    from dmod.cli.options import OPTIONS

    known = [
        *filter(None, map(variable, Config.default().values())),
        *(each.variable for each in OPTIONS),
        *_OWN_VARIABLES,
    ]
    findings = []
    for name in sorted(os.environ):
        if name.startswith("DMOD_") and name not in known:
            near = nearest(name, known)
            findings.append(f"environment {name} means nothing to dmod" + (f"; did you mean {near}?" if near else ""))
    return findings


def _machine(config: Config) -> list[str]:
    """What dmod.toml asks for and this machine does not have."""
    from dmod.scheduler.nodes import cpus, memory, nodes

    have, said, pool = cpus(), config.scheduler, nodes(config)
    most, sizes = sum(node.cpus for node in pool), sum(node.memory for node in pool)
    findings = _nodes(config) if config.nodes else []
    if not config.nodes and said.cpus > have:
        findings.append(f"{_at(config, 'scheduler.cpus')} is {said.cpus}; this machine has {have}")
    if not config.nodes and said.memory > memory():
        given, there = format_memory(said.memory), format_memory(memory())
        findings.append(f"{_at(config, 'scheduler.memory')} is {given}; this machine has {there}")
    if config.defaults.cpus > most:
        findings.append(f"{_at(config, 'defaults.cpus')} is {config.defaults.cpus}; the scheduler may give {most}")
    if config.defaults.memory > sizes:
        given, there = format_memory(config.defaults.memory), format_memory(sizes)
        findings.append(f"{_at(config, 'defaults.memory')} is {given}; the scheduler may give {there}")
    return findings


def _nodes(config: Config) -> list[str]:
    """What of [nodes] cannot work; more cpus than the machine has may be meant, and is only said."""
    from dmod.scheduler.nodes import cpus, memory, nodes

    pool, have = nodes(config), cpus()
    findings = [
        f"{_at(config, key)} means nothing beside [nodes]; take it away"
        for key in ("scheduler.cpus", "scheduler.memory")
        if key in config.origins
    ]
    findings += [
        f"{_at(config, f'nodes.{node.name}.cpus')}: {node.name} has no memory, the others have all of this machine's"
        for node in pool
        if not node.memory
    ]
    if (most := sum(node.cpus for node in pool)) > have:
        say(f"note: the nodes have {most} cpus, this machine {have}: not all are bound to cpus of their own")
    if (most := sum(node.memory for node in pool)) > memory():
        say(f"note: the nodes have {format_memory(most)}, this machine {format_memory(memory())}")
    return findings


def _at(config: Config, key: str) -> str:
    """Where a key stands, and the key."""
    return f"{config.origins[key]} {key}" if key in config.origins else key
