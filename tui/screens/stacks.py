"""Stacks: services that come up together: whether they are well, what they say, up, down and restart."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from dmod.docker import network, orchestration
from dmod.scheduler.outside import alone
from tui.asked import Asked
from tui.screens.engine_pane import EnginePane
from tui.speech import Speech
from tui.stack_rows import Berth, berths, columns, facts
from tui.widgets.log import Log

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from dmod.docker.stack import Stack
    from dmod.docker.stack_service import Service
    from tui.doing import Doing
    from tui.feed import Feed
    from tui.look import Line, Look

_EVERY = 2.0  # seconds


class Stacks(EnginePane[Berth]):
    """Screen 3."""

    name_ = "stacks"
    title = "Stacks"
    key = "3"
    pages: ClassVar = {"overview": "o", "log": "l", "doing": "b"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "page('log')", "log", show=False),
        Binding("U", "up", "up", show=False),
        Binding("D", "down", "down", show=False),
        Binding("R", "restart", "restart", show=False),
        Binding("X", "delete", "down, and delete what it keeps", show=False),
    ]

    def __init__(self, look: Look, feed: Feed) -> None:
        project = feed.project
        super().__init__(look, feed, Asked(lambda: berths(project), _EVERY), columns(feed.clock))
        self._speech: Speech | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def more(self) -> Sequence[Widget]:
        """What a service says."""
        return [Log(self.look, name="stacks-log")]

    def key_of(self, row: Berth) -> str:
        """The name of its container, or of the stack."""
        return row.key

    def text_of(self, row: Berth) -> str:
        """Stack, service and state."""
        return f"{row.stack.name} {row.service.service if row.service else ''} {row.word}"

    def facts(self, row: Berth) -> list[Line]:
        """Everything about it."""
        return facts(row, self.feed.clock())

    def title_of(self, row: Berth) -> Line:
        """Stack and service."""
        return ((f" {row.stack.name}", "strong"), (f"  {row.service.service if row.service else 'down'}", "muted"))

    def fill(self) -> None:
        """Also what the service says, while its page is open."""
        super().fill()
        row = self.rows.get(self.table.cursor)
        self._listen(row.service if row and self.open and self.page == "log" else None)
        if self.page == "log":
            self.query_one(Log).open(self._speech.file if self._speech else None, _silence(row))

    def action_back(self) -> None:
        """Nobody listens any more."""
        super().action_back()
        self._listen(None)

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self._listen(None)
        if self._folder is not None:
            self._folder.cleanup()

    def _listen(self, service: Service | None) -> None:
        """Hear one service, and no other."""
        if (service and service.container) == (self._speech and self._speech.service.container):
            return
        if self._speech is not None:
            self._speech.end()
        self._speech = None
        if service is not None:
            self._folder = self._folder or TemporaryDirectory(prefix="dmod-dashboard-")
            self._speech = Speech(service, Path(self._folder.name) / f"{service.container}.log")

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        first = (("esc", "back"),) if self.open else (("enter", "open"), ("/", "filter"))
        log = (
            (("/", "search"), ("n N", "next"), ("p", "pause")) if self.open and self.page == "log" else (("l", "log"),)
        )
        here = self.rows.get(self.table.cursor)
        change: tuple[tuple[str, str], ...] = ()
        if here is not None and not self.feed.read_only:
            down = (("D", "down"), ("R", "restart"), ("X", "down, delete data"))
            up = () if here.well else (("U", "up"),)
            change = (*up, *(down if here.service else (("X", "delete data"),)))
        return (*first, *log, *change, ("b", "doing"), ("y Y", "copy"))

    def identity(self) -> str:
        """The name of the container, or of the stack."""
        return str(self.table.cursor or "")

    def command(self) -> str:
        """The command that shows the same."""
        row = self.rows.get(self.table.cursor)
        if row is None:
            return "dmod stack list"
        return f"dmod stack {'logs' if self.open and self.page == 'log' else 'status'} {row.stack.name}"

    def asked(self) -> tuple[str, str] | None:
        """A search in the log, or else the filter."""
        return ("search", self.query_one(Log).sought) if self._in_log() else super().asked()

    def typed(self, text: str, *, done: bool) -> str:
        """Search, or filter."""
        return self.query_one(Log).typed(text, done=done) if self._in_log() else super().typed(text, done=done)

    def _in_log(self) -> bool:
        return self.open and self.page == "log" and not self.table.has_focus

    def _chosen(self) -> list[Stack]:
        """The stacks of the marked rows, or of the one under the cursor, in their order."""
        chosen = [self.rows[key].stack for key in self.table.chosen()]
        return list({stack.name: stack for stack in chosen}.values())

    def action_up(self) -> None:
        """As `dmod stack up`."""
        wanted, project = self._chosen(), self.feed.project

        def act(doing: Doing) -> str:
            alone(project, wanted)
            found = orchestration.up(project, wanted, orchestration.told(project, wanted, doing.built))
            return _said(f"{each.service} is {each.word}" for each in found)

        if wanted:
            self.change(
                f"Bring up {_names(wanted)}? Images that are missing are built first.", f"up {_names(wanted)}", act
            )

    def action_restart(self) -> None:
        """As `dmod stack restart`."""
        wanted, project = self._chosen(), self.feed.project

        def act(doing: Doing) -> str:
            found = orchestration.restart(project, wanted, orchestration.told(project, wanted, doing.built))
            return _said(f"{each.service} is {each.word}" for each in found)

        if wanted:
            self.change(f"Restart {_names(wanted)}?", f"restart {_names(wanted)}", act)

    def action_down(self) -> None:
        """As `dmod stack down`."""
        if wanted := self._chosen():
            self._down(wanted, f"Take down {_names(wanted)}? What {_keeps(wanted)} stays for the next time.", "")

    def action_delete(self) -> None:
        """As `dmod stack down NAME --volumes`."""
        if wanted := self._chosen()[:1]:
            name = wanted[0].name
            self._down(wanted, f"Take down {name} and delete all that it keeps?", name)

    def _down(self, wanted: list[Stack], question: str, name: str) -> None:
        project = self.feed.project

        def act(_: Doing) -> str:
            told = orchestration.told(project, wanted)
            for stack in reversed(wanted):
                orchestration.down(project, stack, told, volumes=bool(name))
            network.clear(project)
            return f"{_names(wanted)}: down{', what it kept is deleted' if name else ''}"

        self.change(question, f"down {_names(wanted)}", act, name)


def _names(stacks: Sequence[Stack]) -> str:
    return ", ".join(stack.name for stack in stacks)


def _keeps(stacks: Sequence[Stack]) -> str:
    return "it keeps" if len(stacks) == 1 else "they keep"


def _said(parts: Iterable[str]) -> str:
    return "\n".join(parts)


def _silence(row: Berth | None) -> list[Line]:
    if row is not None and row.service is None:
        return [(), ((f" {row.stack.name} is down: nobody speaks.", "muted"),)]
    return [(), ((" It has said nothing yet.", "muted"),)]
