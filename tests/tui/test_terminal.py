"""The dashboard in a real terminal, over a real scheduler."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import pytest

from dmod import project
from dmod.cli import main
from dmod.jobs.status import Status
from dmod.scheduler.queue import Queue

pytestmark = pytest.mark.live


@pytest.fixture
def tmux(tmp_path, missing):
    """Run tmux with a server of its own."""
    if shutil.which("tmux") is None:
        missing("no tmux")
    socket = str(tmp_path / "tmux")

    def run(*words: str) -> str:
        said = subprocess.run(["tmux", "-S", socket, *words], check=True, capture_output=True, text=True)
        return said.stdout

    yield run
    subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)


def test_a_job_is_watched_canceled_and_left(tmp_path, monkeypatch, tmux):
    root = tmp_path / "live"
    here = project.create(root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")  # a terminal knows better how wide it is
    script = "for i in $(seq 600); do echo line $i; sleep 0.1; done"
    assert main(["job", "submit", "--name", "slow", "--", "/bin/sh", "-c", script]) == 0
    words = [sys.executable, "-m", "dmod.cli", "-C", str(root), "dashboard"]
    keep = '"$@"; echo "it returned $?"; sleep 60'
    tmux("new-session", "-d", "-x", "100", "-y", "32", "/bin/sh", "-c", keep, "sh", *words)

    def until(text: str) -> None:
        end = time.monotonic() + 30
        while text not in (screen := tmux("capture-pane", "-p")):
            assert time.monotonic() < end, f"never saw {text}:\n{screen}"
            time.sleep(0.05)

    try:
        until("● running")
        tmux("send-keys", "l")
        until("line 5")
        tmux("resize-window", "-x", "72", "-y", "20")
        until("stdout.log")
        tmux("send-keys", "C")
        until("Cancel job 1 slow, running?")
        tmux("send-keys", "y")
        until("canceled")
        tmux("send-keys", "Escape")
        until("enter open")
        until("‖ canceled")
        tmux("send-keys", "q")
        until("it returned 0")
        queue = Queue(here.queue)
        assert queue.get(1).status is Status.CANCELED
        queue.close()
    finally:
        assert main(["scheduler", "stop", "--now"]) == 0
