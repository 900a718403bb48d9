"""How busy the machine is, in the header and by node."""

from __future__ import annotations

import pytest

from tui import machine


def test_what_the_kernel_tells(tmp_path):
    (tmp_path / "stat").write_text("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1 1 1\n")
    (tmp_path / "meminfo").write_text("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n\n")
    assert machine.read(tmp_path) == (150, 1000, pytest.approx(0.6))
    (tmp_path / "meminfo").write_text("MemTotal: 1000 kB\n")
    assert machine.read(tmp_path) is None
    assert machine.read(tmp_path / "none") is None


def test_a_sparkline():
    assert machine.spark([0, 0.124, 0.126, 0.5, 0.99, 1, 7], 9) == "▁▁▂▅███"
    assert machine.spark([0, 1], 1) == "█"


def test_the_header_tells_and_gives_way(night, play):
    async def story(show):
        await show.until(lambda: "memory" in show.text.splitlines()[0])
        night.wait(seconds=1)
        await show.until(lambda: "cpu ▅  50%" in show.text.splitlines()[0])
        night.wait(seconds=1)
        await show.until(lambda: "cpu ▅▅  50%" in show.text.splitlines()[0])
        assert "▃▃▃  25%" in show.text.splitlines()[0]

    play(night.app(), story, size=(160, 30))

    async def narrow(show):
        assert "memory" not in show.text.splitlines()[0]
        assert "failed" in show.text.splitlines()[0]

    play(night.app(), narrow, size=(80, 24))


def test_a_node_was_busy_lately(night, play):
    async def story(show):
        await show.press("5")
        assert "▅" in show.line("✓ ready")  # two of its four cpus
        assert "▅▅" not in show.line("✓ ready")
        night.wait(seconds=1)
        await show.until(lambda: "▅▅" in show.line("✓ ready"))

    play(night.app(), story, size=(160, 30))
