"""Names of datasets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.data.name import require, slug
from dmod.errors import UsageError


@pytest.mark.parametrize("name", ["aorc", "aorc-2015.12", "a1b", "0-9", "x" * 63])
def test_good_names(name):
    assert require(name) == name


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("AORC 2015", "aorc-2015"),
        ("forcing_vpu09", "forcing-vpu09"),
        ("a", "a-set"),
        ("", "data-set"),
        ("../../etc", "etc"),
        ("10.0.0.1", "10-0-0-1"),
        ("Straße", "stra-e"),
    ],
)
def test_a_bad_name_is_told_a_better_one(name, better):
    with pytest.raises(UsageError, match="is not a name for a dataset") as error:
        require(name)
    assert error.value.fix == f"call it {better}"


@given(st.text())
def test_any_text_gives_a_name(text):
    assert require(slug(text))
