"""The numbers of tasks, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.jobs.numbers import MOST, Numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("7", [7]),
        ("0", [0]),
        ("1-4", [1, 2, 3, 4]),
        ("3-3", [3]),
        ("1-9:4", [1, 5, 9]),
        ("1-8:4", [1, 5]),
        ("1,5,8-10", [1, 5, 8, 9, 10]),
        ("8-10, 5, 1", [1, 5, 8, 9, 10]),
        ("007", [7]),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, numbers: list[int]):
    assert list(Numbers.parse(text)) == numbers


@pytest.mark.parametrize(
    ("text", "said", "help_"),
    [
        ("", '"" does not name tasks', "they look like 1-100, 1-99:2 or 1,5,8-10"),
        ("1-", '"1-" does not name tasks', "they look like"),
        ("-3", '"-3" does not name tasks', "they look like"),
        ("1,,2", '"1,,2" does not name tasks', "they look like"),
        ("all", '"all" does not name tasks', "they look like"),
        ("5-1", '"5-1" is an empty range', "1-5"),
        ("1-5:0", '"1-5:0" is an empty range', "1-5"),
        ("1,3,1", '"1,3,1" names 1 twice', "--array"),
        ("1-5,5-9", '"1-5,5-9" names 5 twice', "--array"),
        ("1-9:4,6", '"1-9:4,6" names 6 twice, or not in rising order', "--array"),
        ("0-99999999", "100,000,000 tasks", "a job has 10,000,000 at most"),
    ],
)
def test_what_is_no_number_is_told_with_the_way_out(text: str, said: str, help_: str):
    with pytest.raises(UsageError) as caught:
        Numbers.parse(text)
    assert said in caught.value.message
    assert help_ in f"{caught.value.why} {caught.value.fix}"


SPANS = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=6)


def rising(spans: list[tuple[int, int, int]]) -> Numbers:
    """Spans one behind the other, each given by its distance from the last, its length, and its step."""
    made, at = [], 0
    for gap, length, step in spans:
        made.append(range(at + gap, at + gap + (length - 1) * step + 1, step))
        at = made[-1][-1]
    return Numbers(tuple(made))


@given(SPANS)
def test_written_and_read_again_they_are_the_same(spans: list[tuple[int, int, int]]):
    numbers = rising(spans)
    assert Numbers.parse(str(numbers)) == numbers


@given(SPANS)
def test_they_are_as_the_list_of_them(spans: list[tuple[int, int, int]]):
    numbers = rising(spans)
    plain = list(numbers)
    assert plain == sorted(set(plain))
    assert [numbers[place] for place in range(len(numbers))] == plain
    assert [numbers.place(number) for number in plain] == list(range(len(plain)))
    assert all(numbers.place(number) == sum(each < number for each in plain) for number in range(plain[-1] + 2))
    assert {number for number in range(plain[-1] + 2) if number in numbers} == set(plain)
    with pytest.raises(IndexError):
        numbers[len(plain)]


@given(st.sets(st.integers(0, 10_000), min_size=1))
def test_put_together_from_any_they_are_those(some: set[int]):
    numbers = Numbers.of(some)
    assert set(numbers) == some
    assert Numbers.parse(str(numbers)) == numbers


def test_many_of_them_are_written_as_spans():
    assert str(Numbers.of([3, 1, 2, 2, 9, 7, 8])) == "1-3,7-9"


def test_ten_million_cost_no_more_than_two():
    numbers = Numbers.parse(f"1-{MOST}")
    assert (len(numbers), numbers[MOST - 1], numbers.place(MOST), MOST in numbers) == (MOST, MOST, MOST - 1, True)
    assert len(numbers.spans) == 1
