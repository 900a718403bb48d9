"""Images: what stacks and jobs in containers are made of: build, push, delete, and who uses them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from dmod.docker import image
from dmod.docker.build import Built, build
from dmod.docker.stack import own_registry
from dmod.units import format_duration, format_memory
from tui.asked import Asked
from tui.image_rows import Row, columns, facts, made_of, rows
from tui.screens.engine_pane import EnginePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from tui.doing import Doing
    from tui.feed import Feed
    from tui.look import Line, Look

_EVERY = 5.0  # seconds: what an image should be is a digest of all that goes into it
_AGAIN = 600.0  # seconds: an image's layers do not change


class Images(EnginePane[Row]):
    """Screen 4."""

    name_ = "images"
    title = "Images"
    key = "4"
    pages: ClassVar = {"overview": "o", "doing": "b"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "build", "build", show=False),
        Binding("P", "push", "push", show=False),
        Binding("X", "delete", "delete", show=False),
    ]

    def __init__(self, look: Look, feed: Feed) -> None:
        project = feed.project
        super().__init__(look, feed, Asked(lambda: rows(project), _EVERY), columns(feed.clock))
        self._layers: dict[str, Asked[Sequence[dict[str, Any]]]] = {}  # by an image's id

    def key_of(self, row: Row) -> str:
        """Its name."""
        return row.name

    def text_of(self, row: Row) -> str:
        """Name, state, and who uses it."""
        return f"{row.name} {row.image.state} {' '.join(row.image.containers)} {' '.join(row.stacks)}"

    def facts(self, row: Row) -> list[Line]:
        """Everything about it, with its layers once they are known."""
        name, project = row.name, self.feed.project
        if (asked := self._layers.get(row.image.id)) is None:
            asked = self._layers[row.image.id] = Asked(lambda: made_of(project, name), _AGAIN)
        asked.look(self.feed.clock().timestamp())
        return facts(row, asked.value, self.feed.clock())

    def title_of(self, row: Row) -> Line:
        """Its name."""
        return ((f" {row.name}", "strong"), (f"  {row.image.state}", "muted"))

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        first = (("esc", "back"),) if self.open else (("enter", "open"), ("/", "filter"))
        here = self.rows.get(self.table.cursor)
        change: tuple[tuple[str, str], ...] = ()
        if here is not None and not self.feed.read_only:
            there = here.image.state != image.MISSING
            change = (("B", "build"), *((("P", "push"), ("X", "delete")) if there else ()))
        return (*first, *change, ("b", "doing"), ("space", "mark"), ("s S", "sort"), ("y Y", "copy"))

    def identity(self) -> str:
        """What Docker calls it."""
        return " ".join(self.rows[key].image.reference for key in self.table.chosen())

    def command(self) -> str:
        """The command that shows the same."""
        return f"dmod image show {self.table.cursor}" if self.table.cursor else "dmod image list"

    def action_build(self) -> None:
        """As `dmod image build`."""
        names, project = tuple(str(key) for key in self.table.chosen()), self.feed.project

        def act(doing: Doing) -> str:
            done = build(project, names, doing.built)
            return "\n".join(f"{each.reference} {_took(each)}" for each in done)

        if names:
            said = ", ".join(names)
            self.change(f"Build {said}, and what is missing below?", f"build {said}", act)

    def action_push(self) -> None:
        """As `dmod image push`."""
        chosen, project = [self.rows[key].image for key in self.table.chosen()], self.feed.project
        registry = project.config.build.registry or own_registry(project)

        def act(doing: Doing) -> str:
            sent = [image.push(project, each, registry, partial(doing.sent, each.name)) for each in chosen]
            return "\n".join(each["digest"] for each in sent)

        if chosen:
            said = ", ".join(each.name for each in chosen)
            self.change(f"Send {said} to the registry {registry}?", f"push {said} to {registry}", act)

    def action_delete(self) -> None:
        """As `dmod image delete`, once the name was typed."""
        here, project = self.rows.get(self.table.cursor), self.feed.project
        if here is None:
            return
        name = here.name

        def act(_: Doing) -> str:
            found = image.disposable(project, [name])
            called = sorted(reference for references in found.values() for reference in references)
            free = image.delete(found)
            return f"deleted {', '.join(called) or 'nothing'}; {format_memory(free)} free again"

        self.change(f"Delete image {name}, all its former contents too?", f"delete {name}", act, name)


def _took(built: Built) -> str:
    return f"in {format_duration(max(built.seconds, 1), most=2)}" if built.built else "unchanged"
