"""Confirm: a question before something is changed; whatever is not y means No."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from dmod.errors import DmodError
from tui.verbs import VERBS, asked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App, ComposeResult
    from textual.binding import BindingType

    from tui.entry import Entry
    from tui.feed import Feed
    from tui.rows import Key


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


class Name(ModalScreen[bool]):
    """Returns whether the name was typed: what is gone then is gone for good."""

    DEFAULT_CSS = """
    Name { align: center middle; }
    Name Vertical { width: auto; min-width: 50; max-width: 90%; height: auto; background: $panel; padding: 1 3; }
    Name Label { width: auto; max-width: 100%; }
    Name #answers { color: $text-muted; margin-top: 1; }
    Name Input { border: none; height: 1; padding: 0 1; margin-top: 1; background: $background; }
    Name Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "no", show=False)]

    def __init__(self, question: str, name: str) -> None:
        super().__init__()
        self._question, self._named = question, name

    def compose(self) -> ComposeResult:
        """The question, and where to type."""
        with Vertical():
            yield Label(self._question, markup=False)
            yield Input()
            yield Label("type its name, enter     esc  no", id="answers", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Only the whole name means yes."""
        event.stop()
        self.dismiss(event.value.strip() == self._named)


def ask(
    app: App[Any],
    question: str,
    then: Callable[[], object],
    *,
    name: str = "",
    otherwise: Callable[[], object] | None = None,
) -> None:
    """Do something after a question; with `name`, that must be typed."""

    def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen returns
        if yes:
            then()
        elif otherwise is not None:
            otherwise()

    app.push_screen(Name(question, name) if name else Confirm(question), answered)


def change(app: App[object], feed: Feed, name: str, entries: Sequence[Entry], then: Callable[[set[Key]], None]) -> None:
    """Do one of VERBS to those jobs to which it can be done, after a question; `then` is told which."""
    verb = VERBS[name]
    if refused(app, feed):
        return
    fit = sorted((entry for entry in entries if verb.suits(entry)), key=lambda entry: (entry.id, entry.task))
    if not fit:
        of = (
            f"{entries[0].named} is {entries[0].status}" if len(entries) == 1 else f"none of {len(entries)} jobs can be"
        )
        said = f"nothing to {verb.word}{f': {of}' if entries else ''}"
        app.notify(said, severity="warning", markup=False)
        return

    def act() -> None:
        attempt(app, [partial(getattr(feed, name), *_named(entry)) for entry in fit])
        feed.wrote(start=verb.start)
        then({entry.key for entry in fit})

    ask(app, asked(name, fit), act)


def _named(entry: Entry) -> tuple[int, ...]:
    return (entry.id, entry.task) if entry.task else (entry.id,)


def refused(app: App[object], feed: Feed) -> bool:
    """Whether nothing may be changed; it is said."""
    if feed.read_only:
        app.notify("this dashboard was opened with --read-only", severity="warning")
    return feed.read_only


def attempt(app: App[object], acts: Sequence[Callable[[], None]]) -> None:
    """Do it all, and say what could not be done."""
    wrong = []
    for act in acts:
        try:
            act()
        except DmodError as error:
            wrong.append(error.message)
    for message in wrong[:3]:
        app.notify(message, severity="error", markup=False)
