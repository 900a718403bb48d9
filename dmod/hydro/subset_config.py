"""The part of a config: a realization with the formulations of the part alone, and the files that its models read."""

from __future__ import annotations

import json
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError
from dmod.hydro import json_file
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dmod.hydro.subset import Part


def cut(folder: Path, target: Path, part: Part) -> None:
    """Write what of a config belongs to the part: realizations cut, files of other catchments left out.

    A file that is named for another catchment stays if a formulation of the part reads it. Raises UnmetError for a
    realization that serves none of the catchments, UsageError for one that is not JSON.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    documents = {path: json_file.read(path) for path in paths if path.suffix.lower() == ".json"}
    cuts = {path: cut_realization(document, part, path) for path, document in documents.items()}
    read = {name for document in cuts.values() for name in _files(document)}
    for path in paths:
        name = path.relative_to(folder)
        if not part.has_file(name.as_posix()) and path.name not in read:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if path in cuts and cuts[path] != documents[path]:
            text = json.dumps(cuts[path], indent=2, ensure_ascii=False)
            (target / name).write_text(text + "\n", encoding="utf-8")
        else:
            shutil.copyfile(path, target / name)


def cut_realization(document: Any, part: Part, where: Path) -> Any:  # noqa: ANN401 - JSON
    """A realization without the formulations of other catchments; any other document as it is. Raises UnmetError."""
    if not isinstance(document, dict) or "time" not in document:
        return document
    own = document.get("catchments")
    if not isinstance(own, dict):
        return document
    left = {name: scope for name, scope in own.items() if name in part.ids}
    glob = document.get("global")
    if not left and not (isinstance(glob, dict) and glob.get("formulations")):
        raise UnmetError(
            f"{where} has no formulation for any of the {len(part.catchments):,} catchments",
            why=f"it has {some(own)} and none under global; the part has {some(part.catchments)}",
            fix="dmod dataset list --category config, and --with another",
        )
    return {**document, "catchments": left}


def _files(document: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """The names of the files that a document speaks of; those with {{id}} are named for their catchment anyway."""
    if isinstance(document, dict):
        for value in document.values():
            yield from _files(value)
    elif isinstance(document, list):
        for value in document:
            yield from _files(value)
    elif isinstance(document, str) and "." in document:
        yield PurePosixPath(document).name
