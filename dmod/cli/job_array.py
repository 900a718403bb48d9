"""The tasks of a job that has many: by numbers, by the lines of a file, or by the points of a sweep."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dmod.cli.output import say
from dmod.errors import DmodError, NotFoundError, UsageError
from dmod.jobs.numbers import MOST, Numbers
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec
    from dmod.jobs.sweep import Point

STDIN = "-"


class Tasks(NamedTuple):
    """What makes a job an array."""

    numbers: Numbers | None = None  # None: it is none
    items: Sequence[str] = ()  # what is each task's own
    points: Sequence[Point] = ()  # of a sweep


def array(text: str, at_once: int | None = None) -> tuple[Numbers | None, int | None]:
    """The numbers in `1-100%8`, and how many run at once, None if that is not said. Raises UsageError."""
    if not text:
        return None, at_once
    numbers, percent, most = text.partition("%")
    if percent and at_once is not None:
        raise UsageError(f"--array {text} and --at-once say both how many run", fix=f"--array {numbers}")
    if percent and not (most.isdecimal() and int(most)):
        raise UsageError(f"--array {text}: after % stands how many run at once", fix=f"--array {numbers}%8")
    try:
        return Numbers.parse(numbers), int(most) if percent else at_once
    except UsageError as error:
        raise UsageError(f"--array {text}: {error.message}", why=error.why, fix=error.fix or "--array 1-100") from None


def causes(words: Sequence[str] | None) -> list[str] | None:
    """The causes in `--retry-on exit:75,node-lost`. Raises UsageError."""
    from dmod.jobs import retry

    if not words:
        return None
    found = [part.strip() for text in words for part in text.split(",")]
    try:
        retry.require(found)
    except ValueError as error:
        said = str(error).removeprefix("retry_on ")
        raise UsageError(f"--retry-on {said}", fix="--retry-on node-lost,exit:75") from error
    return found


def of(spec: Spec, numbers: Numbers | None, source: str, *, swept: bool) -> Tasks:
    """The tasks of a job that is no sweep. Raises UsageError if it is asked for two kinds of many."""
    said = {"--array": numbers is not None, "--each-line": bool(source), "a table [sweep]": swept}
    several = [word for word, given in said.items() if given]
    if len(several) > 1:
        raise UsageError(
            f"{several[0]} and {several[1]} say both what the tasks are", why="a job has tasks of one sort",
            fix=f"leave {several[0]} out",
        )  # fmt: skip
    return of_lines(source, spec) if source else Tasks(numbers)


def of_lines(source: str, spec: Spec) -> Tasks:
    """A task for each line of a file that is not empty, from 1 on. Raises UsageError, NotFoundError."""
    from dmod.jobs.order import line_item

    if spec.kind != "command":
        raise UsageError(
            f"--each-line gives each task a line, and a {spec.kind} reads none",
            why="its keys can be varied in the job file",
            fix=f'write a table [sweep] with "{spec.kind}.KEY" = [...]',
        )
    if "{}" in spec.table.argv[0]:
        raise UsageError("{} cannot be the program", fix="dmod job submit --each-line FILE -- /bin/sh -c {}")
    found = list(map(line_item, _lines(source)))
    if not found:
        raise UsageError(f"--each-line {source}: there is no line in it", fix="give it a line for each task")
    return Tasks(Numbers((range(1, len(found) + 1),)), found)


def of_points(points: Sequence[Point], prepare: Callable[[Spec], Prepared]) -> tuple[Prepared, Tasks]:
    """A task for each point, from 1 on, and what they will run on; the errors of `prepare` name the point."""
    from dmod.jobs.order import point_item
    from dmod.jobs.sweep import named

    items: list[str] = []
    all_: list[Prepared] = []
    for number, point in enumerate(points, start=1):
        try:
            all_.append(prepare(point.spec))
        except DmodError as error:
            raise named(number, point, error) from error
        items.append(point_item(point.values, point.spec, all_[-1]))
    return _together(all_), Tasks(Numbers((range(1, len(items) + 1),)), items, points)


def _together(points: Sequence[Prepared]) -> Prepared:
    """The first, with the datasets of all: none of them may be deleted while the job waits."""
    roles: dict[str, dict[str, None]] = {}
    digests: dict[str, str] = {}
    for each in points:
        digests |= each.digests
        for role, names in each.datasets.items():
            roles.setdefault(role, {}).update(dict.fromkeys(names))
    return replace(points[0], datasets={role: tuple(names) for role, names in roles.items()}, digests=digests)


def _lines(source: str) -> list[str]:
    """The lines of a file, or of stdin, that are not empty."""
    try:
        raw = _stdin() if source == STDIN else Path(source).read_bytes()
    except FileNotFoundError as error:
        near = shown(Path(source).parent)
        raise NotFoundError(f"--each-line: there is no file {source}", fix=f"ls {near}, or - for stdin") from error
    except OSError as error:
        raise UsageError(f"--each-line {source} cannot be read: {(error.strerror or str(error)).lower()}") from error
    found = [line.removesuffix(b"\r") for line in raw.split(b"\n") if line.strip()]
    if len(found) > MOST:
        raise UsageError(f"--each-line {source} has {len(found):,} lines", why=f"a job has {MOST:,} tasks at most")
    return [_text(line, number, source) for number, line in enumerate(found, start=1)]


def _stdin() -> bytes:
    if sys.stdin is None:  # closed by whoever started this
        raise UsageError("--each-line -: there is no stdin", fix="--each-line FILE")
    if sys.stdin.isatty():
        say("a line for each task, then Ctrl-D:")
    return sys.stdin.buffer.read()


def _text(line: bytes, number: int, source: str) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"--each-line {source}: line {number} is not UTF-8 text") from error
    if "\0" in text:
        raise UsageError(f"--each-line {source}: line {number} has the character NUL", fix="tr '\\0' '\\n'")
    return text
