"""The dashboard in a real terminal, over a real scheduler."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_job_is_watched_canceled_and_left(tmp_path, monkeypatch, tmux, until):
    root = tmp_path / "live"
    here = project.create(root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")  # a terminal knows better how wide it is
    script = "for i in $(seq 600); do echo line $i; sleep 0.1; done"
    assert main(["job", "submit", "--name", "slow", "--", "/bin/sh", "-c", script]) == 0
    words = [sys.executable, "-m", "dmod.cli", "-C", str(root), "dashboard"]
    keep = '"$@"; echo "it returned $?"; sleep 60'
    tmux("new-session", "-d", "-x", "100", "-y", "32", "/bin/sh", "-c", keep, "sh", *words)

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


@pytest.fixture
def until(tmux):
    """Wait for a text on the screen."""

    def wait(text: str) -> str:
        end = time.monotonic() + 30
        while text not in (screen := tmux("capture-pane", "-p")):
            assert time.monotonic() < end, f"never saw {text}:\n{screen}"
            time.sleep(0.05)
        return screen

    return wait


def test_a_crash_leaves_the_terminal_as_it_was_and_a_traceback_in_a_file(tmp_path, tmux, until):
    root = tmp_path / "live"
    here = project.create(root)
    script = """
import sys
from dmod.cli import main
from tui.screens.help import Help
def compose(self):
    raise RuntimeError("no page of help")
Help.compose = compose
sys.exit(main(["-C", sys.argv[1], "dashboard"]))
"""
    keep = 'stty -g > before; "$@"; echo "it returned $?"; stty -g > after; sleep 60'
    words = ("/bin/sh", "-c", keep, "sh", sys.executable, "-c", script, str(root))
    tmux("new-session", "-d", "-x", "100", "-y", "30", "-c", str(tmp_path), *words)
    until("1 Jobs")
    assert tmux("display-message", "-p", "#{alternate_on}").strip() == "1"
    tmux("send-keys", "?")
    screen = until("it returned 70")
    flags = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}"
    assert tmux("display-message", "-p", flags).split() == ["0", "0", "1"]
    wait = time.monotonic() + 5
    while not (tmp_path / "after").exists() or not (tmp_path / "after").read_text():
        assert time.monotonic() < wait
        time.sleep(0.05)
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
    assert screen.count("RuntimeError") == 1
    assert "no page of help" in screen
    assert "Traceback" not in screen
    kept = here.state / "crash.log"
    assert str(kept) in screen.replace("\n", "")
    assert "in compose" in kept.read_text()


def test_a_terminal_that_is_closed_ends_it_and_it_opens_as_it_was(tmp_path, tmux, until):
    root = tmp_path / "live"
    project.create(root)
    words = (sys.executable, "-m", "dmod.cli", "-C", str(root), "dashboard")
    tmux("new-session", "-d", "-x", "100", "-y", "30", *words)
    until("1 Jobs")
    tmux("send-keys", "/")
    tmux("send-keys", "-l", "kind:simulation")
    tmux("send-keys", "Enter")
    until("kind:simulation  0 of 0")
    for width, height in ((60, 12), (180, 50), (80, 24)):
        tmux("resize-window", "-x", str(width), "-y", str(height))
        until("q quit" if width > 60 else "1 Jobs")
    tmux("send-keys", "6")
    until("TIME")
    pid = int(tmux("display-message", "-p", "#{pane_pid}"))
    tmux("kill-session")
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "it outlives its terminal"
        time.sleep(0.05)
    tmux("new-session", "-d", "-x", "100", "-y", "30", *words)
    until("TIME")
    tmux("send-keys", "1")
    until("kind:simulation  0 of 0")
    tmux("send-keys", "q")
