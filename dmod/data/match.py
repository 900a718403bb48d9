"""Match: which datasets fulfil which requirements of a job, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from dmod.data import blocks
from dmod.data.blocks import Block
from dmod.data.dataset import Dataset
from dmod.data.domain import open_in
from dmod.data.requirement import Requirement

if TYPE_CHECKING:
    from dmod.errors import UnmetError

_PAIRS = 3  # datasets of which every combination is tried; larger unions grow by what adds most


@dataclass(frozen=True, slots=True)
class Gap:
    """A requirement that is not fulfilled, and how near the datasets come."""

    requirement: Requirement
    near: tuple[Dataset, ...]  # what comes closest: those named, or the one of its category with least missing
    missing: tuple[Block, ...]  # of the requirement, beside them
    unfit: str = ""  # why none was taken though nothing is missing, or nothing could be compared

    @property
    def message(self) -> str:
        """One line: which requirement, and what is the matter."""
        from dmod.data import explain

        return explain.message(self)

    @property
    def why(self) -> str:
        """Needed against have: which features, which stamps, which variables."""
        from dmod.data import explain

        return explain.why(self)

    @property
    def fix(self) -> str:
        """The command that would mend it."""
        from dmod.data import explain

        return explain.fix(self)


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for the requirements of a job."""

    chosen: Mapping[str, tuple[Dataset, ...]]  # by role, of the requirements that are fulfilled
    gaps: tuple[Gap, ...]  # of the others, in their order

    def unmet(self, job: str) -> UnmetError:
        """The error that refuses a job of that name, with every gap."""
        from dmod.data import explain

        return explain.unmet(self.gaps, job)


def match(requirements: Sequence[Requirement], datasets: Sequence[Dataset]) -> Match:
    """Datasets for each requirement: those it names, or else the newest that fulfils it, or else few that do together.

    Every stamp, catchment and variable counts; a dataset of another step or format counts for nothing.
    """
    chosen: dict[str, tuple[Dataset, ...]] = {}
    gaps: list[Gap] = []
    for each in requirements:
        if each.every_of and each.every_of not in chosen:
            continue  # its own gap says enough
        found = _find(_resolved(each, chosen), datasets)
        if isinstance(found, Gap):
            gaps.append(found)
        else:
            chosen[each.role] = found
    return Match(chosen, tuple(gaps))


def _resolved(requirement: Requirement, chosen: Mapping[str, tuple[Dataset, ...]]) -> Requirement:
    """The requirement with the catchments that "every one of" stands for."""
    if not requirement.every_of:
        return requirement
    names: set[str] = set()
    for dataset in chosen[requirement.every_of]:
        names.update(dataset.domain.catchments or ())
    return replace(requirement, catchments=tuple(names), every_of="")


def _find(requirement: Requirement, datasets: Sequence[Dataset]) -> tuple[Dataset, ...] | Gap:
    if requirement.names:
        return _named(requirement, {dataset.name: dataset for dataset in datasets})
    fitting = [dataset for dataset in datasets if not unfit(requirement, dataset)]
    need = requirement.need()
    left = {dataset.name: open_in(need, (dataset.domain,), requirement.step) for dataset in fitting}
    whole = [dataset for dataset in fitting if not left[dataset.name]]
    if whole:
        return (max(whole, key=lambda dataset: (dataset.created, dataset.name)),)
    useful = [dataset for dataset in fitting if left[dataset.name] != blocks.union(need, (), requirement.step or 1)]
    if union := _together(requirement, need, useful):
        return union
    return _closest(requirement, need, fitting, left, datasets)


