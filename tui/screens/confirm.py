"""Confirm: a question before something is destroyed; whatever is not y means No."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App, ComposeResult
    from textual.binding import BindingType


class Confirm(ModalScreen[bool]):
    """Returns whether the answer was y."""

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm Vertical { width: auto; max-width: 90%; height: auto; background: $panel; padding: 1 3; }
    Confirm Label { width: auto; max-width: 100%; }
    Confirm #answers { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "dismiss(True)", "yes", show=False),
        Binding("n,N,escape,enter,q", "dismiss(False)", "no", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and the keys that answer it."""
        with Vertical():
            yield Label(self._question, markup=False)
            yield Label("y  yes     n, enter, esc  no", id="answers", markup=False)


def ask(app: App[object], question: str, then: Callable[[], None]) -> None:
    """Ask, and do it if the answer is y."""
    app.push_screen(Confirm(question), lambda yes: then() if yes else None)
