"""Hydrograph: one river of a simulation at a time, with zoom in time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.binding import BindingType
    from textual.strip import Strip

    from tui.look import Line, Look
    from tui.streamflow import River, Streamflow

_COLOUR = re.compile(r"\x1b\[(\d*)m")
_STYLES = {"35": "line", "34": "area", "2": "muted"}  # of what dmod.hydro.hydrograph paints with
_LEAST = 8  # steps in sight


class Hydrograph(Widget, can_focus=True):
    """A plot that fills the pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "river(-1)", "previous river", show=False),
        Binding("right_square_bracket", "river(1)", "next river", show=False),
        Binding("plus,equals_sign", "zoom(0.5)", "zoom in", show=False),
        Binding("minus", "zoom(2)", "zoom out", show=False),
        Binding("0", "whole", "all of it", show=False),
        Binding("less_than_sign,left", "shift(-0.25)", "earlier", show=False),
        Binding("greater_than_sign,right", "shift(0.25)", "later", show=False),
        Binding("L", "log", "logarithmic", show=False),
    ]

    def __init__(self, look: Look, *, name: str = "") -> None:
        super().__init__(id=name or None)
        self.look = look
        self.streamflow: Streamflow | None = None
        self.at = 0  # which river
        self.log_scale = False
        self._river: River | None = None
        self._span = (0, 0)  # steps in sight
        self._scores: Mapping[str, str] = {}  # a line about each gauge
        self._said: Sequence[Line] = ()  # instead of a plot
        self._drawn: list[Line] | None = None

    def show(self, streamflow: Streamflow | None, scores: Mapping[str, str], said: Sequence[Line] = ()) -> None:
        """Show the rivers of a simulation, or say why there are none; the river and the zoom stay if they can."""
        if (streamflow, scores, said) == (self.streamflow, self._scores, self._said):
            return
        before, river = self.streamflow, self._river
        self._scores, self._said = scores, said
        if before is not streamflow:
            if before is not None:
                before.close()
            self.streamflow, self._river = streamflow, None
            self._start(streamflow, river.feature if river else "")
        self._redraw()

    def _start(self, streamflow: Streamflow | None, feature: str) -> None:
        """The same river as before if there is one, all of the time unless the steps are the same."""
        if streamflow is None:
            return
        if feature not in streamflow.features:
            self.at = 0
            self._span = (0, len(streamflow.times))
            return
        self.at = streamflow.features.index(feature)
        if not 0 < self._span[1] <= len(streamflow.times):
            self._span = (0, len(streamflow.times))

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self._redraw()

    def on_resize(self) -> None:
        """Draw anew to the size."""
        self._redraw()

    def on_unmount(self) -> None:
        """Close the files."""
        if self.streamflow is not None:
            self.streamflow.close()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        if self._drawn is None:
            self._drawn = self._draw()
        return self.look.strip(self._drawn[y] if y < len(self._drawn) else (), self.size.width)

    def action_river(self, by: int) -> None:
        """The next or the previous river."""
        if self.streamflow is not None:
            self.at = (self.at + by) % len(self.streamflow.features)
            self._river = None
            self._redraw()

    def action_zoom(self, factor: float) -> None:
        """Show half or twice as much time around the middle."""
        begin, end = self._span
        middle, half = (begin + end) / 2, max((end - begin) * factor, _LEAST) / 2
        self._look_at(round(middle - half), round(middle + half))

    def action_shift(self, share: float) -> None:
        """Show what was earlier or later."""
        begin, end = self._span
        by = round((end - begin) * share)
        limit = len(self.streamflow.times) if self.streamflow else 0
        by = max(-begin, min(by, limit - end))
        self._look_at(begin + by, end + by)

    def action_whole(self) -> None:
        """Show all of it."""
        self._look_at(0, 1 << 40)

    def action_log(self) -> None:
        """A logarithmic axis, or back."""
        self.log_scale = not self.log_scale
        self._redraw()

    def _look_at(self, begin: int, end: int) -> None:
        limit = len(self.streamflow.times) if self.streamflow else 0
        self._span = (max(begin, 0), min(end, limit))
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = None
        self.refresh()

    def _draw(self) -> list[Line]:
        flow = self.streamflow
        if flow is None or self.size.width < 30 or self.size.height < 8:
            return list(self._said)
        from dmod.errors import DmodError
        from dmod.hydro.hydrograph import draw

        try:
            river = self._river = self._river or flow.river(self.at)
        except DmodError as error:
            return [((f" {line}", "error" if at == 0 else "muted"),) for at, line in enumerate(error.lines())]
        part = slice(*self._span)
        series = {"simulated": river.simulated[part]}
        if river.observed is not None:
            series["observed"] = river.observed[part]
        lines = draw(
            flow.times[part],
            series,
            width=self.size.width - 2,
            height=self.size.height - 1,
            ascii=self.look.ascii,
            color=True,
            log=self.log_scale,
        )
        return [self._title(river, len(flow.features)), *((("  "[:1], "text"), *painted(line)) for line in lines)]

    def _title(self, river: River, count: int) -> Line:
        name = f"{river.gauge} at {river.feature}" if river.gauge else river.feature
        of = f"  {self.at + 1} of {count}" if count > 1 else ""
        log = "  logarithmic" if self.log_scale else ""
        score = self._scores.get(river.gauge, "")
        return (f" {name}", "strong"), (of + log, "muted"), (f"   {score}" if score else "", "success")


def painted(line: str) -> Line:
    """A line with ANSI colours as pieces in the theme's."""
    pieces, style = [], "text"
    texts = _COLOUR.split(line)
    for at in range(0, len(texts), 2):
        if texts[at]:
            pieces.append((texts[at], style))
        if at + 1 < len(texts):
            style = _STYLES.get(texts[at + 1], "text")
    return tuple(pieces)
