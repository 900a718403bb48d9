"""What a job in a container costs, against the bare `docker run` of the same; and what a cached dataset saves it.

    python tests/bench/bench_containers.py [--image dmod/worker] [--number 15] [--size MIB] [--folder DIR]

The peer is `docker run --rm IMAGE /bin/true` in the same run, one by one in turn with ours: from the submission of a
job to its end in the queue, without the start of a Python for either. It wants a Docker Engine that has the image.

The second figure is `dmod job submit --wait` of a job that reads a dataset of a SeaweedFS of its own (where `weed` is
installed), to its end: the first time it is fetched, the second time it is there, beside one that reads nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
import weed

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.docker.container import Containers
from dmod.jobs import kinds
from dmod.jobs.order import Order
from dmod.jobs.prepared import Prepared
from dmod.scheduler import lock
from dmod.scheduler.queue import Queue


def ours(queue: Queue, order: Order, state: Path) -> None:
    """A job from its submission to its end."""
    job = queue.submit(order)
    lock.wake(state)
    while not queue.get(job).status.ended:
        time.sleep(0.001)
    assert queue.get(job).exit_code == 0


def bare(image: str, *words: str) -> None:
    """The same by hand."""
    subprocess.run(["docker", "run", "--rm", *words, image, "/bin/true"], check=True)


def seconds(work, *arguments: object) -> float:
    """How long a call takes."""
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def dmod(folder: Path, *words: str, **environment: str) -> None:
    """A command, as it is typed there."""
    subprocess.run(["dmod", "-q", *words], cwd=folder, env=os.environ | environment, check=True, capture_output=True)


def noop(given: argparse.Namespace, folder: Path) -> list[tuple[float, ...]]:
    """Seconds of a job that does nothing, and of bare containers with a network and without, in turn."""
    here = project.create(folder)
    queue = Queue(here.queue)
    said = {"kind": "command", "executor": "docker", "command": {"argv": ["/bin/true"]}}
    spec = kinds.read(toml_file.Located(Path("noop.toml"), said, {}), Defaults())
    order = Order(spec, folder, Prepared(image=Containers().image(given.image)))
    lock.ensure(here.root, here.state)
    ours(queue, order, here.state)
    bare(given.image)
    rows = [
        (
            seconds(ours, queue, order, here.state),
            seconds(bare, given.image),
            seconds(bare, given.image, "--network", "none"),
        )
        for _ in range(given.number)
    ]
    dmod(folder, "scheduler", "stop", "--now")
    queue.close()
    return rows


def starts(given: argparse.Namespace, folder: Path, server: weed.Weed) -> list[tuple[float, ...]]:
    """Seconds of the demo's simulation on what an object store has, the first time and the second, and on a folder."""
    told = {
        "DMOD_OBJECT_STORE_ENDPOINT": server.endpoint, "DMOD_OBJECT_STORE_SECURE": "false",
        "DMOD_OBJECT_STORE_ACCESS_KEY": weed.KEYS.access_key, "DMOD_OBJECT_STORE_SECRET_KEY": weed.KEYS.secret_key,
    }  # fmt: skip
    dmod(folder, "demo", "--dir", "demo")
    rows, home = [], folder / "demo"
    job = ("job", "submit", "simulation.toml", "--executor", "docker", "--image", given.image, "--wait", "--set")
    for number in range(given.rounds):
        name = f"heavy-{number}"
        (home / name).mkdir()
        shutil.copy(home / "realization.json", home / name)
        with (home / name / "ballast").open("wb") as file:
            file.writelines(os.urandom(1 << 20) for _ in range(given.size))
        words = ("--category", "config", "--from", name, "--store", "object-store")
        dmod(home, "dataset", "create", name, *words, **told)
        shutil.rmtree(home / name)
        runs = (("models", "bare"), (name, "first"), (name, "second"))
        ends = [
            seconds(lambda read, made: dmod(home, *job, f"simulation.realization={read}", "--set",
                                            f"simulation.output={made}", **told), read, f"{made}-{number}")
            for read, made in runs
        ]  # fmt: skip
        rows.append((ends[1], ends[2], ends[0]))
    dmod(home, "scheduler", "stop", "--now")
    return rows


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="dmod/worker")
    parser.add_argument("--number", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        own, peer, alone = (median(column) for column in zip(*noop(given, Path(name)), strict=True))
    print(f"{'a no-op job in a container, median of ' + str(given.number):<56}{own * 1000:7.0f} ms")
    print(f"{'docker run --rm':<56}{peer * 1000:7.0f} ms {own / peer:6.2f} x")
    print(f"{'docker run --rm --network none':<56}{alone * 1000:7.0f} ms {own / alone:6.2f} x")
    if not weed.program():
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        server = weed.Weed(Path(name) / "weed").start()
        try:
            rows = starts(given, Path(name), server)
        finally:
            server.kill()
    first, second, there = (median(column) for column in zip(*rows, strict=True))
    print(f"{f'a job on {given.size} MiB of an object store, fetched':<56}{first * 1000:7.0f} ms")
    print(f"{'the same again, cached':<56}{second * 1000:7.0f} ms {second / first:6.2f} x")
    print(f"{'the same on a small dataset of the folder':<56}{there * 1000:7.0f} ms, cached {second / there:.2f} x")


if __name__ == "__main__":
    main()
