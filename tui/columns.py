"""Column: what a table shows of a value, how wide, and how soon it gives way in a narrow terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tui.look import Line

if TYPE_CHECKING:
    from collections.abc import Sequence


T = TypeVar("T")
GAP = 2  # cells between columns


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a table."""

    key: str
    title: str
    width: int  # cells it needs
    show: Callable[[T], Line]
    rank: Callable[[T], Any]  # what it is sorted by; None goes last
    optional: int = 0  # the higher the sooner dropped; 0: always there
    grow: int = 0  # its share of the cells that are left
    most: int = 999  # cells beyond which it does not grow
    right: bool = False  # numbers end where they end


def fit(columns: Sequence[Column[T]], width: int) -> list[tuple[Column[T], int]]:
    """The columns that fit into a width, each with its own."""
    shown = list(columns)
    while sum(column.width + GAP for column in shown) - GAP > width:
        first = max(shown, key=lambda column: column.optional)
        if first.optional == 0:
            break
        shown.remove(first)
    left = width - (sum(column.width + GAP for column in shown) - GAP)
    widths = {column.key: column.width for column in shown}
    for column in sorted((column for column in shown if column.grow), key=lambda column: column.most):
        shares = sum(each.grow for each in shown if each.grow and each.most >= column.most)
        extra = max(0, min(left * column.grow // max(shares, 1), column.most - column.width))
        widths[column.key] += extra
        left -= extra
    return [(column, widths[column.key]) for column in shown]


def cell(line: Line, width: int, *, right: bool = False) -> Line:
    """A line in a cell: cut with an ellipsis, filled with blanks."""
    size = sum(len(text) for text, _ in line)
    if size > width:
        return _cut(line, width)
    blank = (" " * (width - size), "text")
    return (blank, *line) if right else (*line, blank)


def _cut(line: Line, width: int) -> Line:
    kept, left = [], max(width - 1, 0)
    for text, style in line:
        kept.append((text[:left], style))
        left -= len(kept[-1][0])
        if left <= 0:
            break
    return (*kept, ("…", kept[-1][1] if kept else "text"))
