"""When: a moment as people write it: a duration ago, or a date in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dmod.errors import UsageError
from dmod.units import parse_duration


def moment(text: str, now: datetime | None = None) -> datetime:
    """`2h` (ago), `today`, `yesterday`, `2026-01-31`, `2026-01-31T14:05`; a date is its first moment, all are in UTC.

    Raises:
        UsageError: it is neither.
    """
    here = now or datetime.now(UTC)
    days = {"today": 0, "yesterday": 1}.get(text)
    if days is not None:
        return here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    try:  # 2026 is no year, and hardly ever so many seconds
        return here - timedelta(seconds=parse_duration("" if text.isdecimal() else text))
    except (UsageError, OverflowError) as error:
        why = "a duration as 2h or 30d, or a date as 2026-01-31 or 2026-01-31T14:05 (UTC)"
        raise UsageError(f'"{text}" is not a time', why=why) from error
