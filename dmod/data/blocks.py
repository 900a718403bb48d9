"""Blocks: what data cover, as products of features, a period and variables; and sets of them, exactly.

A set of blocks stands for the triples (feature, stamp, variable) in it. Features with the same coverage stay one
group: the cost grows with features plus blocks, never with features times stamps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dmod.hydro import period
from dmod.hydro.period import TimeRange

Times = tuple[TimeRange, ...]
Operation = Callable[[Times, Times, int], Times]
_ALWAYS = TimeRange.parse("1970-01-01", "1970-01-01")  # stands for "no time" while sets are worked out


@dataclass(frozen=True, slots=True)
class Features:
    """A set of catchments (or nexuses, or gauges): those named, or all but those named."""

    names: frozenset[str]
    inverted: bool = False

    def __contains__(self, name: str) -> bool:
        return (name in self.names) != self.inverted

    def __bool__(self) -> bool:
        return self.inverted or bool(self.names)

    def covers(self, other: Features) -> bool:
        """Whether it has every one of the other's."""
        if self.inverted:
            return self.names <= other.names if other.inverted else self.names.isdisjoint(other.names)
        return not other.inverted and other.names <= self.names

    def meets(self, other: Features) -> bool:
        """Whether they have one in common."""
        if self.inverted and other.inverted:
            return True
        if self.inverted or other.inverted:
            outer, inner = (self, other) if self.inverted else (other, self)
            return not inner.names <= outer.names
        return not self.names.isdisjoint(other.names)

    def union(self, other: Features) -> Features:
        """Those of either."""
        if self.inverted and other.inverted:
            return Features(self.names & other.names, inverted=True)
        if self.inverted or other.inverted:
            outer, inner = (self, other) if self.inverted else (other, self)
            return Features(outer.names - inner.names, inverted=True)
        return Features(self.names | other.names)


ALL = Features(frozenset(), inverted=True)
NONE = Features(frozenset())
ANY = Features(frozenset({""}))  # of a need that does not say which: any one will do


@dataclass(frozen=True, slots=True)
class Block:
    """Every one of the variables, for every one of the features, at every stamp of the period."""

    features: Features
    time: TimeRange | None = None  # None: it has nothing to do with time
    variables: frozenset[str] = frozenset()  # none: the features themselves, whatever is known of them

    def covers(self, other: Block, step: int) -> bool:
        """Whether this block alone has all of the other."""
        if other.time is None or self.time is None:
            in_time = other.time is self.time
        else:
            in_time = self.time.contains(other.time, step)
        in_variables = other.variables <= self.variables and bool(other.variables) == bool(self.variables)
        return in_time and in_variables and self.features.covers(other.features)

    def touches(self, other: Block) -> bool:
        """Whether the two may have something in common; without, they have nothing."""
        if (self.time is None) != (other.time is None) or bool(self.variables) != bool(other.variables):
            return False
        if self.time and other.time and (self.time.end < other.time.begin or other.time.end < self.time.begin):
            return False
        apart = self.variables and self.variables.isdisjoint(other.variables)
        return not apart and self.features.meets(other.features)


def block(features: Iterable[str] | None, time: TimeRange | None = None, variables: Iterable[str] = ()) -> Block:
    """A block of these features; None is all there are."""
    return Block(ALL if features is None else Features(frozenset(features)), time, frozenset(variables))


def union(first: Sequence[Block], second: Sequence[Block], step: int) -> tuple[Block, ...]:
    """What either has, in the one form that this set has."""
    return _combine(first, second, period.union, step)


def intersect(first: Sequence[Block], second: Sequence[Block], step: int) -> tuple[Block, ...]:
    """What both have."""
    return _combine(first, second, period.intersect, step)


def subtract(first: Sequence[Block], second: Sequence[Block], step: int) -> tuple[Block, ...]:
    """What the first have and the second have not.

    Whole blocks are tried first: that one covers another, or that two have nothing in common, is told at once.
    """
    open_ = [each for each in first if not any(other.covers(each, step) for other in second[:_FEW])]
    touching = [other for other in second if any(other.touches(each) for each in open_)]
    if len(open_) == 1 and not touching:
        return tuple(open_)
    return _combine(open_, touching, period.subtract, step) if open_ else ()


