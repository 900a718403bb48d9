"""Docker: whether an engine answers, what it is, and what to type if it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.units import format_memory
from tui.screens.pane import Pane
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from dmod.docker.client import Probe
    from tui.feed import Feed
    from tui.look import Line, Look

_PATIENCE = 10  # seconds between two questions to the engine


class Docker(Pane):
    """Screen 3."""

    name_ = "docker"
    title = "Docker"
    key = "3"

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self._said: Probe | None = None
        self._last = 0.0  # when it was asked, seconds since 1970

    def compose(self) -> ComposeResult:
        """Lines."""
        yield Lines(self.look, name="engine")

    def shown(self) -> None:
        """The keys scroll."""
        self.query_one(Lines).focus()

    def settle(self) -> None:
        """Ask again, now and then, in a thread: an engine that hangs is no reason for us to."""
        now = self.feed.clock().timestamp()
        if now - self._last >= _PATIENCE or self._said is None:
            self._last = now
            self.run_worker(self._probe, thread=True, exclusive=True)
        self.query_one(Lines).show(page(self._said))

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        super().restyle(look)
        self.query_one(Lines).restyle(look)

    def command(self) -> str:
        """The command that shows the same."""
        return "dmod doctor"

    def _probe(self) -> None:
        from dmod.docker.client import probe

        said = probe()
        self.app.call_from_thread(self._take, said)

    def _take(self, said: Probe) -> None:
        self._said = said
        self.query_one(Lines).show(page(said))


def page(said: Probe | None) -> list[Line]:
    """What is known of an engine."""
    if said is None:
        return [(), (("  asking the engine…", "muted"),)]
    if not said.available:
        return [
            (),
            (("  ○ ", "warning"), ("No Docker Engine: ", "strong"), (said.detail, "text")),
            (("    fix: ", "muted"), (said.fix, "accent")),
            (),
            (("    Jobs run without one: their executor is local.", "muted"),),
        ]
    facts = (
        ("version", said.version),
        ("swarm", said.swarm),
        ("cpus", str(said.cpus)),
        ("memory", format_memory(said.memory)),
    )
    return [
        (),
        (("  ● ", "success"), (said.detail, "strong")),
        (),
        *(((f"    {label:<10}", "muted"), (value, "text")) for label, value in facts),
    ]
