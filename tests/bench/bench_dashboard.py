"""What a busy queue costs: the whole dashboard against Textual's DataTable with the same rows, in the same run.

`python tests/bench/bench_dashboard.py [JOBS...]`: CPU milliseconds per tick (100 jobs change, 5 times a second),
of the dashboard and of a DataTable that is updated cell by cell, the best way it has; and what it costs to look on
while a thousand tasks of an array end each second.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from pathlib import Path

from textual.app import App
from textual.widgets import DataTable

from dmod import project
from dmod.jobs.kinds.command import Command, CommandSpec
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits
from dmod.scheduler.queue import Queue
from tui.app import Dashboard
from tui.options import Options

CHANGES, RATE, SIZE = 100, 5.0, (160, 48)
STATES = ("staging", "running", "collecting", "completed", "failed")


def fill(queue: Queue, jobs: int) -> None:
    spec = CommandSpec(kind="command", name="bench", command=Command(("/bin/true",)))
    queue.submit_all([Order(spec, Path("/"))] * jobs)


def change(connection: sqlite3.Connection, ids: list[int], state: str) -> None:
    """As the scheduler does, with its events, in one transaction."""
    now = time.time()
    connection.execute("begin immediate")
    connection.executemany("update job set status = ?, started = ? where id = ?", [(state, now, each) for each in ids])
    connection.executemany(
        "insert into event (job, status, time) values (?, ?, ?)", [(each, state, now) for each in ids]
    )
    connection.execute("commit")


class Peer(App[None]):
    """A DataTable with the columns of the dashboard's."""

    def __init__(self, jobs: int) -> None:
        super().__init__()
        self.jobs = jobs

    def compose(self):
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in ("id", "name", "kind", "state", "progress", "cpus", "age", "runtime", "why"):
            table.add_column(name, key=name)
        for each in range(self.jobs, 0, -1):
            table.add_row(str(each), "bench", "command", "queued", "", "1", "now", "", "next", key=str(each))

    def change(self, ids: list[int], state: str) -> None:
        table = self.query_one(DataTable)
        for each in ids:
            table.update_cell(str(each), "state", state)
            table.update_cell(str(each), "runtime", f"{time.time() % 60:.0f}s")


async def drive(app: App[None], act, ticks: int) -> tuple[float, float, float]:
    """Seconds to the first picture, CPU ms per tick, and the longest pause of the loop in ms."""
    begin = time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        first = time.perf_counter() - begin
        await asyncio.sleep(1.5)  # what is done once is not what a tick costs
        cpu, longest, outside = time.process_time(), 0.0, 0.0
        for tick in range(ticks):
            spent = time.process_time()
            own = act(STATES[tick % len(STATES)])
            outside += time.process_time() - spent if own else 0.0
            until = time.perf_counter() + 1 / RATE
            while (left := until - time.perf_counter()) > 0:
                now = time.perf_counter()
                await asyncio.sleep(min(left, 0.01))
                longest = max(longest, time.perf_counter() - now - 0.01)
        return first, 1000 * (time.process_time() - cpu - outside) / ticks, 1000 * longest


def measure(jobs: int, ticks: int) -> None:
    chance = random.Random(1)  # noqa: S311 - which jobs change
    with tempfile.TemporaryDirectory() as folder:
        made = project.create(Path(folder))
        queue = Queue(made.queue)
        fill(queue, jobs)
        other = sqlite3.connect(made.queue, isolation_level=None)

        def busy(state: str) -> bool:
            top = range(max(jobs - 40, 0) + 1, jobs + 1)  # what can be seen changes too
            change(other, [*chance.sample(top, 20), *chance.sample(range(1, jobs + 1), CHANGES - 20)], state)
            return True

        idle = asyncio.run(drive(Dashboard(made), lambda _: False, ticks))
        ours = asyncio.run(drive(Dashboard(made), busy, ticks))
        other.close()
        queue.close()
    peer = Peer(jobs)

    def cells(state: str) -> bool:
        top = range(max(jobs - 40, 0) + 1, jobs + 1)
        peer.change([*chance.sample(top, 20), *chance.sample(range(1, jobs + 1), CHANGES - 20)], state)
        return False

    theirs = asyncio.run(drive(peer, cells, ticks))
    print(f"{jobs:,} jobs, {CHANGES} changes {RATE:g} times a second")
    print(f"  {'':<22}{'first picture s':>16}{'CPU ms per tick':>17}{'longest pause ms':>18}")
    empty = asyncio.run(drive(App(), lambda _: False, ticks))
    rows = (
        ("dmod dashboard", ours),
        ("  nothing changes", idle),
        ("DataTable", theirs),
        ("empty app, this loop", empty),
    )
    for name, (first, cpu, longest) in rows:
        print(f"  {name:<22}{first:>16.2f}{cpu:>17.1f}{longest:>18.0f}")
    print(f"  ratio of CPU to DataTable: {ours[1] / theirs[1]:.2f}")


def measure_array(ticks: int) -> None:
    """One row, thousands of events."""
    tasks = 200
    with tempfile.TemporaryDirectory() as folder:
        made = project.create(Path(folder))
        queue = Queue(made.queue)
        spec = CommandSpec(kind="command", name="bench", command=Command(("/bin/true",)))
        job = queue.submit(Order(spec, Path("/"), numbers=Numbers.parse(f"1-{tasks * (2 * ticks + 9)}")))
        backlog = Backlog(queue, Limits({}))
        backlog.refresh()

        def turn(_: str) -> bool:
            with queue.transaction() as write:
                ledger, active = Ledger(write, backlog, time.time()), backlog.jobs[job]
                for number, attempt in active.take(tasks, 0):
                    ledger.staged(active, number, attempt, (), ())
                    ledger.running(active, number, {}, time.time())
                    ledger.finished(active, number, Status.FAILED if number % 50 == 0 else Status.COMPLETED, "exit 3")
                ledger.close()
            return True

        for screen, said in (("jobs", "array, list"), ("events", "array, events")):
            first, cpu, longest = asyncio.run(drive(Dashboard(made, Options(screen=screen)), turn, ticks))
            print(f"  {said:<22}{first:>16.2f}{cpu:>17.1f}{longest:>18.0f}")
        queue.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--ticks", type=int, default=40)
    given = parser.parse_args()
    for jobs in given.jobs:
        measure(jobs, given.ticks)
    print(f"{200 * RATE:,.0f} tasks of one array end a second")
    measure_array(given.ticks)


if __name__ == "__main__":
    main()
