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

    from dmod.data.match import Gap

_MOST = 3  # things missing that are spelled out


def unmet(gaps: Sequence[Gap], job: str) -> UnmetError:
    """The error for a job that lacks data: one gap in full, several in a phrase each."""
    if len(gaps) == 1:
        gap = gaps[0]
        return UnmetError(f'{_subject(gap)} job "{job}"{_count(gap)}', why=why(gap), fix=fix(gap))
    roles = ", ".join(gap.requirement.role for gap in gaps)
    whys = "; ".join(f"{message(gap)}: {why(gap)}" for gap in gaps)
    return UnmetError(f'job "{job}" lacks {len(gaps)} of its data: {roles}', why=whys, fix=fix(gaps[0]))


def message(gap: Gap) -> str:
    """Which requirement, and what is the matter, in one phrase."""
    return f"{_subject(gap)} the {gap.requirement.role}"


def why(gap: Gap) -> str:
    """Needed against have."""
    if gap.unfit:
        return gap.unfit
    missing = missing_in(gap)
    more = f", and {len(missing) - _MOST:,} gaps more" if len(missing) > _MOST else ""
    return f"needed {needed(gap)}; have {have(gap)}: {', '.join(missing[:_MOST])}{more}"


def fix(gap: Gap) -> str:
    """The command that would mend it."""
    requirement = gap.requirement
    if gap.near and gap.missing and not gap.unfit:
        return f"dmod dataset add {gap.near[0].name} PATH, with what is missing"
    if gap.near and not requirement.names:
        return f"dmod dataset list --category {requirement.category}"
    if gap.unfit and requirement.names and gap.near:
        return f"dmod dataset list --category {requirement.category}, and name another {requirement.role}"
    name = requirement.names[0] if requirement.names else "NAME"
    return f"dmod dataset create {name} --category {requirement.category} --from PATH"


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
    return phrases(
        gap.missing, gap.requirement.need(), gap.requirement.step or (gap.near[0].domain.step if gap.near else None)
    )


def phrases(missing: Sequence[Block], need: Sequence[Block], step: int | None) -> list[str]:
    """Parts of a need, a phrase each: `cat-2391 missing`, `2016-01-01..2016-01-31 missing for 142 catchments`."""
    whole = {(each.time, each.variables) for each in need}
    everyone = {each.features for each in need}
    return [
        _phrase(each, step, everyone, timed=(each.time, each.variables) not in whole, need=need)
        for each in sorted(missing, key=lambda each: ((each.time, each.variables) not in whole, str(each.time)))
    ]


def _phrase(each: Block, step: int | None, everyone: set[Features], *, timed: bool, need: Sequence[Block]) -> str:
    variables = next((part.variables for part in need), frozenset())
    said = []
    if each.variables != variables:
        said.append(" and ".join(_variable(name) for name in sorted(each.variables)))
    if timed and each.time is not None and each.time not in {part.time for part in need}:
        said.append(each.time.text(step))
    if each.features not in everyone or not said:
        said.append(_who(each.features))
    head, *rest = said
    return f"{head} missing" + (f" for {' '.join(rest)}" if rest else "")


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


def _subject(gap: Gap) -> str:
    if gap.requirement.names or (gap.near and gap.missing and not gap.unfit):
        names = ", ".join(f'"{each.name}"' for each in gap.near) or f'"{gap.requirement.names[0]}"'
        many = len(gap.near) > 1
        verb = ("do not cover" if many else "does not cover") if gap.missing else "does not fit"
        return f"dataset{'s' if many else ''} {names} {verb}"
    return f"no {gap.requirement.role} for"


def _count(gap: Gap) -> str:
    count = len(gap.missing)
    return f" ({count} gap{'s' if count > 1 else ''})" if count and not gap.unfit else ""
