"""Tables without borders, fitted to a width by dropping optional columns first and eliding last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dmod.cli.terminal import paint, visible

_GAP = "  "
_NARROWEST = 8  # columns that an elided cell keeps


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list."""

    key: str  # of the row
    title: str
    optional: int = 0  # 0: always shown; the higher, the sooner it is dropped from a narrow terminal
    right: bool = False  # numbers stand right
    show: Callable[[Any], str] | None = None  # the value of `key` as text

    def text(self, row: Mapping[str, Any]) -> str:
        """The cell of a row, on one line."""
        value = row.get(self.key)
        said = self.show(value) if self.show else _plain(value)
        return " ".join(said.split("\n"))


def lay_out(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], fit: int | None, ellipsis: str = "…"
) -> tuple[list[str], list[str]]:
    """The lines of a table, title first, and the titles of the columns that did not fit (`fit` None: all do)."""
    shown = list(columns)
    cells = {column.key: [column.text(row) for row in rows] for column in columns}
    widths = {column.key: max(map(visible, [column.title, *cells[column.key]])) for column in columns}
    while fit is not None and _total(shown, widths) > fit and any(column.optional for column in shown):
        shown.remove(max(reversed(shown), key=lambda column: column.optional))
    if fit is not None:
        _narrow(shown, widths, fit)
    titles = _GAP.join(_pad(column.title, widths[column.key], column) for column in shown).rstrip()
    lines = [paint(titles, "dim")]
    for at in range(len(rows)):
        line = (_pad(_elided(cells[c.key][at], widths[c.key], ellipsis), widths[c.key], c) for c in shown)
        lines.append(_GAP.join(line).rstrip())
    return lines, [column.title for column in columns if column not in shown]


def _total(columns: Sequence[Column], widths: Mapping[str, int]) -> int:
    return sum(widths[column.key] for column in columns) + len(_GAP) * (len(columns) - 1)


def _narrow(columns: Sequence[Column], widths: dict[str, int], fit: int) -> None:
    """Take what is too much from the widest column, again and again."""
    while (excess := _total(columns, widths) - fit) > 0:
        widest, *others = sorted((column.key for column in columns), key=widths.__getitem__, reverse=True)
        least = max(_NARROWEST, widths[others[0]] if others else 0)
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] = max(widths[widest] - excess, min(least, widths[widest] - 1))


def _elided(text: str, width: int, ellipsis: str) -> str:
    return text if visible(text) <= width else text[: width - len(ellipsis)] + ellipsis


def _pad(text: str, width: int, column: Column) -> str:
    blank = " " * (width - visible(text))
    return blank + text if column.right else text + blank


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
