"""JSON files of users: read whole, with file:line:column when they are not JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(path: Path) -> Any:  # noqa: ANN401 - JSON is any of its types; callers check the shape
    """The document in `path`. Raises NotFoundError, or UsageError with file:line:column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}", fix=f"ls {path.parent}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text: byte {error.start} is not UTF-8") from error
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply to be read") from error
    except json.JSONDecodeError as error:
        at, why = fault(text, error)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise UsageError(f"{path}:{line}:{column} is not JSON: {why}", fix=f"edit {path}, line {line}") from error


def fault(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Where and what: in the parser's words, or better ones for the mistakes that people make most."""
    rest = text[error.pos :].lstrip()
    if not rest:
        return error.pos, "it ends in the middle" if text.strip() else "it is empty"
    before = text[: error.pos].rstrip()
    if rest[0] in "]}" and before.endswith(","):  # up to Python 3.12
        return len(before) - 1, f"a comma before {rest[0]!r}"
    after = rest[1:].lstrip()[:1]
    if rest[0] == "," and after in ("]", "}"):  # from Python 3.13
        return error.pos, f"a comma before {after!r}"
    if text[error.pos : error.pos + 2] in ("//", "/*") or rest[0] == "#":
        return error.pos, "JSON has no comments"
    return error.pos, error.msg[0].lower() + error.msg[1:]


def read_object(path: Path) -> Mapping[str, Any]:
    """As `read`; raises UsageError where it is JSON but no object."""
    document = read(path)
    if not isinstance(document, dict):
        raise UsageError(f"{path} holds a {type(document).__name__}, not a JSON object")
    return document
