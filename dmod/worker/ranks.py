"""The ranks of a job: alone, or under mpiexec; the only module that imports mpi4py."""

from __future__ import annotations

from collections import deque
from time import sleep
from typing import Any, NoReturn, Protocol

from dmod.errors import UnreachableError, UsageError

POLL = 0.0005  # seconds between looks for a message: a signal gets through, a shared core is left to others
WINDOW = 3  # messages under way from one rank; more would fill its memory while rank 0 writes


class Ranks(Protocol):
    """Who takes part, and how they talk; messages between two ranks arrive in their order."""

    rank: int
    size: int

    def share(self, value: Any) -> Any:  # noqa: ANN401 - any value that pickles
        """The value of rank 0, on every rank."""
        ...

    def send(self, value: Any, to: int) -> None:  # noqa: ANN401
        """Send without waiting, unless WINDOW messages are still under way: to rank 0, which always listens."""
        ...

    def post(self, value: Any, to: int) -> None:  # noqa: ANN401
        """Send without ever waiting: to a rank that may not listen yet."""
        ...

    def flush(self) -> None:
        """Wait until all that was sent has left."""
        ...

    def receive(self, *, wait: bool = True) -> Any:  # noqa: ANN401
        """The next message from anybody, None if there is none and `wait` is false."""
        ...

    def abort(self, exit_code: int) -> NoReturn:
        """End all ranks with this exit code."""
        ...


class Alone:
    """One rank: nobody to talk to, no MPI needed."""

    rank = 0
    size = 1

    def share(self, value: Any) -> Any:  # noqa: ANN401
        """The value itself."""
        return value

    def send(self, value: Any, to: int) -> None:  # noqa: ANN401
        """Nobody is there."""
        raise ValueError(f"there is no rank {to} to send {type(value).__name__} to")

    post = send

    def flush(self) -> None:
        """Nothing is under way."""

    def receive(self, *, wait: bool = True) -> None:
        """Nobody sends."""
        if wait:
            raise ValueError("one rank alone waits for a message")

    def abort(self, exit_code: int) -> NoReturn:
        """End this process."""
        raise SystemExit(exit_code)


class Mpi:
    """The ranks of one mpiexec."""

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:
            raise UnreachableError(
                "MPI cannot be loaded", why=str(error), fix="pip install 'dmod[mpi]', or submit with cpus = 1"
            ) from error
        self._mpi = MPI
        self._comm = MPI.COMM_WORLD
        self.rank: int = self._comm.Get_rank()
        self.size: int = self._comm.Get_size()
        self._under_way: deque[Any] = deque()

    def share(self, value: Any) -> Any:  # noqa: ANN401
        """The value of rank 0, on every rank."""
        return self._comm.bcast(value, root=0)

    def send(self, value: Any, to: int) -> None:  # noqa: ANN401
        """Send without waiting, unless WINDOW messages are still under way."""
        self._drain(WINDOW - 1)
        self.post(value, to)

    def post(self, value: Any, to: int) -> None:  # noqa: ANN401
        """Send without ever waiting."""
        self._under_way.append(self._comm.isend(value, dest=to))

    def flush(self) -> None:
        """Wait until all that was sent has left."""
        self._drain(0)

    def receive(self, *, wait: bool = True) -> Any:  # noqa: ANN401
        """The next message from anybody, None if there is none and `wait` is false."""
        while (message := self._comm.improbe()) is None:
            if not wait:
                return None
            sleep(POLL)
        return message.recv()

    def abort(self, exit_code: int) -> NoReturn:
        """End all ranks with this exit code; mpiexec ends with it too."""
        self._comm.Abort(exit_code)
        raise SystemExit(exit_code)

    def _drain(self, most: int) -> None:
        while len(self._under_way) > most:
            if self._under_way[0].test()[0]:
                self._under_way.popleft()
            else:
                sleep(POLL)


def gather(ranks: int) -> Ranks:
    """The ranks of a job of `ranks`. Raises UnreachableError, UsageError if mpiexec started another number."""
    if ranks == 1:
        return Alone()
    together = Mpi()
    if together.size != ranks:
        error = UsageError if together.size > 1 else UnreachableError
        raise error(
            f"the job wants {ranks} ranks, and {together.size} started",
            fix=f"mpiexec -n {ranks} python -m dmod.worker JOBFOLDER",
        )
    return together
