"""Match: which datasets fulfil which requirements of a job, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from dmod.data.blocks import Block
from dmod.data.dataset import Dataset
from dmod.data.domain import open_in
from dmod.data.requirement import Requirement
from dmod.data.tally import tally

if TYPE_CHECKING:
    from dmod.errors import UnmetError

_TRIES = 5_000  # combinations of datasets of one size that are tried


@dataclass(frozen=True, slots=True)
class Gap:
    """A requirement that is not fulfilled, and how near the datasets come."""

    requirement: Requirement
    near: tuple[Dataset, ...]  # what comes closest: those named, or the one of its category with least missing
    missing: tuple[Block, ...]  # of the requirement, beside them
    unfit: str = ""  # why none was taken though nothing is missing, or nothing could be compared
    lost: str = ""  # a name of the requirement that no dataset has

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
    newest = sorted(datasets, key=lambda dataset: (dataset.created, dataset.name), reverse=True)
    fitting = [dataset for dataset in newest if not unfit(requirement, dataset)]
    cells = tally(requirement.need(), [dataset.domain for dataset in fitting], requirement.step)
    if fitting and 0 not in cells:
        return tuple(fitting[at] for at in fewest(cells, len(fitting)))
    return _closest(requirement, fitting, cells, newest)


def _named(requirement: Requirement, known: Mapping[str, Dataset]) -> tuple[Dataset, ...] | Gap:
    lost = [name for name in requirement.names if name not in known]
    named = tuple(known[name] for name in requirement.names if name in known)
    if lost:
        from dmod.nearest import nearest

        same = [each for each in known.values() if each.category == requirement.category]
        near = nearest(lost[0], [each.name for each in same] or known)
        why = f'there is no dataset "{lost[0]}"' + (f'; is it "{near}"?' if near else "")
        return Gap(requirement, (known[near],) if near else (), (), why, lost[0])
    for dataset in named:
        if why := unfit(requirement, dataset):
            return Gap(requirement, (dataset,), (), why)
    domains = [dataset.domain for dataset in named]
    if 0 not in tally(requirement.need(), domains, requirement.step):
        return named
    return Gap(requirement, named, open_in(requirement.need(), domains, requirement.step))


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


def fewest(cells: Collection[int], count: int) -> tuple[int, ...]:
    """The fewest of the places below `count` with a bit in every cell; of several such sets the one first in order.

    Of very many places those that are not forced are taken by what adds most: few, if not always the fewest.
    """
    one = next((at for at in range(count) if all(cell >> at & 1 for cell in cells)), None)
    if one is not None:
        return (one,)
    forced = sum({cell for cell in cells if cell.bit_count() == 1})
    left = {cell for cell in cells if not cell & forced}
    places = [at for at in range(count) if forced >> at & 1]
    return tuple(sorted([*places, *_added(left, count)]))


def _added(left: set[int], count: int) -> tuple[int, ...]:
    useful = [at for at in range(count) if any(cell >> at & 1 for cell in left)]
    for size in range(len(useful) + 1):
        if comb(len(useful), size) > _TRIES:
            break
        for places in combinations(useful, size):
            taken = sum(1 << at for at in places)
            if all(cell & taken for cell in left):
                return places
    found: list[int] = []
    while left:
        counts = [(sum(cell >> at & 1 for cell in left), -at) for at in useful]
        best = -max(counts)[1]
        found.append(best)
        left = {cell for cell in left if not cell >> best & 1}
    return tuple(found)


def _closest(
    requirement: Requirement, fitting: Sequence[Dataset], cells: Mapping[int, int], newest: Sequence[Dataset]
) -> Gap:
    need = requirement.need()
    if fitting:
        have = [sum(amount for bits, amount in cells.items() if bits >> at & 1) for at in range(len(fitting))]
        near = fitting[have.index(max(have))]
        return Gap(requirement, (near,), open_in(need, (near.domain,), requirement.step))
    same = [dataset for dataset in newest if dataset.category == requirement.category]
    if same:
        return Gap(requirement, (same[0],), need, unfit(requirement, same[0]))
    return Gap(requirement, (), need, f"there is no {requirement.category} dataset")
