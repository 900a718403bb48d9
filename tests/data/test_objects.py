"""ObjectStore: what every store promises, and what a bucket is beside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package
from store_tests import StoreTests

if TYPE_CHECKING:
    from dmod.data.store import Store


def names_of_buckets(place: Path) -> str:
    import hashlib

    return f"t-{hashlib.sha256(str(place).encode()).hexdigest()[:20]}"


class TestObjectStore(StoreTests):
    """The promises, kept in a bucket of SeaweedFS."""

    @pytest.fixture(autouse=True)
    def _server(self, weed):
        self.weed = weed

    def open(self, place: Path) -> Store:
        from dmod.data.objects.store import ObjectStore

        return ObjectStore(self.weed.bucket(names_of_buckets(place)), place / "local")

    def damage(self, store):
        """Change the first file in its archive, and cut off the last."""
        kept = store.manifests.get("aorc")
        (placed,) = kept.placed
        data = bytearray(store.bucket.get(f"aorc/{placed.key}"))
        data[placed.files["cat-1.csv"] + 60] ^= 1
        store.bucket.put(f"aorc/{placed.key}", bytes(data[: placed.files["cat-3.csv"]]))
        store.bucket.put(f"aorc/{placed.generation}/files/new.csv", b"x")
        return [("cat-1.csv", "changed"), ("cat-3.csv", "missing"), ("new.csv", "extra")]
