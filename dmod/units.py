"""Amounts of memory and spans of time, as people write them and as whole bytes and seconds."""

from __future__ import annotations

import re

from dmod.errors import UsageError

_MEMORY = r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)"  # compiled at first use: most command lines need neither
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION = r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*"
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPELLINGS = {
    **dict.fromkeys(("week", "weeks"), "w"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), "h"),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), "m"),
    **dict.fromkeys(("second", "seconds", "sec", "secs", ""), "s"),
}


def parse_memory(text: str) -> int:
    """Bytes from `512MiB`, `1.5G`, `4GB` or `0`; K, M, G, T and KiB... count 1024, kB, MB, GB, TB count 1000."""
    match = re.fullmatch(_MEMORY, text.strip())
    unit = match[2].lower() if match else ""
    base = 1000 if unit.endswith("b") and not unit.endswith("ib") else 1024
    letter = unit.removesuffix("b").removesuffix("i")
    if not match or letter not in _POWERS or unit in {"i", "ib"}:
        raise UsageError(f'"{text}" is not an amount of memory', why="a number and a unit, as in 512MiB, 1.5GiB or 4GB")
    return round(float(match[1]) * float(base ** _POWERS[letter]))


def parse_duration(text: str) -> int:
    """Seconds from `90`, `90s`, `15m`, `1h30m` or `2d`."""
    rest, total = text.strip().lower(), 0.0
    while match := re.match(_DURATION, rest):
        unit = _SPELLINGS.get(match[2], match[2])
        if unit not in _SECONDS or (not match[2] and match[0].strip() != text.strip()):
            break  # a number without a unit stands alone: 1h30 may be minutes or seconds
        total += float(match[1]) * _SECONDS[unit]
        rest = rest[match.end() :]
        if not rest:
            return round(total)
    raise UsageError(f'"{text}" is not a duration', why="numbers and units, as in 90s, 15m, 1h30m or 2d")


def format_memory(size: float) -> str:
    """Bytes as `512MiB` or `1.5GiB`: the largest unit that leaves at least one, with one decimal if it needs it."""
    amount, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if round(amount, 1) < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f}".removesuffix(".0") + unit


def format_duration(seconds: float, most: int = 4) -> str:
    """Seconds as `1h30m`, exact to the second; with `most` the largest units only, as `3d4h` in a table."""
    left, parts = max(round(seconds), 0), []
    for unit, size in _SECONDS.items():
        count, left = divmod(left, size) if unit != "w" else (0, left)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:most]) or "0s"
