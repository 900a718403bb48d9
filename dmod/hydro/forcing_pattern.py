"""Which files of a folder a `file_pattern` chooses, at a cost that is linear in the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import DmodError, UsageError
from dmod.hydro.csv_file import catchment_of
from dmod.hydro.realization import ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_IDS = re.compile(r"[A-Za-z]+-\d+")


class Names:
    """The names of the files of a folder, by the ids that stand in them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.all = sorted(names)
        self._by_id: dict[str, list[str]] = {}
        for name in self.all:
            for found in {id_[:end] for id_ in _IDS.findall(name) for end in range(id_.index("-") + 2, len(id_) + 1)}:
                self._by_id.setdefault(found, []).append(name)

    @classmethod
    def of(cls, folder: Path) -> Names:
        """Those of a folder's files."""
        return cls(path.name for path in folder.iterdir() if path.is_file())

    def fitting(self, pattern: str, catchment: str) -> list[str]:
        """The names that ngen would take for a catchment, any of them. Raises re.error."""
        wanted = re.compile(pattern.replace(ID, catchment, 1))
        among: Sequence[str] = self.all
        if ID in pattern and _IDS.fullmatch(catchment):
            among = self._by_id.get(catchment, ())  # no other name can fit
        return [name for name in among if wanted.fullmatch(name)]

    def exact(self, pattern: str, catchment: str, where: str) -> str | None:
        """The one name for a catchment: `cat-1` is not meant by `cat-11.csv`, though the pattern fits it.

        None where there is none. Raises UsageError, with `where` the pattern stands, for several and a bad pattern.
        """
        try:
            found = self.fitting(pattern, catchment)
        except re.error as error:
            raise UsageError(f'{where}: "{pattern}" is not a regular expression: {error}') from error
        if len(found) > 1:
            found = [name for name in found if _named_for(name) == catchment] or found
        if len(found) > 1:
            raise UsageError(
                f"{where}: {len(found)} files fit {catchment}: {', '.join(found[:3])}",
                why="ngen takes whichever the disk lists first",
                fix=f'say more in "file_pattern", as ".*{ID}_2015.*.csv"',
            )
        return found[0] if found else None


def _named_for(name: str) -> str:
    try:
        return catchment_of(Path(name))
    except DmodError:
        return ""
