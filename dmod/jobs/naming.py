"""What a job's output is called; a module of its own because a list of jobs needs it and nothing else of a spec."""

from __future__ import annotations

import re

from dmod.data.name import MOST

_PLAIN = re.compile(r"[^a-z0-9.-]+|\.{2,}")


def dataset_name(name: str, job: int) -> str:
    """What the output of a job is called if its spec does not say: `<name>-<id>` in the letters of datasets."""
    tail = f"-{job}"
    plain = _PLAIN.sub("-", name.lower()).strip("-.")[: MOST - len(tail)].rstrip("-.")
    return f"{plain or 'job'}{tail}"
