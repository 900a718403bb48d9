"""Panes: the screens side by side, one of them in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import ContentSwitcher

from tui.screens.data import Data
from tui.screens.events import Events
from tui.screens.images import Images
from tui.screens.jobs import Jobs
from tui.screens.nodes import Nodes
from tui.screens.pane import Pane
from tui.screens.stacks import Stacks

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.feed import Feed
    from tui.look import Look
    from tui.memory import Memory

KINDS: tuple[type[Pane], ...] = (Jobs, Data, Stacks, Images, Nodes, Events)
_SPLIT = 60  # of a hundred lines, those below a list
_STEPS = (20, 80)  # the least and the most of them


class Panes(ContentSwitcher):
    """All screens; they are told together what concerns each."""

    DEFAULT_CSS = """
    Panes { height: 1fr; }
    Panes > Pane { height: 1fr; }
    """

    def __init__(self, look: Look, feed: Feed, first: str) -> None:
        super().__init__(id="panes", initial=first)
        self._look, self._feed = look, feed

    def compose(self) -> ComposeResult:
        """Each, in the order of their keys."""
        for kind in KINDS:
            yield kind(self._look, self._feed)

    @property
    def front(self) -> Pane:
        """The one that is seen."""
        return self.get_child_by_id(self.current or Jobs.name_, Pane)

    def show(self, name: str) -> None:
        """Bring another to the front."""
        self.current = name
        self.front.shown()

    def remembered(self, memory: Memory, text: str) -> None:
        """Be as before; `text` filters the jobs in place of the filter that they had."""
        for pane in self.query(Pane):
            pane.remembered(memory, text if isinstance(pane, Jobs) else "")
            pane.divide(memory.split or _SPLIT)

    def remember(self, memory: Memory) -> None:
        """How they are now, and which is in front."""
        for pane in self.query(Pane):
            pane.remember(memory)
        memory.screen = self.front.name_

    def divide(self, memory: Memory, by: int) -> None:
        """More or less room for what opens below a list."""
        least, most = _STEPS
        memory.split = max(least, min((memory.split or _SPLIT) + by, most))
        for pane in self.query(Pane):
            pane.divide(memory.split)

    def soon(self) -> None:
        """Something was changed in the engine: ask it at once."""
        self.query_one(Stacks).soon()
        self.query_one(Images).soon()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        for pane in self.query(Pane):
            pane.restyle(look)
