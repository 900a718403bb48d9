"""Domain: what a dataset covers, and what of a need it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dmod.data import blocks
from dmod.data.blocks import ALL, ANY, Block, Features
from dmod.hydro import period
from dmod.hydro.ids import NEXUSES, natural
from dmod.hydro.period import TimeRange, stamp_text


@dataclass(frozen=True)
class Domain:
    """A format and what is covered: blocks of features x period x variables. Not slotted: what follows is cached."""

    format: str  # a name of FORMATS
    blocks: tuple[Block, ...] = ()  # none: nothing is known of its coverage
    step: int | None = None  # seconds between stamps; None where there are none
    details: Mapping[str, Any] = field(default_factory=dict)  # what else the format tells, as JSON has it

    @cached_property
    def _features(self) -> Features:
        found = blocks.NONE
        for each in self.blocks:
            found = found.union(each.features)
        return found

    @cached_property
    def features(self) -> tuple[str, ...] | None:
        """Catchments, nexuses and gauges in natural order; None: every catchment there may be."""
        return None if self._features.inverted else tuple(natural(self._features.names))

    @cached_property
    def catchments(self) -> tuple[str, ...] | None:
        """Catchments in natural order; None: every one there may be (a realization with a global formulation)."""
        if self.features is None:
            return None
        return () if self.gauges else tuple(name for name in self.features if not name.startswith(NEXUSES))

    @cached_property
    def nexuses(self) -> tuple[str, ...]:
        """Nexuses whose discharge it has, in natural order."""
        return tuple(name for name in self.features or () if name.startswith(NEXUSES))

    @cached_property
    def gauges(self) -> tuple[str, ...]:
        """Gauges, of observations and scores."""
        from dmod.data.format import FORMATS

        known = FORMATS.get(self.format)
        return self.features or () if known is not None and known.features == "gauges" else ()

    @cached_property
    def times(self) -> tuple[TimeRange, ...]:
        """The periods that some of it covers, joined where they touch."""
        return period.union((each.time for each in self.blocks if each.time is not None), (), self.step or 1)

    @property
    def time(self) -> TimeRange | None:
        """From the first to the last stamp of all; None where it has nothing to do with time."""
        return TimeRange(self.times[0].begin, max(each.end for each in self.times)) if self.times else None

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables, sorted."""
        return tuple(sorted({name for each in self.blocks for name in each.variables}))

    def covers(self, need: Iterable[Block]) -> bool:
        """Whether all of the need is there. See `open_in`."""
        return not open_in(need, (self,))

    def to_json(self) -> dict[str, Any]:
        """As `from_json` reads it."""
        return {
            "format": self.format,
            "step": self.step,
            "details": dict(self.details),
            "blocks": [block_json(each) for each in self.blocks],
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Domain:
        """From what `to_json` gave. Raises KeyError, TypeError, ValueError or UsageError where it is no domain."""
        step = table.get("step")
        found = tuple(_block(each) for each in table.get("blocks", ()))
        return cls(str(table["format"]), found, None if step is None else int(step), dict(table.get("details", {})))

    def record(self) -> dict[str, Any]:
        """For people and scripts: what `to_json` has, and its sum over all blocks."""
        time = self.time
        return {
            "format": self.format,
            "catchments": self.catchments,
            "nexuses": self.nexuses,
            "gauges": self.gauges,
            "time": None if time is None else time.to_json(),
            "step": self.step,
            "variables": self.variables,
            "details": dict(self.details),
            "blocks": [block_json(each) for each in self.blocks],
        }


def block_json(each: Block) -> dict[str, Any]:
    """A block as JSON: `features` is a list, or "all"."""
    return {
        "features": "all" if each.features == ALL else natural(each.features.names),
        "time": None if each.time is None else each.time.to_json(),
        "variables": sorted(each.variables),
    }


def _block(table: Mapping[str, Any]) -> Block:
    features, time = table["features"], table.get("time")
    if features != "all" and not isinstance(features, list):
        raise ValueError(f"features are a list of ids or all, not {features!r}")
    return blocks.block(
        None if features == "all" else features,
        None if time is None else TimeRange.from_json(time),
        table.get("variables", ()),
    )


def open_in(need: Iterable[Block], domains: Iterable[Domain], step: int | None = None) -> tuple[Block, ...]:
    """What of the need none of the domains has, exactly, by feature and stamp; together they may complete each other.

    A need without time or without variables asks for the features, or features and stamps, alone. A variable may name
    others that do as well: `precipitation|APCP_surface`. Domains of another step than `step` (None: any) do not count.
    """
    left = tuple(need)
    for domain in domains:
        if left and step in (None, domain.step or step):
            left = _less(left, domain, step or domain.step or 1)
    return left


def _less(need: tuple[Block, ...], domain: Domain, step: int) -> tuple[Block, ...]:
    """The need without what one domain has; each kind of need is held against what the domain has of that kind."""
    left: list[Block] = []
    for each in need:
        have = [_seen(own, each) for own in domain.blocks]
        left += blocks.subtract((each,), have, step)
    return tuple(left)


def _seen(own: Block, need: Block) -> Block:
    """A block as the need looks at it: without time or variables where it asks for none, variables by its names."""
    names = {name for name in need.variables if not own.variables.isdisjoint(name.split("|"))}
    variables = frozenset(names) if need.variables else frozenset()
    features = own.features if variables or not need.variables else blocks.NONE
    if need.features == ANY and features:
        features = ANY
    return replace(own, features=features, time=None if need.time is None else own.time, variables=variables)


def spoken(each: Features, most: int = 3) -> str:
    """Features for a message: how many and of which kind, and the first few: `143 catchments (cat-1, cat-2, ...)`."""
    from dmod.hydro.ids import some

    if each.inverted:
        return "all catchments" if not each.names else f"all catchments but {len(each.names):,}"
    return some(natural(each.names), most) if len(each.names) <= most else f"{counted(each.names)}"


def counted(names: Iterable[str]) -> str:
    """`143 catchments`, `1 nexus`, `2 gauges`: by what their ids say."""
    listed = list(names)
    one, many = next(
        (words for start, words in _KINDS if all(name.startswith(start) for name in listed)), ("feature", "features")
    )
    return f"{len(listed):,} {one if len(listed) == 1 else many}"


_KINDS: tuple[tuple[str | tuple[str, ...], tuple[str, str]], ...] = (
    ("cat-", ("catchment", "catchments")),
    (NEXUSES, ("nexus", "nexuses")),
    (tuple("0123456789"), ("gauge", "gauges")),
)

__all__ = ["Domain", "block_json", "counted", "open_in", "spoken", "stamp_text"]
