"""A simulation: each rank runs its catchments block by block over the whole period, rank 0 writes.

A formulation takes no water from upstream, so the only talk between ranks is about nexuses that they share (once, whole
series) and the finished rows on their way to rank 0. Memory is bounded by the block, not by the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.worker.balance import Balance, summary
from dmod.worker.blocks import Rows, blocks, last
from dmod.worker.exchange import Nexuses
from dmod.worker.failure import OutputError
from dmod.worker.files import Progress, write_json
from dmod.worker.output import Writer, finish, open_writer
from dmod.worker.prepare import Run, prepare
from dmod.worker.routing import Router, routed

if TYPE_CHECKING:
    from dmod.worker.order import Order
    from dmod.worker.ranks import Ranks


def run(order: Order, ranks: Ranks) -> None:
    """Do a simulation job; every rank calls it."""
    if ranks.rank == 0:
        Progress(order.folder, 0, "catchments").update("preparing")
    prepared = prepare(order, ranks)
    with prepared.weather:
        if ranks.rank == 0:
            Leader(prepared, ranks).lead()
        else:
            _follow(prepared, ranks)


class Sink:
    """Where finished rows end up, in rank 0."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer: Writer = open_writer(run)
        self._router = Router(run) if routed(run) else None
        self._progress = Progress(run.order.folder, len(run.fabric.catchments), "catchments")
        self._progress.update("simulating")
        self._balances: dict[int, Balance] = {}

    def put(self, rows: Rows) -> None:
        """Write rows and count them."""
        self._writer.catchments(rows)
        self._writer.nexuses(rows.nexuses, rows.discharges)
        if self._router:
            self._router.nexuses(rows.nexuses, rows.discharges)
        self._balances |= zip(rows.catchments, rows.balances, strict=True)
        self._progress.update("simulating", len(rows.catchments))

    def close(self) -> None:
        """Finish the files and give the output its name. Raises OutputError."""
        self._progress.update("writing")
        self._writer.close()
        ordered = [self._balances[index] for index in range(len(self._run.fabric.catchments))]
        partial = self._run.order.partial
        told = summary(ordered, self._run.clock)
        if self._router:
            self._progress.update("routing")
            told["routing"] = self._router.close(partial)
        try:
            write_json(partial / "summary.json", told)
        except OSError as error:
            raise OutputError(f"{partial / 'summary.json'} cannot be written", why=str(error)) from error
        finish(partial, self._run.order.output)
        self._progress.update("done")


class Leader:
    """Rank 0: simulates a share, and writes what all ranks finish."""

    def __init__(self, run: Run, ranks: Ranks) -> None:
        self._run, self._ranks = run, ranks
        self._sink = Sink(run)
        self._nexuses = Nexuses(run.fabric, run.owners, ranks.rank)
        self._working = ranks.size - 1  # ranks that are not done

    def lead(self) -> None:
        """Simulate, listen, write."""
        for rows in blocks(self._run, self._nexuses, self._ranks.rank):
            self._sink.put(rows)
            while self._working and self._listen(wait=False):
                pass
        self._nexuses.send(self._ranks)
        while self._working:
            self._listen(wait=True)
        self._sink.put(last(self._run, self._nexuses))
        self._ranks.flush()
        self._sink.close()

    def _listen(self, *, wait: bool) -> bool:
        """Take one message; false if there is none."""
        message = self._ranks.receive(wait=wait)
        match message:
            case ("rows", rows):
                self._sink.put(rows)
            case ("flow", catchment, flow):
                self._nexuses.receive(catchment, flow)
            case ("finished",):
                self._working -= 1
        return message is not None


def _follow(run: Run, ranks: Ranks) -> None:
    """Any other rank: simulate a share, and send what is finished to rank 0."""
    nexuses = Nexuses(run.fabric, run.owners, ranks.rank)
    for rows in blocks(run, nexuses, ranks.rank):
        ranks.send(("rows", rows), 0)
    nexuses.send(ranks)
    for _ in range(nexuses.missing):
        _, catchment, flow = ranks.receive()
        nexuses.receive(catchment, flow)
    ranks.send(("rows", last(run, nexuses)), 0)
    ranks.send(("finished",), 0)
    ranks.flush()
