"""Requirement: what a job needs of one kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmod.data.blocks import ANY, Block, Features
from dmod.data.format import Category
from dmod.hydro.period import TimeRange


@dataclass(frozen=True, slots=True)
class Requirement:
    """A category, and what must be covered."""

    category: Category
    role: str  # what the job calls it: hydrofabric, forcing, realization, partition, observation, simulation
    names: tuple[str, ...] = ()  # datasets that the job names: these and no others; none: whatever fulfils it
    catchments: tuple[str, ...] | None = None  # every one of them (nexuses of an output, gauges of an observation too)
    every_of: str = ""  # a role before this one: every catchment of the datasets found for it
    time: TimeRange | None = None
    step: int | None = None  # seconds
    variables: tuple[str, ...] = ()  # each; `precipitation|APCP_surface` is met by either
    formats: tuple[str, ...] = ()  # one of them; none: any
    details: Mapping[str, Any] = field(default_factory=dict)  # what the domain must tell, as {"parts": 4}

    def need(self) -> tuple[Block, ...]:
        """What must be covered, as blocks; none where any data of the category will do."""
        if self.catchments is None and self.time is None and not self.variables:
            return ()
        features = ANY if self.catchments is None else Features(frozenset(self.catchments))
        return (Block(features, self.time, frozenset(self.variables)),)
