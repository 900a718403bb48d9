"""The kinds of jobs: one file each, and one line in KINDS."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from dmod import tables
from dmod.errors import UsageError
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dmod.config import Defaults
    from dmod.data.dataset import Dataset
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec
    from dmod.toml_file import Located


class Kind(NamedTuple):
    """Where a kind is written; imported when one is read, so that a list of jobs is quick."""

    module: str
    spec: str  # the dataclass of its job files
    makes: str  # what its worker leaves behind, for people; "" if nothing

    def load(self) -> type[Spec]:
        """The dataclass of its job files."""
        return cast("type[Spec]", getattr(importlib.import_module(self.module), self.spec))

    @property
    def prepare(self) -> Callable[[Any, Sequence[Dataset]], Prepared]:
        """Finds the datasets of a job; pure."""
        return cast("Callable[[Any, Sequence[Dataset]], Prepared]", importlib.import_module(self.module).prepare)


KINDS: Mapping[str, Kind] = {
    "command": Kind("dmod.jobs.kinds.command", "CommandSpec", ""),
    "simulation": Kind("dmod.jobs.kinds.simulation", "SimulationSpec", "simulated discharge"),
    "evaluation": Kind("dmod.jobs.kinds.evaluation", "EvaluationSpec", "scores and a report"),
}


def read(located: Located, defaults: Defaults) -> Spec:
    """The spec in a job file; what it does not say of resources is as `defaults` say.

    Raises:
        UsageError: a key is unknown or missing, or a value wrong; every mistake with file:line:column.
    """
    kind, located = _kind(located), completed(located, defaults)
    return tables.parse(KINDS[kind].load(), located.data, located.where)


def completed(located: Located, defaults: Defaults) -> Located:
    """A job file with what it does not say of resources, where it runs and its name."""
    resources = located.data.get("resources", {})
    for key in ("cpus", "memory", "paradigm", "time_limit"):
        if isinstance(resources, dict) and key not in resources:
            located = located.with_value(f"resources.{key}", getattr(defaults, key), f"dmod.toml defaults.{key}")
    for key in ("executor", "image"):
        if key not in located.data:
            located = located.with_value(key, getattr(defaults, key), f"dmod.toml defaults.{key}")
    if not located.data.get("name"):
        located = located.with_value("name", located.path.stem, f"the name of {located.path.name}")
    return located


def from_json(text: str) -> Spec:
    """The spec that `Spec.to_json` wrote."""
    data = json.loads(text)
    return tables.parse(KINDS[data["kind"]].load(), data, lambda *keys: ".".join(map(str, keys)))


def prepare(spec: Spec, datasets: Sequence[Dataset]) -> Prepared:
    """What a job will run on. Pure; raises UnmetError, exit 6, if it can never run as stated."""
    return KINDS[spec.kind].prepare(spec, datasets)


def _kind(located: Located) -> str:
    said = located.data.get("kind")
    if said is None:
        tabled = next((name for name in KINDS if name in located.data), "simulation")
        raise UsageError(
            f'{located.where()}:1:1 the key "kind" is missing',
            why=f"it is one of {', '.join(KINDS)}",
            fix=f'write kind = "{tabled}" in the first line',
        )
    if said not in KINDS:
        near = nearest(str(said), KINDS)
        hint = f'; did you mean "{near}"?' if near else ""
        raise UsageError(f'{located.where("kind")} kind must be one of {", ".join(KINDS)}, not "{said}"{hint}')
    return str(said)
