"""command: any program, in the folder where it was submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dmod.jobs.prepared import Prepared
from dmod.jobs.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset

OWN = (  # set by the scheduler
    "DMOD_JOB", "DMOD_TASK", "DMOD_ATTEMPT", "DMOD_PROJECT", "DMOD_JOB_FOLDER", "DMOD_SEED", "DMOD_LINE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """[command]."""

    argv: tuple[str, ...] = field(metadata={"doc": "the program and its arguments", "aliases": ("command", "args")})
    env: Mapping[str, str] = field(default_factory=dict, metadata={"aliases": ("environment",)})

    def __post_init__(self) -> None:
        if not self.argv or not self.argv[0]:
            raise ValueError('argv is empty; write argv = ["/bin/echo", "hello"]')
        if any("\0" in text for text in (*self.argv, *self.env, *self.env.values())):
            raise ValueError("argv and env cannot hold the character NUL")
        for name in self.env:
            if not name or "=" in name:
                raise ValueError(f'env cannot have a variable "{name}"')
            if name in OWN:
                raise ValueError(f"env cannot set {name}, which tells a job who it is")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec(Spec):
    """A job file of kind command."""

    command: Command


def prepare(spec: CommandSpec, datasets: Sequence[Dataset]) -> Prepared:  # noqa: ARG001 - what every kind takes
    """A command says what it needs to nobody."""
    return Prepared()
