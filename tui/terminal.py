"""Terminal: what is sent to it, with no more changes of colour than it needs: a slow line waits for each byte."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from textual.drivers.linux_driver import LinuxDriver

_STYLE = re.compile("\x1b\\[([0-9;]*)m")
_SHOWS_ON_BLANKS = {"4", "7", "9", "21", "53"}  # underlined, reversed, struck through, twice underlined, overlined


class Style(NamedTuple):
    """What a code asks for."""

    marks: tuple[str, ...]  # bold, italic, ...
    front: str
    ground: str


class Terminal(LinuxDriver):
    """Textual writes each piece of a line with its whole style, and resets it afterwards; this is half of all bytes."""

    def write(self, data: str) -> None:
        """Send it."""
        super().write(lean(data))


def lean(data: str) -> str:
    """The same to see, in fewer bytes; it begins and ends with the style that `data` begins and ends with."""
    parts = _STYLE.split(data)
    if len(parts) < 4:
        return data
    sent = [parts[0]]
    now = wanted = ""
    for at in range(1, len(parts), 2):
        code, text = parts[at], parts[at + 1]
        wanted = _then(wanted, code)
        if text:
            if wanted != now and not (text.isspace() and _blank_alike(now, wanted)):
                sent.append(_change(now, wanted))
                now = wanted
            sent.append(text)
    if wanted != now:
        sent.append(_change(now, wanted))
    return "".join(sent)


def _then(before: str, code: str) -> str:
    """The style after another code."""
    if code in {"", "0"}:
        return ""
    return f"{before};{code}" if before else code


@lru_cache(4096)
def _blank_alike(now: str, wanted: str) -> bool:
    """Whether a blank looks the same in both."""
    one, other = parse(now), parse(wanted)
    return one.ground == other.ground and _SHOWS_ON_BLANKS.isdisjoint({*one.marks, *other.marks})


@lru_cache(4096)
def _change(now: str, wanted: str) -> str:
    """The code that leads from one style to another."""
    one, other = parse(now), parse(wanted)
    if not wanted:
        return "\x1b[0m"
    if one.marks != other.marks or (one.front and not other.front) or (one.ground and not other.ground):
        return f"\x1b[0;{wanted}m" if now else f"\x1b[{wanted}m"
    news = [new for old, new in ((one.front, other.front), (one.ground, other.ground)) if new != old]
    return f"\x1b[{';'.join(news)}m" if news else ""


@lru_cache(4096)
def parse(code: str) -> Style:
    """The parts of a code; of several of a kind the last is meant."""
    words, marks, front, ground = code.split(";"), list[str](), "", ""
    while words:
        word = words.pop(0)
        if word in {"38", "48"}:
            size = 4 if words[:1] == ["2"] else 2
            word, words = ";".join([word, *words[:size]]), words[size:]
        if word.startswith(("38", "3", "9")) and word not in {"3", "9"}:
            front = "" if word == "39" else word
        elif word.startswith(("48", "4", "10")) and word != "4":
            ground = "" if word == "49" else word
        elif word:
            marks.append(word)
    return Style(tuple(marks), front, ground)
