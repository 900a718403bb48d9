"""What live tests share: where real data lie, and the command line as a user has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_data(missing) -> Path:
    """The folder of real data: DMOD_TEST_DATA, else `shared/data` beside the checkout."""
    told = os.environ.get("DMOD_TEST_DATA")
    folder = Path(told) if told else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        missing(f"no real data at {folder}; set DMOD_TEST_DATA to their folder")
    return folder


@dataclass(frozen=True)
class Shell:
    """A terminal in a folder."""

    folder: Path

    def run(self, *words: str, code: int = 0, patience: int = 120) -> subprocess.CompletedProcess[str]:
        """`dmod WORDS`, which must end with this code."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DMOD_")}
        done = subprocess.run(
            [sys.executable, "-m", "dmod.cli", *words], cwd=self.folder, env=environment | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"dmod {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> Any:  # noqa: ANN401 - what JSON holds
        """What `dmod WORDS -o json` says."""
        return json.loads(self.run(*words, "-o", "json").stdout)


@pytest.fixture
def shell(tmp_path) -> Iterator[Shell]:
    """A terminal in an empty folder; a scheduler that was started there is stopped at the end."""
    made = Shell(tmp_path)
    yield made
    for project in {path.parent for path in tmp_path.glob("**/dmod.toml")}:
        Shell(project).run("scheduler", "stop", "--now")