_FEW = 64  # blocks up to which groups of features are found by splitting whole sets


def _combine(first: Sequence[Block], second: Sequence[Block], operation: Operation, step: int) -> tuple[Block, ...]:
    pieces: dict[tuple[TimeRange | None, frozenset[str]], Features] = {}
    for features, members in _parts((*first, *second)):
        left = _lines([first[at] for at in members if at < len(first)], step)
        right = _lines([second[at - len(first)] for at in members if at >= len(first)], step)
        by_time: dict[tuple[TimeRange | None, bool], set[str]] = {}
        for name, timed in left.keys() | right.keys():
            for time in operation(left.get((name, timed), ()), right.get((name, timed), ()), step):
                by_time.setdefault((time if timed else None, bool(name)), set()).add(name)
        for (when, _), names in by_time.items():
            key = (when, frozenset(names - {""}))
            pieces[key] = pieces.get(key, NONE).union(features)
    found = [Block(features, when, names) for (when, names), features in pieces.items()]
    return tuple(sorted(found, key=_order) if len(found) > 1 else found)


def _parts(blocks: Sequence[Block]) -> list[tuple[Features, tuple[int, ...]]]:
    """Groups of features that stand in the same blocks, with the places of those blocks."""
    open_ = [at for at, each in enumerate(blocks) if each.features.inverted]
    groups: Mapping[tuple[int, ...], Iterable[str]] = _split(blocks) if len(blocks) <= _FEW else _marked(blocks)
    parts: dict[tuple[int, ...], set[str]] = {}
    for members, names in groups.items():  # an inverted block names those it does not have
        meant = tuple(sorted(set(members) ^ set(open_))) if open_ else members
        parts.setdefault(meant, set()).update(names)
    named = {members: Features(frozenset(names)) for members, names in parts.items() if members}
    if open_:
        rest = tuple(open_)
        named_ = {name for names in groups.values() for name in names}
        named[rest] = Features(frozenset(named_ - parts.get(rest, set())), inverted=True)
    return [(features, members) for members, features in named.items()]


def _split(blocks: Sequence[Block]) -> dict[tuple[int, ...], frozenset[str]]:
    """The names that stand in the same blocks, by splitting whole sets block by block: quick for few blocks."""
    groups: dict[tuple[int, ...], frozenset[str]] = {}
    for at, each in enumerate(blocks):
        names, split = each.features.names, dict[tuple[int, ...], frozenset[str]]()
        for members, part in groups.items():
            inside = part & names
            if inside:
                split[*members, at] = inside
                names -= inside
            if len(inside) < len(part):
                split[members] = part - inside
        if names:
            split[at,] = names
        groups = split
    return groups


def _marked(blocks: Sequence[Block]) -> dict[tuple[int, ...], list[str]]:
    """The same, name by name: the cost does not grow with the square of the blocks."""
    marks: dict[str, list[int]] = {}
    for at, each in enumerate(blocks):
        for name in each.features.names:
            marks.setdefault(name, []).append(at)
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, marked in marks.items():
        groups.setdefault(tuple(marked), []).append(name)
    return groups


def _lines(blocks: Sequence[Block], step: int) -> dict[tuple[str, bool], Times]:
    """The periods of each variable, "" where a block has none; False marks what has no time."""
    found: dict[tuple[str, bool], list[TimeRange]] = {}
    for each in blocks:
        for name in each.variables or ("",):
            found.setdefault((name, each.time is not None), []).append(each.time or _ALWAYS)
    return {key: period.union(times, (), step) for key, times in found.items()}


def _order(each: Block) -> tuple[object, ...]:
    """Blocks of one set with equal time and variables share no name, so the least name tells them apart."""
    least = min(each.features.names, default="")
    return each.time or _ALWAYS, each.time is not None, sorted(each.variables), each.features.inverted, least
