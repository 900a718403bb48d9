"""Generations: what one writer sent of a dataset, and when it may be deleted."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dmod.data.dataset import MANIFEST
from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.manifests import Manifests

RESUMED = 5 * 86_400  # seconds for which an upload is gone on with
ABANDONED = 7 * 86_400  # seconds after which nobody goes on with what no manifest names


def clear(bucket: Bucket, name: str, generations: Iterable[str]) -> None:
    """Delete all that was sent below them."""
    for generation in generations:
        bucket.delete_all([each.key for each in bucket.list(f"{name}/{generation}/")])


def sweep(bucket: Bucket, name: str, manifests: Manifests) -> None:
    """Delete what writers of this name have left, once nobody goes on with it."""
    newest: dict[str, float] = {}
    for each in bucket.list(f"{name}/"):
        generation = each.key.split("/")[1]
        newest[generation] = max(newest.get(generation, 0), each.written)
    left = {generation for generation, written in newest.items() if time.time() - written > ABANDONED} - {MANIFEST}
    with suppress(NotFoundError, UsageError):
        left -= manifests.get(name).generations if left else set()
    clear(bucket, name, left)
