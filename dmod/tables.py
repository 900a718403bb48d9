"""Tables of a TOML or JSON document as frozen dataclasses; every mistake is named with its place and the way out.

A field's metadata may hold `kind` ("memory": bytes from `512MiB`, "duration": seconds from `1h30m`), `choices`,
`minimum`, `maximum`, `aliases` (other names people try for it), `doc` (one line for the schema) and `key` (what it
is called in the document, where Python keeps that word for itself: `from`). Where a table's keys are names
(`Mapping[str, Node]`, `Mapping[str, int]`), they hold for the value of each name.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from dmod.errors import UsageError
from dmod.nearest import nearest
from dmod.units import parse_duration, parse_memory

T = TypeVar("T")
Keys = tuple[str | int, ...]
Where = Callable[..., str]  # where("resources", "cpus") -> "job.toml:4:1"

_TIME = "a time such as 2015-12-01T00:00:00Z"
_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    datetime: _TIME,
}
_SIZES = {"memory": parse_memory, "duration": parse_duration}
_SIZE_NAMES = {
    "memory": 'an amount of memory such as "512MiB"',
    "duration": 'a duration such as "1h30m"',
}


class _WrongError(Exception):
    """A value does not fit its field; the text says what it must be."""


def parse(cls: type[T], table: Mapping[str, Any], where: Where, prefix: Sequence[str | int] = ()) -> T:
    """The dataclass `cls` from a table that stands under `prefix`; UsageError names every mistake in it."""
    reading = _Reading(where)
    value = reading.table(cls, table, tuple(prefix))
    if reading.problems:
        raise mistakes(reading.problems)
    return typing.cast("T", value)


def mistakes(problems: Sequence[str], most: int = 5) -> UsageError:
    """One error for all the mistakes of a file, in the order of its lines, at most six lines."""
    if len(problems) == 1:
        return UsageError(problems[0])
    ordered = sorted(problems, key=lambda text: [int(number) for number in re.findall(r":(\d+)", text.split(" ")[0])])
    if len(ordered) > most:
        ordered[most - 1 :] = [f"and {len(ordered) - most + 1} more"]
    file = problems[0].partition(" ")[0].partition(":")[0]
    return UsageError(f"{file} has {len(problems)} mistakes", why="\n       ".join(ordered))


@cache
def hints(cls: type) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    return typing.get_type_hints(cls)


def key_of(field: Field[Any]) -> str:
    """What a field is called in the document."""
    return str(field.metadata.get("key", field.name))


class _Reading:
    """One table being read: where its keys stand, and the mistakes found so far."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.problems: list[str] = []

    def table(self, cls: type, table: object, prefix: Keys) -> object:
        if not isinstance(table, Mapping):
            self.problems.append(f"{self.where(*prefix)} {_name(prefix)} must be a table, not {_said(table)}")
            return None
        before, values = len(self.problems), {}
        known = {key_of(field): field for field in fields(cls) if field.init}
        self.problems += [
            f'{self.where(*prefix, key)} unknown key "{key}"{_inside(prefix)}; {_instead(key, known)}'
            for key in table
            if key not in known
        ]
        for key, field in known.items():
            if key in table:
                values[field.name] = self.field(field, hints(cls)[field.name], table[key], (*prefix, key))
            elif field.default is MISSING and field.default_factory is MISSING:
                said = f'the key "{key}" is missing{_inside(prefix)}{_doc(field)}'
                self.problems.append(f"{self.where(*prefix)} {said}")
        if len(self.problems) > before:
            return None
        try:
            return cls(**values)
        except ValueError as error:  # two values that do not go together
            self.problems.append(f"{self.where(*prefix)} {error}{_inside(prefix)}")
            return None

    def field(self, field: Field[Any], hint: object, value: object, path: Keys) -> object:
        if isinstance(hint, type) and is_dataclass(hint):
            return self.table(hint, value, path)
        if typing.get_origin(hint) is Mapping and isinstance(value, Mapping):
            inner = typing.get_args(hint)[1]
            return {key: self.field(field, inner, each, (*path, key)) for key, each in value.items()}
        element = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None
        if isinstance(element, type) and is_dataclass(element) and isinstance(value, list):
            return tuple(self.table(element, each, (*path, at)) for at, each in enumerate(value))
        try:
            return _checked(field.metadata, hint, value)
        except _WrongError as wrong:
            self.problems.append(f"{self.where(*path)} {path[-1]} {wrong}")
        except UsageError as error:
            why = f" ({error.why})" if error.why else ""
            self.problems.append(f"{self.where(*path)} {path[-1]}: {error.message}{why}")
        return None


