"""Which file of a folder a pattern chooses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.hydro.forcing_pattern import Names

LOOSE = ".*{{id}}.*.csv"


def test_cat_1_is_not_meant_by_cat_11():
    names = Names(["cat-1.csv", "cat-11.csv", "cat-110.csv", "cat-2.csv"])
    assert names.fitting(LOOSE, "cat-1") == ["cat-1.csv", "cat-11.csv", "cat-110.csv"]
    assert names.exact(LOOSE, "cat-1", "here") == "cat-1.csv"
    assert names.exact(LOOSE, "cat-3", "here") is None


def test_two_files_of_one_catchment_are_refused():
    with pytest.raises(UsageError, match=r"here: 2 files fit cat-1: cat-1_2014\.csv, cat-1_2015\.csv"):
        Names(["cat-1_2014.csv", "cat-1_2015.csv"]).exact(LOOSE, "cat-1", "here")
    with pytest.raises(UsageError, match="not a regular expression"):
        Names(["cat-1.csv"]).exact("({{id}}", "cat-1", "here")


@given(
    st.lists(st.from_regex(r"\A(a_)?cat-[1-9][0-9]{0,3}(_[0-9]{4}|-cat-[0-9])?\.(csv|nc)\Z"), max_size=12),
    st.sampled_from([LOOSE, "{{id}}.csv", ".*{{id}}_.*.csv", ".*csv", ".*{{id}}.*..csv"]),
    st.integers(1, 120),
)
def test_the_index_finds_what_a_look_at_every_name_finds(names, pattern, number):
    wanted = re.compile(pattern.replace("{{id}}", f"cat-{number}", 1))
    assert Names(names).fitting(pattern, f"cat-{number}") == [each for each in sorted(names) if wanted.fullmatch(each)]
