"""The README's picture of the dashboard, from the real demo: `python tests/tui/screenshot.py [docs/dashboard.svg]`."""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from dmod.project import Project
from tui.app import Dashboard
from tui.options import Options

SIZE = (120, 36)
KEYS = ("G", "h", "right_square_bracket", "right_square_bracket", "plus", "greater_than_sign")  # its third river
OTHERS = (  # so that the queue is as people see it: something fails, runs, waits
    ("simulation.toml", "--name", "rivers-early", "--set", "simulation.end=1983-12-31"),
    ("--name", "fetch-aorc", "--", "/bin/sh", "-c", "echo 'fetch: no route to forcing host' >&2; exit 3"),
    ("--name", "members", "--array", "1-300", "--", "/bin/sh", "-c", "sleep 0.2; test $DMOD_TASK != 3"),
    ("--name", "tiles", "--", "/bin/sleep", "600"),
    ("--name", "regrid", "--cpus", "2", "--", "/bin/sleep", "600"),
)


def dmod(*words: str, folder: Path) -> str:
    said = subprocess.run(
        [sys.executable, "-m", "dmod.cli", *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return said.stdout.strip()


async def shoot(app: Dashboard, size: tuple[int, int], keys: tuple[str, ...]) -> str:
    """What a person sees after these keys, as SVG."""
    async with app.run_test(size=size) as pilot:
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
        await pilot.pause()
        return picture(app)


def picture(app: Dashboard) -> str:
    """The screen as SVG; blanks are kept by every renderer, and its ids are the same each time."""
    text = app.export_screenshot(simplify=True)
    text = re.sub(r"terminal-\d+", "terminal", text).replace("<text ", '<text xml:space="preserve" ')
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=Path(__file__).parents[2] / "docs" / "dashboard.svg")
    out = parser.parse_args().out.absolute()
    with tempfile.TemporaryDirectory() as folder:
        dmod("demo", "--dir", "rivers", folder=Path(folder))
        root = Path(folder) / "rivers"
        ids = [dmod("job", "submit", "-o", "name", *words, folder=root) for words in OTHERS]
        dmod("job", "wait", *ids[:1], folder=root)
        subprocess.run([sys.executable, "-m", "dmod.cli", "job", "wait", ids[1]], cwd=root, check=False)
        out.parent.mkdir(exist_ok=True)
        out.write_text(asyncio.run(shoot(Dashboard(Project.find(root), Options()), SIZE, KEYS)))
        subprocess.run([sys.executable, "-m", "dmod.cli", "job", "cancel", *ids[2:]], cwd=root, check=False)
        subprocess.run([sys.executable, "-m", "dmod.cli", "scheduler", "stop", "--now"], cwd=root, check=False)
    sys.stdout.write(f"{out}\n")


if __name__ == "__main__":
    main()
