"""Tasks in containers: what their tests have in common."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from programs import Programs

from dmod.jobs.launch import Container

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "dmod/worker"


class Enclosed(Programs):
    """Programs in the image of workers."""

    python = "/dmod/venv/bin/python"

    def running(self, handle: dict[str, object]) -> bool:
        """Whether its container runs."""
        words = ("docker", "inspect", "--format", "{{.State.Running}}", str(handle["container"]))
        return subprocess.run(words, capture_output=True, check=False).stdout == b"true\n"

    def enclosed(self, cwd: Path) -> dict[str, object]:
        """It sees its folder of work, and may write there."""
        return {"executor": "docker", "container": Container(IMAGE, 1, writes=(cwd,))}
