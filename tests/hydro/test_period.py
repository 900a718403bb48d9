"""Periods: what they have of each other, step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.hydro import period
from dmod.hydro.period import TimeRange, moment

HOUR, DAY = 3600, 86_400
EPOCH = datetime(2015, 12, 1, tzinfo=UTC)
DECEMBER = TimeRange.parse("2015-12-01", "2015-12-31 23:00")
JANUARY = TimeRange.parse("2016-01-01", "2016-01-31 23:00")


@st.composite
def ranges(draw: st.DrawFn) -> TimeRange:
    """Short ones, on the hour or on the half."""
    begin = EPOCH + timedelta(minutes=30 * draw(st.integers(0, 40)))
    return TimeRange(begin, begin + timedelta(hours=draw(st.integers(0, 8))))


def stamps(times: object) -> set[datetime]:
    """What a set of periods stands for."""
    return {each.begin + timedelta(hours=n) for each in times for n in range(each.steps(HOUR))}  # type: ignore[attr-defined]


several = st.lists(ranges(), max_size=5)


@given(several, several)
def test_union_subtract_and_intersect_are_those_of_their_stamps(a, b):
    assert stamps(period.union(a, b, HOUR)) == stamps(a) | stamps(b)
    assert stamps(period.subtract(a, b, HOUR)) == stamps(a) - stamps(b)
    assert stamps(period.intersect(a, b, HOUR)) == stamps(a) & stamps(b)


@given(several, several)
def test_a_set_of_stamps_has_one_form(a, b):
    assert period.union(a, b, HOUR) == period.union(b, a, HOUR)
    assert period.union(period.subtract(a, b, HOUR), period.intersect(a, b, HOUR), HOUR) == period.union(a, (), HOUR)


def test_december_and_january_touch_when_a_step_is_an_hour():
    assert period.union([DECEMBER], [JANUARY], HOUR) == (TimeRange(DECEMBER.begin, JANUARY.end),)
    assert len(period.union([DECEMBER], [JANUARY], 1800)) == 2, "23:30 is missing"


def test_stamps_between_those_of_a_step_are_other_stamps():
    half = TimeRange.parse("2015-12-01 00:30", "2015-12-31 23:30")
    assert not DECEMBER.contains(half, HOUR)
    assert period.subtract([DECEMBER], [half], HOUR) == (DECEMBER,)


def test_a_period_says_how_many_steps_it_has():
    assert (DECEMBER.steps(HOUR), DECEMBER.steps(DAY)) == (744, 31)
    assert TimeRange(EPOCH, EPOCH).steps(HOUR) == 1


@pytest.mark.parametrize(
    ("begin", "end", "step", "text"),
    [
        ("2015-12-01", "2015-12-31 23:00", HOUR, "2015-12-01..2015-12-31"),
        ("2015-12-01", "2015-12-31", DAY, "2015-12-01..2015-12-31"),
        ("2015-12-01", "2015-12-01 23:00", HOUR, "2015-12-01"),
        ("2015-12-01 06:00", "2015-12-31 23:00", HOUR, "2015-12-01 06:00..2015-12-31 23:00"),
        ("2015-12-31", "2015-12-31", HOUR, "2015-12-31 00:00"),
        ("2015-12-01", "2015-12-01 00:00:30", 10, "2015-12-01 00:00..2015-12-01 00:00:30"),
        ("2015-12-01", "2015-12-31 23:00", None, "2015-12-01 00:00..2015-12-31 23:00"),
    ],
)
def test_whole_days_are_said_without_hours(begin, end, step, text):
    assert TimeRange.parse(begin, end).text(step) == text


def test_json_is_rfc_3339_and_comes_back():
    assert DECEMBER.to_json() == {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-31T23:00:00Z"}
    assert TimeRange.from_json(DECEMBER.to_json()) == DECEMBER


def test_any_zone_becomes_utc_and_none_is_utc():
    cet = timezone(timedelta(hours=1))
    assert TimeRange(datetime(2015, 12, 1, 1, tzinfo=cet), datetime(2015, 12, 2)) == TimeRange.parse(  # noqa: DTZ001
        "2015-12-01T00:00:00Z", "2015-12-02"
    )


def test_what_is_no_period_is_refused():
    with pytest.raises(UsageError, match=r"cannot end before it begins: 2015-12-02 00:00\.\.2015-12-01 00:00"):
        TimeRange.parse("2015-12-02", "2015-12-01")
    with pytest.raises(UsageError, match='"yesterday" is not a time'):
        moment("yesterday")
