"""JSON files of users: read whole, with file:line:column when they are not JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
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
        where = f"{path}:{error.lineno}:{error.colno}"
        raise UsageError(
            f"{where} is not JSON: {reason(text, error)}", fix=f"edit {path}, line {error.lineno}"
        ) from error


def reason(text: str, error: json.JSONDecodeError) -> str:
    """The parser's words, or better ones for the two mistakes that people make most."""
    if not text[error.pos :].strip():
        return "it ends in the middle" if text.strip() else "it is empty"
    before = text[: error.pos].rstrip()
    if text[error.pos] in "]}" and before.endswith(","):
        return f"a comma before {text[error.pos]!r}"
    if text[error.pos] == "," and text[error.pos + 1 :].lstrip()[:1] in ("]", "}"):
        return f"a comma before {text[error.pos + 1 :].lstrip()[0]!r}"
    return error.msg[0].lower() + error.msg[1:]
