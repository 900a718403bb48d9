"""Nodes: the machines that jobs run on, what of them is held, and by whom."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from dmod.errors import DmodError
from dmod.jobs.numbers import Numbers
from dmod.units import format_memory
from tui.columns import Column
from tui.job_columns import ago, bar
from tui.machine import spark
from tui.rows import Rows
from tui.screens.confirm import ask, attempt, refused
from tui.screens.pane import Pane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.entry import Clock
    from tui.feed import Feed
    from tui.look import Line, Look
    from tui.pool import Pool

_BAR = 16  # cells
_PAST = 12  # looks


class Nodes(Pane):
    """Screen 5."""

    name_ = "nodes"
    title = "Nodes"
    key = "5"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("D", "drain", "drain or resume", show=False)]
    DEFAULT_CSS = """
    Nodes Table { height: 1fr; }
    """

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self._past: dict[str, deque[float]] = {}  # by node: which share of its cpus was held, while this was open
        columns = _columns(feed.clock, self._past)
        self.rows: Rows[Pool] = Rows(lambda pool: pool.node.name, columns, sort="name", reverse=False)

    def compose(self) -> ComposeResult:
        """The table."""
        yield Table(self.rows, self.look, empty=list, name="pools")

    def shown(self) -> None:
        """The keys go to the table."""
        self.table.focus()

    def settle(self) -> None:
        """Who holds what may have changed."""
        try:
            pools = self.feed.pools()
        except DmodError:  # the header says what is wrong with the queue
            return
        for pool in pools:
            past = self._past.setdefault(pool.node.name, deque(maxlen=_PAST))
            past.append((pool.node.cpus - pool.free.cpus) / max(pool.node.cpus, 1))
        changed = self.rows.replace(pools)
        self.rows.touch(self._past.keys() - changed)
        if self.rows.settle():
            self.table.settled()
        else:
            self.table.touched(self._past)

    def action_drain(self) -> None:
        """Ask, then start nothing new on the node; or let it be used again."""
        pool = self.rows.get(self.table.cursor)
        if pool is None or refused(self.app, self.feed):
            return
        name, act = pool.node.name, self.feed.resume if pool.drained else self.feed.drain
        going = f" What runs there goes on: {pool.tasks}." if pool.tasks else ""
        question = f"Resume node {name}?" if pool.drained else f"Drain node {name}? Nothing new starts there.{going}"

        def then() -> None:
            attempt(self.app, [partial(act, name)])
            self.feed.wrote(start=False)
            self.settle()
            self.post_message(self.Changed())

        ask(self.app, question, then)

    def on_table_moved(self) -> None:
        """Another node may have another key."""
        self.post_message(self.Changed())

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        pool = self.rows.get(self.table.cursor)
        if pool is None or self.feed.read_only:
            return (("s S", "sort"), ("y Y", "copy"))
        return (("D", "resume" if pool.drained else "drain"), ("s S", "sort"), ("y Y", "copy"))

    def identity(self) -> str:
        """The name of the node."""
        return str(self.table.cursor or "")

    def command(self) -> str:
        """The command that shows the same."""
        return f"dmod node show {self.table.cursor}" if self.table.cursor else "dmod node list"

    def asked(self) -> tuple[str, str] | None:
        """Nothing: there are few, and all are shown."""
        return None

    def typed(self, text: str, *, done: bool) -> str:
        """Nothing is."""
        del text, done
        return ""


def _columns(clock: Clock, past: Mapping[str, Sequence[float]]) -> tuple[Column[Pool], ...]:
    return (
        Column("name", "NODE", 12, lambda p: ((p.node.name, "text"),), lambda p: p.node.name, grow=1, most=20),
        Column("state", "STATE", 9, _state, lambda p: p.drained is None),
        Column("cpus", "CPUS", _BAR + 9, _cpus, lambda p: p.node.cpus - p.free.cpus),
        Column("memory", "MEMORY", _BAR + 19, _memory, lambda p: p.node.memory - p.free.memory, optional=1),
        Column(
            "lately",
            "HELD LATELY",
            _PAST,
            lambda p: ((spark(past.get(p.node.name, ()), _PAST), "secondary"),),
            lambda p: p.node.cpus - p.free.cpus,
            optional=2,
        ),
        Column("jobs", "JOBS", 32, lambda p: _jobs(p, clock()), lambda p: len(p.jobs), grow=2),
    )


def _state(pool: Pool) -> Line:
    return (("‖ ", "warning"), ("drained", "text")) if pool.drained else (("✓ ", "success"), ("ready", "muted"))


def _cpus(pool: Pool) -> Line:
    held = pool.node.cpus - pool.free.cpus
    return (*bar(held / max(pool.node.cpus, 1), _BAR), (f" {held} of {pool.node.cpus}", "text"))


def _memory(pool: Pool) -> Line:
    held = pool.node.memory - pool.free.memory
    said = f" {format_memory(held)} of {format_memory(pool.node.memory)}"
    return (*bar(held / max(pool.node.memory, 1), _BAR), (said, "text"))


def _jobs(pool: Pool, now: datetime) -> Line:
    """Who holds it, by spans of ids; and why nobody new will."""
    busy = str(Numbers.of(pool.jobs)).replace(",", " ") if pool.jobs else "idle"
    held: Line = ((busy, "text" if pool.jobs else "muted"),)
    if pool.drained is None:
        return held
    why = f"{pool.drained.why}, " if pool.drained.why else "drained "
    return (*held, (f"  {why}{ago(pool.drained.since, now)}", "warning"))
