from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.hydro import date_axis
from dmod.hydro.hydrograph import draw
from dmod.hydro.scale import Scale, label

HOURS = np.datetime64("2015-12-01", "s") + np.arange(48) * np.timedelta64(3600, "s")
FLOOD = 1 + 9 * np.exp(-((np.arange(48) - 20) ** 2) / 18)
FLOWS = st.one_of(st.floats(0, 1e5), st.just(np.nan))


def days(count):
    return np.datetime64("1984-01-01", "s") + np.arange(count) * np.timedelta64(86400, "s")


def body(lines):
    """The rows of the plot, without what stands left of the axis."""
    return [
        re.split("[│┤|+]", line, maxsplit=1)[1]
        for line in lines
        if re.match(r"^ *[\d.,e+-]* *[│┤|+]", line) and "--" not in line
    ]


def test_a_flood_and_what_was_measured():
    observed = np.where((HOURS[30] < HOURS) & (HOURS[36] > HOURS), np.nan, FLOOD * 0.7)
    lines = draw(HOURS, {"simulated": FLOOD, "observed": observed}, width=44, height=12, title="Sugar Creek")
    assert lines == GOLDEN.strip("\n").split("\n")


def test_the_same_in_ascii():
    lines = draw(HOURS, {"simulated": FLOOD, "observed": FLOOD * 0.7}, width=44, height=12, ascii=True, title="Río")
    assert lines == PLAIN.strip("\n").split("\n")


@given(
    st.integers(1, 400).flatmap(
        lambda n: st.tuples(arrays(np.float64, n, elements=FLOWS), arrays(np.float64, n, elements=FLOWS))
    ),
    st.integers(20, 300),
    st.integers(6, 60),
    st.booleans(),
    st.booleans(),
)
def test_no_plot_is_wider_or_higher_than_asked(pair, width, height, plain, log):
    lines = draw(
        days(pair[0].size),
        {"simulated": pair[0], "observed": pair[1]},
        width=width,
        height=height,
        ascii=plain,
        log=log,
    )
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert not plain or all(line.isascii() for line in lines)


@given(st.integers(2, 5000), st.floats(0, 1), st.integers(40, 200), st.sampled_from(["simulated", "observed"]))
def test_the_highest_value_holds_the_top_row_however_long_the_series(count, place, width, name):
    values = np.ones(count)
    peak = int(place * (count - 1))
    values[peak] = 50.0
    rows = body(draw(days(count), {name: values}, width=width, height=20))
    columns = width - len("50 ") - 1
    at = min(int(peak / (count - 1) * columns), columns - 1)
    tops = [column for column, letter in enumerate(rows[0]) if letter != " "]
    assert tops
    assert min(abs(at - column) for column in tops) <= 1


def test_a_low_is_kept_beside_a_peak():
    values = np.full(2000, 40.0)
    values[1000], values[1001] = 100.0, 0.0
    rows = body(draw(days(2000), {"simulated": values}, width=60, height=20))
    filled = [row for row in rows if row.strip()]
    assert len(filled) == len(rows)


def test_gaps_are_left_blank_and_zero_is_not_a_gap():
    values = np.concatenate([np.zeros(100), np.full(100, np.nan), np.full(100, 5.0)])
    for name in ("simulated", "observed"):
        rows = [row.ljust(60) for row in body(draw(days(300), {name: values}, width=64, height=14))]
        middle = [row[24:36] for row in rows]
        assert not "".join(middle).strip()
        assert rows[-1][:18].strip()


def test_few_steps_are_joined():
    line = draw(days(3), {"simulated": np.array([0.0, 5.0, 10.0])}, width=44, height=12)
    columns = ["".join(column) for column in zip(*[row.ljust(40) for row in body(line)], strict=True)]
    assert all(column.strip() for column in columns[:38])


@pytest.mark.parametrize(
    "values", [np.full(48, 3.0), np.zeros(48), np.full(48, np.nan), np.full(48, -2.0), FLOOD * 1e-9, FLOOD * 1e9]
)
@pytest.mark.parametrize("log", [False, True])
def test_any_series_is_drawn(values, log):
    lines = draw(HOURS, {"simulated": values}, width=60, height=14, log=log)
    assert "Dec 1" in lines[-1]
    assert ("no values" in "".join(lines)) == bool(np.isnan(values).all())


