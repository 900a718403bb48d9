"""The words by which people name jobs."""

from __future__ import annotations

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.jobs.selector import select

NAMES = ("leaf", "demo-a", "demo-b", "leaf", "été 1", "7")


@pytest.fixture
def jobs(make):
    return [make.job(number, name) for number, name in enumerate(NAMES, start=1)]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["3"], [3]),
        (["2-4"], [2, 3, 4]),
        (["5-99"], [5, 6]),
        (["last"], [6]),
        (["leaf"], [4]),  # its newest
        (["leaf*"], [1, 4]),
        (["demo-?"], [2, 3]),
        (["demo-[b-z]"], [3]),
        (["été 1"], [5]),
        (["4", "2-4", "demo-*", "3"], [2, 3, 4]),
        ([], []),
    ],
)
def test_words_name_jobs_each_once_in_their_order(jobs, words: list[str], ids: list[int]):
    assert [job.id for job in select(words, jobs)] == ids


@pytest.mark.parametrize("word", ["7", "0", "90-99", "saumon", "s*", "LEAF", "-1"])
def test_a_word_that_names_no_job_is_an_error_that_tells_the_last(jobs, word: str):
    with pytest.raises(NotFoundError) as caught:
        select(["1", word], jobs)
    assert caught.value.message == f"there is no job {word}"
    assert (caught.value.why, caught.value.fix) == ("the last is 6, 7", "dmod job list")


@pytest.mark.parametrize("word", ["last", "1", "*"])
def test_without_jobs_no_word_names_one(word: str):
    with pytest.raises(NotFoundError) as caught:
        select([word], [])
    assert caught.value.why == "there are none yet"


def test_a_range_that_runs_backwards_is_turned_round(jobs):
    with pytest.raises(UsageError) as caught:
        select(["4-2"], jobs)
    assert (caught.value.message, caught.value.fix) == ("4-2 is an empty range", "2-4")
