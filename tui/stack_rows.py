"""StackRows: the services of stacks as rows of a table, and a page about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.docker.services import services
from dmod.docker.stack import Stack, stacks
from dmod.docker.stack_service import Service
from dmod.paths import shown
from tui.columns import Column
from tui.job_columns import ago
from tui.look import fact

if TYPE_CHECKING:
    from datetime import datetime

    from dmod.project import Project
    from tui.entry import Clock
    from tui.look import Line

_SIGNS = {
    "healthy": ("✓", "success"),
    "running": ("●", "success"),
    "starting": ("●", "primary"),
    "created": ("○", "warning"),
    "restarting": ("●", "warning"),
    "exited": ("✗", "error"),
    "down": ("○", "muted"),
}


@dataclass(frozen=True, slots=True)
class Berth:
    """A service of a stack, or a stack of which none is there."""

    stack: Stack
    service: Service | None

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.service.container if self.service else self.stack.name

    @property
    def word(self) -> str:
        """How it is."""
        return self.service.word if self.service else "down"

    @property
    def well(self) -> bool:
        """Whether it does what it should."""
        return self.service is not None and self.service.well


def berths(project: Project) -> list[Berth]:
    """What there is, in the order in which stacks come up. Raises DmodError."""
    known = stacks(project)
    found = services(project, list(known.values()))
    rows = []
    for stack in known.values():
        mine = [each for each in found if each.stack == stack.name]
        rows += [Berth(stack, each) for each in mine] or [Berth(stack, None)]
    return rows


def columns(clock: Clock) -> tuple[Column[Berth], ...]:
    """The columns of the stacks' table."""
    return (
        Column("stack", "STACK", 13, lambda b: ((b.stack.name, "text"),), lambda b: b.stack.name, grow=1, most=22),
        Column("service", "SERVICE", 13, lambda b: ((_name(b), "muted"),), _name, optional=2, grow=1, most=22),
        Column("health", "HEALTH", 12, _health, lambda b: b.word),
        Column("ports", "LISTENS", 21, _ports, lambda b: _listens(b) or None, optional=3),
        Column("restarts", "RESTARTS", 8, _restarts, lambda b: b.service and b.service.restarts, 1, right=True),
        Column("since", "SINCE", 10, lambda b: _since(b, clock()), lambda b: b.service and b.service.since, 4),
        Column("image", "IMAGE", 28, _image, lambda b: b.service and b.service.image, optional=5),
        Column("error", "LAST ERROR", 20, _error, lambda b: (b.service and b.service.error) or None, grow=3),
    )


def facts(berth: Berth, now: datetime) -> list[Line]:
    """Everything about a service or a stack, as lines."""
    stack, service = berth.stack, berth.service
    lines: list[Line] = [(), fact("state", *_health(berth), *((("  ", "text"), *_error(berth)) if service else ()))]
    if service is None:
        lines.append(fact("", ("dmod stack up " + stack.name, "accent"), ("  or U, here", "muted")))
    else:
        began = f"{service.since:%Y-%m-%d %H:%M:%S}" if service.since else "never"
        lines += [
            fact("container", (service.container, "text")),
            fact("image", (service.image, "secondary")),
            fact("listens", (_listens(berth) or "on no port of this machine", "text")),
            fact("began", (began, "text"), (f"  {ago(service.since, now)}", "muted")),
            fact("restarts", (str(service.restarts), "text")),
        ]
    return [
        *lines,
        fact("stack", (stack.name, "text"), (f"  {shown(stack.file)}", "muted")),
        fact("images", (", ".join(stack.images) or "none of ours", "secondary")),
    ]


def _name(berth: Berth) -> str:
    return berth.service.service if berth.service else ""


def _health(berth: Berth) -> Line:
    sign, style = _SIGNS.get(berth.word, ("✗", "error"))
    return (f"{sign} ", style), (berth.word, "muted" if berth.well or berth.service is None else "text")


def _listens(berth: Berth) -> str:
    return ", ".join(berth.service.ports) if berth.service else ""


def _ports(berth: Berth) -> Line:
    """Several of one address in few cells: `127.0.0.1:9000,9001`."""
    found: dict[str, list[str]] = {}
    for each in berth.service.ports if berth.service else ():
        host, _, port = each.rpartition(":")
        found.setdefault(host, []).append(port)
    return ((" ".join(f"{host}:{','.join(ports)}" for host, ports in found.items()), "text"),)


def _restarts(berth: Berth) -> Line:
    count = berth.service.restarts if berth.service else 0
    return ((str(count), "warning" if count else "muted"),) if berth.service else ()


def _since(berth: Berth, now: datetime) -> Line:
    return ((ago(berth.service.since, now), "muted"),) if berth.service and berth.service.state == "running" else ()


def _image(berth: Berth) -> Line:
    return (
        (berth.service.image if berth.service else ", ".join(f"dmod/{each}" for each in berth.stack.images), "muted"),
    )


def _error(berth: Berth) -> Line:
    return ((berth.service.error, "error"),) if berth.service and berth.service.error else ()
