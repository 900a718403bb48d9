"""Order: a job as it is submitted: what was asked for, what it will run on, and its tasks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.jobs.numbers import Numbers
from dmod.jobs.prepared import Prepared
from dmod.jobs.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE = "DMOD_LINE"  # the variable in which a task finds its line


@dataclass(frozen=True, slots=True)
class Order:
    """What `Queue.submit` takes."""

    spec: Spec
    cwd: Path
    prepared: Prepared = field(default_factory=Prepared)
    numbers: Numbers | None = None  # of its tasks; None: it is no array
    items: Sequence[str] = ()  # for each number what is its own: `line_item`, or `point_item` of a sweep
    held: bool = False  # it waits for `dmod job release`
    after: Sequence[int] = ()  # jobs that must have completed
    after_any: Sequence[int] = ()  # jobs that must have ended
    fingerprint: str = ""  # equal for jobs that must make the same


def line_item(line: str) -> str:
    """What a task has that was given a line."""
    return json.dumps({"line": line}, ensure_ascii=False)


def point_item(point: Mapping[str, Any], spec: Spec, prepared: Prepared) -> str:
    """What a task has that is a point of a sweep: the values it stands for, its spec, and what it will run on."""
    own = {"point": point, "spec": json.loads(spec.to_json()), "prepared": prepared.to_json()}
    return json.dumps(own, ensure_ascii=False)
