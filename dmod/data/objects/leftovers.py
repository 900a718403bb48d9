"""Leftovers: what transfers that nobody goes on with have left in the bucket: parts of files, and whole objects.

Only what dmod sent counts, by the shape of its keys; nothing that a manifest names, that a transfer of this machine
still holds, or that is younger than anybody's patience.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from dmod.data.objects import journal
from dmod.data.objects.generations import ABANDONED
from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.manifests import Manifests

_KEY = re.compile(r"(?P<name>[^/]+)/(?P<generation>[0-9a-f]{16})/(?:pack-\d{5}\.tar|files/.+)", re.DOTALL)


class Leftover(NamedTuple):
    """An object, or an upload that was not completed."""

    key: str
    upload: str  # the store's id of it; "" for an object
    size: int  # bytes; 0 of an upload, whose parts no listing weighs
    written: float  # seconds since 1970


def leftovers(bucket: Bucket, manifests: Manifests, journals: Path, age: float = ABANDONED) -> list[Leftover]:
    """All that was last written to more than `age` seconds ago, and that nobody needs."""
    before, held = time.time() - age, journal.held(journals)
    found = [Leftover(each.key, "", each.size, each.written) for each in bucket.list("")]
    found += [Leftover(each.key, each.upload, 0, each.begun) for each in bucket.uploads()]
    sent: dict[tuple[str, str], list[Leftover]] = {}
    for each in found:
        if match := _KEY.fullmatch(each.key):
            sent.setdefault((match["name"], match["generation"]), []).append(each)
    kept: dict[str, set[str] | None] = {}
    left = []
    for (name, generation), members in sent.items():
        if generation in held or max(each.written for each in members) > before:
            continue
        if name not in kept:
            kept[name] = _generations(manifests, name)
        known = kept[name]
        stays = known is None or generation in known
        left += [each for each in members if each.upload or not stays]
    return sorted(left)


def clear(bucket: Bucket, found: Iterable[Leftover]) -> None:
    """Forget them."""
    objects = []
    for each in found:
        if each.upload:
            bucket.abort(each.key, each.upload)
        else:
            objects.append(each.key)
    bucket.delete_all(objects)


def _generations(manifests: Manifests, name: str) -> set[str] | None:
    """Those that a dataset is made of; None where its manifest is damaged, and nobody can tell."""
    try:
        return manifests.get(name).generations
    except NotFoundError:
        return set()
    except UsageError:
        return None
