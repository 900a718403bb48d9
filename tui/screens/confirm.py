"""Confirm: a question before something is destroyed; whatever is not y means No."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from dmod.errors import DmodError
from tui.entry import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App, ComposeResult
    from textual.binding import BindingType

    from tui.entry import Entry
    from tui.feed import Feed

_SUITED = {"cancel": ("queued", *ACTIVE), "retry": ("failed", "canceled")}


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


def change(app: App[object], feed: Feed, verb: str, entries: Sequence[Entry], then: Callable[[set[int]], None]) -> None:
    """Cancel or retry those jobs that can be, after a question; `then` is told which."""
    if feed.read_only:
        app.notify("this dashboard was opened with --read-only", severity="warning")
        return
    fit = sorted((entry for entry in entries if entry.status in _SUITED[verb]), key=lambda entry: entry.id)
    if not fit:
        of = (
            f"job {entries[0].id} is {entries[0].status}"
            if len(entries) == 1
            else f"none of {len(entries)} jobs can be"
        )
        app.notify(f"nothing to {verb}: {of}" if entries else f"nothing to {verb}", severity="warning", markup=False)
        return
    one = f"job {fit[0].id} {fit[0].name}, {fit[0].status}"
    which = one if len(fit) == 1 else f"{len(fit)} jobs, {fit[0].id} to {fit[-1].id}"
    ids = [entry.id for entry in fit]

    def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen returns
        if yes:
            _do(app, feed, verb, ids)
            then(set(ids))

    app.push_screen(Confirm(f"{verb.capitalize()} {which}?"), answered)


def _do(app: App[object], feed: Feed, verb: str, ids: Sequence[int]) -> None:
    refused = []
    for job in ids:
        try:
            getattr(feed, verb)(job)
        except DmodError as error:
            refused.append(error.message)
    for message in refused[:3]:
        app.notify(message, severity="error", markup=False)
