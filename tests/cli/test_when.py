"""A moment as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dmod.cli.when import moment
from dmod.errors import UsageError

NOW = datetime(2026, 2, 1, 14, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2h", "2026-02-01T12:05:09+00:00"),
        ("1h30m", "2026-02-01T12:35:09+00:00"),
        ("30d", "2026-01-02T14:05:09+00:00"),
        ("today", "2026-02-01T00:00:00+00:00"),
        ("yesterday", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T14:05", "2026-01-31T14:05:00+00:00"),
        ("2026-01-31 14:05", "2026-01-31T14:05:00+00:00"),
        ("2026-01-31T14:05:00+01:00", "2026-01-31T13:05:00+00:00"),
        ("2026-01-31T14:05:00Z", "2026-01-31T14:05:00+00:00"),
    ],
)
def test_it_is_a_duration_ago_or_a_date_in_utc(text: str, iso: str):
    assert moment(text, NOW).isoformat() == iso


@pytest.mark.parametrize("text", ["", "soon", "2026", "2026-13-01", "2x", "-2h", "99999999999d"])
def test_anything_else_is_an_error(text: str):
    with pytest.raises(UsageError) as caught:
        moment(text, NOW)
    assert caught.value.message == f'"{text}" is not a time'
    assert "2026-01-31" in caught.value.why
