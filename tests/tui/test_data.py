"""The screen of datasets: coverage, gaps against a job, and what can be done to them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest


def gauges(stage, name: str, *years: int) -> None:
    """Observations of whole years."""
    folder = stage.project.root / name
    folder.mkdir()
    begin, end = date(years[0], 1, 1), date(years[-1], 12, 31)
    days = [begin + timedelta(days=at) for at in range((end - begin).days + 1)]
    rows = [f"{day}T00:00:00Z,1.0" for day in days]
    (folder / "discharge.csv").write_text("time,02472000\n" + "\n".join(rows) + "\n")
    (folder / "crosswalk.json").write_text('{"02472000": "nex-1"}')
    stage.store.create(name, "observation", [folder])


def test_gaps_against_a_job(rivers, play):
    gauges(rivers, "late-gauges", 1986, 1987, 1988)

    async def story(show):
        show.jobs.table.point(1)
        await show.press("2", "a")
        await show.until(lambda: "job 1 needs no period" in show.text)
        await show.press("1")
        show.jobs.table.point(2)  # 1984 to 1987, daily
        await show.press("2", "a")
        assert "missing for job 2 rivers" in show.text
        missing = show.line("late-gauges")
        assert missing.index("✗") < missing.index("━")  # two years of five come first
        await show.press("g", "enter")
        assert show.line("job 2  ")
        await show.press("a")
        assert "✗" not in show.line("late-gauges")

    play(rivers.app(), story, size=(160, 40))


def test_a_dataset_is_checked(rivers, play):
    async def story(show):
        await show.press("2")
        show.app.pane.table.point("rivers-gauges")
        await show.press("c")
        await show.until(lambda: "every file is as the manifest says" in show.text)
        await show.press("escape")
        file = rivers.store.path("rivers-gauges") / "discharge.csv"
        file.chmod(0o644)
        file.write_text("gone")
        await show.press("c")
        await show.until(lambda: "not as the manifest says" in show.text)

    play(rivers.app(read_only=True), story)


def test_a_dataset_is_copied(rivers, play):
    async def story(show):
        await show.press("2")
        show.app.pane.table.point("rivers-2")
        await show.press("w")
        await show.until(lambda: "3 files" in show.text and "copying" not in show.text)
        assert len(list((rivers.project.root / "rivers-2").glob("*.csv"))) == 3

    play(rivers.app(), story)


def test_deleting_asks_for_the_name(rivers, play):
    async def story(show):
        await show.press("2")
        show.app.pane.table.point("rivers-2")
        await show.press("X")
        assert "Delete dataset rivers-2 and its files?" in show.text
        await show.type("rivers")
        await show.press("enter")
        assert "rivers-2" in rivers.store.names()
        await show.press("X")
        await show.type("rivers-2")
        await show.press("enter")
        await show.until(lambda: "deleted rivers-2" in show.text)
        assert "rivers-2" not in rivers.store.names()
        await show.press("escape")
        assert "rivers-2" not in show.app.pane.rows

    play(rivers.app(), story)


@pytest.mark.parametrize("key", ["X", "w"])
def test_read_only_touches_no_dataset(rivers, play, key):
    async def story(show):
        await show.press("2", key)
        await show.until(lambda: "--read-only" in show.text)
        assert len(rivers.store.names()) == 3

    play(rivers.app(read_only=True), story)
