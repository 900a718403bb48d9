"""`dmod stack`: bring services up together and keep them well: the scheduler, the object store, the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli.output import Column, Progress, confirm, glyph, paint, relative_time, say, show_list, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.cli.values import plain
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.docker.stack import Stack
    from dmod.docker.stack_service import Service

app = group("Services that come up together, each stack by its stacks/NAME/compose.yml.")

RECORD = json_schema.record(
    "a row of `dmod stack status`",
    stack=("string", "of its folder in stacks/"),
    service=("string", "as its compose file calls it"),
    container=("string", "Docker's name of it"),
    state=("string", "running, restarting, exited, created, dead"),
    health=("string", 'healthy, starting, unhealthy; "" if it does not run, or has no check'),
    image=("string", "that it is made of"),
    ports=("array", "where it listens on this machine"),
    restarts=("integer", "since it was made"),
    since=("time|null", "when it began"),
    error=("string", 'what it last failed of; "" if nothing'),
    node=("string", 'of the Swarm that it runs on; "" is this machine'),
    certificate=("time|null", "when the certificate ends that it shows; null without TLS"),
)
_GLYPHS = {"healthy": ("ok", "green"), "running": ("ok", "green"), "starting": ("running", "cyan"),
           "down": ("stopped", "dim")}  # fmt: skip
NAMES = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="all, if none is named")]


def _well(word: str) -> str:
    like, color = _GLYPHS.get(word, ("error", "red"))
    return paint(f"{glyph(like)} {word}", color)


COLUMNS = (
    Column("service", "SERVICE"),
    Column("health", "HEALTH", show=_well),
    Column("ports", "LISTENS"),
    Column("since", "SINCE", optional=1, show=relative_time),
    Column("restarts", "RESTARTS", optional=2, right=True),
    Column("image", "IMAGE", optional=3),
    Column("error", "ERROR", optional=4, show=lambda text: text or "-"),
    Column("node", "NODE", optional=6, show=lambda text: text or "-"),
    Column("certificate", "CERTIFICATE", optional=5, show=relative_time),
)


@app.command()
def up(names: NAMES = None) -> None:
    """Bring stacks up: build what is missing, make networks and passwords once, wait until every service is healthy.

    dmod stack up registry
    dmod stack up               all of them
    """
    from dmod.docker import orchestration
    from dmod.scheduler.outside import alone

    wanted = _chosen(names)
    if current().dry_run:
        for each in wanted:
            write(f"would bring up {each.name}: {each.file}")
        return
    alone(project(), wanted)
    orchestration.require(project())
    told = _told(wanted, ready=True)
    with Progress("stacks") as bar:
        bar.update(note=f"coming up: {', '.join(each.name for each in wanted)}")
        found = orchestration.up(project(), wanted, told, current().timeout or 120, say)
    _show(found)
    _next(wanted)


@app.command()
def down(
    names: NAMES = None,
    volumes: Annotated[bool, typer.Option("--volumes", help="delete what they keep, too; each must be named")] = False,
) -> None:
    """Take stacks down. What they keep stays for the next time, unless --volumes.

    dmod stack down
    dmod stack down registry --volumes
    """
    from dmod.docker import network, orchestration
    from dmod.docker.services import services

    wanted = list(reversed(_chosen(names)))
    if volumes and not names:
        raise UsageError("--volumes deletes data: name the stacks", fix="dmod stack down object-store --volumes")
    told = _told(wanted, ready=False)
    there = {service.stack for service in services(project(), wanted)}
    for each in wanted:
        if current().dry_run or not (each.name in there or volumes):
            say(f"{each.name}: {'would be taken down' if each.name in there else 'is not up'}")
            continue
        if volumes:
            confirm(f"delete all that {each.name} keeps?", name=each.name)
        orchestration.down(project(), each, told, volumes=volumes)
        write(each.name) if current().output == "name" else say(f"{each.name}: down")
    if not current().dry_run:
        network.clear(project())


@app.command()
def restart(names: NAMES = None) -> None:
    """Stop the services of stacks and bring them up again.

    dmod stack restart main
    """
    from dmod.docker import orchestration
    from dmod.docker.services import services

    wanted = _chosen(names)
    there = {service.stack for service in services(project(), wanted)}
    wanted = wanted if names else [each for each in wanted if each.name in there]
    told = _told(wanted, ready=True)
    if current().dry_run or not wanted:
        say(f"would restart {', '.join(each.name for each in wanted)}" if wanted else "nothing is up: dmod stack up")
        return
    with Progress("stacks") as bar:
        bar.update(note=f"restarting: {', '.join(each.name for each in wanted)}")
        found = orchestration.restart(project(), wanted, told, current().timeout or 120)
    _show(found)


@app.command(name="list")
def list_() -> None:
    """List the stacks: which there are, and which are up.

    dmod stack list
    """
    from dmod.docker.services import condition, services

    known = _chosen(None)
    found = services(project(), known)
    rows = []
    for stack in known:
        mine = [each for each in found if each.stack == stack.name]
        state = condition(mine)
        rows.append({"name": stack.name, "state": state, "services": [each.service for each in mine],
                     "images": stack.images, "file": stack.file})  # fmt: skip
    columns = (
        Column("name", "STACK"), Column("state", "STATE", show=_well), Column("images", "IMAGES", optional=1),
        Column("file", "FILE", optional=2),
    )  # fmt: skip
    show_list(rows, columns)


@app.command()
def status(names: NAMES = None) -> None:
    """Show the services of stacks: health, where they listen, restarts, and what they last failed of.

    dmod stack status
    dmod stack status -o json
    """
    from dmod.docker.services import services

    _show(services(project(), _chosen(names)))


@app.command()
def logs(
    names: NAMES = None,
    tail: Annotated[int, typer.Option(help="so many lines of each service", min=0)] = 50,
    since: Annotated[str, typer.Option(metavar="DURATION", help="not older than, say, 10m")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as they speak, until Ctrl-C")] = False,
    grep: Annotated[str, typer.Option(metavar="PATTERN", help="only lines in which this is found")] = "",
) -> None:
    """Show what services said.

    dmod stack logs main --tail 200
    dmod stack logs --follow --grep error
    """
    import sys
    import time

    from dmod.docker import services
    from dmod.units import parse_duration

    begin = time.time() - parse_duration(since) if since else None
    spoken = services.logs(
        project(), _chosen(names), tail=tail if not (since or grep) else "all", since=begin, follow=follow, grep=grep
    )
    for name, line in spoken:
        write(f"{paint(name, 'cyan')}  {line}")
        if follow:
            sys.stdout.flush()


def _chosen(names: Sequence[str] | None) -> list[Stack]:
    from dmod.docker.stack import chosen, stacks

    return chosen(stacks(project()), names or ())


def _told(wanted: Sequence[Stack], *, ready: bool) -> dict[str, str]:
    """What the compose files are told; with `ready`, the images of the stacks are built first if they are not there."""
    from dmod.cli.image_progress import BuildProgress
    from dmod.docker import orchestration

    if not ready or current().dry_run:
        return orchestration.told(project(), wanted)
    with BuildProgress() as bar:
        return orchestration.told(project(), wanted, bar.told)


def _next(wanted: Sequence[Stack]) -> None:
    """Say what makes datasets find an object store that is up, as long as dmod.toml names none."""
    from dmod.docker.stack import own_objects

    config = project().config
    if any(each.name == "object-store" for each in wanted) and not config.object_store.endpoint:
        secure = "" if config.tls.enabled else " and secure = false"
        say(f'next: endpoint = "{own_objects(project())}"{secure} in [object_store] of dmod.toml')


def _show(found: Sequence[Service]) -> None:
    rows: list[dict[str, Any]] = [
        plain(each) | {"since": each.since, "certificate": each.certificate} for each in found
    ]
    for row in rows if not current().machine else ():
        row["health"] = row["health"] or row["state"]
    show_list(rows, COLUMNS, name_key="container", empty="nothing is up: dmod stack up")
    for name in dict.fromkeys(each.stack for each in found if each.ending):
        say(f"warning: the certificate of {name} ends soon; dmod stack up {name}")
