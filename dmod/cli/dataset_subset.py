"""`dmod dataset subset`: a part of a hydrofabric as a dataset of its own, with its forcing and config."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dmod.cli import dataset_show
from dmod.cli.output import say
from dmod.cli.settings import current
from dmod.data import subset
from dmod.data.domain import counted
from dmod.data.name import slug
from dmod.errors import UsageError
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.folder import FolderStore


class Asked(NamedTuple):
    """The options, as they were typed."""

    upstream_of: str | None
    catchments: Sequence[str]  # each one id, or several with commas
    new: str | None
    along: Sequence[str]  # datasets to cut alike, each one name, or several with commas


def run(store: FolderStore, name: str, asked: Asked) -> None:
    """Make the datasets and show them, the hydrofabric first."""
    catchments = _split(asked.catchments)
    if bool(asked.upstream_of) == bool(catchments):
        raise UsageError(
            "a part is said in one of two ways: --upstream-of NEXUS, or --catchments ID,...",
            fix=f"dmod dataset subset {name} --upstream-of nex-1",
        )
    along = [each for each in dict.fromkeys(_split(asked.along)) if each != name]
    part = subset.part_of(store, name, upstream_of=asked.upstream_of or "", catchments=catchments)
    wanted = names(name, along, asked.new, asked.upstream_of)
    if current().dry_run:
        say(f"would make {', '.join(new for _, new in wanted)} of {counted(part.catchments)}")
        return
    made = subset.create(store, wanted, part)
    for each in made:
        if each.lacking:
            say(f"warning: {each.dataset.name} has no forcing for {some(each.lacking)}")
    dataset_show.show_made([each.dataset for each in made])


def names(name: str, along: Sequence[str], new: str | None, upstream_of: str | None) -> list[tuple[str, str]]:
    """Each dataset and the name of its part: `fabric-nex-13`, `rain-nex-13`; with --as NEW it is NEW and `NEW-rain`."""
    if new is not None:
        return [(name, new), *((each, slug(f"{new}-{each}")) for each in along)]
    ending = upstream_of or "part"
    return [(each, slug(f"{each}-{ending}")) for each in (name, *along)]


def _split(words: Sequence[str]) -> list[str]:
    return [part.strip() for word in words for part in word.split(",") if part.strip()]
