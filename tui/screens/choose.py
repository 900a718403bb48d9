"""Choose: which columns of a list are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.look import Line, Look
    from tui.widgets.table import Table


class Choose(ModalScreen[None]):
    """A page of columns; what is taken away is gone at once."""

    DEFAULT_CSS = """
    Choose { align: center middle; }
    Choose Vertical { width: 44; max-width: 100%; height: auto; max-height: 100%; background: $panel; padding: 1 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("space,enter,x", "turn", "show or hide", show=False),
        Binding("a", "all", "all", show=False),
        Binding("escape,q,v", "dismiss(None)", "close", show=False),
    ]

    def __init__(self, look: Look, table: Table[Any]) -> None:
        super().__init__()
        self._look, self._table, self._at = look, table, 0

    def compose(self) -> ComposeResult:
        """The page."""
        with Vertical():
            page = Lines(self._look, on="raised")
            page.can_focus = False
            page.styles.height = len(self._table.columns) + 3
            yield page

    def on_mount(self) -> None:
        """Fill it."""
        self._show()

    def action_move(self, by: int) -> None:
        """To another column; the first is always there."""
        self._at = max(0, min(self._at + by, len(self._table.columns) - 2))
        self._show()

    def action_turn(self) -> None:
        """Show or hide the column."""
        self._table.hide(self._table.hidden ^ {self._table.columns[self._at + 1].key})
        self._show()

    def action_all(self) -> None:
        """Show them all."""
        self._table.hide(())
        self._show()

    def _show(self) -> None:
        lines: list[Line] = [(("Columns", "title"),)]
        for at, column in enumerate(self._table.columns):
            sign = (" ", "text") if column.key in self._table.hidden else ("✓", "success")
            here = "▸ " if at == self._at + 1 else "  "
            lines.append(((here, "accent"), sign, (f" {column.title.lower()}", "text" if at else "muted")))
        lines += [(), (("space", "accent"), (" show or hide   ", "muted"), ("a", "accent"), (" all   ", "muted"),
                       ("esc", "accent"), (" close", "muted"))]  # fmt: skip
        self.query_one(Lines).show(lines)