def test_no_steps_and_no_series_are_drawn_as_such():
    assert "no values" in "".join(draw(HOURS[:0], {"simulated": FLOOD[:0]}, width=40, height=10))
    assert "no values" in "".join(draw(HOURS, {}, width=40, height=10))
    assert draw(HOURS[:1], {"simulated": FLOOD[:1]}, width=40, height=10)


def test_colour_adds_to_the_marks_and_takes_nothing_from_them():
    series = {"simulated": FLOOD, "observed": FLOOD * 0.7}
    plain = draw(HOURS, series, width=70, height=16)
    coloured = draw(HOURS, series, width=70, height=16, color=True)
    assert [re.sub(r"\x1b\[\d*m", "", line).rstrip() for line in coloured] == [line.rstrip() for line in plain]
    assert "\x1b[" in "".join(coloured)


def test_a_second_simulation_has_a_mark_of_its_own():
    lines = draw(HOURS, {"GR4J": FLOOD, "HBV": FLOOD[::-1]}, width=70, height=16)
    assert "o HBV" in lines[0]
    assert "o" in "".join(body(lines))


def test_a_logarithmic_axis_shows_low_flows():
    values = np.geomspace(0.01, 1000, 200)
    rows = body(draw(days(200), {"simulated": values}, width=60, height=26, log=True))
    assert rows[0].rstrip()[-1] != " "
    assert len(rows[len(rows) // 2].strip()) <= 6  # a straight line: each row has its few columns


@given(st.floats(1e-6, 1e9), st.floats(0, 1), st.integers(2, 20))
def test_ticks_are_round_ascending_and_within_the_scale(high, share, most):
    scale = Scale.fit([np.array([high * share, high])])
    ticks = scale.ticks(most)
    values = [value for value, _ in ticks]
    assert len(ticks) <= most
    assert values == sorted(values)
    assert all(scale.low - 1e-9 * high <= value <= scale.high * (1 + 1e-9) for value in values)
    assert len({text for _, text in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.0, 2.0, "0"),
        (0.25, 0.25, "0.25"),
        (0.499996, 1e-6, "0.499996"),
        (1500.0, 500.0, "1,500"),
        (2e7, 1e7, "2e+07"),
        (-0.0, 1.0, "0"),
        (2e-5, 1e-5, "2e-05"),
        (1.0005e7, 5e3, "1.0005e+07"),
    ],
)
def test_a_tick_has_the_digits_its_step_needs(value, step, text):
    assert label(value, step) == text


@pytest.mark.parametrize(
    ("span", "width", "said"),
    [
        (timedelta(hours=6), 70, ["Dec 1", "03:00"]),
        (timedelta(days=2), 70, ["Dec 1", "12:00", "Dec 2"]),
        (timedelta(days=29), 70, ["Dec 1", "Dec 6", "Dec 26"]),
        (timedelta(days=400), 70, ["2016", "Mar", "Nov"]),
        (timedelta(days=1460), 70, ["2016", "Jul", "2019"]),
        (timedelta(days=36500), 70, ["2020", "2100"]),
        (timedelta(0), 70, ["Dec 1"]),
    ],
)
def test_dates_are_those_that_fit(span, width, said):
    begin = datetime(2015, 12, 1, tzinfo=UTC)
    found = date_axis.marks(begin, begin + span, width)
    texts = [text for _, text in found]
    assert all(text in texts for text in said), texts
    for (column, text), (after, _) in pairwise(found):
        assert column + len(text) < after
    assert all(column >= 0 and column + len(text) <= width for column, text in found)


GOLDEN = """
Sugar Creek
m³/s   ⣿ simulated   ▒▒ observed   2015-12
10 ┤                ⡜⠱⡀
   │               ⡜  ⠸⡀
   │              ⡰⠁ ░ ⢣
   │              ⡇▒▒▒▒ ⡇
   │             ⡜▒▒▒▒▒▒⠱⡀
   │            ⡰⠁▒▒▒▒▒▒▒⢣
   │         ⢀⡠⠜▒▒▒▒▒▒▒▒▒▒⠱⢄⡀
 0 ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁▒▒▒▒▒▒▒▒▒▒▒▒▒▒⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
   └┬─────────┬─────────┬─────────┬─────────
    Dec 1     12:00     Dec 2     12:00
"""

PLAIN = """
Rio
m3/s   * simulated   :: observed   2015-12
10 +                **
   |               *  *
   |              *  . *
   |              *:::: *
   |             *::::::*
   |           **::::::::**
   |************::::::::::******************
 0 +::::::::::::::::::::::::::::::::::::::::
   ++---------+---------+---------+---------
    Dec 1     12:00     Dec 2     12:00
"""
