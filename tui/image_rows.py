"""ImageRows: the images as rows of a table, and a page about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dmod.docker.image import MISSING, READY, Image, images, layers
from dmod.docker.stack import stacks
from dmod.errors import NotFoundError
from dmod.units import format_memory
from tui.columns import Column
from tui.job_columns import ago
from tui.look import fact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dmod.project import Project
    from tui.entry import Clock
    from tui.look import Line

_SIGNS = {"ready": ("✓", "success"), "outdated": ("●", "warning"), "missing": ("○", "muted")}


@dataclass(frozen=True, slots=True)
class Row:
    """An image, and the stacks that need it."""

    image: Image
    stacks: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its folder in images/."""
        return self.image.name


def rows(project: Project) -> list[Row]:
    """All images that have a recipe. Raises DmodError."""
    needed = {stack.name: stack.images for stack in stacks(project).values()}
    return [
        Row(image, tuple(name for name, wanted in needed.items() if image.name in wanted)) for image in images(project)
    ]


def made_of(project: Project, name: str) -> Sequence[dict[str, Any]]:
    """The layers of an image, the newest first; none if it is not built. Raises DmodError."""
    try:
        return layers(project, name)[1]
    except NotFoundError:
        return ()


def columns(clock: Clock) -> tuple[Column[Row], ...]:
    """The columns of the images' table."""
    return (
        Column("name", "IMAGE", 14, lambda r: ((r.name, "text"),), lambda r: r.name, grow=1, most=24),
        Column("state", "STATE", 10, _state, lambda r: r.image.state),
        Column("size", "SIZE", 9, _size, lambda r: r.image.size or None, right=True),
        Column(
            "built", "BUILT", 10, lambda r: ((ago(r.image.created, clock()), "muted"),), lambda r: r.image.created, 2
        ),
        Column("reference", "REFERENCE", 30, lambda r: ((r.image.reference, "muted"),), lambda r: r.image.reference, 3),
        Column("from", "FROM", 22, _from, lambda r: r.image.stands_on, optional=4),
        Column("users", "USED BY", 20, _users, lambda r: (-len(r.image.containers), r.stacks), grow=3),
    )


def facts(row: Row, made: Sequence[dict[str, Any]] | None, now: datetime) -> list[Line]:
    """Everything about an image, as lines; None: its layers are not known yet."""
    image = row.image
    mend = {"missing": "not built: B builds it", "outdated": "what it is made of has changed: B builds it anew"}
    lines: list[Line] = [
        (),
        fact("state", *_state(row), (f"  {mend.get(image.state, '')}", "muted")),
        fact("reference", (image.reference, "text")),
    ]
    if image.state != MISSING:
        version = f"{image.version}  {image.revision[:12]}".strip()
        lines += [
            fact("id", (image.id, "muted")),
            fact("size", (format_memory(image.size), "text")),
            fact("built", (f"{image.created:%Y-%m-%d %H:%M:%S}", "text"), (f"  {ago(image.created, now)}", "muted")),
            *([fact("of dmod", (version, "text"))] if version else []),
        ]
    lines += [
        fact("from", (", ".join(image.stands_on), "secondary")),
        fact("stacks", (", ".join(row.stacks) or "none", "text")),
        fact("containers", (", ".join(image.containers) or "none", "text")),
        (),
    ]
    if made is None:
        return [*lines, fact("layers", ("reading…", "muted"))]
    return [*lines, *(_layer(at, each) for at, each in enumerate(made))]


def _layer(at: int, said: dict[str, Any]) -> Line:
    size = format_memory(said["size"]) if said["size"] else "-"
    return fact("" if at else "layers", (f"{size:>9}  ", "text"), (said["created_by"], "muted"))


def _state(row: Row) -> Line:
    sign, style = _SIGNS[row.image.state]
    return (f"{sign} ", style), (row.image.state, "muted" if row.image.state == READY else "text")


def _size(row: Row) -> Line:
    return ((format_memory(row.image.size), "text"),) if row.image.size else ()


def _from(row: Row) -> Line:
    return ((", ".join(row.image.stands_on), "muted"),)


def _users(row: Row) -> Line:
    """The containers that are made of it, or else who would make one."""
    if row.image.containers:
        return (("● ", "success"), (", ".join(row.image.containers), "text"))
    return ((f"stack {', '.join(row.stacks)}" if row.stacks else "", "muted"),)
