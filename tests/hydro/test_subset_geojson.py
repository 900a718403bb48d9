"""Files beside a GeoJSON hydrofabric are cut to the same features, each in its own way."""

from __future__ import annotations

import json

import pytest

from dmod.errors import UsageError
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.subset import Part
from dmod.hydro.subset_geojson import cut, cut_document

PART = Part(("cat-1",), ("nex-3",))


def collection(*features: dict[str, object]) -> dict[str, object]:
    return {"type": "FeatureCollection", "crs": {"name": "CRS84"}, "features": list(features)}


def feature(name: str, **properties: object) -> dict[str, object]:
    shape = {"type": "Polygon", "coordinates": [[[-80.71918431799998, 35.1761134781112], [1, 2e-7], [3, 4.50], [1, 2]]]}
    return {"type": "Feature", "id": name, "properties": properties, "geometry": shape}


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ([{"id": "cat-1", "toid": "nex-3"}, {"id": "cat-2", "toid": "nex-3"}], [{"id": "cat-1", "toid": "nex-3"}]),
        ({"cat-1": {"site_no": "7"}, "fp-1": {}, "cat-2": {}}, {"cat-1": {"site_no": "7"}, "fp-1": {}}),
        ({"0214": "nex-3", "0215": "nex-4"}, {"0214": "nex-3"}),
        ({"version": 2, "cat-2": {}}, {"version": 2, "cat-2": {}}),
        ([1, 2], [1, 2]),
        ({}, {}),
    ],
)
def test_each_kind_of_file(whole, part):
    assert cut_document(whole, PART) == part


def test_a_feature_without_an_id_is_told_by_its_properties():
    rows = [
        {"properties": {"divide_id": "cat-1"}},
        {"properties": {"realized_catchment": "cat-2"}},
        {"properties": None},
    ]
    assert cut_document(collection(*rows), PART)["features"] == rows[:1]


def test_what_stays_is_as_it_was(tmp_path):
    folder, target = tmp_path / "whole", tmp_path / "part"
    (folder / "more").mkdir(parents=True)
    target.mkdir()
    divides = [feature("cat-1", toid="nex-3", areasqkm=0.1), feature("cat-2", toid="nex-3", areasqkm=2)]
    (folder / "catchment_data.geojson").write_text(json.dumps(collection(*divides)))
    (folder / "nexus_data.geojson").write_text(json.dumps(collection(feature("nex-3", toid="cat-3"), feature("nex-4"))))
    (folder / "flowpath_data.geojson").write_text(json.dumps(collection(feature("fp-1"), feature("fp-2"))))
    for name in ("readme.md", "more/cat-1.txt", "more/cat-2.txt"):
        (folder / name).write_text(name)
    cut(folder, target, PART)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()) == [
        "catchment_data.geojson", "flowpath_data.geojson", "more/cat-1.txt", "nexus_data.geojson", "readme.md",
    ]  # fmt: skip
    kept = json.loads((target / "catchment_data.geojson").read_text())
    assert kept == collection(divides[0]), "every digit of a coordinate, and what stands beside the features"
    fabric = Hydrofabric.read(target)
    assert (fabric.catchments, fabric.toids, fabric.nexuses) == (("cat-1",), ("nex-3",), ("nex-3",))
    assert json.loads((target / "flowpath_data.geojson").read_text())["features"][0]["id"] == "fp-1"


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "crosswalk.json").write_text('{"cat-1": }')
    with pytest.raises(UsageError, match=r"crosswalk\.json:1:11 is not JSON"):
        cut(tmp_path, tmp_path, PART)
