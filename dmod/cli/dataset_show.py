"""Datasets as people and programs see them: a row of a list, a page of facts, one line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from dmod.cli.output import Column, paint, relative_time, show_list, write
from dmod.cli.settings import current
from dmod.cli.terminal import is_terminal, width
from dmod.data.stores import Where
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.domain import Domain

COLUMNS = (
    Column("name", "NAME"),
    Column("category", "CATEGORY", optional=1),
    Column("format", "FORMAT", optional=2),
    Column("covers", "COVERS"),
    Column("period", "PERIOD"),
    Column("step", "STEP", optional=4, right=True, show=lambda step: format_duration(step) if step else ""),
    Column("size", "SIZE", right=True, show=format_memory),
    Column("created", "CREATED", optional=3, show=relative_time),
    Column("store", "STORE", optional=5),
)
_FILES = 12  # listed on a page
_FEW = 6  # ids that are spelled out


def row(dataset: Dataset, where: str) -> dict[str, Any]:
    """A row of a list, and what -o json has of each."""
    domain = dataset.domain
    return {
        "name": dataset.name,
        "category": str(dataset.category),
        "format": domain.format,
        "covers": covers(domain),
        "period": "" if domain.time is None else domain.time.text(domain.step),
        "step": domain.step,
        "time": None if domain.time is None else domain.time.to_json(),
        "catchments": None if domain.catchments is None else len(domain.catchments),
        "variables": domain.variables,
        "files": len(dataset.files),
        "size": dataset.size,
        "created": dataset.created,
        "description": dataset.description,
        "derived_from": dataset.derived_from,
        "job": dataset.job,
        "store": where,
    }


def covers(domain: Domain) -> str:
    """`143 catchments`, `2 gauges`, `any catchment`; "" where nothing is known."""
    if domain.catchments is None:
        return "any catchment"
    kinds = ((domain.catchments, "catchment"), (domain.nexuses, "nexus"), (domain.gauges, "gauge"))
    return ", ".join(_count(len(names), noun) for names, noun in kinds if names)


def period(domain: Domain) -> str:
    """`2015-12-01..2015-12-31`; `, with gaps` where nothing covers a part of it."""
    if domain.time is None:
        return ""
    return domain.time.text(domain.step) + (", with gaps" if len(domain.times) > 1 else "")


def line(dataset: Dataset) -> str:
    """One line: what it is and covers."""
    domain = dataset.domain
    time = "" if domain.time is None else domain.time.text(domain.step)
    if time and domain.step:
        time += f" every {format_duration(domain.step)}" + (" with gaps" if len(domain.times) > 1 else "")
    size = f"{format_memory(dataset.size)} in {_count(len(dataset.files), 'file')}"
    said = [part for part in (domain.format, covers(domain), time, size) if part]
    return f"{dataset.name}: {', '.join(said)}"


def show_made(made: Sequence[Dataset]) -> None:
    """Print what was made in the folder: a line each, or a list for programs."""
    if current().output in ("table", "wide"):
        for each in made:
            write(line(each))
    elif made:
        show_list([row(each, Where.FOLDER) for each in made], COLUMNS)


def page(dataset: Dataset, where: str, *, wide: bool) -> list[str]:
    """Everything about a dataset; files in full when it may be wide."""
    pairs = [(key, text) for key, text in _facts(dataset, where) if text]
    longest = max(len(key) for key, _ in pairs)
    room = width() - longest - 2 if is_terminal() else 0
    lines = []
    for key, text in pairs:
        first, *others = textwrap.wrap(text, room, break_on_hyphens=False) if room > 0 else [text]
        lines.append(f"{paint(f'{key:<{longest}}', 'dim')}  {first}")
        lines += [f"{'':<{longest}}  {other}" for other in others]
    listed = dataset.files if wide else dataset.files[:_FILES]
    most = max((len(format_memory(file.size)) for file in listed), default=0)
    lines += ["", paint("files", "dim")]
    lines += [f"  {format_memory(file.size):>{most}}  {file.path}" for file in listed]
    if len(listed) < len(dataset.files):
        lines.append(f"  and {len(dataset.files) - len(listed):,} more (-o wide)")
    return lines


def _facts(dataset: Dataset, where: str) -> Iterator[tuple[str, str]]:
    domain = dataset.domain
    yield "name", dataset.name
    yield "about", dataset.description
    yield "category", f"{dataset.category}, {domain.format}"
    if domain.catchments is None:
        yield "catchments", "any: a global formulation serves every one"
    yield "catchments", _ids(domain.catchments or ())
    yield "nexuses", _ids(domain.nexuses)
    yield "gauges", _ids(domain.gauges)
    if domain.time is not None:
        steps = sum(each.steps(domain.step or 1) for each in domain.times)
        every = f", every {format_duration(domain.step)}, {steps:,} steps" if domain.step else ""
        yield "period", f"{period(domain)}{every}"
    yield "variables", ", ".join(domain.variables)
    yield from ((key.replace("_", " "), _detail(value)) for key, value in domain.details.items() if key not in _SAID)
    yield "made from", ", ".join(dataset.derived_from)
    yield "made by", f"job {dataset.job}" if dataset.job is not None else ""
    yield (
        "size",
        f"{format_memory(dataset.size)} in {_count(len(dataset.files), 'file')}"
        + (", linked" if dataset.linked else ""),
    )
    yield "created", f"{dataset.created:%Y-%m-%d %H:%M} UTC ({relative_time(dataset.created)})"
    yield "store", where
    yield "digest", dataset.digest


_SAID = {"begin", "end", "step", "catchments", "units", "provenance"}  # details that are told otherwise


def _detail(value: object) -> str:
    """A detail in words: lists with commas, mappings as `key: value`; what is nested deeper by its variables."""
    if isinstance(value, dict):
        if set(value) == {"catchments", "variables"}:
            who = "" if value["catchments"] is None else f" for {_ids(value['catchments'])}"
            return ", ".join(str(name).split("|")[0] for name in value["variables"]) + who if value["variables"] else ""
        pairs = [f"{key}: {each}" for key, each in value.items()]
        return ", ".join(pairs[:_FEW]) + (f" and {len(pairs) - _FEW:,} more" if len(pairs) > _FEW else "")
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(_detail, value))) if any(isinstance(v, dict) for v in value) else _ids(value)
    return "" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def _ids(names: Sequence[object]) -> str:
    """`cat-27, cat-52, cat-67`; with many, how many and the first: `143: cat-1, cat-2, ...`."""
    few = ", ".join(map(str, names[:_FEW]))
    return few if len(names) <= _FEW else f"{len(names):,}: {few}, ..."


def _count(count: int, noun: str) -> str:
    many = noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {noun if count == 1 else many}"
