"""Services: the containers of stacks and their services in a Swarm; whether they are well, what they said."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from dmod.docker import swarm_service
from dmod.docker.engine import engine
from dmod.docker.moments import moment
from dmod.docker.stack import PROJECT, SERVICE, Stack, compose_name
from dmod.docker.stack_service import EXPIRES, Service
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from dmod.project import Project


def services(project: Project, stacks: Sequence[Stack]) -> list[Service]:
    """The services of these stacks, in containers of this machine and in its Swarm, whatever they do."""
    found, names = [], [compose_name(project, stack.name) for stack in stacks]
    with engine() as client:
        in_swarm = swarm_service.found(client, names)
        for stack, name in zip(stacks, names, strict=True):
            found += [swarm_service.service(client, stack.name, name, said) for said in in_swarm[name]]
            there = _containers(client, project, stack)
            found += [_service(stack, client.inspect_container(said["Id"])) for said in there]
    return found


def condition(found: Iterable[Service]) -> str:
    """How a stack is, by the worst of its services: healthy, running, ... or down."""
    words = [each.word for each in sorted(found, key=lambda each: each.well)]
    return words[0] if words else "down"


@contextmanager
def listening(
    service: Service, tail: int, since: float | None = None
) -> Iterator[tuple[Iterator[str], Callable[[], None]]]:
    """The lines of one service as it speaks, and what ends them from another thread. Raises as `engine` does."""
    how: dict[str, Any] = {"follow": True, "tail": tail, "since": since}
    with engine() as client:
        if service.node:
            spoken: Any = swarm_service.spoken(client, client.inspect_service(service.container), **how)
        else:
            spoken = client.logs(service.container, stream=True, **how)
        yield _lines(spoken), spoken.close


def logs(  # noqa: PLR0913 - the options of one verb
    project: Project, stacks: Sequence[Stack], *, tail: int | str = "all", since: float | None = None,
    follow: bool = False, grep: str = "",
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """What services said: the service, and a line; one service after the other, or with `follow` as they speak.

    Raises UsageError if `grep` is no regular expression.
    """
    try:
        wanted = re.compile(grep)
    except re.error as error:
        raise UsageError(
            f'--grep "{grep}" is no regular expression', why=str(error), fix="quote ( [ * with \\"
        ) from error
    with engine() as client:
        in_swarm = swarm_service.found(client, [compose_name(project, stack.name) for stack in stacks])
        how = {"follow": follow, "tail": tail, "since": since}
        spoken = [
            (name, _lines(chunks))
            for stack in stacks
            for name, chunks in _spoken(client, project, stack, in_swarm, how)
        ]
        for name, line in _together(spoken) if follow else _in_turn(spoken):
            if wanted.search(line):
                yield name, line


def _spoken(
    client: Any,  # noqa: ANN401 - docker.APIClient
    project: Project, stack: Stack, in_swarm: Mapping[str, Iterable[Mapping[str, Any]]], how: dict[str, Any],
) -> Iterator[tuple[str, Iterator[bytes]]]:  # fmt: skip
    """The services of a stack by name, each with what it says."""
    for said in _containers(client, project, stack):
        name = said["Labels"].get(SERVICE, "")
        yield name, client.logs(said["Id"], stream=True, **how)
    name = compose_name(project, stack.name)
    for each in in_swarm[name]:
        yield each["Spec"]["Name"].removeprefix(f"{name}_"), swarm_service.spoken(client, each, **how)


def _in_turn(spoken: Iterable[tuple[str, Iterator[str]]]) -> Iterator[tuple[str, str]]:
    for name, lines in spoken:
        yield from ((name, line) for line in lines)


def _together(spoken: Collection[tuple[str, Iterator[str]]]) -> Iterator[tuple[str, str]]:
    """The lines of all, each as it comes; the threads end with the program if nobody listens any more."""
    heard: SimpleQueue[tuple[str, str] | None] = SimpleQueue()

    def listen(name: str, lines: Iterator[str]) -> None:
        with suppress(Exception):  # the connection was closed under it: there is nothing more to hear
            for line in lines:
                heard.put((name, line))
        heard.put(None)

    for name, lines in spoken:
        Thread(target=listen, args=(name, lines), daemon=True).start()
    left = len(spoken)
    while left:
        said = heard.get()
        if said is None:
            left -= 1
        else:
            yield said


def _containers(client: Any, project: Project, stack: Stack) -> list[dict[str, Any]]:  # noqa: ANN401 - docker.APIClient
    label = f"{PROJECT}={compose_name(project, stack.name)}"
    found: list[dict[str, Any]] = client.containers(all=True, filters={"label": label})
    return sorted(found, key=lambda said: str(said["Names"][0]))


def _service(stack: Stack, said: Mapping[str, Any]) -> Service:
    state = said["State"]
    check = state.get("Health") or {}
    told = [entry["Output"].strip() for entry in check.get("Log") or () if entry["ExitCode"]]
    failed = state.get("Error") or (f"exit code {state['ExitCode']}" if state["ExitCode"] else "")
    health = check.get("Status", "") if state["Status"] == "running" else ""
    return Service(
        stack=stack.name,
        service=said["Config"]["Labels"].get(SERVICE, ""),
        container=said["Name"].removeprefix("/"),
        state=state["Status"],
        health=health,
        image=said["Config"]["Image"],
        ports=_ports((said.get("NetworkSettings") or {}).get("Ports") or {}),
        restarts=int(said.get("RestartCount", 0)),
        since=moment(state["StartedAt"]),
        error=" ".join(told[-1].split()) if health == "unhealthy" and told else failed,
        certificate=moment(said["Config"]["Labels"].get(EXPIRES, "")),
    )


def _ports(said: Mapping[str, Any]) -> tuple[str, ...]:
    found = [f"{each['HostIp']}:{each['HostPort']}" for bound in said.values() for each in bound or ()]
    return tuple(dict.fromkeys(found))


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Whole lines of what comes in pieces."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
