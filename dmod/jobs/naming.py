"""What a job's output is called; a module of its own because a list of jobs needs it and nothing else of a spec."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^a-z0-9.-]+")


def dataset_name(name: str, job: int) -> str:
    """What the output of a job is called if its spec does not say: `<name>-<id>` in the letters of datasets."""
    return f"{_PLAIN.sub('-', name.lower()).strip('-.') or 'job'}-{job}"
