"""What a job in a container costs, against the bare `docker run` of the same.

    python tests/bench/bench_containers.py [--image dmod/worker] [--number 15] [--folder DIR]

The peer is `docker run --rm IMAGE /bin/true` in the same run, one by one in turn with ours: from the submission of a
job to its end in the queue, without the start of a Python for either. It wants a Docker Engine that has the image.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

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


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="dmod/worker")
    parser.add_argument("--number", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
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
        own, peer, alone = (median(column) for column in zip(*rows, strict=True))
        subprocess.run(["dmod", "-C", str(folder), "-q", "scheduler", "stop", "--now"], check=True)
        queue.close()
    print(f"{'a no-op job in a container, median of ' + str(given.number):<56}{own * 1000:7.0f} ms")
    print(f"{'docker run --rm':<56}{peer * 1000:7.0f} ms {own / peer:6.2f} x")
    print(f"{'docker run --rm --network none':<56}{alone * 1000:7.0f} ms {own / alone:6.2f} x")


if __name__ == "__main__":
    main()
