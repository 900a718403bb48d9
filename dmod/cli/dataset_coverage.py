"""`dmod dataset check --start ...`: what datasets together do not cover."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.cli.output import Column, glyph, say, show_list
from dmod.cli.settings import current
from dmod.data.blocks import ANY, Block, Features
from dmod.data.domain import block_json, open_in
from dmod.data.explain import phrases
from dmod.errors import DmodError, NotFoundError, UsageError
from dmod.hydro.period import TimeRange, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.stores import Stores


class Asked(NamedTuple):
    """The options, as they were typed."""

    start: str | None
    end: str | None
    catchments: str | None  # ids, or a dataset that has them
    variables: str | None


def check(stores: Stores, names: Sequence[str], asked: Asked) -> None:
    """Show what of the need the datasets leave open. Raises DmodError if there is something."""
    if not names:
        raise UsageError("name the datasets whose coverage is asked", fix="dmod dataset check NAME... --start TIME")
    datasets = [stores.find(name).dataset for name in names]
    steps = {each.domain.step for each in datasets if each.domain.step}
    if len(steps) > 1:
        said = ", ".join(f"{each.name} {each.domain.step} s" for each in datasets)
        raise UsageError(f"datasets of different steps do not complete each other: {said}")
    step = steps.pop() if steps else None
    need = (Block(_features(stores, asked.catchments), _time(datasets, asked), frozenset(_split(asked.variables))),)
    domains = [each.domain for each in datasets]
    left = open_in(need, domains, step)
    _show(left, phrases(left, need, domains, step), names)


def _show(left: Sequence[Block], said: Sequence[str], names: Sequence[str]) -> None:
    who = ", ".join(names)
    if current().output in ("table", "wide") and not left:
        say(f"{glyph('ok')} {who}: nothing is missing")
        return
    rows: list[dict[str, Any]] = [
        {"missing": phrase, **block_json(each)} for phrase, each in zip(said, left, strict=True)
    ]
    show_list(rows, (Column("missing", "MISSING"),), name_key="missing")
    if left:
        raise DmodError(
            f"{who}: {len(left):,} gap{'s' if len(left) > 1 else ''}",
            fix=f"dmod dataset add {names[0]} PATH, with what is missing",
        )


def _features(stores: Stores, text: str | None) -> Features:
    if text is None:
        return ANY
    with suppress(NotFoundError):
        return Features(frozenset(stores.find(text).dataset.domain.features or ()))
    return Features(frozenset(_split(text)))


def _time(datasets: Sequence[Dataset], asked: Asked) -> TimeRange | None:
    """The period asked; what is left open is where the datasets begin or end."""
    start, end = asked.start, asked.end
    if start is None and end is None:
        return None
    times = [each.domain.time for each in datasets if each.domain.time is not None]
    begins, ends = [time.begin for time in times], [time.end for time in times]
    now = datetime.now(UTC)
    return TimeRange(
        moment(start) if start else min(begins, default=now), moment(end) if end else max(ends, default=now)
    )


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
