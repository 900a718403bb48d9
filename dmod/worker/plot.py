"""Plots as SVG: a hydrograph and a flow duration curve, readable without a script and zoomed by one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from dmod.hydro import date_axis
from dmod.hydro.scale import Scale
from dmod.hydro.stamps import moment
from dmod.hydro.thinning import extents, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps

    Series = NDArray[np.float64]

LETTER = 7.0  # px, width of a letter of a label


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and the plot in it, in px."""

    width: int
    height: int
    left: int = 58  # room for labels
    right: int = 12
    top: int = 12
    bottom: int = 26

    @property
    def wide(self) -> int:
        """Of the plot."""
        return self.width - self.left - self.right

    @property
    def high(self) -> int:
        """Of the plot."""
        return self.height - self.top - self.bottom

    def x(self, share: Series) -> Series:
        """From the left end (0) to the right end (1) of the plot."""
        return np.asarray(self.left + share * self.wide)

    def y(self, share: Series) -> Series:
        """From the bottom (0) to the top (1) of the plot."""
        return np.asarray(self.top + (1 - share) * self.high)


HYDROGRAPH = Frame(1000, 300)
DURATION = Frame(360, 300)


def hydrograph(times: Stamps, simulated: Series, observed: Series, label: str) -> str:
    """Simulated discharge as a line over the area of the observed one; each (steps,), m³/s."""
    frame, scale = HYDROGRAPH, Scale.fit([simulated, observed])
    where = places(times)
    base = f"{float(frame.y(np.zeros(1))[0]):.1f}"
    ticks = [
        (frame.left + column / max(columns - 1, 1) * frame.wide, text)
        for columns in [int(frame.wide / LETTER)]
        for column, text in date_axis.marks(moment(times[0]), moment(times[-1]), columns)
    ]
    drawn = [
        f'<path class="area" d="{_area(frame, scale, where, observed, base)}"/>',
        f'<path class="obs" d="{_line(frame, scale, where, observed)}"/>',
        f'<path class="sim" d="{_line(frame, scale, where, simulated)}"/>',
    ]
    return _svg(frame, scale, ticks, drawn, "hydrograph", label)


def duration(simulated: Series, observed: Series, label: str) -> str:
    """How often a discharge is exceeded, simulated and observed, on a logarithmic axis; each (steps,), m³/s."""
    both = np.isfinite(simulated) & np.isfinite(observed)
    curves = [np.sort(series[both])[::-1] for series in (simulated, observed)]
    frame, scale = DURATION, Scale.fit(curves, log=True)
    where = (np.arange(int(both.sum())) + 0.5) / max(int(both.sum()), 1)
    ticks = [(frame.left + share * frame.wide, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75)]
    drawn = [
        f'<path class="obs" d="{_line(frame, scale, where, curves[1])}"/>',
        f'<path class="sim" d="{_line(frame, scale, where, curves[0])}"/>',
    ]
    return _svg(frame, scale, ticks, drawn, "duration", label)


def _svg(  # noqa: PLR0913, PLR0917 - a picture has parts
    frame: Frame, scale: Scale, ticks: Sequence[tuple[float, str]], drawn: Sequence[str], kind: str, label: str
) -> str:
    lines = []
    for value, text in scale.ticks(6):
        y = float(frame.y(scale.fraction(np.array([value])))[0])
        lines.append(f'<path class="grid" d="M{frame.left} {y:.1f}H{frame.width - frame.right}"/>')
        lines.append(f'<text class="y" x="{frame.left - 8}" y="{y + 4:.1f}">{escape(text)}</text>')
    low = frame.height - frame.bottom
    for x, text in ticks:
        lines.append(f'<path class="tick" d="M{x:.1f} {low}v5"/>')
        lines.append(f'<text x="{x:.1f}" y="{low + 18}">{escape(text)}</text>')
    return (
        f'<svg class="{kind}" viewBox="0 0 {frame.width} {frame.height}" role="img" aria-label="{escape(label)}">'
        f'<g class="axes">{"".join(lines)}<path class="axis" d="M{frame.left} {low}H{frame.width - frame.right}"/></g>'
        f'<g class="curves">{"".join(drawn)}</g></svg>'
    )


def _line(frame: Frame, scale: Scale, where: Series, values: Series) -> str:
    """The path of a series, broken where it has no value; thinned to its extremes where steps are closer than dots."""
    shares, heights = _thinned(frame, where, scale.fraction(values))
    return _path(frame.x(shares), frame.y(heights))


def _area(frame: Frame, scale: Scale, where: Series, values: Series, base: str) -> str:
    """The same, closed down to the bottom of the plot."""
    path = _line(frame, scale, where, values)
    closed = []
    for part in filter(None, path.split("M")):
        first, last = part.split(" ", 1)[0], part.rsplit("L", 1)[-1].split(" ", 1)[0]
        closed.append(f"M{part}L{last} {base}L{first} {base}Z")
    return "".join(closed)


def _thinned(frame: Frame, where: Series, heights: Series) -> tuple[Series, Series]:
    if where.size <= 2 * frame.wide:
        return where, heights
    low, high = extents(where, heights, frame.wide)
    middle = (np.arange(frame.wide) + 0.5) / frame.wide
    return np.repeat(middle, 2), np.column_stack([high, low]).ravel()


def _path(x: Series, y: Series) -> str:
    parts, pen = [], "M"
    for across, down in zip(x.tolist(), y.tolist(), strict=True):
        if down != down:  # noqa: PLR0124 - NaN: no value, so the line is broken
            pen = "M"
            continue
        parts.append(f"{pen}{across:.1f} {down:.1f}")
        pen = "L"
    return "".join(parts)
