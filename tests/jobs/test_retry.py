"""For which causes a task that failed is run again, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.retry import CAUSES, LONGEST, Failure, delay, matches, require

PLAIN = Failure("", "exit code 75", 75)
KILLED = Failure("", "killed by SIGKILL", 137)
LOST = Failure("node-lost", "its node restarted")
MEMORY = Failure("memory", "over its memory limit", 137)
LATE = Failure("time-limit", "too long", 143)


@pytest.mark.parametrize(
    ("words", "failure", "again"),
    [
        (["any"], PLAIN, True),
        (["any"], LOST, True),
        ([], PLAIN, False),
        (["exit:75"], PLAIN, True),
        (["exit:1", "exit:75"], PLAIN, True),
        (["exit:7"], PLAIN, False),
        (["node-lost"], PLAIN, False),
        (["node-lost"], LOST, True),
        (["exit:0"], LOST, False),
        (["signal:SIGKILL"], KILLED, True),
        (["signal:SIGTERM"], KILLED, False),
        (["exit:137"], KILLED, True),
        (["signal:SIGKILL"], PLAIN, False),
        (["memory"], MEMORY, True),
        (["time-limit"], LATE, True),
        (["time-limit"], MEMORY, False),
    ],
)
def test_a_failure_has_one_of_the_causes(words: list[str], failure: Failure, again):
    assert matches(words, failure) is again


@pytest.mark.parametrize("word", [*CAUSES, "exit:0", "exit:255", "signal:SIGKILL", "signal:SIGUSR1"])
def test_what_is_a_cause(word: str):
    require([word])


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("memmory", '; did you mean "memory"?'),
        ("timelimit", '; did you mean "time-limit"?'),
        ("signal:SIGKIL", '; did you mean "signal:SIGKILL"?'),
        ("exit:", ""),
        ("exit:1000", ""),
        ("whatever", ""),
    ],
)
def test_what_is_none_is_told_with_its_neighbour(word: str, near: str):
    with pytest.raises(ValueError, match="is no cause") as caught:
        require(["any", word])
    said = f'retry_on "{word}" is no cause: {", ".join(CAUSES)}, exit:75 or signal:SIGKILL{near}'
    assert str(caught.value) == said


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, LONGEST), (99, LONGEST)])
def test_the_wait_doubles_up_to_an_hour(attempt: int, seconds: float):
    assert delay(attempt, 10) == seconds


@given(st.integers(1, 10**9), st.floats(0, 10**6))
def test_no_wait_is_shorter_than_the_one_before_nor_longer_than_an_hour(attempt: int, first: float):
    assert 0 <= delay(attempt, first) <= delay(attempt + 1, first) <= LONGEST
