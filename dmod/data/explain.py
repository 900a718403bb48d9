"""Explain: what is missing for a job, in words: needed against have, and the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import ANY, Block, Features
from dmod.data.domain import counted
from dmod.errors import UnmetError
from dmod.hydro import period
from dmod.hydro.ids import natural, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.domain import Domain
    from dmod.data.match import Gap

_MOST = 3  # things missing that are spelled out


def unmet(gaps: Sequence[Gap], job: str) -> UnmetError:
    """The error for a job that lacks data: one gap in full, several in a phrase each."""
    if len(gaps) == 1:
        gap = gaps[0]
        return UnmetError(_headline(gap, f'job "{job}"') + _count(gap), why=why(gap), fix=fix(gap))
    roles = ", ".join(gap.requirement.role for gap in gaps)
    whys = "; ".join(f"{message(gap)}: {why(gap)}" for gap in gaps)
    return UnmetError(f'job "{job}" lacks {len(gaps)} of its data: {roles}', why=whys, fix=fix(gaps[0]))


def message(gap: Gap) -> str:
    """Which requirement, and what is the matter, in one phrase."""
    return _headline(gap, "the job")


def why(gap: Gap) -> str:
    """Needed against have."""
    if gap.unfit:
        of = f"{gap.near[0].name}: " if gap.near and not gap.lost and not gap.requirement.names else ""
        return f"{of}{gap.unfit}"
    missing = missing_in(gap)
    more = f", and {len(missing) - _MOST:,} gaps more" if len(missing) > _MOST else ""
    return f"needed {needed(gap)}; have {have(gap)}: {', '.join(missing[:_MOST])}{more}"


def fix(gap: Gap) -> str:
    """The command that would mend it."""
    requirement = gap.requirement
    create = f"dmod dataset create {gap.lost or 'NAME'} --category {requirement.category} --from PATH"
    if gap.lost:
        return f'name "{gap.near[0].name}", or: {create}' if gap.near else create
    if gap.near and gap.missing and not gap.unfit:
        return f"dmod dataset add {gap.near[0].name} PATH, with what is missing"
    if gap.near:
        return f"dmod dataset list --category {requirement.category}, and name another {requirement.role}"
    return create


def needed(gap: Gap) -> str:
    """What is needed: `2015-12-01..2016-01-31 for 143 catchments`."""
    requirement = gap.requirement
    said = []
    if requirement.time is not None:
        said.append(requirement.time.text(requirement.step))
    if requirement.catchments is not None:
        said.append(f"{'for ' if said else ''}{_many(requirement.catchments)}")
    if not said and requirement.variables:
        said.append(", ".join(map(_variable, requirement.variables)))
    return " ".join(said)


def have(gap: Gap) -> str:
    """What the closest datasets have of it."""
    if not gap.near:
        return "nothing"
    times = [each.domain.time for each in gap.near if each.domain.time is not None]
    step = gap.near[0].domain.step
    said = []
    if gap.requirement.time is not None:
        joined = period.union(times, (), step or 1)
        said.append(" and ".join(each.text(step) for each in joined[:_MOST]) or "no period")
    if gap.requirement.catchments is not None and not said:
        said.append(_many({name for each in gap.near for name in each.domain.features or ()}))
    if not said:
        said.append(", ".join(sorted({name for each in gap.near for name in each.domain.variables})) or "no variables")
    return " ".join(said)


def missing_in(gap: Gap) -> list[str]:
    """What is missing, a phrase each: whole features, whole variables, then periods of features."""
    domains = [each.domain for each in gap.near]
    step = gap.requirement.step or next((each.step for each in domains if each.step), None)
    return phrases(gap.missing, gap.requirement.need(), domains, step)


def phrases(missing: Sequence[Block], need: Sequence[Block], domains: Sequence[Domain], step: int | None) -> list[str]:
    """Parts of a need, a phrase each: `cat-2391 missing`, `2016-01-01..2016-01-31 missing for 142 catchments`.

    A phrase names of variables, period and features what tells the part from the whole need, or what none of the
    domains has at all.
    """
    times, names = {each.time for each in need}, {each.variables for each in need}
    everyone = {each.features for each in need}
    whole_time_first = sorted(missing, key=lambda each: (each.time not in times, str(each.time)))
    said = []
    for each in whole_time_first:
        parts = [" and ".join(map(_variable, sorted(each.variables)))] if _telling(each, names, domains) else []
        parts += [each.time.text(step)] if each.time is not None and each.time not in times else []
        parts += [_who(each.features)] if each.features not in everyone or not parts else []
        said.append(f"{parts[0]} missing" + (f" for {' '.join(parts[1:])}" if parts[1:] else ""))
    return said


def _telling(each: Block, names: set[frozenset[str]], domains: Sequence[Domain]) -> bool:
    """Whether the variables of a missing part say what is the matter."""
    if each.variables not in names:
        return True
    had = {name for domain in domains for name in domain.variables}
    return bool(each.variables and domains) and all(had.isdisjoint(name.split("|")) for name in each.variables)


def _who(features: Features) -> str:
    if features == ANY:
        return "all of it"
    if features.inverted:
        return "all catchments"
    return _many(features.names)


def _many(names: Sequence[str] | set[str] | frozenset[str]) -> str:
    """The few there are, or how many and the first: `143 catchments (cat-1, cat-2, cat-3 and 140 more)`."""
    if not names:
        return "no catchments"
    if len(names) <= _MOST:
        return some(natural(names))
    return f"{counted(names)}" if len(names) > 100_000 else f"{counted(names)} ({some(natural(names), 2)})"


def _variable(name: str) -> str:
    first, *others = name.split("|")
    return f"{first} (or {', '.join(others)})" if others else first


def _headline(gap: Gap, who: str) -> str:
    """What is the matter, of whom."""
    requirement = gap.requirement
    if gap.lost:
        return f"no {requirement.role} for {who}"
    compared = gap.near and gap.missing and not gap.unfit
    if not requirement.names:
        close = f': dataset "{gap.near[0].name}" comes closest' if compared else ""
        return f"no {requirement.role} for {who}{close}"
    names = ", ".join(f'"{each.name}"' for each in gap.near) or f'"{requirement.names[0]}"'
    many = len(gap.near) > 1
    verb = ("do" if many else "does") + (" not cover" if gap.missing else " not fit")
    return f"dataset{'s' if many else ''} {names} {verb} {who}"


def _count(gap: Gap) -> str:
    count = len(gap.missing)
    return f" ({count} gap{'s' if count > 1 else ''})" if count and not gap.unfit else ""
