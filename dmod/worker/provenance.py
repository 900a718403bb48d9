"""What a job has read: each dataset with what its manifest says of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dmod.data.dataset import MANIFEST, Dataset
from dmod.errors import UsageError

if TYPE_CHECKING:
    from dmod.worker.order import Source


def provenance(role: str, source: Source) -> dict[str, Any]:
    """Role, name and category of a dataset, and its digest, creation and origin if its manifest lies beside it."""
    known: dict[str, Any] = {"role": role, "name": source.name, "category": source.category}
    manifest = source.path.resolve().parent / MANIFEST
    try:
        dataset = Dataset.from_json(json.loads(manifest.read_text(encoding="utf-8")), source.name, str(manifest))
    except (OSError, ValueError, UsageError):
        return known  # a folder that no store keeps can be evaluated too; there is only less to say of it
    return known | {
        "digest": dataset.digest,
        "created": f"{dataset.created:%Y-%m-%dT%H:%M:%SZ}",
        "job": dataset.job,
        "derived_from": list(dataset.derived_from),
        "description": dataset.description,
    }
