"""Nodes: the machines that jobs run on, what of them is held, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.units import format_memory
from tui.columns import Column
from tui.job_columns import bar
from tui.rows import Rows
from tui.screens.pane import Pane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui.feed import Feed, Pool
    from tui.look import Line, Look

_BAR = 16  # cells


class Nodes(Pane):
    """Screen 5."""

    name_ = "nodes"
    title = "Nodes"
    key = "5"
    DEFAULT_CSS = """
    Nodes Table { height: 1fr; }
    """

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self._columns = _columns()
        self.rows: Rows[Pool] = Rows(lambda pool: pool.node.name, self._columns, sort="name", reverse=False)

    def compose(self) -> ComposeResult:
        """The table."""
        yield Table(self.rows, self._columns, self.look, empty=list, name="pools")

    @property
    def table(self) -> Table[Pool]:
        """The list of nodes."""
        return self.query_one(Table)

    def shown(self) -> None:
        """The keys go to the table."""
        self.table.focus()

    def settle(self) -> None:
        """Who holds what may have changed."""
        changed = self.rows.replace(self.feed.pools())
        if self.rows.settle():
            self.table.settled()
        else:
            self.table.touched(changed)

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        super().restyle(look)
        self.table.restyle(look)

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        return (("s S", "sort"), ("y Y", "copy"))

    def identity(self) -> str:
        """The name of the node."""
        return str(self.table.cursor or "")

    def command(self) -> str:
        """The command that shows the same."""
        return f"dmod node show {self.table.cursor}" if self.table.cursor else "dmod node list"


def _columns() -> tuple[Column[Pool], ...]:
    return (
        Column("name", "NODE", 12, lambda p: ((p.node.name, "text"),), lambda p: p.node.name, grow=1, most=30),
        Column("cpus", "CPUS", _BAR + 12, _cpus, lambda p: p.node.cpus - p.free.cpus),
        Column("memory", "MEMORY", _BAR + 19, _memory, lambda p: p.node.memory - p.free.memory, optional=1),
        Column("jobs", "JOBS", 12, _jobs, lambda p: len(p.jobs), grow=2),
    )


def _cpus(pool: Pool) -> Line:
    held = pool.node.cpus - pool.free.cpus
    return (*bar(held / max(pool.node.cpus, 1), _BAR), (f" {held} of {pool.node.cpus}", "text"))


def _memory(pool: Pool) -> Line:
    held = pool.node.memory - pool.free.memory
    said = f" {format_memory(held)} of {format_memory(pool.node.memory)}"
    return (*bar(held / max(pool.node.memory, 1), _BAR), (said, "text"))


def _jobs(pool: Pool) -> Line:
    return ((" ".join(map(str, pool.jobs)), "text"),) if pool.jobs else (("idle", "muted"),)
