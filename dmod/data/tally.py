"""Tally: how much of a need each dataset has, counted for all of them at once.

Features that stand in the same blocks are counted as one group, and periods are cut where blocks begin and end: the
cost grows with features plus blocks, however many datasets complete each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.data.blocks import ANY, Block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmod.data.domain import Domain

Cells = Counter[int]  # which domains have it, as bits -> how much it is: features x stamps x variables
_Spans = Iterable[tuple[int, int, int]]  # first second, second after the last, place of the domain


@dataclass(frozen=True, slots=True)
class _Own:
    """A block of a domain."""

    place: int  # of the domain
    block: Block
    step: int  # seconds


def tally(need: Sequence[Block], domains: Sequence[Domain], step: int | None = None) -> Cells:
    """Every part of the need by the domains that have it; 0 is what none has, bit n what domain n has.

    It counts as `dmod.data.domain.open_in` subtracts: without `step` (seconds) a domain counts by its own. The need
    names its features, or says ANY.
    """
    cells: Cells = Counter()
    for each in need:
        own = [
            _Own(at, block, step or domain.step or 1)
            for at, domain in enumerate(domains)
            if step in (None, domain.step or step)
            for block in domain.blocks
        ]
        cells += _of_block(each, own, step)
    return cells


def _of_block(need: Block, own: Sequence[_Own], step: int | None) -> Cells:
    known: dict[tuple[int, ...], Cells] = {}
    cells: Cells = Counter()
    unit = min((each.step for each in own), default=step or 1)
    for members, count in _groups(need, own):
        for variable in need.variables or ("",):
            names = frozenset(variable.split("|"))
            fitting = tuple(at for at in members if not variable or not names.isdisjoint(own[at].block.variables))
            if fitting not in known:
                known[fitting] = _over_time(need, [own[at] for at in fitting], unit)
            for bits, stamps in known[fitting].items():
                cells[bits] += stamps * count
    return cells


def _groups(need: Block, own: Sequence[_Own]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Which blocks have the same features of the need, by their places, and how many features these are."""
    wanted = need.features.names
    if need.features == ANY:
        yield tuple(at for at, each in enumerate(own) if each.block.features), 1
        return
    common: list[int] = []  # blocks that have every one
    marks: dict[str, list[int]] = {}
    for at, each in enumerate(own):
        names = each.block.features.names
        found = wanted - names if each.block.features.inverted else wanted & names
        if len(found) == len(wanted):
            common.append(at)
            continue
        for name in found:
            marks.setdefault(name, []).append(at)
    groups = Counter(map(tuple, marks.values()))
    groups[()] = len(wanted) - len(marks)
    for members, count in groups.items():
        if count:
            yield (*common, *members), count


def _over_time(need: Block, own: Sequence[_Own], unit: int) -> Cells:
    """Which domains have a feature and variable of the need at how many stamps."""
    if need.time is None:
        bits = 0
        for each in own:
            bits |= 1 << each.place
        return Counter({bits: 1})
    start = int(need.time.begin.timestamp())
    stop = start + need.time.steps(unit) * unit
    return _swept(start, stop, unit, _spans(start, own))


def _spans(start: int, own: Sequence[_Own]) -> _Spans:
    """The periods of blocks whose stamps are those of the need."""
    for each in own:
        if each.block.time is not None:
            first = int(each.block.time.begin.timestamp())
            if (first - start) % each.step == 0:
                yield first, first + each.block.time.steps(each.step) * each.step, each.place


def _swept(start: int, stop: int, step: int, spans: _Spans) -> Cells:
    """The stamps from start to stop, by the domains whose spans hold them."""
    changes: dict[int, list[tuple[int, int]]] = {}
    for first, after, place in spans:
        if first < stop and after > start:
            changes.setdefault(max(first, start), []).append((place, 1))
            changes.setdefault(min(after, stop), []).append((place, -1))
    cells: Cells = Counter()
    depth: Counter[int] = Counter()
    at, bits = start, 0
    for moment in sorted(changes):
        cells[bits] += (moment - at) // step
        for place, change in changes[moment]:
            depth[place] += change
            bits = bits | 1 << place if depth[place] else bits & ~(1 << place)
        at = moment
    cells[bits] += (stop - at) // step
    return +cells
