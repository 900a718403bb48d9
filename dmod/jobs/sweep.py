"""Sweep: the `[sweep]` table of a job file: values for some of its keys, and a task for each combination of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.errors import DmodError, UsageError
from dmod.jobs import kinds
from dmod.jobs.numbers import MOST
from dmod.toml_file import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dmod.config import Defaults
    from dmod.jobs.spec import Spec
    from dmod.toml_file import Located, Place

TABLE = "sweep"
MODES = ("grid", "zip")
ALIASES = ("sweeps", "matrix", "grid")  # what people try for it
SCHEMA = {  # of the table, for those who check a job file by its schema
    "type": "object",
    "description": "a task for each combination of these: keys as in --set, each with a list of its values",
    "properties": {"mode": {"enum": [*MODES], "description": "zip: the first with the first", "default": MODES[0]}},
}
EXAMPLE = '"command.env.RATE" = ["0.1", "0.2"]'


@dataclass(frozen=True, slots=True)
class Axis:
    """One key of the spec, and the values that it takes."""

    key: str  # as in --set: simulation.end
    values: tuple[Any, ...]
    path: Keys  # where the list stands in the file


class Point(NamedTuple):
    """What a task stands for."""

    values: Mapping[str, Any]  # key -> value
    spec: Spec


@dataclass(frozen=True, slots=True)
class Sweep:
    """The axes, and how their values go together: each with each, or the first with the first."""

    axes: tuple[Axis, ...]
    mode: str  # grid, zip

    def __len__(self) -> int:
        """How many points."""
        sizes = [len(axis.values) for axis in self.axes]
        return math.prod(sizes) if self.mode == "grid" else sizes[0]

    def places(self) -> Iterator[tuple[int, ...]]:
        """For each point the place of its value in each axis; the last axis changes fastest."""
        spans = [range(len(axis.values)) for axis in self.axes]
        return product(*spans) if self.mode == "grid" else zip(*spans, strict=True)


def taken(located: Located) -> tuple[Located, Sweep | None]:
    """A job file without its `[sweep]`, and what that says. Raises UsageError with file:line:column."""
    if TABLE not in located.data:
        for key in ALIASES:
            if key in located.data:
                raise UsageError(f'{located.where(key)} unknown key "{key}"; the key is "{TABLE}"')
        return located, None
    rest = {key: value for key, value in located.data.items() if key != TABLE}
    return replace(located, data=rest), _sweep(located)


def points(located: Located, sweep: Sweep, defaults: Defaults) -> list[Point]:
    """The points of a sweep over a job file that has lost its `[sweep]`, each with its spec.

    Raises:
        UsageError: the spec of a point is wrong: it is named, with file:line:column of its value.
    """
    found: list[Point] = []
    located = kinds.completed(located, defaults)  # once, not for each point
    for number, places in enumerate(sweep.places(), start=1):
        one, values = located, dict[str, Any]()
        for axis, place in zip(sweep.axes, places, strict=True):
            values[axis.key] = axis.values[place]
            one = _with_value(one, axis, place, f"{located.where(*axis.path, place)} task {number} of [{TABLE}]:")
        found.append(Point({key: _plain(value) for key, value in values.items()}, kinds.read(one, defaults)))
    return found


def _with_value(located: Located, axis: Axis, place: int, origin: str) -> Located:
    """The document of a point: tables that only the sweep has are its own as well."""
    keys = tuple(axis.key.split("."))
    tables: dict[Keys, Place] = {keys[:end]: origin for end in range(1, len(keys)) if keys[:end] not in located.places}
    found = located.with_value(axis.key, axis.values[place], origin)
    return replace(found, places={**tables, **found.places})


def named(number: int, point: Point, error: DmodError) -> DmodError:
    """The error of a point, as one of the sweep."""
    values = ", ".join(f"{key} = {_said(value)}" for key, value in point.values.items())
    return type(error)(f"task {number} of [{TABLE}] ({values}): {error.message}", why=error.why, fix=error.fix)


def _sweep(located: Located) -> Sweep:
    table = located.data[TABLE]
    if not isinstance(table, dict):
        raise UsageError(f"{located.where(TABLE)} {TABLE} must be a table", fix=f"[{TABLE}], then {EXAMPLE}")
    mode = table.get("mode", MODES[0])
    if mode not in MODES:
        raise UsageError(f"{located.where(TABLE, 'mode')} mode must be {' or '.join(MODES)}, not {_said(mode)}")
    own = {key: value for key, value in table.items() if key != "mode"}
    axes = _axes(own, located)
    if not axes:
        raise UsageError(f"{located.where(TABLE)} [{TABLE}] has no key to vary", fix=f"write {EXAMPLE} in it")
    found = Sweep(axes, mode)
    sizes = {axis.key: len(axis.values) for axis in axes}
    if mode == "zip" and len(set(sizes.values())) > 1:
        why = ", ".join(f"{key} has {size}" for key, size in sizes.items())
        raise UsageError(f'{located.where(TABLE)} mode = "zip" needs lists of one length', why=why, fix='mode = "grid"')
    if len(found) > MOST:
        raise UsageError(f"{located.where(TABLE)} [{TABLE}] is {len(found):,} tasks", why=f"a job has {MOST:,} at most")
    return found


def _axes(table: Mapping[str, Any], located: Located) -> tuple[Axis, ...]:
    """The axes in a table; one that --set gives takes the place of the file's."""
    found: dict[str, Axis] = {}
    for path, values in _lists(table, (TABLE,)):
        axis = _axis(path, values, located)
        if axis.key in found and not isinstance(located.places.get(path), str):
            raise UsageError(f"{located.where(*path)} [{TABLE}] has {axis.key} twice", fix="join the two lists")
        found[axis.key] = axis
    return tuple(found.values())


def _lists(table: Mapping[str, Any], prefix: Keys) -> Iterator[tuple[Keys, Any]]:
    """The values in a table and in the tables within, each under its keys."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lists(value, (*prefix, key))
        else:
            yield (*prefix, key), value


def _axis(path: Keys, values: object, located: Located) -> Axis:
    key, where = ".".join(map(str, path[1:])), located.where(*path)
    if not isinstance(values, list) or not values:
        said = "an empty list" if values == [] else _said(values)
        raise UsageError(f"{where} [{TABLE}] {key} must be a list of values, not {said}", fix=EXAMPLE)
    kind, keys = str(located.data.get("kind", "")), tuple(key.split("."))
    given = located.places.get(keys)
    if isinstance(given, str):
        raise UsageError(f"{given}, and [{TABLE}] varies it", fix=f"--set '{TABLE}.{key}=[VALUE]'")
    if kind in kinds.KINDS and keys[0] not in {kind, "seed"}:
        raise UsageError(
            f"{where} [{TABLE}] cannot vary {key}",
            why=f"all tasks of a job have the same; what may vary is seed, and what [{kind}] has",
            fix=f"dmod config schema --for {kind}",
        )
    return Axis(key, tuple(values), path)


def _said(value: object) -> str:
    """A value as a job file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return list(map(_plain, value)) if isinstance(value, list) else value
