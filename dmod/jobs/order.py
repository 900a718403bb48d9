"""Order: a job as it is submitted: what was asked for, what it will run on, and its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.jobs.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.jobs.numbers import Numbers
    from dmod.jobs.spec import Spec

LINE = "DMOD_LINE"  # the variable in which a task finds its line


@dataclass(frozen=True, slots=True)
class Order:
    """What `Queue.submit` takes."""

    spec: Spec
    cwd: Path
    prepared: Prepared = Prepared()
    numbers: Numbers | None = None  # of its tasks; None: it is no array
    items: Sequence[str] = ()  # for each number what is its own: a line, or its spec and data as JSON
    held: bool = False  # it waits for `dmod job release`
    after: Sequence[int] = ()  # jobs that must have completed
    after_any: Sequence[int] = ()  # jobs that must have ended
    fingerprint: str = ""  # equal for jobs that must make the same
