"""Filter: which jobs to show, in the words of the command line."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.jobs.status import ACTIVE, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.entry import Entry

    Test = Callable[[Entry], bool]

_IDS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")


def parse(text: str, last: int) -> Test | None:
    """Whether an entry is shown; None for an empty text, which shows all. Raises UsageError for a word without sense.

    `42`, `40-45`, `40-45,50`, `last`, a part of a name, a name with * and ?, `state:failed,queued` (or `state:active`),
    `kind:simulation`, `name:vpu*`; all words must hold. States may be unfinished: the text is tried while it is typed.
    """
    tests = [_test(word, last) for word in text.split()]
    return (lambda entry: all(test(entry) for test in tests)) if tests else None


def _test(word: str, last: int) -> Test:
    field, colon, value = word.partition(":")
    if word == "last":
        return lambda entry: entry.id == last
    if _IDS.fullmatch(word):
        spans = [[int(end) for end in part.split("-")] for part in word.split(",")]
        return lambda entry: any(span[0] <= entry.id <= span[-1] for span in spans)
    if not colon:
        return _named(word)
    if field in ("state", "status"):
        states = {state for part in value.split(",") for state in _states(part)}
        return lambda entry: entry.status in states
    if field == "kind":
        return lambda entry: any(entry.kind.startswith(part) for part in value.split(","))
    if field == "name":
        return _named(value)
    raise UsageError(f"no filter {field}:", fix="state:, kind:, name:")


def _named(pattern: str) -> Test:
    low = pattern.lower()
    if any(sign in low for sign in "*?["):
        return lambda entry: fnmatchcase(entry.name.lower(), low)
    return lambda entry: low in entry.name.lower()


def _states(begun: str) -> list[str]:
    """The states that begin with a text; `active` is all that have not ended."""
    if begun == "active":
        return [str(each) for each in ACTIVE]
    found = [str(each) for each in Status if each.startswith(begun)]
    if not found and not "active".startswith(begun):
        raise UsageError(f"no state {begun}", why=f"they are {', '.join(Status)}", fix="state:failed, state:active")
    return found
