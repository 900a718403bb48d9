"""Memory and durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.units import format_duration, format_memory, parse_duration, parse_memory


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("512MiB", 512 * 2**20),
        ("512m", 512 * 2**20),
        ("1.5 GiB", 3 * 2**29),
        ("4GB", 4_000_000_000),
        ("1k", 1024),
        ("1kB", 1000),
        ("7B", 7),
    ],
)
def test_memory_counts_in_1024_unless_it_says_mb(text: str, size: int):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "12MX", "-1G", "1 2", "1ib", "1i", "lots"])
def test_what_is_no_memory_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match="is not an amount of memory") as caught:
        parse_memory(text)
    assert "512MiB" in caught.value.why


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1 hour 5 min", 3900),
        ("1w", 604_800),
        ("0.5h", 1800),
    ],
)
def test_durations_add_up(text: str, seconds: int):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1x", "-5s", "1h30", "5 90s", "soon"])
def test_what_is_no_duration_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match="is not a duration") as caught:
        parse_duration(text)
    assert "1h30m" in caught.value.why


@given(st.integers(0, 10**8))
def test_a_duration_reads_as_it_was_written(seconds: int):
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(0, 2**50))
def test_memory_reads_as_it_was_written_but_for_one_decimal(size: int):
    assert parse_memory(format_memory(size)) == pytest.approx(size, rel=0.06)


@given(st.integers(0, 4096), st.sampled_from(["KiB", "MiB", "GiB"]))
def test_whole_amounts_of_memory_are_exact(count: int, unit: str):
    size = parse_memory(f"{count}{unit}")
    if count < 1024:
        assert parse_memory(format_memory(size)) == size


def test_a_table_shows_the_largest_units_only():
    assert format_duration(3 * 86_400 + 4 * 3_600 + 5, most=2) == "3d4h"
    assert format_duration(0) == "0s"
    assert format_memory(1536 * 2**20) == "1.5GiB"
