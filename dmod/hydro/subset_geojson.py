"""The part of a hydrofabric in GeoJSON: each file cut to the same features, and what stays, stays as it was."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from dmod.hydro import json_file
from dmod.hydro.geojson import IDS
from dmod.hydro.ids import DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmod.hydro.subset import Part

OF = ("realized_catchment", "divide_id", "nex_id")  # properties that say whose a feature is, where its id does not


def cut(folder: Path, target: Path, part: Part, *, without: Path | None = None) -> None:
    """Write the part of every file of a folder (but one): collections, edge lists, crosswalks; others as they are.

    Files named for other catchments are left out. Raises UsageError for a file that is not JSON.
    """
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if path == without or not part.has_file(name.as_posix()):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        document = json_file.read(path) if path.suffix.lower() in (".geojson", ".json") else None
        smaller = cut_document(document, part)
        if smaller == document:
            shutil.copyfile(path, target / name)
        else:
            (target / name).write_text(json.dumps(smaller, ensure_ascii=False) + "\n", encoding="utf-8")


def cut_document(document: Any, part: Part) -> Any:  # noqa: ANN401 - JSON
    """The part of one file; what is neither features, edges nor a mapping by feature is given back as it is."""
    if isinstance(document, dict) and isinstance(document.get("features"), list):
        return {**document, "features": [each for each in document["features"] if belongs(each, part)]}
    if isinstance(document, list) and all(isinstance(each, dict) and "id" in each for each in document):
        return [each for each in document if belongs(each, part)]
    if isinstance(document, dict) and document and all(_is_id(key) for key in document):
        return {key: value for key, value in document.items() if key in part.ids}
    if isinstance(document, dict) and document and all(_is_id(value) for value in document.values()):
        return {key: value for key, value in document.items() if value in part.ids}  # gauge -> feature
    return document


def belongs(feature: Mapping[str, Any], part: Part) -> bool:
    """Whether a feature is one of the part, by its own id or, without one, by those among its properties."""
    properties = feature.get("properties")
    said = properties if isinstance(properties, dict) else {}
    for name in (feature.get("id"), *(said.get(key) for key in (*IDS, *OF))):
        if isinstance(name, str) and name:
            return name in part.ids
    return False


def _is_id(text: object) -> bool:
    """Whether it is a word, a hyphen and a number, as cat-12."""
    return isinstance(text, str) and "-" in text and bool(DIGITS.fullmatch(text.rpartition("-")[2]))
