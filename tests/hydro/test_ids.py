"""Ids sort as people count, and names of the same feature are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.hydro.ids import catchment_of, natural, natural_key, some

NAMES = st.text("abcnextwb-0123456789", max_size=12)


def test_numbers_sort_as_numbers():
    assert natural(["cat-10", "cat-2", "cat-1"]) == ["cat-1", "cat-2", "cat-10"]
    assert natural(["tnx-1", "nex-20", "nex-3"]) == ["nex-3", "nex-20", "tnx-1"]
    assert natural(["b", "a10", "a9"]) == ["a9", "a10", "b"]
    assert natural([]) == []


@given(st.lists(NAMES | st.builds("{}-{}".format, st.sampled_from(["cat", "nex", "a-b"]), st.integers(0, 99))))
def test_the_short_cut_sorts_as_the_rule(names: list[str]):
    assert natural(names) == sorted(names, key=lambda name: (natural_key(name), name))
    assert natural(reversed(names)) == natural(names)


@pytest.mark.parametrize(
    ("name", "catchment"), [("wb-12", "cat-12"), ("fp-7", "cat-7"), ("cat-3", "cat-3"), ("nex-3", "nex-3"), ("", "")]
)
def test_flowpaths_and_water_bodies_belong_to_their_catchment(name: str, catchment: str):
    assert catchment_of(name) == catchment


def test_a_message_names_a_few():
    assert some(["a", "b"]) == "a, b"
    assert some([f"cat-{i}" for i in range(2003)]) == "cat-0, cat-1, cat-2 and 2,000 more"
