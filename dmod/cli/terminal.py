"""What the terminal can show: its width, colours, and the glyphs of statuses."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from dmod.cli.settings import current

_ESCAPE = r"\x1b\[[0-9;]*m"
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}

GLYPHS = {  # glyph, its ASCII twin, colour
    "queued": ("○", "o", "yellow"),
    "staging": ("●", "*", "cyan"),
    "running": ("●", "*", "cyan"),
    "collecting": ("●", "*", "cyan"),
    "completed": ("✓", "+", "green"),
    "done": ("✓", "+", "green"),
    "ok": ("✓", "+", "green"),
    "failed": ("✗", "x", "red"),
    "error": ("✗", "x", "red"),
    "canceled": ("‖", "=", "dim"),
    "stopped": ("○", "o", "dim"),
    "skipped": ("-", "-", "dim"),
    "warning": ("!", "!", "yellow"),
}


def width(stream: TextIO | None = None) -> int:
    """Columns of the terminal; COLUMNS goes before what it says of itself."""
    if os.environ.get("COLUMNS", "").isdecimal():
        return max(int(os.environ["COLUMNS"]), 20)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person looks at the stream (stdout by default)."""
    return (stream or sys.stdout).isatty()


def plain(stream: TextIO | None = None) -> bool:
    """Whether only ASCII may be shown."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    return current().ascii or not encoding.lower().startswith("utf")


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a colour or in bold, if the stream (stdout by default) shows colours."""
    out = stream or sys.stdout
    when = current().color
    wanted = when == "always" or (when == "auto" and is_terminal(out) and os.environ.get("TERM") != "dumb")
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if wanted and text and style in _STYLES else text


def visible(text: str) -> int:
    """How many columns a text takes."""
    return len(re.sub(_ESCAPE, "", text)) if "\x1b" in text else len(text)


def glyph(status: str) -> str:
    """The sign of a status, as ASCII where nothing else may be shown."""
    fancy, ascii_, _ = GLYPHS.get(str(status), ("·", ".", ""))
    return ascii_ if plain() else fancy


def mark(status: str) -> str:
    """A status as sign and word, coloured: `✓ completed`."""
    style = GLYPHS.get(str(status), ("", "", ""))[2]
    return paint(f"{glyph(status)} {status}", style)
