"""What the output of a job is called can always be a dataset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.data import name as names
from dmod.jobs.naming import dataset_name


@pytest.mark.parametrize(
    ("job", "output"),
    [
        ("leaf", "leaf-7"),
        ("Leaf River (HBV)", "leaf-river-hbv-7"),
        ("été", "t-7"),
        ("...", "job-7"),
        ("a..b", "a-b-7"),
    ],
)
def test_it_is_like_the_name_of_the_job(job: str, output: str):
    assert dataset_name(job, 7) == output


@given(st.text(max_size=90), st.integers(1, 10**9))
def test_it_is_a_name_for_a_dataset_whatever_the_job_is_called(job: str, number: int):
    assert names.require(dataset_name(job, number)).endswith(f"-{number}")
