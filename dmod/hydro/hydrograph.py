"""Hydrographs in a terminal: simulated discharge as a line over the shaded area of what was observed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from dmod.hydro import date_axis
from dmod.hydro.canvas import ASCII, UNICODE, Canvas, Marks
from dmod.hydro.scale import Scale
from dmod.hydro.stamps import moment
from dmod.hydro.thinning import extents, places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from dmod.hydro.stamps import Stamps


def draw(  # noqa: PLR0913 - a plot has options
    times: Stamps,
    series: Mapping[str, ArrayLike],
    *,
    width: int = 80,
    height: int = 20,
    ascii: bool = False,  # noqa: A002 - as the option --ascii is called
    color: bool = False,
    title: str = "",
    units: str = "m³/s",
    log: bool = False,
) -> list[str]:
    """The lines of a plot, none longer than `width` (colour codes apart), at most `height` of them.

    A series whose label begins with "obs" is shaded up to its value; the first of the others is a line of braille dots,
    further ones are marks. Where several steps share a column its highest and lowest values are kept, so no peak and no
    low is lost in thinning. Steps without a value are left blank.

    Args:
        times: (steps,), ascending.
        series: label to values of shape (steps,), NaN for none.
        width: columns, 20 at least.
        height: lines, 6 at least.
        ascii: no character outside ASCII.
        color: ANSI colours, which add to the marks but say nothing that these do not.
        title: stands above.
        units: of the values.
        log: a logarithmic axis; values that have no logarithm lie on the bottom.
    """
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in series.items()}
    marks = ASCII if ascii else UNICODE
    heading = [*([title] if title else []), _legend(times, arrays, marks, units, width)]
    scale = Scale.fit(arrays.values(), log=log)
    rows = max(height - len(heading) - 2, 2)
    ticks = _ticks(scale, rows)
    left = max(map(len, ticks.values()), default=0)
    canvas = Canvas(rows, max(width - left - 2, 1), marks, color=color)
    _paint(canvas, places(times), arrays, scale)
    upright = [f"{ticks.get(row, ''):>{left}} {marks.axis[1 if row in ticks else 0]}" for row in range(rows)]
    lines = [canvas.faint(axis) + line for axis, line in zip(upright, canvas.lines(), strict=True)]
    below = [" " * left + " " + line for line in _dates(times, canvas.columns, marks)]
    if ascii:
        heading = [_ascii(line) for line in heading]
    return [*(line[:width].rstrip() for line in heading), *lines, *map(canvas.faint, below)]


def _paint(canvas: Canvas, where: NDArray[np.float64], arrays: Mapping[str, NDArray[np.float64]], scale: Scale) -> None:
    for values in (values for name, values in arrays.items() if _observed(name)):
        low, high = extents(where, scale.fraction(values), canvas.columns)
        canvas.area(low, high)
    for number, values in enumerate(values for name, values in arrays.items() if not _observed(name)):
        wide = canvas.columns * (canvas.fine if number == 0 else 1)
        low, high = extents(where, scale.fraction(values), wide)
        if number == 0:
            canvas.line(low, high)
        else:
            canvas.points(high, number - 1)
    if not any(np.isfinite(values).any() for values in arrays.values()):
        canvas.say("no values")


def _ascii(text: str) -> str:
    """`Río (m³/s)` as `Rio (m3/s)`, and a question mark for what has no letter there."""
    plain = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(plain).encode("ascii", "replace").decode()


def _observed(name: str) -> bool:
    return name.lower().startswith("obs")


def _legend(times: Stamps, arrays: Mapping[str, NDArray[np.float64]], marks: Marks, units: str, width: int) -> str:
    lines = [name for name in arrays if not _observed(name)]
    keys = [f"{marks.more[(at - 1) % len(marks.more)] if at else marks.key} {name}" for at, name in enumerate(lines)]
    keys += [f"{marks.full * 2} {name}" for name in arrays if _observed(name)]
    text = "   ".join([units, *keys])
    periods = _periods(times) if len(times) else []  # the dates below the axis do not all have a year
    return next((f"{text}   {period}" for period in periods if len(text) + 3 + len(period) <= width), text)


def _periods(times: Stamps) -> list[str]:
    """The period, in words that get shorter."""
    first, last = (str(moment(stamp).date()) for stamp in (times[0], times[-1]))
    ways = [(first, last), (first[:7], last[:7]), (first[:4], last[:4])]
    return [one if one == other else f"{one} to {other}" for one, other in ways]


def _ticks(scale: Scale, rows: int) -> dict[int, str]:
    """The text at each row that has one, counted from above."""
    found = {}
    for value, text in scale.ticks(max(rows // 3, 2)):
        row = rows - 1 - min(int(float(scale.fraction(np.array(value))) * rows), rows - 1)
        found[row] = text
    return found


def _dates(times: Stamps, columns: int, marks: Marks) -> list[str]:
    """The axis, and the dates below it."""
    axis, labels = [marks.axis[3]] * columns, [" "] * columns
    if len(times):
        for column, text in date_axis.marks(moment(times[0]), moment(times[-1]), columns):
            axis[column] = marks.axis[4]
            labels[column : column + len(text)] = text
    return [marks.axis[2] + "".join(axis), " " + "".join(labels).rstrip()]
