"""A TOML file that knows where each of its keys stands, for dmod.toml and job files."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.errors import ConflictError, NotFoundError, UsageError
from dmod.paths import shown

Keys = tuple[str | int, ...]  # ("resources", "cpus"), with numbers where a list is entered
Place = tuple[int, int] | str  # line and column from 1; or what else set it, such as "--set resources.cpus"


@dataclass(frozen=True, slots=True)
class Located:
    """A parsed TOML document and where each of its keys stands."""

    path: Path
    data: dict[str, Any]
    places: Mapping[Keys, Place]

    def where(self, *keys: str | int) -> str:
        """`job.toml:4:1` of the key, or of the nearest table around it if the file does not have it."""
        for end in range(len(keys), 0, -1):
            place = self.places.get(keys[:end])
            if isinstance(place, str):
                return place
            if place:
                return f"{shown(self.path)}:{place[0]}:{place[1]}"
        return shown(self.path)

    def with_value(self, dotted: str, value: Any, origin: str) -> Located:  # noqa: ANN401 - any TOML value
        """The document with one more key set, `origin` saying by what: `--set resources.cpus`."""
        data, keys = copy.deepcopy(self.data), tuple(dotted.split("."))
        if not all(keys):
            raise UsageError(f'{origin}: "{dotted}" is not a key', why="keys look like resources.cpus")
        table = data
        for at, key in enumerate(keys[:-1]):
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise UsageError(f"{origin}: {'.'.join(keys[: at + 1])} is a value, not a table")
        table[keys[-1]] = value
        return Located(self.path, data, {**self.places, keys: origin})


def read(path: Path) -> Located:
    """Read a TOML file; a missing file is a NotFoundError, bad TOML a UsageError with file:line:column."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {shown(path)}", fix=f"ls {shown(path.parent)}") from error
    except OSError as error:
        raise ConflictError(f"{shown(path)} cannot be read: {(error.strerror or str(error)).lower()}") from error
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise UsageError(f"{shown(path)}:{line}:{column} is not UTF-8 text") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Located:
    """Parse TOML that was read from `path`."""
    import tomli

    from dmod.toml_places import places

    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise UsageError(f"{shown(path)}:{error.lineno}:{error.colno} is not TOML: {said}") from error
    return Located(path, data, places(text))


def value(text: str) -> Any:  # noqa: ANN401 - any TOML value
    """The TOML value of a word from the command line; what is not TOML is a plain string: `4`, `true`, `leaf`."""
    import tomli

    try:
        document = tomli.loads(f"value = {text}")
    except tomli.TOMLDecodeError:
        return text
    return document["value"] if len(document) == 1 else text
