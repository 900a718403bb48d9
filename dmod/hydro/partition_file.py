"""ngen's partition file: JSON, one part a line."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError, UsageError
from dmod.hydro import json_file
from dmod.hydro.partition import Direction, Part, Remote

if TYPE_CHECKING:
    from collections.abc import Sequence

SENTINEL = "wb-TERMINAL_SENTINEL-"  # newer ngen adds such catchments, which are none


def write(parts: Sequence[Part], path: Path) -> None:
    """Write the parts; the file is replaced as a whole. Raises UnmetError where it cannot be written."""
    lines = ",\n".join(json.dumps(table(part)) for part in parts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(f'{{"partitions": [\n{lines}\n]}}\n')
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnmetError(f"{path} cannot be written: {error.strerror}") from error


def table(part: Part) -> dict[str, Any]:
    """One part in ngen's words."""
    return {
        "id": part.id,
        "cat-ids": list(part.catchments),
        "nex-ids": list(part.nexuses),
        "remote-connections": [
            {"mpi-rank": each.rank, "nex-id": each.nexus, "cat-id": each.catchment, "cat-direction": each.direction}
            for each in part.remote
        ],
    }


def read(path: Path) -> tuple[Part, ...]:
    """The parts in the file. Raises NotFoundError, or UsageError with line or JSON path."""
    document = json_file.read(path)
    listed = document.get("partitions") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{path} has no list `partitions`", why='ngen\'s partition file is {"partitions": [...]}')
    parts = tuple(part(each, at, len(listed), path) for at, each in enumerate(listed))
    seen: dict[str, int] = {}
    for each in parts:
        for name in each.catchments:
            if seen.setdefault(name, each.id) != each.id:
                raise UsageError(f"{path}: {name} is in part {seen[name]} and in part {each.id}")
    return parts


def part(found: object, at: int, count: int, path: Path) -> Part:
    """One part; ngen takes the part at place i for rank i, whatever its id says."""
    where = f"{path}: partitions[{at}]"
    if not isinstance(found, dict):
        raise UsageError(f"{where} is not an object")
    if found.get("id", at) != at:
        raise UsageError(f"{where}.id is {found['id']!r}", why="ngen takes the part at place i for rank i")
    remote = found.get("remote-connections", [])
    if not isinstance(remote, list):
        raise UsageError(f"{where}.remote-connections is not a list")
    catchments = tuple(name for name in names(found, "cat-ids", where) if not name.startswith(SENTINEL))
    if not catchments:
        raise UsageError(f"{where}.cat-ids is empty", why="a rank without catchments has nothing to run")
    connections = (connection(each, f"{where}.remote-connections[{n}]", count) for n, each in enumerate(remote))
    return Part(at, catchments, names(found, "nex-ids", where), tuple(connections))


def names(found: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of ids."""
    listed = found.get(key)
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise UsageError(f"{where}.{key} is not a list of ids")
    return tuple(listed)


def connection(found: object, where: str, count: int) -> Remote:
    """One remote connection."""
    try:
        rank, direction = int(found["mpi-rank"]), Direction(found["cat-direction"])  # type: ignore[index]
        remote = Remote(rank, str(found["nex-id"]), str(found["cat-id"]), direction)  # type: ignore[index]
    except (KeyError, TypeError, ValueError) as error:
        keys = "mpi-rank, nex-id, cat-id, cat-direction (orig_cat-to-nex or nex-to-dest_cat)"
        raise UsageError(f"{where} is not a connection", why=f"it needs {keys}") from error
    if not 0 <= rank < count:
        raise UsageError(f"{where}.mpi-rank is {rank}, and there are {count} parts")
    return remote
