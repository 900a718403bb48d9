"""The words by which people name jobs."""

from __future__ import annotations

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.jobs.selector import pick, select

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


@pytest.mark.parametrize(
    ("words", "picked"),
    [
        (["3/7"], [(3, "7")]),
        (["3/7", "3/1-2,9"], [(3, "1-2,7,9")]),
        (["leaf/4"], [(4, "4")]),
        (["last/1-9:2"], [(6, "1-9:2")]),
        (["2-3/1"], [(2, "1"), (3, "1")]),
        (["3", "3/7"], [(3, None)]),  # the job has all its tasks
        (["2/1", "3"], [(2, "1"), (3, None)]),
    ],
)
def test_a_word_may_name_tasks(jobs, words: list[str], picked: list[tuple[int, str | None]]):
    assert [(job.id, numbers and str(numbers)) for job, numbers in pick(words, jobs)] == picked


def test_a_job_whose_name_looks_like_a_task_is_found_by_it(make):
    assert [job.id for job in select(["run/7"], [make.job(1, "run"), make.job(2, "run/7")])] == [2]


@pytest.mark.parametrize(
    ("word", "error"),
    [("99/7", "there is no job 99"), ("nix/1-3", "there is no job nix"), ("3/x", "there is no job 3/x")],
)
def test_tasks_of_no_job_are_not_found(jobs, word: str, error: str):
    with pytest.raises(NotFoundError) as caught:
        pick([word], jobs)
    assert caught.value.message == error


def test_tasks_are_refused_where_a_job_is_meant(jobs):
    with pytest.raises(UsageError) as caught:
        select(["3/7"], jobs)
    assert (caught.value.message, caught.value.fix) == ("3/7 names tasks, and a job is needed here", "3")
