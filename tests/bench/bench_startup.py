"""How long a command line takes to start, as ratios to `python -c pass` and to `docker compose version`.

    python tests/bench/bench_startup.py

CPU time of the whole process, user and system, medians of 15 runs, all commands in turn, so that a busy machine slows
each of them alike: take the ratios, not the milliseconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 15
DMOD = (sys.executable, "-c", "import sys; from dmod.cli import main; sys.exit(main())")  # what pip's script does
PYTHON, COMPOSE = "python -c pass", "docker compose version"
COMMANDS = {
    PYTHON: (sys.executable, "-c", "pass"),
    "dmod --version": (*DMOD, "--version"),
    "dmod --help": (*DMOD, "--help"),
    "dmod job list": (*DMOD, "job", "list"),
    "dmod job list -o json": (*DMOD, "job", "list", "-o", "json"),
    "dmod dataset list": (*DMOD, "dataset", "list"),
    "dmod status": (*DMOD, "status"),
    "dmod job show --help": (*DMOD, "job", "show", "--help"),
    "import typer": (sys.executable, "-c", "import typer"),
    COMPOSE: ("docker", "compose", "version"),
}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*DMOD, "init", "--yes", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        spent = measure({name: argv for name, argv in COMMANDS.items() if works(argv, folder)}, folder)
    python = statistics.median(spent[PYTHON])
    compose = statistics.median(spent.get(COMPOSE, [float("nan")]))
    print(f"{'command':<24}{'CPU ms':>8}{'to python':>11}{'to compose':>12}")
    for name in COMMANDS:
        if name in spent:
            median = statistics.median(spent[name])
            print(f"{name:<24}{1000 * median:8.1f}{median / python:11.2f}{median / compose:12.2f}")
        else:
            print(f"{name:<24}   not here, or it failed")


def works(argv: tuple[str, ...], folder: str) -> bool:
    """Whether the command exists and succeeds."""
    if not shutil.which(argv[0]):
        return False
    return subprocess.run(argv, cwd=folder, check=False, capture_output=True).returncode == 0


def measure(commands: dict[str, tuple[str, ...]], folder: str) -> dict[str, list[float]]:
    """Seconds of CPU for each run of each command, the commands taking turns."""
    spent: dict[str, list[float]] = {name: [] for name in commands}
    os.chdir(folder)
    for _ in range(RUNS):
        for name, argv in commands.items():
            spent[name].append(cpu(argv))
    os.chdir(Path(__file__).parent)
    return spent


def cpu(argv: tuple[str, ...]) -> float:
    """Seconds of CPU, user and system, of one run."""
    nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=nowhere)
    _, _, used = os.wait4(child, 0)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
