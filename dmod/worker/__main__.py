"""`python -m dmod.worker JOBFOLDER`: read the order, do it, and say by the exit code how it went."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import UsageError
from dmod.jobs.exits import Exit
from dmod.worker.failure import tell, terminate
from dmod.worker.files import discard, write_pid
from dmod.worker.order import Order
from dmod.worker.ranks import Alone, Ranks, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = {"simulation": "dmod.worker.simulation", "evaluation": "dmod.worker.evaluation"}  # each has run(order, ranks)


def main(argv: Sequence[str] | None = None) -> int:
    """Do the job in the folder that is named, and return an exit code of `dmod.jobs.exits`."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m dmod.worker JOBFOLDER\n")
        return Exit.BAD_DATA
    folder = Path(arguments[0]).absolute()
    signal.signal(signal.SIGTERM, terminate)
    for library in ("OMP", "OPENBLAS", "MKL"):  # read when numpy is imported: a rank is one core, not all of them
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    ranks: Ranks = Alone()
    began = time.time()
    try:
        order = Order.read(folder)
        if order.spec.get("program") == "ngen":  # which starts ranks of its own
            write_pid(folder, 0)
            importlib.import_module("dmod.worker.ngen").run(order)
            return Exit.OK
        ranks = gather(order.ranks)
        write_pid(folder, ranks.rank)
        _kind(order).run(order, ranks)
    except BaseException as error:  # noqa: BLE001 - whatever happens must end every rank with a code that says why
        if ranks.rank == 0:  # the one that writes; what another rank leaves behind the scheduler clears
            discard(folder / f"{layout.OUTPUT}.partial")  # first: on a full disk it makes the room to say why
        exit_code = tell(error, folder, ranks.rank, began)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if ranks.size > 1:
            ranks.abort(exit_code)
        return exit_code
    return Exit.OK


def _kind(order: Order) -> Any:  # noqa: ANN401 - a module with run(order, ranks)
    if order.kind not in KINDS:
        raise UsageError(f"a worker does not do jobs of kind {order.kind!r}", why=f"it does {', '.join(KINDS)}")
    return importlib.import_module(KINDS[order.kind])


if __name__ == "__main__":
    sys.exit(main())
