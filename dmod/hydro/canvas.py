"""The cells of a plot: an area of shades, a line of braille dots over it, and points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = np.array([[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]])  # of a braille cell: upwards, left and right
_BRAILLE = 0x2800
_LINE, _AREA, _FAINT, _END = "\x1b[35m", "\x1b[34m", "\x1b[2m", "\x1b[0m"  # magenta and blue are legible on any theme


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of a plot."""

    full: str  # area: the value was at least this high throughout the column
    part: str  # area: between the lowest and the highest value of the column
    key: str  # the line, in a legend
    axis: str  # upright, upright with tick, corner, level, level with tick
    more: str  # of further lines
    braille: bool  # lines are dots; otherwise they are the key


UNICODE = Marks("▒", "░", "⣿", "│┤└─┬", "ox+#%", braille=True)
ASCII = Marks(":", ".", "*", "|++-+", "ox%#@", braille=False)


class Canvas:
    """Rows of cells, counted from above; heights are fractions, 0 at the bottom and 1 at the top."""

    def __init__(self, rows: int, columns: int, marks: Marks, *, color: bool = False) -> None:
        self.rows, self.columns = rows, columns
        self.fine = 2 if marks.braille else 1  # dots of a line in a column
        self._marks, self._color = marks, color
        self._cells = [[" "] * columns for _ in range(rows)]
        self._kinds = [[""] * columns for _ in range(rows)]  # the colour of each cell
        self._tops: dict[int, int] = {}  # the row in which the area of a column ends

    def area(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Shade each column up to its highest value, darker up to its lowest; a row at least where there is a value."""
        for column in np.flatnonzero(np.isfinite(high)).tolist():
            sure, top = (max(1, round(float(level[column]) * self.rows)) for level in (low, high))
            self._tops[column] = self.rows - top
            for height in range(top):
                self._put(
                    self.rows - 1 - height, column, self._marks.full if height < sure else self._marks.part, _AREA
                )

    def line(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """A line through `fine` values for each column, unbroken where they follow one another."""
        tall = 4 if self._marks.braille else 1
        dots = np.zeros((self.rows * tall, self.columns * self.fine), dtype=bool)
        before: tuple[int, int] | None = None
        for x in range(low.size):
            if not np.isfinite(high[x]):
                before = None
                continue
            span = (round(float(low[x]) * (len(dots) - 1)), round(float(high[x]) * (len(dots) - 1)))
            first, last = span
            if before is not None:  # reach for the neighbour, so that steep limbs have no holes
                first, last = min(first, before[1] + 1), max(last, before[0] - 1)
            dots[first : last + 1, x] = True
            before = span
        for row, column in np.argwhere(
            dots.reshape(self.rows, tall, self.columns, self.fine).any(axis=(1, 3))
        ).tolist():
            cell = dots[row * tall : (row + 1) * tall, column * self.fine : (column + 1) * self.fine]
            text = chr(_BRAILLE + int(_BITS[cell].sum())) if self._marks.braille else self._marks.key
            self._put(self.rows - 1 - row, column, text, _LINE)
        self._surface()

    def _surface(self) -> None:
        """Let the top of the area show through a line that runs from above it to below it: a peak has to be seen."""
        for column, row in self._tops.items():
            around = [self._kinds[near][column] for near in (row - 1, row, row + 1) if 0 <= near < self.rows]
            if around == [_LINE] * 3:
                self._put(row, column, self._marks.full, _AREA)

    def points(self, values: NDArray[np.float64], number: int) -> None:
        """A mark in each column at its value."""
        mark = self._marks.more[number % len(self._marks.more)]
        for column in np.flatnonzero(np.isfinite(values)).tolist():
            self._put(self.rows - 1 - round(float(values[column]) * (self.rows - 1)), column, mark, "")

    def say(self, text: str) -> None:
        """Words in the middle."""
        left = max((self.columns - len(text)) // 2, 0)
        for at, letter in enumerate(text[: self.columns]):
            self._put(self.rows // 2, left + at, letter, "")

    def faint(self, text: str) -> str:
        """Text that stands back, if there are colours."""
        return f"{_FAINT}{text}{_END}" if self._color else text

    def lines(self) -> list[str]:
        """The rows as text, blanks at their ends left out."""
        return [self._row(cells, kinds) for cells, kinds in zip(self._cells, self._kinds, strict=True)]

    def _row(self, cells: list[str], kinds: list[str]) -> str:
        if not self._color:
            return "".join(cells).rstrip()
        stretches = groupby(zip(kinds, cells, strict=True), key=lambda pair: pair[0])
        text = ""
        for kind, pairs in stretches:
            letters = "".join(cell for _, cell in pairs)
            text += f"{kind}{letters}{_END}" if kind else letters
        return text.rstrip()

    def _put(self, row: int, column: int, text: str, kind: str) -> None:
        self._cells[row][column], self._kinds[row][column] = text, kind
