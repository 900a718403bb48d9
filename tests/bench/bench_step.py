"""One scheduling decision with a long queue of mixed shapes on many nodes, and how its cost grows with the queue.

    python tests/bench/bench_step.py              10,000 jobs on 100 nodes, and queues from 100 to 100,000
    python tests/bench/bench_step.py --jobs 3000

The limit is 10 ms for 10,000 waiting jobs on 100 nodes; times are the best of several decisions, processor time.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, free
from dmod.jobs.resources import Node, Resources
from dmod.scheduler.forecast import forecast, reasons
from dmod.scheduler.step import Holding, Waiting, step

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = 2**30
NODES = tuple(Node(f"node-{at:03}", 64, 256 * GIB) for at in range(100))
PARADIGMS = ("single-node", "single-node", "fill-nodes", "round-robin")


def queue(jobs: int, draw: random.Random, largest: int = 128) -> list[Waiting]:
    """Jobs of almost as many shapes."""
    found = []
    for number in range(1, jobs + 1):
        paradigm = draw.choice(PARADIGMS)
        cpus = draw.randint(1, min(64, largest) if paradigm == "single-node" else largest)
        limit = draw.choice([0, draw.randint(60, 86_400)])
        wanted = Resources(cpus, draw.randint(0, 4 * cpus) * GIB, paradigm, limit)
        found.append(Waiting(number, wanted, draw.choice([1, 1, 1, 20])))
    return found


def fill(draw: random.Random, most: int, endless: float) -> list[Holding]:
    """Tasks that hold almost all cpus, some of them without a time limit."""
    holding: list[Holding] = []
    left = list(NODES)
    at = {node.name: place for place, node in enumerate(NODES)}
    while granted := allocate(Resources(draw.randint(1, most)), left):
        until = math.inf if draw.random() < endless else draw.uniform(0, 86_400)
        holding.append(Holding(0, granted, until))
        for each in granted:
            node = left[at[each.node]]
            left[at[each.node]] = Node(node.name, node.cpus - each.cpus, node.memory - each.memory)
    return holding


def best(work: Callable[[], object], times: int = 9) -> float:
    """Milliseconds of processor time."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - start))
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    jobs = parser.parse_args().jobs
    draw = random.Random(1)  # noqa: S311 no secret
    print("decision".ljust(58) + "tasks  started       ms")
    for title, most, endless, largest in (
        ("empty nodes", 0, 0.0, 128),
        ("full nodes but for fragments, all with time limits", 16, 0.0, 128),
        ("the same, half of them without a time limit", 16, 0.5, 128),
        ("full nodes, tasks of one cpu, a few ended", 1, 0.0, 128),
        ("full nodes but for fragments, small jobs wait", 16, 0.0, 8),
        ("the same behind a job that needs all nodes", 16, 0.0, 8),
    ):
        waiting = queue(jobs, draw, largest)
        if "all nodes" in title:
            waiting.insert(0, Waiting(0, Resources(6400, 0, "fill-nodes", 3600), 1))
        holding = fill(draw, most, endless) if most else []
        draw.shuffle(holding)
        holding = holding[: -len(holding) // 50 or None]
        left = free(NODES, [each for task in holding for each in task.held])
        starts = step(waiting, NODES, left, holding, 0.0)
        count = sum(len(start.allocations) for start in starts)
        taken = best(lambda: step(waiting, NODES, left, holding, 0.0))  # noqa: B023 called at once
        print(f"{title:58}{len(holding):5}{count:9}{taken:9.2f}")
    print("\nwaiting jobs    decision ms    reasons ms    forecast ms")
    for count in (100, 1_000, 10_000, 100_000):
        waiting = queue(count, draw)
        taken = best(lambda: step(waiting, NODES, left, holding, 0.0))  # noqa: B023 called at once
        why = best(lambda: reasons(waiting, NODES, left, holding, 0.0), 3)  # noqa: B023 called at once
        when = best(lambda: forecast(waiting, NODES, left, holding, 0.0), 3)  # noqa: B023 called at once
        print(f"{count:12,}{taken:15.2f}{why:14.1f}{when:15.1f}")


if __name__ == "__main__":
    main()
