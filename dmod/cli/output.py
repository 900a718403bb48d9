"""What a command shows: data on stdout in the format asked for, talk on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli.settings import current
from dmod.cli.table import Column, lay_out
from dmod.cli.terminal import glyph, is_terminal, mark, paint, plain, visible, width
from dmod.errors import DmodError, UsageError
from dmod.units import format_duration

if TYPE_CHECKING:
    from dmod.cli.progress import Progress

__all__ = [
    "Column",
    "Progress",
    "confirm",
    "glyph",
    "mark",
    "paint",
    "relative_time",
    "say",
    "show_list",
    "show_record",
    "write",
]


def __getattr__(name: str) -> object:
    """Progress, imported by the commands that show some."""
    if name != "Progress":
        raise AttributeError(name)
    from dmod.cli.progress import Progress

    return Progress


def write(text: str) -> None:
    """A line of data, on stdout."""
    sys.stdout.write(f"{text}\n")


def say(text: str) -> None:
    """A line of talk, on stderr; silent with -q."""
    if not current().quiet:
        sys.stdout.flush()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def show_list(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, name_key: str = "name", empty: str = "nothing yet"
) -> None:
    """Rows in the format of -o; json and its kin show all keys of a row, tables the columns."""
    settings = current()
    if settings.machine:
        from dmod.cli.values import written

        if rows or settings.output != "jsonl":
            write(written(list(rows), settings.output))
    elif settings.output == "name":
        for row in rows:
            write(str(row[name_key]))
    elif not rows:
        say(empty)
    else:
        _table(rows, columns)


def show_record(
    record: Mapping[str, Any], *, name_key: str = "name", table: Callable[[Mapping[str, Any]], list[str]] | None = None
) -> None:
    """One record in the format of -o; `table` makes the lines for people, by default each key and its value."""
    settings = current()
    if settings.machine:
        from dmod.cli.values import written

        write(written(record, settings.output))
    elif settings.output == "name":
        write(str(record[name_key]))
    else:
        for line in (table or _facts)(record):
            write(line)


def confirm(question: str, *, name: str | None = None) -> None:
    """Ask before something is destroyed, default No; with `name`, it must be typed. --yes answers for scripts.

    Raises:
        UsageError: nobody can be asked.
        DmodError: the answer was not yes; nothing may be changed.
    """
    settings = current()
    if settings.yes:
        return
    if settings.no_input or not sys.stdin.isatty():
        raise UsageError(
            f"not confirmed: {question}", why="nobody is there to answer", fix="the same command with --yes"
        )
    sys.stderr.write(f"{question} {f'type {name} to confirm' if name else '[y/N]'}: ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    if answer != name if name else answer.lower() not in {"y", "yes"}:
        raise DmodError("not confirmed; nothing was changed")


def relative_time(when: datetime | None, now: datetime | None = None) -> str:
    """How long ago, as people say it: `3m ago`, `in 2h`, and the date when it is over a month."""
    if when is None:
        return "-"
    seconds = ((now or datetime.now(UTC)) - when).total_seconds()
    if abs(seconds) > 30 * 86_400:
        return when.astimezone(UTC).strftime("%Y-%m-%d")
    span = format_duration(abs(seconds), most=1)
    if abs(seconds) < 1:
        return "now"
    return f"{span} ago" if seconds > 0 else f"in {span}"


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    whole = current().output == "wide" or not is_terminal()
    lines, hidden = lay_out(rows, columns, None if whole else width(), "~" if plain() else "…")
    for line in lines:
        write(line)
    if hidden:
        say(paint(f"not shown for want of width: {', '.join(hidden)} (-o wide)", "dim", sys.stderr))


def _facts(record: Mapping[str, Any]) -> list[str]:
    """Each key and its value, nested keys dotted."""
    flat = list(_flat(record))
    longest = max((visible(key) for key, _ in flat), default=0)
    return [f"{paint(f'{key:<{longest}}', 'dim')}  {text}" for key, text in flat]


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in record.items():
        if isinstance(value, Mapping) and value:
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", Column(key, key).text({key: value})))
    return rows
