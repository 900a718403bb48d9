"""Detection: which format files have, by their names and first bytes, and what they cover, by reading them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from dmod.data.domain import Domain
from dmod.data.format import FORMATS, Category, Format, parse
from dmod.errors import DmodError, UsageError
from dmod.hydro.ids import some
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.source import Entry


_LIKELY = {  # what files with these endings are mostly meant to be
    ".json": "realization-config",
    ".gpkg": "geopackage-hydrofabric",
    ".geojson": "geojson-hydrofabric",
    ".nc": "aorc-netcdf",
    ".csv": "aorc-csv",
}


class Detector(Protocol):
    """A module below `dmod.data.detectors`."""

    def looks(self, entries: Sequence[Entry]) -> bool:
        """Whether files have this format, as far as names and first bytes tell; cheap, and raises nothing."""
        ...

    def read(self, folder: Path) -> Domain:
        """The domain of the files in a folder. Raises UsageError and its kin where they are damaged."""
        ...


class Kind(NamedTuple):
    """What a dataset is going to be."""

    category: Category
    format: str


def detect(category: Category | str | None, folder: Path, format: str | None = None) -> Domain:  # noqa: A002
    """The domain of the files in a folder, whose format is found where it is not given. Raises UsageError."""
    from dmod.data.source import gather

    wanted = None if category is None else Category.parse(category)
    return read(choose(wanted, gather([folder]), format).format, folder)


def choose(
    category: Category | None,
    entries: Sequence[Entry],
    format: str | None = None,  # noqa: A002 - the word of the domain
    *,
    job: int | None = None,
) -> Kind:
    """Category and format, found where they are not given.

    Raises UsageError naming the candidates where there are none or several, or where the two do not go together.
    """
    if format is not None:
        return _given(category, parse(format))
    fitting = [each for each in FORMATS.values() if each.detector and each.suits(category)]
    found = [each for each in fitting if _detector(each).looks(entries)]
    if len(found) == 1:
        return Kind(cast("Category", category or found[0].category), found[0].name)
    if not found and job is not None and category is not None:
        return Kind(category, "generic")
    raise _unclear(category, entries, found, fitting)


def read(format: str, folder: Path) -> Domain:  # noqa: A002 - as above
    """The domain of files of this format. Raises UsageError and its kin where they are not of it, or damaged."""
    known = parse(format)
    return _detector(known).read(folder) if known.detector else Domain(known.name)


def read_preview(format: str, folder: Path, entries: Sequence[Entry]) -> Domain:  # noqa: A002 - as above
    """As `read`, of a folder that shows the entries as they will be; errors name the files as they were given."""
    try:
        return read(format, folder)
    except DmodError as error:
        said = [_as_given(text, folder, entries) for text in (error.message, error.why, error.fix)]
        raise type(error)(said[0], why=said[1], fix=said[2]) from error


def _as_given(text: str, folder: Path, entries: Sequence[Entry]) -> str:
    if str(folder) not in text:
        return text
    for entry in entries:
        text = text.replace(str(folder / entry.path), shown(entry.source))
    roots = {str(entry.source).removesuffix(entry.path) for entry in entries}
    return text.replace(str(folder), shown(Path(roots.pop())) if len(roots) == 1 else "what is given")


def _given(category: Category | None, chosen: Format) -> Kind:
    if not chosen.suits(category):
        raise UsageError(
            f'format "{chosen.name}" is of category {chosen.category}, not {category}',
            fix=f"--category {chosen.category}",
        )
    decided = category or chosen.category
    if decided is None:
        raise UsageError(
            f'files of format "{chosen.name}" may have any category', fix=f"--category {'|'.join(Category)}"
        )
    return Kind(decided, chosen.name)


def _detector(known: Format) -> Detector:
    return cast("Detector", importlib.import_module(f"dmod.data.detectors.{known.detector}"))


def _unclear(
    category: Category | None, entries: Sequence[Entry], found: Sequence[Format], fitting: Sequence[Format]
) -> UsageError:
    kind = f" {category}" if category else ""
    where = shown(entries[0].source) if len(entries) == 1 else f"{len(entries)} files ({some(e.path for e in entries)})"
    if found:
        names = " or ".join(each.name for each in found)
        several = category is None and len({each.category for each in found}) > 1
        choice = f"--category {found[0].category}" if several else f"--format {found[0].name}"
        fix = f"{choice}, or --from with the files of one dataset alone"
        return UsageError(f"the{kind} format of {where} is not clear: {names}", fix=fix)
    likely = {_LIKELY.get(Path(each.path).suffix.lower(), "") for each in entries} & {each.name for each in fitting}
    told = f"--format {min(likely)}, to be told what is wrong with it" if likely else ""
    known = "; ".join(f"{each.name}: {each.doc}" for each in fitting)
    if category is None:
        return UsageError(
            f"what {where} hold{'s' if len(entries) == 1 else ''} is not known",
            why="no format fits by names and first bytes",
            fix=told or "--category CATEGORY, or --category CATEGORY --format generic",
        )
    fix = told or "--format generic, if no job needs its coverage"
    return UsageError(f"no{kind} format fits {where}", why=known, fix=fix)