def _checked(metadata: Mapping[str, Any], hint: object, value: object) -> object:
    kind = metadata.get("kind")
    result: object
    if kind in _SIZES:
        result = _size(kind, value, optional=type(None) in typing.get_args(hint))
    else:
        result = _converted(hint, value)
    choices = metadata.get("choices")
    for each in result if isinstance(result, tuple) else (result,):
        if choices and each is not None and each not in choices:
            raise _WrongError(f"must be one of {', '.join(map(str, choices))}, not {_said(each)}{_near(each, choices)}")
    least, most = metadata.get("minimum"), metadata.get("maximum")
    if isinstance(result, int | float) and (
        (least is not None and result < least) or (most is not None and result > most)
    ):
        raise _WrongError(f"must be {_span(least, most)}, not {_said(value)}")
    return result


def _span(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return f"{least} or more" if most is None else f"{most} or less"
    return f"from {least} to {most}"


def _size(kind: str, value: object, *, optional: bool) -> int | None:
    if value is None and optional:
        return None
    if isinstance(value, str):
        return _SIZES[kind](value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _WrongError(f"must be {_SIZE_NAMES[kind]}, not {_said(value)}")


def _converted(hint: Any, value: object) -> object:  # noqa: ANN401 - a type or what typing makes of it
    """The value as the hint wants it; _WrongError if it does not fit."""
    origin = typing.get_origin(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _first(typing.get_args(hint), value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _WrongError(f"must be {_expected(hint)}, not {_said(value)}")
        return tuple(_converted(typing.get_args(hint)[0], each) for each in value)
    if hint is Mapping or origin in (Mapping, dict):
        if not isinstance(value, Mapping):
            raise _WrongError(f"must be a table, not {_said(value)}")
        inner = (typing.get_args(hint) or (str, Any))[1]
        return {key: _converted(inner, each) for key, each in value.items()}
    return _scalar(hint, value)


def _first(choices: Sequence[Any], value: object) -> object:
    for choice in choices:
        try:
            return _converted(choice, value)
        except _WrongError:
            continue
    expected = " or ".join(_expected(choice) for choice in choices if choice is not type(None))
    raise _WrongError(f"must be {expected}, not {_said(value)}")


def _scalar(hint: type, value: object) -> object:
    if hint is datetime:
        return _datetime(value)
    if hint is type(None):
        if value is None:
            return None
    elif issubclass(hint, Enum):
        names = [str(each.value) for each in hint]
        if value in names:
            return hint(value)
        raise _WrongError(f"must be one of {', '.join(names)}, not {_said(value)}{_near(value, names)}")
    elif hint is Path and isinstance(value, str):
        return Path(value)
    elif hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise _WrongError(f"must be {_expected(hint)}, not {_said(value)}")


def _datetime(value: object) -> datetime:
    """An aware UTC time; without a zone it is UTC, without a time of day it is midnight."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _WrongError(f"must be {_TIME}, not {_said(value)}") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise _WrongError(f"must be {_TIME}, not {_said(value)}")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _expected(hint: Any) -> str:  # noqa: ANN401 - a type or what typing makes of it
    if typing.get_origin(hint) is tuple:
        return f"a list of {_expected(typing.get_args(hint)[0]).removeprefix('a ')}s"
    if hint is Mapping or typing.get_origin(hint) in (Mapping, dict):
        return "a table"
    return _NAMES.get(hint) or str(getattr(hint, "__name__", hint))


def _said(value: object) -> str:
    """What the file says, as it would be written there."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return "a list" if isinstance(value, list | tuple) else str(value)


def _name(prefix: Sequence[str | int]) -> str:
    return ".".join(map(str, prefix))


def _inside(prefix: Sequence[str | int]) -> str:
    return f" in [{_name(prefix)}]" if prefix else ""


def _doc(field: Field[Any]) -> str:
    return f": {field.metadata['doc']}" if "doc" in field.metadata else ""


def _instead(key: str, known: Mapping[str, Field[Any]]) -> str:
    """What to write in place of an unknown key."""
    plain = key.lower().replace("-", "_")
    for name, field in known.items():
        if plain == name or plain in field.metadata.get("aliases", ()):
            return f'the key is "{name}"'
    near = nearest(plain, known)
    return f'the key is "{near}"' if near else f"the keys are {', '.join(known)}"


def _near(value: object, choices: Sequence[str]) -> str:
    near = nearest(str(value), [str(each) for each in choices])
    return f'; did you mean "{near}"?' if near else ""
