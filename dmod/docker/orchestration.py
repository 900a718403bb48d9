"""Orchestration: stacks up, down and anew, by compose on this machine or in its Swarm, as dmod.toml says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.docker import certificate, compose, image, network, swarm
from dmod.docker.build import build, plan
from dmod.docker.engine import engine
from dmod.docker.recipe import PREFIX
from dmod.docker.services import services
from dmod.docker.stack import Stack, own_registry, secret, variables
from dmod.docker.stack_file import obstacles, stays
from dmod.errors import ConflictError, DmodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dmod.docker.build import Told
    from dmod.docker.stack_service import Service
    from dmod.project import Project

_FIRST = "registry"  # in a Swarm, the images of the others come from it


class _Part(NamedTuple):
    """A stack, and how it comes up."""

    stack: Stack
    client: Any  # python-on-whales, with its files
    said: dict[str, Any]  # its file with all variables filled in
    swarm: bool


def require(project: Project) -> None:
    """Raise UnmetError unless this engine manages the Swarm that dmod.toml wants."""
    if project.config.stacks.swarm:
        with engine() as client:
            swarm.manager(client)


def told(project: Project, stacks: Sequence[Stack], building: Told | None = None) -> dict[str, str]:
    """What the compose files are told; with `building`, images and certificate are made first, and it hears."""
    images = tuple(dict.fromkeys(name for stack in stacks for name in stack.images))
    if building is not None and images:
        build(project, images, building)
    shown = certificate.there(project) if building is None else certificate.ready(project)
    with engine() as client:
        return variables(project, plan(client, project, images).tags, shown)


def up(
    project: Project, stacks: Sequence[Stack], told: Mapping[str, str],
    patience: int = 120, tell: Callable[[str], None] = lambda _: None,
) -> list[Service]:  # fmt: skip
    """Bring stacks up side by side, and wait until each service is healthy, `patience` seconds at most.

    Raises ConflictError if a port is taken, UnmetError without the Swarm that dmod.toml wants, DmodError with what a
    service failed of. `tell` hears what is done where.
    """
    require(project)
    parts = [_part(project, stack, told) for stack in stacks]
    found = services(project, stacks)
    for part in parts:
        mine = [each for each in found if each.stack == part.stack.name]
        _only_there(part, mine)
        compose.free_ports(part.said, mine)
        if project.config.stacks.swarm and not part.swarm:
            why = f"for a Swarm does not give {' and '.join(obstacles(part.said))}"
            tell(f"{part.stack.name} comes up on this machine, by compose, {why}")
    project.datasets.mkdir(parents=True, exist_ok=True)
    for part in parts:
        for each in (part.said.get("secrets") or {}).values():
            if each.get("file"):
                secret(Path(each["file"]))
    network.ensure(project, _outside(parts), swarm=project.config.stacks.swarm)
    for wave in _waves(parts):
        with ThreadPoolExecutor(max(1, len(wave))) as threads:
            going = [threads.submit(_up, project, part, patience, tell) for part in wave]
        for each in going:
            each.result()
    return services(project, stacks)


def faults(project: Project, stacks: Sequence[Stack], told: Mapping[str, str]) -> Iterator[DmodError]:
    """What stands in the way of stacks, without a change to anything."""
    try:
        require(project)
    except DmodError as error:
        yield error
    for stack in stacks:
        try:
            compose.free_ports(compose.read(project, stack, told)[1], services(project, [stack]))
        except DmodError as error:
            yield error
    for said in network.odd(project, swarm=project.config.stacks.swarm):
        yield ConflictError(said, fix="dmod stack down, then dmod stack up")


def down(project: Project, stack: Stack, told: Mapping[str, str], *, volumes: bool) -> None:
    """Take a stack down, however it came up; its volumes only if that is wanted."""
    client, _ = compose.read(project, stack, told)
    swarm.remove(project, stack)
    compose.down(client, volumes=volumes)


def restart(project: Project, stacks: Sequence[Stack], told: Mapping[str, str], patience: int = 120) -> list[Service]:
    """Stop the services of stacks and bring them up again."""
    for stack in stacks:
        client, _ = compose.read(project, stack, told)
        if not swarm.restart(project, stack):
            compose.stop(client)
    return up(project, stacks, told, patience)


def _part(project: Project, stack: Stack, told: Mapping[str, str]) -> _Part:
    client, said = compose.read(project, stack, told)
    return _Part(stack, client, said, project.config.stacks.swarm and not obstacles(said))


def _only_there(part: _Part, found: Iterable[Service]) -> None:
    """Refuse to bring up a stack beside itself: it is up the other way, with the same data."""
    for each in found:
        if bool(each.node) != part.swarm:
            there = "in the Swarm" if each.node else "by compose"
            raise ConflictError(
                f"{part.stack.name} is up {there}", why="stacks.mode says otherwise now",
                fix=f"dmod stack down {part.stack.name}, then dmod stack up {part.stack.name}",
            )  # fmt: skip


def _outside(parts: Sequence[_Part]) -> list[str]:
    """The networks that compose files find outside of them."""
    named = [each for part in parts for each in (part.said.get("networks") or {}).values()]
    return list(dict.fromkeys(each["name"] for each in named if each.get("external")))


def _waves(parts: Sequence[_Part]) -> list[list[_Part]]:
    first = [part for part in parts if part.swarm and part.stack.name == _FIRST]
    return [wave for wave in (first, [part for part in parts if part not in first]) if wave]


def _up(project: Project, part: _Part, patience: int, tell: Callable[[str], None]) -> None:
    if not part.swarm:
        compose.up(project, part.stack, part.client, patience)
        return
    images = {} if part.stack.name == _FIRST else _sent(project, part, tell)
    swarm.deploy(project, part.stack, part.said, images, patience)


def _sent(project: Project, part: _Part, tell: Callable[[str], None]) -> dict[str, str]:
    """Our images of a stack by digest, sent to the registry, from which every node has them."""
    registry, found = project.config.build.registry or own_registry(project), {}
    if not project.config.build.registry and not all(stays(each) for each in part.said["services"].values()):
        with engine() as client:
            registry = own_registry(project, swarm.address(client))
    references = {str(each["image"]) for each in part.said["services"].values()}
    ours = {each: each.removeprefix(PREFIX).rpartition(":")[0] for each in references if each.startswith(PREFIX)}
    known = image.images(project, tuple(ours.values())) if ours else []
    for reference, name in ours.items():
        tell(f"sending {name} to {registry}")
        found[reference] = image.push(project, image.one(known, name), registry, lambda *_: None)["digest"]
    return found
