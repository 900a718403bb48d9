"""The line and column of every key of a TOML document, which its parser knows and does not tell."""

from __future__ import annotations

import re
from bisect import bisect_right

Keys = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_LONG = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})', re.DOTALL)
_ATOM = re.compile(r"[^,\]}\n#]+")


def places(text: str) -> dict[Keys, tuple[int, int]]:
    """Line and column, from 1, of each key and list element; the text must have been parsed as TOML before."""
    return _Scan(text).document()


class _Scan:
    """One pass over valid TOML, which keeps only what a key's place depends on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Keys, tuple[int, int]] = {}
        self.lengths: dict[Keys, int] = {}  # of the arrays of tables so far
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> dict[Keys, tuple[int, int]]:
        table: Keys = ()
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip()
        return self.found

    def skip(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at + 1
        return match[0] if match else ""

    def note(self, keys: Keys, at: int) -> None:
        line = bisect_right(self.lines, at)
        self.found.setdefault(keys, (line, at - self.lines[line - 1] + 1))

    def header(self) -> Keys:
        """`[a.b]` or `[[a.b]]`; the second kind begins the next element of a list."""
        start = self.at
        listed = self.text.startswith("[[", self.at)
        self.at += 2 if listed else 1
        keys: Keys = ()
        for part in self.key():
            if keys in self.lengths:
                keys = (*keys, self.lengths[keys] - 1)
            keys = (*keys, part)
            self.note(keys, start)
        if keys in self.lengths or listed:
            self.lengths[keys] = self.lengths.get(keys, 0) + listed
            keys = (*keys, self.lengths[keys] - 1)
            self.note(keys, start)
        self.skip()
        self.at += 2 if listed else 1
        return keys

    def key(self) -> list[str]:
        """A dotted key."""
        parts = []
        while True:
            self.skip()
            quoted = self.text[self.at] in "\"'"
            word = self.take(_QUOTED if quoted else _BARE)
            parts.append(_unquoted(word) if quoted else word)
            self.skip()
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def pair(self, table: Keys) -> None:
        start = self.at
        keys = table
        for part in self.key():
            keys = (*keys, part)
            self.note(keys, start)
        self.at += 1  # the equals sign
        self.value(keys)

    def value(self, keys: Keys) -> None:
        self.skip()
        first = self.text[self.at]
        if first in "[{":
            self.at += 1
            self.members(keys, listed=first == "[")
        elif first in "\"'":
            self.take(_LONG if self.text.startswith(first * 3, self.at) else _QUOTED)
        else:
            self.take(_ATOM)

    def members(self, keys: Keys, *, listed: bool) -> None:
        """The inside of a list or of an inline table, up to and with its closing bracket."""
        count = 0
        while True:
            self.skip()
            if self.text[self.at] in "]}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
            elif listed:
                self.note((*keys, count), self.at)
                self.value((*keys, count))
                count += 1
            else:
                self.pair(keys)


def _unquoted(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    import tomli

    return str(tomli.loads(f"value = {word}")["value"])
