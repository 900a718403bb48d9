"""The datasets of the demo: which files each is made of, and which of them a project has already."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.data.source import gather
from dmod.data.transfer import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmod.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dataset that the demo needs."""

    name: str
    category: str
    source: str  # file or folder, relative to the project
    key: str  # of the job files where its name stands


WANTED = (
    Wanted("catchments", "hydrofabric", "hydrofabric", "simulation.hydrofabric"),
    Wanted("rain", "forcing", "rain.nc", "simulation.forcing"),
    Wanted("snow", "forcing", "snow.nc", "simulation.forcing"),
    Wanted("models", "config", "realization.json", "simulation.realization"),
    Wanted("measured", "observation", "observations", "evaluation.observation"),
)


def held(wanted: Wanted, root: Path, datasets: Sequence[Dataset]) -> tuple[str, bool]:
    """The name of the dataset with just these files and true; if there is none, a free name for it and false."""
    files = {entry.path: digest(entry.source)[1] for entry in gather([root / wanted.source])}
    taken = {each.name: each for each in datasets}
    for number in range(1, len(taken) + 2):
        name = wanted.name if number == 1 else f"{wanted.name}-{number}"
        if name not in taken:
            break
        if {file.path: file.sha256 for file in taken[name].files} == files:
            return name, True
    return name, False


def settings(names: Mapping[str, str], kind: str) -> list[str]:
    """What `job submit` must be told of the names that are not those in the file of this kind of job."""
    said = []
    for key in dict.fromkeys(each.key for each in WANTED if each.key.startswith(f"{kind}.")):
        sharing = [each.name for each in WANTED if each.key == key]
        found = [names[name] for name in sharing]
        if found != sharing:
            value = found[0] if len(found) == 1 else json.dumps(found)
            said += ["--set", f"{key}={value}"]
    return said
