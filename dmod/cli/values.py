"""Values as programs read them: JSON, JSON lines and YAML of the same plain data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+-]*")
_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - a case for each thing JSON has
    """Any value as what JSON has: times in RFC 3339 UTC, paths and enums as text, NaN as null."""
    if value is None or isinstance(value, bool) or type(value) in (str, int):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Path | date | str):
        return str(value)
    item = getattr(value, "item", None)  # a number of numpy, which is not imported for this
    return plain(item()) if callable(item) else str(value)


def written(value: object, output: str) -> str:
    """A record or a list of them as json, jsonl or yaml."""
    if output == "yaml":
        return as_yaml(value)
    if output == "jsonl":
        return "\n".join(as_json(each, indent=None) for each in (value if isinstance(value, list) else [value]))
    return as_json(value)


def as_json(value: object, *, indent: int | None = 2) -> str:
    """JSON, never truncated."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def as_yaml(value: object) -> str:
    """YAML 1.2: blocks, with text in JSON's quotes wherever it might be read as something else."""
    return "\n".join(_block(plain(value)))


def _block(value: object) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for key, each in value.items() for line in _member(_scalar(key) + ":", each)]
    if isinstance(value, list) and value:
        return [line for each in value for line in _element(each)]
    return [_scalar(value)]


def _member(key: str, value: object) -> list[str]:
    if isinstance(value, dict | list) and value:
        return [key, *(f"  {line}" for line in _block(value))]
    return [f"{key} {_scalar(value)}"]


def _element(value: object) -> list[str]:
    first, *others = _block(value)
    return [f"- {first}", *(f"  {line}" for line in others)]


def _scalar(value: object) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False)
