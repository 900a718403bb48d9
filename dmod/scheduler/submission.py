"""Submission: what is written when jobs are added. Called within a transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, NotFoundError
from dmod.jobs.status import ACTIVE, Status
from dmod.scheduler.rows import COLUMNS, job_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dmod.jobs.order import Order

AGING = 600.0  # seconds of waiting that one point of priority is worth
_COLUMNS = (
    "name, kind, cpus, memory, paradigm, time_limit, submitted, priority, place, held, numbers, size, at_once, cwd, "
    "spec, prepared, fingerprint"
)
_INSERT = f"insert into job ({_COLUMNS}) values ({', '.join('?' * 17)})"  # noqa: S608 - constants


def submit(write: sqlite3.Connection, orders: Sequence[Order], now: float) -> list[int]:
    """Add jobs; their ids. Raises ConflictError, NotFoundError."""
    ids = []
    for order in orders:
        unclaimed(write, getattr(order.spec.table, "output", None))
        job = int(write.execute(_INSERT, _values(order, now)).lastrowid or 0)
        ids.append(job)
        _need(write, job, order)
        if order.items and order.numbers is not None:
            rows = zip(order.numbers, order.items, strict=True)
            write.executemany("insert into item values (?, ?, ?)", ((job, number, text) for number, text in rows))
    write.executemany("insert into event (job, status, time) values (?, 'queued', ?)", [(each, now) for each in ids])
    return ids


def _values(order: Order, now: float) -> tuple[object, ...]:
    spec, wanted = order.spec, order.spec.resources
    return (
        spec.name,
        spec.kind,
        wanted.cpus,
        wanted.memory,
        wanted.paradigm,
        wanted.time_limit,
        now,
        spec.priority,
        now - spec.priority * AGING,
        order.held,
        "" if order.numbers is None else str(order.numbers),
        1 if order.numbers is None else len(order.numbers),
        spec.at_once,
        str(order.cwd),
        spec.to_json(),
        json.dumps(order.prepared.to_json(), ensure_ascii=False),
        order.fingerprint,
    )


def _need(write: sqlite3.Connection, job: int, order: Order) -> None:
    """Note what a job waits for. Raises NotFoundError, and ConflictError for what can never come."""
    wanted = {**dict.fromkeys(order.after, False), **dict.fromkeys(order.after_any, True)}
    for needs, always in wanted.items():
        found = write.execute("select status from job where id = ?", (needs,)).fetchone()
        if found is None or needs == job:
            raise NotFoundError(f"there is no job {needs} to wait for", fix="dmod job list")
        if not always and found[0] in {Status.FAILED, Status.CANCELED}:
            raise ConflictError(
                f"job {needs} is {found[0]}: what comes after it would never start",
                fix=f"dmod job retry {needs}, or --after-any {needs}",
            )
        write.execute("insert into dependency values (?, ?, ?)", (job, needs, always))


def unclaimed(write: sqlite3.Connection, output: str | None) -> None:
    """Refuse an output that an earlier job is about to make."""
    if output is None:
        return
    query = f"select {COLUMNS} from job where status in ({', '.join('?' * len(ACTIVE))}) and "  # noqa: S608
    said = "kind != 'command' and json_extract(spec, '$.' || kind || '.output') = ? limit 1"
    jobs = write.execute(query + said, (*ACTIVE, output)).fetchall()
    by_default = output.rpartition("-")[2]  # <name>-<id> is what the output of a job is called that does not say
    if not jobs and by_default.isdecimal():
        jobs = write.execute(f"{query}id = ?", (*ACTIVE, by_default)).fetchall()
        jobs = [row for row in jobs if job_of(row).output == output]
    for row in jobs:
        taken = job_of(row)
        raise ConflictError(
            f'job {taken.id} {taken.name} is about to make the dataset "{output}"', fix=f"dmod job wait {taken.id}"
        )
