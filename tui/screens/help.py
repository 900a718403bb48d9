"""Help: every key, by screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.look import Line, Look

_PAGES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Everywhere",
        (
            ("1 2 3 4 5 6", "jobs, data, stacks, images, nodes, events"),
            ("j k, arrows, g G", "move; pgup pgdn by pages"),
            ("enter, esc, tab", "open, back, between the list and what is open"),
            ("/", "filter a list, search a log; up recalls others"),
            ("s S v", "sort by the next column, reverse; choose columns"),
            ("( ) z", "less or more room for what is open; all of it"),
            ("space", "mark a row for what follows"),
            ("p", "pause: nothing moves until p again"),
            ("y Y", "copy the id; the command that shows the same"),
            ("ctrl+p", "palette: all of this by name, themes too"),
            ("? q", "this page, quit"),
        ),
    ),
    (
        "Jobs, data and nodes",
        (
            ("o h m l", "overview, hydrograph, metrics, log of the job"),
            ("t d", "tasks of an array, files that the job has made"),
            ("e", "explain why it waits or failed, and what would help"),
            ("C R", "cancel, retry this job or the marked ones; asks"),
            ("F H", "retry what failed of an array; hold, or release"),
            ("{ }", "previous, next task of an array: log, hydrograph"),
            ("D", "on screen 5: drain the node, or resume it"),
            ("a c w X", "on screen 2: hold against a job, check, get, delete"),
            ("right left", "show the tasks of an array below it, or no longer"),
        ),
    ),
    (
        "Stacks and images",
        (
            ("o l b", "overview, log of a service, what is being done"),
            ("U D R", "on screen 3: up, down, restart; asks"),
            ("B P", "on screen 4: build, push; asks"),
            ("X", "down and delete what it keeps; delete the image"),
        ),
    ),
    (
        "Hydrograph",
        (
            ("[ ]", "previous, next river"),
            ("+ - 0 < >", "zoom in time, out, all of it; earlier, later"),
            ("L", "logarithmic"),
        ),
    ),
    (
        "Log",
        (
            ("/ n N", "search from the end, further up, back down"),
            ("f", "stdout or stderr"),
            ("< >", "left, right in long lines"),
            ("p G", "stop following, follow"),
        ),
    ),
    (
        "Filter",
        (
            ("leaf vpu*", "a name, or one with * and ?"),
            ("42  40-45  last", "ids"),
            ("state:failed,queued", "by state; also kind:simulation"),
        ),
    ),
)


class Help(ModalScreen[None]):
    """A page over the dashboard."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help Vertical { width: 84; max-width: 100%; height: auto; max-height: 100%; background: $panel; padding: 1 3; }
    Help Lines { height: auto; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", "close", show=False)
    ]

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """The page."""
        with Vertical():
            page = Lines(self._look, on="raised")
            page.styles.height = len(_page())
            yield page

    def on_mount(self) -> None:
        """Fill it."""
        page = self.query_one(Lines)
        page.show(_page())
        page.focus()


def _page() -> list[Line]:
    lines: list[Line] = []
    for title, keys in _PAGES:
        lines += [((title, "title"),), *(((f"  {key:<20}", "accent"), (text, "text")) for key, text in keys), ()]
    return lines[:-1]
