"""The application: routes keys and time to the screens, and nothing else."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.theme import BUILTIN_THEMES

from tui.feed import Feed
from tui.look import THEMES, Look
from tui.machine import Machine
from tui.memory import Memory
from tui.options import Options
from tui.screens.choose import Choose
from tui.screens.confirm import Confirm, ask
from tui.screens.help import Help
from tui.screens.jobs import Jobs
from tui.screens.panes import KINDS, Panes
from tui.surroundings import Surroundings, told
from tui.widgets.header import Header
from tui.widgets.keys import Keys
from tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.screen import Screen

    from dmod.project import Project
    from tui.doing import Doing
    from tui.entry import Clock
    from tui.screens.events import Events
    from tui.screens.pane import Pane

_PLAIN = Options()
_BREATH = 0.005  # seconds for keys, between pieces of a long queue
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
    Toast { padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(pane.key, f"pane('{pane.name_}')", pane.title, show=False) for pane in KINDS),
        Binding("slash", "ask", "filter", show=False),
        Binding("p", "pause", "pause", show=False),
        Binding("y", "copy", "copy id", show=False),
        Binding("Y", "copy_command", "copy command", show=False),
        Binding("v", "columns", "columns", show=False),
        Binding("left_parenthesis", "divide(-8)", "less below", show=False),
        Binding("right_parenthesis", "divide(8)", "more below", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,ctrl+q,ctrl+c", "quit", "quit", show=False, priority=False),
    ]

    def __init__(
        self,
        project: Project,
        options: Options = _PLAIN,
        clock: Clock | None = None,
        driver: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver)
        for theme in THEMES:
            self.register_theme(theme)
        self.memory = Memory.read(project.state)
        self.options = options
        self.feed = Feed(project, clock=clock, read_only=options.read_only)
        wanted = options.theme or self.memory.theme
        self.theme = wanted if wanted in self.available_themes else THEMES[0].name
        self.machine = Machine()
        self.surroundings = Surroundings(project)
        self.paused = False
        self.crash: Exception | None = None
        self._watched = True  # whether the terminal says that somebody looks
        self._second = ""  # the last second for which times were brought up to date

    def compose(self) -> ComposeResult:
        """Header, screens, prompt, keys."""
        look = self.look
        yield Header(look, self.feed.project.name, [(pane.key, pane.name_, pane.title) for pane in KINDS])
        yield Panes(look, self.feed, self.options.first(self.memory.screen))
        yield Prompt()
        yield Keys(look)

    @property
    def look(self) -> Look:
        """The styles of the theme."""
        return Look.of(self.theme_variables, ascii_only=self.options.ascii)

    @property
    def panes(self) -> Panes:
        """The screens."""
        return self.query_one(Panes)

    @property
    def pane(self) -> Pane:
        """The screen in front."""
        return self.panes.front

    def on_mount(self) -> None:
        """Look at the queue, and go on doing so."""
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        self.query_one(Prompt).history = self.memory.history
        self._look()
        self.panes.remembered(self.memory, self.options.filter)
        self._settle()
        self.pane.shown()
        self._read_on()
        self.set_interval(1 / max(self.options.fps, 0.2), self._tick)

    def on_app_blur(self) -> None:
        """Nobody looks: once a second is enough."""
        self._watched = False

    def on_app_focus(self) -> None:
        """Somebody looks again."""
        self._watched = True

    def on_unmount(self) -> None:
        """Give the queue back, and wait for nothing."""
        self.feed.doings.abandon()
        self.feed.close()

    def action_pane(self, name: str) -> None:
        """Show another screen."""
        self.panes.show(name)
        self._remember()
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

    def action_divide(self, by: int) -> None:
        """More or less room for what opens below a list."""
        self.panes.divide(self.memory, by)

    def action_columns(self) -> None:
        """Choose columns."""
        self.push_screen(Choose(self.look, self.pane.table), lambda _: self._remember())

    async def action_quit(self) -> None:
        """Leave; what would end with it is asked about first."""
        going = self.feed.doings.going
        if going and not isinstance(self.screen, Confirm):
            ask(self, f"{going[0].title} is going on, and ends if you leave. Leave?", self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        self._remember()
        self.exit()

    def _remember(self) -> None:
        """How it is now: also for a terminal that is closed."""
        self.panes.remember(self.memory)
        self.memory.theme = self.theme
        self.memory.write()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers beside themes."""
        kept = ("Theme", "Quit", "Screenshot")
        yield from (each for each in super().get_system_commands(screen) if each.title in kept)
        for pane in KINDS:
            yield SystemCommand(pane.title, f"Screen {pane.key}", partial(self.action_pane, pane.name_))
        for title, said, call in self.pane.commands():
            yield SystemCommand(title, said, call)
        yield SystemCommand("Columns", "Which columns of this list are shown", self.action_columns)
        yield SystemCommand("Keys", "Every key, by screen", self.action_help)

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
        if event.done:
            self._remember()
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
        self.pane.follow()
        for doing in self.feed.doings.ended():
            self._ended(doing)

    def _read_on(self) -> None:
        """What is left of a long queue, piece by piece."""
        self._look()
        if self.feed.reading:
            self.set_timer(_BREATH, self._read_on)
        else:
            gc.collect()
            gc.freeze()  # what is here stays: to look through it again and again would take longer than a picture
            gc.enable()

    def _ended(self, doing: Doing) -> None:
        """Say how it ended, wherever one looks now."""
        said = f"{doing.title}: {doing.error.message if doing.error else 'done'}"
        self.notify(said, severity="error" if doing.error else "information", markup=False)
        self.surroundings.soon()
        self.panes.soon()

    def _settle(self) -> None:
        """What is brought up to date once a second."""
        self._second = f"{self.feed.clock():%H:%M:%S}"
        self.machine.look()
        self.surroundings.look(self.feed.clock().timestamp())
        if self.feed.settle():
            self.query_one(Jobs).tick()
        self.pane.settle()
        self._tell()

    def _tell(self) -> None:
        """Header and footer; while it leaves, these go before the timers do."""
        clock = f"{self.feed.clock():%H:%M:%S}"
        for header in self.query(Header):
            header.say(told(self.feed, self.surroundings, self.machine, clock, paused=self.paused))
            header.show(self.pane.name_, self.pane.note())
            self.query_one(Keys).show(self.pane.keys())

    def _copy(self, text: str) -> None:
        if text:
            self.copy_to_clipboard(text)
            self.notify(f"copied: {text}", timeout=2, markup=False)

    def _restyle(self) -> None:
        look = self.look
        for widget in (*self.query(Header), *self.query(Keys), self.panes):
            widget.restyle(look)

    def _fatal_error(self) -> None:
        """End without a page of traceback over the terminal: whoever started us keeps it in a file."""
        self.crash = self._exception
        self._close_messages_no_wait()
