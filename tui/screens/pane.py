"""Pane: what every screen has: keys, a note for the header, a share in each look at the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.feed import Feed
    from tui.look import Line, Look


class Pane(Vertical):
    """One screen; the application asks it, and it draws."""

    name_: ClassVar[str]  # as in --screen
    title: ClassVar[str]
    key: ClassVar[str]  # the digit that shows it

    class Changed(Message):
        """Keys or note are others now."""

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(id=self.name_)
        self.look, self.feed = look, feed

    def keys(self) -> Sequence[tuple[str, str]]:
        """Keys and what they do here, the most useful first."""
        return ()

    def note(self) -> Line:
        """What stands at the right of the header."""
        return ()

    def shown(self) -> None:
        """The pane has come to the front."""

    def settle(self) -> None:
        """A second has passed: bring order and times up to date."""

    def tick(self) -> None:
        """The feed has been read: show what changed."""

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look

    def identity(self) -> str:
        """The id under the cursor, for `y`."""
        return ""

    def command(self) -> str:
        """The command line that shows the same, for `Y`."""
        return ""

    def asked(self) -> tuple[str, str] | None:
        """What `/` asks for here, and the text there is."""
        return None

    def typed(self, text: str, *, done: bool) -> str:
        """Use what is typed; returns what is wrong with it."""
        del text, done
        return ""
