"""Services: the containers of stacks, as the engine has them; whether they are well, what they said."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from dmod.docker.engine import engine
from dmod.docker.stack import Stack, compose_name
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from dmod.project import Project

_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True)
class Service:
    """One container of a stack."""

    stack: str
    service: str
    container: str  # its name
    state: str  # running, exited, restarting, ...
    health: str  # healthy, starting, unhealthy; "" if it does not run, or has no check
    image: str
    ports: tuple[str, ...]  # where it listens on this machine: `127.0.0.1:5000`
    restarts: int
    since: datetime | None  # it began
    error: str  # what it last failed of, or what its check last said; "" if nothing


def services(project: Project, stacks: Sequence[Stack]) -> list[Service]:
    """The containers of these stacks, whatever they do."""
    found = []
    with engine() as client:
        for stack in stacks:
            there = _containers(client, project, stack)
            found += [_service(stack, client.inspect_container(said["Id"])) for said in there]
    return found


def condition(found: Iterable[Service]) -> str:
    """How a stack is, by the worst of its services: healthy, running, ... or down."""
    words = [each.health or each.state for each in found]
    return next((word for word in words if word not in {"healthy", "running"}), words[0] if words else "down")


@contextmanager
def listening(
    container: str, tail: int, since: float | None = None
) -> Iterator[tuple[Iterator[str], Callable[[], None]]]:
    """The lines of one container as it speaks, and what ends them from another thread. Raises as `engine` does."""
    with engine() as client:
        spoken = client.logs(container, stream=True, follow=True, tail=tail, since=since)
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
        spoken = {
            said["Id"]: (
                said["Labels"].get("com.docker.compose.service", ""),
                _lines(client.logs(said["Id"], stream=True, follow=follow, tail=tail, since=since)),
            )
            for stack in stacks
            for said in _containers(client, project, stack)
        }
        for name, line in _together(spoken.values()) if follow else _in_turn(spoken.values()):
            if wanted.search(line):
                yield name, line


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
    label = f"com.docker.compose.project={compose_name(project, stack.name)}"
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
        service=said["Config"]["Labels"].get("com.docker.compose.service", ""),
        container=said["Name"].removeprefix("/"),
        state=state["Status"],
        health=health,
        image=said["Config"]["Image"],
        ports=_ports((said.get("NetworkSettings") or {}).get("Ports") or {}),
        restarts=int(said.get("RestartCount", 0)),
        since=_time(state["StartedAt"]),
        error=" ".join(told[-1].split()) if health == "unhealthy" and told else failed,
    )


def _ports(said: Mapping[str, Any]) -> tuple[str, ...]:
    found = [f"{each['HostIp']}:{each['HostPort']}" for bound in said.values() for each in bound or ()]
    return tuple(dict.fromkeys(found))


def _time(text: str) -> datetime | None:
    """When, of the engine's nanoseconds; None if it never began."""
    if text.startswith("0001"):
        return None
    return datetime.fromisoformat(_FRACTION.sub("", text)).astimezone(UTC)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Whole lines of what comes in pieces."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
