"""Look: the theme's colours as named styles, and the glyphs of statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterable

Piece = tuple[str, str]  # a text and the name of its style
Line = tuple[Piece, ...]

THEMES = (
    Theme(
        "dmod-dark",
        primary="#62a8d8",
        secondary="#7fb7a4",
        accent="#d8a657",
        success="#7fb380",
        warning="#d8a657",
        error="#df7a74",
        foreground="#c9d1d9",
        background="#12171d",
        surface="#171d25",
        panel="#1e2630",
        dark=True,
        variables={"footer-key-foreground": "#d8a657", "input-selection-background": "#62a8d8 30%"},
    ),
    Theme(
        "dmod-light",
        primary="#1f6fa5",
        secondary="#2f7d68",
        accent="#9a5b00",
        success="#2f7d46",
        warning="#9a6700",
        error="#b3382f",
        foreground="#24292f",
        background="#fbfbf9",
        surface="#f3f3ef",
        panel="#e9e9e4",
        dark=False,
    ),
)

_SHARES = {"muted": 0.58, "faint": 0.26}  # of the foreground over the background
_GROUNDED = ("chip", "found", "cursor")  # styles with a ground of their own
_STATUSES = {  # glyph, its ASCII twin, style
    "queued": ("○", "o", "warning"),
    "staging": ("●", "*", "primary"),
    "running": ("●", "*", "primary"),
    "collecting": ("●", "*", "primary"),
    "completed": ("✓", "+", "success"),
    "failed": ("✗", "x", "error"),
    "canceled": ("‖", "=", "muted"),
}
_ASCII = str.maketrans(
    {
        "…": "~", "·": "-", "╸": "#", "━": "#", "─": "-",
        "▲": "^", "▼": "v", "●": "*", "○": "o", "✓": "+", "✗": "x", "‖": "=", "³": "3", "²": "2", "→": ">", "▸": ">",
        "▾": "v",        "│": "|", "░": ".", "▒": ":", "↑": "^", "↓": "v", "←": "<", "⏎": "enter", "├": "|", "└": "`",
        "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#", "█": "@",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """The styles of one theme."""

    styles: Mapping[str, Style]
    ascii: bool

    @classmethod
    def of(cls, variables: Mapping[str, str], *, ascii_only: bool) -> Look:
        """The look of a theme's variables."""
        colours = {
            name: Color.parse(variables[name])
            for name in ("foreground", "background", "primary", "secondary", "accent", "success", "warning", "error")
        }
        ground, text = colours["background"], colours["foreground"]
        for name, share in _SHARES.items():
            colours[name] = ground.blend(text, share)
        styles = {name: Style(foreground=colour) for name, colour in colours.items()}
        styles["text"] = Style()  # as the ground says
        styles["strong"] = Style(bold=True)
        styles["title"] = Style(foreground=colours["primary"], bold=True)
        styles["chip"] = Style(foreground=ground, background=colours["primary"], bold=True)
        styles["line"] = styles["accent"]
        styles["area"] = Style(foreground=ground.blend(colours["primary"], 0.62))
        grounds = {
            "ground": ground,
            "raised": Color.parse(variables["panel"]),
            "cursor": ground.blend(colours["primary"], 0.30),
            "cursor-away": ground.blend(colours["primary"], 0.14),
            "found": ground.blend(colours["accent"], 0.35),
        }
        styles |= {name: Style(foreground=text, background=colour) for name, colour in grounds.items()}
        return cls(styles, ascii_only)

    def plain(self, text: str) -> str:
        """A text as it may be shown: ASCII only, if that was asked for."""
        return text if not self.ascii or text.isascii() else _narrow(text)

    def content(self, line: Iterable[Piece]) -> Content:
        """Pieces of text as content."""
        return Content.assemble(*((self.plain(text), self.styles[style]) for text, style in _joined(line)))

    def strip(self, line: Iterable[Piece], width: int, on: str = "ground") -> Strip:
        """Pieces of text as a strip of just that width on a ground, cut with an ellipsis if they are longer."""
        content = self.content(line)
        if content.cell_length > width:
            content = content.truncate(width, ellipsis=not self.ascii)
        base = self.styles[on]
        return Strip(content.render_segments(base), content.cell_length).extend_cell_length(width, base.rich_style)


def _joined(line: Iterable[Piece]) -> list[Piece]:
    """The same with fewer changes of style, each of which costs a terminal 20 bytes: blanks are like what is before."""
    joined: list[Piece] = []
    for text, style in line:
        if joined and (style == joined[-1][1] or (not text.strip(" ") and joined[-1][1] not in _GROUNDED)):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
        elif text:
            joined.append((text, style))
    return joined


def glyph(status: str) -> Piece:
    """The sign of a job's status and its style."""
    sign, _, style = _STATUSES.get(status, ("·", ".", "muted"))
    return sign, style


def state(status: str) -> Line:
    """A job's status with its sign, for a table."""
    sign, style = glyph(status)
    return (f"{sign} ", style), (status, "text" if status in ("running", "failed") else "muted")


def fact(label: str, *pieces: Piece) -> Line:
    """A line of a page about a row: what it tells, and that."""
    return ((f"  {label:<11} ", "muted"), *pieces)


@lru_cache(4096)
def _narrow(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def apart(before: Strip, now: Strip) -> tuple[int, int]:
    """The cells from the first piece that differs to the last."""
    one, other = list(before), list(now)
    begin = end = 0
    while one and other and one[0] == other[0]:
        begin += one.pop(0).cell_length
        other.pop(0)
    while one and other and one[-1] == other[-1]:
        end += one.pop().cell_length
        other.pop()
    return begin, now.cell_length - end
