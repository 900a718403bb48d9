"""A pair of GeoJSON files, as ngen reads it."""

import json
import math
from pathlib import Path

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import geojson
from dmod.hydro.hydrofabric import Hydrofabric

SQUARE = [[[-80.0, 35.0], [-79.0, 35.0], [-79.0, 36.0], [-80.0, 36.0], [-80.0, 35.0]]]


def feature(name: str | None, toid: str | None, geometry: object = None, **more: object) -> dict[str, object]:
    top = {"id": name} if name else {}
    return {"type": "Feature", **top, "properties": {"toid": toid, **more}, "geometry": geometry}


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    square = {"type": "MultiPolygon", "coordinates": [SQUARE]}
    one = feature("cat-27", "nex-26", square, areasqkm=18.9)
    other = feature(None, "nex-26", {"type": "Polygon", "coordinates": SQUARE}, area_sqkm=2, id="cat-52")
    (tmp_path / "catchment_data.geojson").write_text(collection(one, other))
    (tmp_path / "nexus_data.geojson").write_text(collection(feature("nex-26", "cat-26", hl_uri="Gages-0214655255")))
    return tmp_path


def test_a_folder_or_either_file_leads_to_both(folder: Path):
    found = [Hydrofabric.read(folder / name) for name in ("", "catchment_data.geojson", "nexus_data.geojson")]
    assert {fabric.identity for fabric in found} == {found[0].identity}
    assert found[0].catchments == ("cat-27", "cat-52")
    assert found[0].areas.tolist() == [18.9, 2.0]
    assert found[0].nexus_toids == ("",)
    assert found[0].latitudes.tolist() == [35.5, 35.5]
    assert found[0].gauges == {"nex-26": "0214655255"}
    assert found[0].version == "geojson"


def test_files_of_other_names_are_given_as_a_pair(folder: Path):
    (folder / "a.json").write_text((folder / "catchment_data.geojson").read_text())
    (folder / "b.json").write_text((folder / "nexus_data.geojson").read_text())
    assert Hydrofabric.read(folder / "a.json", folder / "b.json").catchments == ("cat-27", "cat-52")


def test_the_name_of_ngens_examples_goes_before_others(folder: Path):
    (folder / "catchment_data_multilayer.geojson").write_text("{}")
    assert Hydrofabric.read(folder).catchments == ("cat-27", "cat-52")
    (folder / "catchment_data.geojson").rename(folder / "catchments.geojson")
    with pytest.raises(UsageError, match=r"holds several: catchment_data_multilayer\.geojson, catchments\.geojson"):
        Hydrofabric.read(folder)


def test_half_a_pair_is_none(folder: Path):
    (folder / "nexus_data.geojson").unlink()
    with pytest.raises(NotFoundError, match=r"no nexus\*\.geojson"):
        Hydrofabric.read(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"features": [{"id": "cat-1"},]}', r"catchment_data\.geojson:1:30 is not JSON: a comma"),
        ('{"features": [', "it ends in the middle"),
        ("[]", "is not a FeatureCollection"),
        ('{"features": [3]}', "is not a FeatureCollection"),
        (collection(feature(None, "nex-26")), r"features\[0\] has no id"),
        (collection(feature("cat-1", "nex-26")), "no area for cat-1"),
        (collection(feature("cat-1", "nex-26", areasqkm=True)), "no area for cat-1"),
        (collection({"id": "cat-1", "properties": None}), "no area for cat-1"),
    ],
)
def test_damage_is_named_with_its_file(folder: Path, text: str, message: str):
    (folder / "catchment_data.geojson").write_text(text)
    with pytest.raises(UsageError, match=message):
        Hydrofabric.read(folder)


def test_a_centroid_is_of_the_area_not_of_the_corners():
    crowded = [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [4, 10], [0, 10], [0, 0]]
    assert geojson.latitude({"type": "Polygon", "coordinates": [crowded]}) == pytest.approx(5)
    small, large = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], [[0, 10], [3, 10], [3, 13], [0, 13], [0, 10]]
    both = {"type": "MultiPolygon", "coordinates": [[small], [large]]}
    assert geojson.latitude(both) == pytest.approx((0.5 + 9 * 11.5) / 10)


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 2e6], [1e5, 2e6], [1e5, 3e6], [0, 2e6]]]},
    ],
)
def test_without_a_polygon_in_degrees_the_latitude_is_not_known(geometry: object):
    assert math.isnan(geojson.latitude(geometry))
