"""The application: routes keys and time to the screens, and nothing else."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.theme import BUILTIN_THEMES
from textual.widgets import ContentSwitcher

from tui.feed import Feed
from tui.look import THEMES, Look
from tui.machine import Machine
from tui.memory import Memory
from tui.options import Options
from tui.screens.data import Data
from tui.screens.docker import Docker
from tui.screens.events import Events
from tui.screens.help import Help
from tui.screens.jobs import Jobs
from tui.screens.nodes import Nodes
from tui.screens.pane import Pane
from tui.widgets.header import Header
from tui.widgets.keys import Keys
from tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.screen import Screen

    from dmod.project import Project
    from tui.entry import Clock
    from tui.look import Line

_PANES: tuple[type[Pane], ...] = (Jobs, Data, Docker, Nodes, Events)
THEMED = tuple(theme.name for theme in (*THEMES, *BUILTIN_THEMES.values()))


class Dashboard(App[None]):
    """Everything there is, live."""

    TITLE = "dmod"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Screen { background: $background; color: $foreground; scrollbar-size-vertical: 1; }
    ModalScreen { background: $background 50%; }
    * { scrollbar-color: $panel-lighten-2; scrollbar-background: $background;
        scrollbar-color-hover: $primary; scrollbar-color-active: $primary; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; }
    #panes { height: 1fr; }
    #panes > Pane { height: 1fr; }
    Toast { padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(pane.key, f"pane('{pane.name_}')", pane.title, show=False) for pane in _PANES),
        Binding("slash", "ask", "filter", show=False),
        Binding("p", "pause", "pause", show=False),
        Binding("y", "copy", "copy id", show=False),
        Binding("Y", "copy_command", "copy command", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,ctrl+q,ctrl+c", "quit", "quit", show=False, priority=False),
    ]

    def __init__(self, project: Project, options: Options = Options(), clock: Clock | None = None) -> None:  # noqa: B008 - frozen
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.memory = Memory.read(project.state)
        self.options = options
        self.feed = Feed(project, clock=clock, read_only=options.read_only)
        self.theme = self._wanted_theme(options.theme or self.memory.theme)
        self.machine = Machine()
        self.paused = False
        self.crash: Exception | None = None
        self._watched = True  # whether the terminal says that somebody looks
        self._second = ""  # the last second for which times were brought up to date

    def compose(self) -> ComposeResult:
        """Header, screens, prompt, keys."""
        look = self.look
        yield Header(look, self.feed.project.name, [(pane.key, pane.name_, pane.title) for pane in _PANES])
        with ContentSwitcher(id="panes", initial=self._first()):
            for pane in _PANES:
                yield pane(look, self.feed)
        yield Prompt()
        yield Keys(look)

    @property
    def look(self) -> Look:
        """The styles of the theme."""
        return Look.of(self.theme_variables, ascii_only=self.options.ascii)

    @property
    def pane(self) -> Pane:
        """The screen in front."""
        switcher = self.query_one("#panes", ContentSwitcher)
        return switcher.get_child_by_id(switcher.current or "jobs", Pane)

    def on_mount(self) -> None:
        """Look at the queue, and go on doing so."""
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        jobs = self.query_one(Jobs)
        self.query_one(Prompt).history = self.memory.history
        self._look()
        jobs.remembered(self.memory, self.options.filter)
        self._settle()
        self.pane.shown()
        self.set_interval(1 / max(self.options.fps, 0.2), self._tick)

    def on_app_blur(self) -> None:
        """Nobody looks: once a second is enough."""
        self._watched = False

    def on_app_focus(self) -> None:
        """Somebody looks again."""
        self._watched = True

    def on_unmount(self) -> None:
        """Remember how it was left."""
        self.feed.close()

    def action_pane(self, name: str) -> None:
        """Show another screen."""
        self.query_one("#panes", ContentSwitcher).current = name
        self.pane.shown()
        self._settle()

    def action_ask(self) -> None:
        """Open the prompt for what can be typed here."""
        asked = self.pane.asked()
        if asked is not None:
            self.query_one(Prompt).ask(*asked)

    def action_pause(self) -> None:
        """Stop looking, or go on."""
        self.paused = not self.paused
        if not self.paused:
            self._look()
        self._settle()

    def action_copy(self) -> None:
        """The id under the cursor into the clipboard, through the terminal (OSC 52)."""
        self._copy(self.pane.identity())

    def action_copy_command(self) -> None:
        """The command that shows the same."""
        self._copy(self.pane.command())

    def action_help(self) -> None:
        """Every key."""
        self.push_screen(Help(self.look))

    async def action_quit(self) -> None:
        """Leave, and remember how it was."""
        self.query_one(Jobs).remember(self.memory)
        self.memory.screen, self.memory.theme = self.pane.name_, self.theme
        self.memory.write()
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers beside themes."""
        kept = ("Theme", "Quit", "Screenshot")
        yield from (each for each in super().get_system_commands(screen) if each.title in kept)
        for pane in _PANES:
            yield SystemCommand(pane.title, f"Screen {pane.key}", partial(self.action_pane, pane.name_))
        jobs = self.query_one(Jobs)
        for title, said, call in jobs.commands():
            yield SystemCommand(title, said, partial(self._on_jobs, call))
        yield SystemCommand("Keys", "Every key, by screen", self.action_help)

    def _on_jobs(self, call: Callable[[], None]) -> None:
        self.action_pane("jobs")
        call()

    def on_pane_changed(self) -> None:
        """The screen has other keys now."""
        self._tell()

    def on_header_picked(self, event: Header.Picked) -> None:
        """A screen was clicked."""
        self.action_pane(event.chosen)

    def on_events_wanted(self, event: Events.Wanted) -> None:
        """An event leads to its job."""
        self.action_pane("jobs")
        self.query_one(Jobs).go(event.job, event.task)

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Let the screen use what is typed."""
        wrong = self.pane.typed(event.text, done=event.done)
        self.query_one(Prompt).hint(wrong)
        self._tell()

    def _tick(self) -> None:
        if self.paused or not self.is_running:  # while it leaves, the screens go before the timer does
            return
        second = f"{self.feed.clock():%H:%M:%S}"
        if not self._watched and second == self._second:
            return
        self._look()
        if second != self._second:
            self._settle()

    def _look(self) -> None:
        if self.feed.look():
            self.query_one(Jobs).tick()
            self._tell()
        else:
            self.query_one(Jobs).detail.follow()

    def _settle(self) -> None:
        """What is brought up to date once a second."""
        self._second = f"{self.feed.clock():%H:%M:%S}"
        self.machine.look()
        if self.feed.settle():
            self.query_one(Jobs).tick()
        self.pane.settle()
        self._tell()

    def _tell(self) -> None:
        """Header and footer."""
        header = self.query_one(Header)
        paused: Line = (("paused  ", "warning"),) if self.paused else ()
        header.say(
            state=(*paused, *self.feed.scheduler()),
            counts=self.feed.counts,
            clock=f"{self.feed.clock():%H:%M:%S}",
            machine=self.machine.line(),
        )
        header.show(self.pane.name_, self.pane.note())
        self.query_one(Keys).show(self.pane.keys())

    def _copy(self, text: str) -> None:
        if text:
            self.copy_to_clipboard(text)
            self.notify(f"copied: {text}", timeout=2, markup=False)

    def _restyle(self) -> None:
        look = self.look
        for widget in (*self.query(Header), *self.query(Keys), *self.query(Pane)):
            widget.restyle(look)

    def _first(self) -> str:
        names = {pane.name_ for pane in _PANES}
        wanted = self.options.screen or self.memory.screen
        return wanted if wanted in names else "jobs"

    def _wanted_theme(self, name: str) -> str:
        return name if name in self.available_themes else THEMES[0].name

    def _fatal_error(self) -> None:
        """End without a page of traceback over the terminal: whoever started us keeps it in a file."""
        self.crash = self._exception
        self._close_messages_no_wait()


def run(project: Project, options: Options) -> None:
    """Show the dashboard until it is left. Raises what went wrong inside, once the terminal is as it was."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    for name in () if os.environ.get("TEXTUAL_DRIVER") else ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # they would hide from us that the terminal is resized
    os.environ.setdefault("ESCDELAY", "25")
    app = Dashboard(project, options)
    app.run(mouse=options.mouse)
    if app.crash is not None:
        raise app.crash
