from __future__ import annotations

import json

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import crosswalk


def read(tmp_path, data):
    (tmp_path / "crosswalk.json").write_text(json.dumps(data), encoding="utf-8")
    return crosswalk.read(tmp_path / "crosswalk.json")


def test_ngen_names_the_site_of_a_catchment(tmp_path):
    data = {"cat-67": {"COMID": ["9731286.1"], "site_no": "02146562"}, "fp-67": {"COMID": ["9731286.1"]}}
    assert read(tmp_path, data) == {"02146562": "cat-67"}


def test_ours_names_the_feature_of_a_gauge(tmp_path):
    assert read(tmp_path, {"leaf": "nex-1", "02146562": "cat-67"}) == {"leaf": "nex-1", "02146562": "cat-67"}


def test_one_feature_may_have_several_gauges_and_the_folder_may_be_given(tmp_path):
    read(tmp_path, {"cat-1": {"site_no": ["a", "b"]}})
    assert crosswalk.read(tmp_path) == {"a": "cat-1", "b": "cat-1"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "is not a crosswalk"),
        ({"cat-1": {"COMID": []}}, "names no gauge"),
        ({"g": 7}, r"\$\.g is neither a feature"),
        ({"cat-1": {"site_no": "a"}, "cat-2": {"site_no": "a"}}, "gauge a observes two features"),
    ],
)
def test_what_is_not_a_crosswalk_is_refused(tmp_path, data, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, data)


def test_a_folder_without_one(tmp_path):
    with pytest.raises(NotFoundError, match="no crosswalk"):
        crosswalk.read(tmp_path)
