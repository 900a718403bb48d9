"""How long `dmod image build` takes when nothing has changed, against `docker build` of the same folders, cache warm.

    python tests/bench/bench_images.py

Wall-clock seconds, medians of 7 runs, the two taking turns; the limit is two seconds. Wants a Docker Engine with
buildx; what is not built yet is built first.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dmod.docker import build
from dmod.docker.engine import engine
from dmod.docker.recipe import order
from dmod.project import Project

RUNS, LIMIT = 7, 2.0  # seconds
DMOD = (sys.executable, "-m", "dmod.cli", "image", "build")


def main() -> None:
    """Print seconds and ratio."""
    with tempfile.TemporaryDirectory() as folder:
        quietly(sys.executable, "-m", "dmod.cli", "init", folder, "--yes")
        quietly(*DMOD, "-C", folder)
        project = Project.find(Path(folder))
        peers = laid_out(project, Path(folder) / "contexts")
        try:
            for argv in peers:
                quietly(*argv)  # what only it has to do once
            spent = [(wall([(*DMOD, "-C", folder)]), wall(peers)) for _ in range(RUNS)]
        finally:
            subprocess.run(["docker", "rmi", *(argv[4] for argv in peers)], check=False, stdout=subprocess.DEVNULL)
    ours, theirs = (statistics.median(column) for column in zip(*spent, strict=True))
    said = f"dmod image build {ours:.2f} s, docker build of each {theirs:.2f} s"
    print(f"{len(peers)} images, nothing changed: {said}")
    print(f"ratio {ours / theirs:.2f}, limit {LIMIT:.0f} s: {'kept' if ours <= LIMIT else 'MISSED'}")


def laid_out(project: Project, above: Path) -> list[tuple[str, ...]]:
    """`docker build` of what dmod builds, in the same order, with the same secrets."""
    with engine() as client:
        made = build.plan(client, project)
    above.mkdir()
    certificates = build.ca_bundle(project.config.build, project.root, os.environ)
    (above / "pip.conf").write_text(build.pip_settings(project.config.build, os.environ, certificates))
    secrets = ["--secret", f"id=pip,src={above / 'pip.conf'}"]
    secrets += ["--secret", f"id=ca,src={certificates}"] if certificates else []
    found = []
    for name in (name for wave in order(made.known) for name in wave):
        build.lay_out(made.known[name], made, above / name)
        argv = ["docker", "build", "--quiet", "--tag", f"dmod-bench/{name}", *secrets, str(above / name)]
        found.append((*argv, "--build-arg", f"SOURCE_DATE_EPOCH={build.wheel.EPOCH}"))
    return found


def wall(commands: list[tuple[str, ...]]) -> float:
    """Seconds until all have ended, one after the other."""
    began = time.monotonic()
    for argv in commands:
        quietly(*argv)
    return time.monotonic() - began


def quietly(*argv: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
