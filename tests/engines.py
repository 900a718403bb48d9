"""A real Docker Engine: what its command line says, and whether it has what a test wants."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from dmod.docker.client import Probe, probe
from dmod.executors.enclosed import LABEL
from dmod.executors.owner import owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

BUILDS = (("buildx", "version"), ("image", "inspect", "debian:trixie-slim"))  # what it takes to build an image
SERVES = (("compose", "version"), *BUILDS)  # and to bring up a stack


def docker(*words: str) -> str:
    """What `docker WORDS` says, which must do it."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


def every_word(*words: str, code: int | None = 0) -> str:
    """All that `docker WORDS` says, to the last newline; with None for a code it may end as it likes."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert code is None or done.returncode == code, done.stderr
    return done.stdout + done.stderr


def require(missing: Callable[[str], NoReturn], *asked: tuple[str, ...]) -> Probe:
    """The engine, of which each `docker WORDS` must answer."""
    said = probe()
    if not said.available or not shutil.which("docker"):
        missing(f"no Docker Engine: {said.detail}")
    for words in asked:
        if subprocess.run(["docker", *words], capture_output=True, check=False).returncode:
            missing(f"docker {' '.join(words)} does not answer")
    return said


def containers(state: Path) -> list[str]:
    """The names of the containers of a project's tasks, whatever they do."""
    label = f"label={LABEL}={owner(state)}"
    return docker("ps", "--all", "--filter", label, "--format", "{{.Names}}").split()
