"""Prompt: one line to type a filter or a search in, with what was typed before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class Prompt(Horizontal):
    """Hidden until it is asked for; enter keeps what is typed, escape what was."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $panel; }
    Prompt.-open { display: block; }
    Prompt Label { padding: 0 1; color: $accent; }
    Prompt #hint { color: $error; max-width: 60%; }
    Prompt Input { width: 1fr; min-width: 24; border: none; height: 1; padding: 0; background: $panel; }
    Prompt Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", show=False),
        Binding("up", "recall(-1)", "earlier", show=False),
        Binding("down", "recall(1)", "later", show=False),
    ]

    class Typed(Message):
        """The text changed, or was accepted or given up (then it is the text from before)."""

        def __init__(self, text: str, purpose: str, *, done: bool, accepted: bool = False) -> None:
            super().__init__()
            self.text, self.purpose, self.done, self.accepted = text, purpose, done, accepted

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[str]] = {}
        self._purpose = ""
        self._before = ""
        self._recalled = 0

    def compose(self) -> ComposeResult:
        """What it is for, the text, what is wrong with it."""
        yield Label("", id="purpose")
        yield Input(select_on_focus=False)
        yield Label("", id="hint")

    def ask(self, purpose: str, text: str) -> None:
        """Open with a text to change."""
        self._purpose, self._before, self._recalled = purpose, text, 0
        self.query_one("#purpose", Label).update(purpose)
        self.hint("")
        entry = self.query_one(Input)
        with entry.prevent(Input.Changed):
            entry.value = text
        entry.cursor_position = len(text)
        self.add_class("-open")
        entry.focus()

    def hint(self, text: str) -> None:
        """Say what is wrong with the text."""
        self.query_one("#hint", Label).update(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Let the screen show what the text selects."""
        event.stop()
        if self.has_class("-open"):
            self.post_message(self.Typed(event.value, self._purpose, done=False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        past = self.history.setdefault(self._purpose, [])
        if event.value and (not past or past[-1] != event.value):
            past.append(event.value)
        self._close(event.value, accepted=True)

    def action_leave(self) -> None:
        """Give it up."""
        self._close(self._before, accepted=False)

    def action_recall(self, by: int) -> None:
        """What was typed before."""
        past = self.history.get(self._purpose, [])
        self._recalled = max(-len(past), min(0, self._recalled + by))
        self.query_one(Input).value = past[self._recalled] if self._recalled else self._before

    def _close(self, text: str, *, accepted: bool) -> None:
        self.remove_class("-open")
        self.post_message(self.Typed(text, self._purpose, done=True, accepted=accepted))
