"""Which records and files have a JSON Schema: `dmod config schema --for NAME`.

A noun's module describes what it shows with -o json in a constant RECORD, made by `dmod.json_schema.record`.
"""

from __future__ import annotations

import importlib
from typing import Any

from dmod import json_schema
from dmod.cli.nouns import NOUNS
from dmod.errors import NotFoundError
from dmod.jobs import sweep
from dmod.jobs.kinds import KINDS
from dmod.nearest import nearest

FILES = {  # name -> module and dataclass of a file that people write
    "dmod.toml": ("dmod.config", "Tables"),
    **{name: (kind.module, kind.spec) for name, kind in KINDS.items()},
}


def of(name: str) -> dict[str, Any]:
    """The schema called `name`; NotFoundError with the nearest name if there is none."""
    if name in FILES:
        module, attribute = FILES[name]
        title = f"a job file of kind {name}" if name in KINDS else name
        found = json_schema.of(getattr(importlib.import_module(module), attribute), title)
        if name in KINDS:
            found["properties"][sweep.TABLE] = sweep.SCHEMA
        return found
    noun = NOUNS.get(name)
    record = getattr(_module(noun.module), "RECORD", None) if noun else None
    if record:
        return dict(record)
    known = names()
    near = nearest(name, known)
    raise NotFoundError(
        f'there is no schema for "{name}"',
        why=f"there are {', '.join(known)}",
        fix=f"dmod config schema --for {near or known[0]}",
    )


def names() -> list[str]:
    """All that have a schema."""
    return [*FILES, *(name for name, noun in NOUNS.items() if hasattr(_module(noun.module), "RECORD"))]


def _module(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(name)
    except ImportError:  # an extra that is not installed shows nothing that needs a schema
        return None