def _named(requirement: Requirement, known: Mapping[str, Dataset]) -> tuple[Dataset, ...] | Gap:
    lost = [name for name in requirement.names if name not in known]
    named = tuple(known[name] for name in requirement.names if name in known)
    if lost:
        from dmod.nearest import nearest

        near = nearest(lost[0], known)
        return Gap(requirement, named, (), f'there is no dataset "{lost[0]}"' + (f'; is it "{near}"?' if near else ""))
    for dataset in named:
        if why := unfit(requirement, dataset):
            return Gap(requirement, (dataset,), (), why)
    left = open_in(requirement.need(), [dataset.domain for dataset in named], requirement.step)
    return Gap(requirement, named, left) if left else named


def unfit(requirement: Requirement, dataset: Dataset) -> str:
    """Why the dataset counts for nothing, whatever it covers; "" where it counts."""
    domain = dataset.domain
    if dataset.category != requirement.category:
        return f"it is of category {dataset.category}, and {requirement.role} is {requirement.category}"
    if requirement.formats and domain.format not in requirement.formats:
        return f"its format is {domain.format}, and needed is {' or '.join(requirement.formats)}"
    if requirement.step and domain.step and domain.step != requirement.step:
        return f"its step is {domain.step} s, and needed are {requirement.step} s"
    for key, value in requirement.details.items():
        if domain.details.get(key) != value:
            return f"its {key} is {_short(domain.details.get(key))}, and needed is {_short(value)}"
    return ""


def _short(value: object) -> str:
    text = "unknown" if value is None else str(value)
    return text if len(text) <= 16 else f"{text[:12]}..."


def _together(requirement: Requirement, need: tuple[Block, ...], useful: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """The fewest datasets that cover the need together; () if all of them do not. Newer ones go first."""
    ordered = sorted(useful, key=lambda dataset: (dataset.created, dataset.name), reverse=True)
    cells = _cells(requirement, need, ordered)
    if not cells or 0 in cells:
        return ()
    for size in range(2, min(_PAIRS, len(ordered)) + 1):
        for places in combinations(range(len(ordered)), size):
            taken = sum(1 << at for at in places)
            if all(cell & taken for cell in cells):
                return tuple(ordered[at] for at in places)
    left, places_ = set(cells), []
    while left:
        best = max(range(len(ordered)), key=lambda at: sum(cell >> at & 1 for cell in left))
        places_.append(best)
        left = {cell for cell in left if not cell >> best & 1}
    return tuple(ordered[at] for at in sorted(places_))


def _cells(requirement: Requirement, need: tuple[Block, ...], datasets: Sequence[Dataset]) -> set[int]:
    """Which datasets have each part of the need, as bits: a part that none has is 0."""
    parts = {0: need}
    for at, dataset in enumerate(datasets):
        split: dict[int, tuple[Block, ...]] = {}
        for bits, part in parts.items():
            outside = open_in(part, (dataset.domain,), requirement.step)
            inside = blocks.subtract(part, outside, requirement.step or dataset.domain.step or 1)
            split |= {key: piece for key, piece in ((bits, outside), (bits | 1 << at, inside)) if piece}
        parts = split
    return set(parts)


def _closest(
    requirement: Requirement,
    need: tuple[Block, ...],
    fitting: Sequence[Dataset],
    left: Mapping[str, tuple[Block, ...]],
    datasets: Sequence[Dataset],
) -> Gap:
    if fitting:
        step = requirement.step or 1
        near = min(fitting, key=lambda dataset: (weight(left[dataset.name], step), -dataset.created.timestamp()))
        return Gap(requirement, (near,), left[near.name])
    same = [dataset for dataset in datasets if dataset.category == requirement.category]
    if same:
        near = max(same, key=lambda dataset: (dataset.created, dataset.name))
        return Gap(requirement, (near,), need, unfit(requirement, near))
    return Gap(requirement, (), need, f"there is no {requirement.category} dataset")


def weight(parts: Sequence[Block], step: int) -> int:
    """How much is missing: features x stamps x variables."""
    return sum(
        len(part.features.names) * (part.time.steps(step) if part.time else 1) * max(len(part.variables), 1)
        for part in parts
    )
