"""An engine that goes away and comes back: nothing fails for it, and nothing is forgotten."""

from __future__ import annotations

import gc
import select
import shutil
import signal
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from enclosed_programs import Enclosed
from programs import SH, ends, run, started

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    # Docker's client leaves a socket open behind each call that nobody takes
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Gate:
    """A socket of the engine that can be shut: the engine itself is everybody's."""

    def __init__(self, path: Path) -> None:
        self.path, self._pairs, self._all, self._ear = path, [], [], None
        self.open()

    def open(self) -> None:
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(str(self.path))
        self._ear.listen()
        threading.Thread(target=self._serve, args=(self._ear,), daemon=True).start()

    def shut(self) -> None:
        self.path.unlink()
        self._ear.shutdown(socket.SHUT_RDWR)
        self._ear.close()
        for end in self._pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._pairs = []

    def close(self) -> None:
        with suppress(OSError):
            self.shut()
        for end in self._all:
            end.close()

    def _serve(self, ear: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = ear.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect("/var/run/docker.sock")
                self._pairs += [near, far]
                self._all += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class TestAway(Enclosed):
    """While no engine answers, nothing fails and nothing is forgotten."""

    @pytest.fixture(autouse=True)
    def gate(self, monkeypatch) -> Iterator[Gate]:
        folder = tempfile.mkdtemp()  # a socket has a short path
        made = Gate(Path(folder) / "s")
        monkeypatch.setenv("DOCKER_HOST", f"unix://{made.path}")
        yield made
        made.close()
        shutil.rmtree(folder)
        monkeypatch.delenv("DOCKER_HOST")
        gc.collect()  # while it is ignored

    def test_what_runs_meanwhile_has_its_code_when_it_is_back(self, gate, executor, waiting, program):
        asked, later = waiting(), program(SH, "-c", "exit 4", task=1)
        executor.start([asked])
        started(executor)
        gate.shut()
        executor.start([later])
        (asked.folder / "go").write_text("go\n")
        assert not select.select([executor], [], [], 1.5)[0]
        gate.open()
        assert {end.key[1]: end.code for end in ends(executor, 2)} == {0: 6, 1: 4}

    def test_a_scheduler_that_comes_meanwhile_adopts_when_it_is_back(self, gate, executors, waiting, program):
        asked = waiting()
        first = executors()
        first.adopt([])
        first.start([asked])
        handle = started(first).handle
        first.close()
        gate.shut()
        second = executors()
        assert second.adopt([(asked, handle), (program(task=1), {})]) == {(1, 1)}
        (asked.folder / "go").write_text("go\n")
        assert not select.select([second], [], [], 1)[0]
        gate.open()
        assert [end.code for end in ends(second, 1)] == [6]

    def test_what_waits_for_it_can_be_stopped(self, gate, executor, program):
        run(executor, program("/bin/true"))
        gate.shut()
        asked = program("/bin/sleep", "60", task=1)
        executor.start([asked])
        executor.stop(asked, {}, kill=False)
        assert [end.code for end in ends(executor, 1)] == [128 + signal.SIGTERM]
        gate.open()

    def test_one_that_is_to_end_meanwhile_ends_when_it_is_back(self, gate, executor, program):
        asked = program("/bin/sleep", "60")
        executor.start([asked])
        handle = started(executor).handle
        gate.shut()
        executor.stop(asked, handle, kill=True)
        assert not select.select([executor], [], [], 0.5)[0]
        gate.open()
        assert [end.code for end in ends(executor, 1)] == [128 + signal.SIGKILL]
