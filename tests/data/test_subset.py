"""Several datasets of a part are kept together or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dmod.data import subset
from dmod.data.folder import FolderStore
from dmod.errors import ConflictError

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.data.dataset import Dataset


class Contested(FolderStore):
    """A store in which somebody else takes the name `creek-rain` while `creek` is being made."""

    def create(self, name: str, *words: Any, **more: Any) -> Dataset:  # noqa: ANN401
        made = super().create(name, *words, **more)
        if name == "creek":
            super().create("creek-rain", "forcing", [self.path("rain")])
        return made


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "fabric").mkdir()
    divides = [{"id": f"cat-{n}", "properties": {"areasqkm": 2.0, "toid": "nex-9"}} for n in (1, 2)]
    (tmp_path / "fabric" / "catchments.geojson").write_text(json.dumps({"features": divides}))
    (tmp_path / "fabric" / "nexus.geojson").write_text(json.dumps({"features": [{"id": "nex-9", "properties": {}}]}))
    (tmp_path / "cat-1.csv").write_text("time,APCP_surface\n2015-12-01 00:00:00,1\n2015-12-01 01:00:00,2\n")
    made = Contested(tmp_path / "datasets")
    made.create("fabric", "hydrofabric", [tmp_path / "fabric"])
    made.create("rain", "forcing", [tmp_path / "cat-1.csv"])
    return made


def test_one_that_cannot_be_kept_takes_the_others_with_it(store):
    part = subset.part_of(store, "fabric", catchments=["cat-1"])
    with pytest.raises(ConflictError, match='"creek-rain" already'):
        subset.create(store, [("fabric", "creek"), ("rain", "creek-rain")], part)
    assert store.names() == ["creek-rain", "fabric", "rain"], "creek is gone again, what is not ours stays"
    assert [path.name for path in store.root.iterdir() if path.name.startswith(".new")] == []


def test_two_parts_cannot_have_one_name(store):
    part = subset.part_of(store, "fabric", upstream_of="nex-9")
    with pytest.raises(ConflictError, match='"creek" already'):
        subset.create(store, [("fabric", "creek"), ("rain", "creek")], part)
    assert store.names() == ["fabric", "rain"]
