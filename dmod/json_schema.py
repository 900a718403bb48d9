"""JSON Schema of frozen dataclasses, and of the records that commands show."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from dmod.tables import hints, key_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SIZES: dict[str, dict[str, Any]] = {
    "memory": {"type": ["string", "integer"], "description": "512MiB, 1.5GiB, 4GB, or bytes"},
    "duration": {"type": ["string", "integer"], "description": "90s, 15m, 1h30m, 2d, or seconds"},
}
_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Path: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}


def of(cls: type, title: str = "") -> dict[str, Any]:
    """The schema of a table that `dmod.tables.parse` reads into the dataclass."""
    return {"$schema": DRAFT, **({"title": title} if title else {}), **_object(cls)}


def record(title: str, **keys: tuple[str, str]) -> dict[str, Any]:
    """The schema of what a command shows: each key's type and what it means.

    A type is one of JSON's, `time`, or several with a bar between: `integer|null`.
    """
    return {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": {key: {**_named(kind), "description": doc} for key, (kind, doc) in keys.items()},
        "required": list(keys),
    }


def _named(kind: str) -> dict[str, Any]:
    names = ["string" if name == "time" else name for name in kind.split("|")]
    form = {"format": "date-time"} if "time" in kind.split("|") else {}
    return {"type": names[0] if len(names) == 1 else names, **form}


def _object(cls: type) -> dict[str, Any]:
    known = [field for field in fields(cls) if field.init]
    required = [key_of(field) for field in known if field.default is MISSING and field.default_factory is MISSING]
    return {
        "type": "object",
        "properties": {key_of(field): _property(field, hints(cls)[field.name]) for field in known},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _property(field: Field[Any], hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type or what typing makes of it
    metadata = field.metadata
    schema: dict[str, Any] = dict(_SIZES.get(metadata.get("kind", ""), {})) or _type(hint)
    each = schema.get("items") or schema.get("additionalProperties") or schema  # of a list, of a table of names
    if "choices" in metadata:
        each["enum"] = list(metadata["choices"])
    each |= {bound: metadata[bound] for bound in ("minimum", "maximum") if bound in metadata}
    if "doc" in metadata:
        form = schema.get("description")
        schema["description"] = f"{metadata['doc']} ({form})" if form else metadata["doc"]
    if isinstance(field.default, str | int | float | Path) and not isinstance(field.default, Enum):
        schema["default"] = str(field.default) if isinstance(field.default, Path) else field.default
    return schema


def _type(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type or what typing makes of it
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_type(each) for each in inner]}
    if origin is tuple:
        return {"type": "array", "items": _type(inner[0])}
    if hint is Mapping or origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": _type(inner[1]) if inner else {}}
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [each.value for each in hint]}
    return dict(_SCALARS[hint])
