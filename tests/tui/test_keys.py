"""Every key, typed into a dashboard over a real queue."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from dmod import layout
from dmod.jobs.status import Status
from tui.screens.events import Events


def test_moving_marking_and_sorting(rivers, play):
    async def story(show):
        table = show.jobs.table
        assert table.cursor == 9
        await show.press("j", "down", "k")
        assert table.cursor == 8
        await show.press("G")
        assert table.cursor == 1
        await show.press("g", "pagedown")
        assert table.cursor == 1
        await show.press("home", "space", "space")
        assert table.marks == {9, 8}
        assert table.cursor == 7
        assert "2 marked" in show.text
        await show.press("escape")
        assert not table.marks
        await show.press("s")
        assert (show.jobs.rows.sort, show.jobs.rows.reverse) == ("name", True)
        assert show.jobs.rows.keys[0] == 4  # vpu09
        assert table.cursor == 7  # it sticks to the job
        await show.press("S")
        assert show.jobs.rows.keys[0] == 6  # au-saumon
        assert "NAME▲" in show.text

    play(rivers.app(), story)


def test_what_changes_is_drawn_and_the_cursor_stays_on_its_job(rivers, play):
    async def story(show):
        await show.press("j", "j", "j", "j")
        assert show.jobs.table.cursor == 5
        new = rivers.command("brand-new")
        rivers.progress(6, 600, 640)
        rivers.wait(seconds=1)
        await show.until(lambda: "brand-new" in show.text and "94%" in show.text)
        assert show.jobs.table.cursor == 5
        assert show.jobs.rows.keys[0] == new
        assert "16m15s" in show.line("au-saumon")
        rivers.advance(6, Status.FAILED, "rank 1: killed by SIGKILL")
        rivers.wait(seconds=1)
        await show.until(lambda: "✗ failed" in show.line("au-saumon"))
        assert "killed by SIGKILL" in show.line("au-saumon")
        assert "2 failed" in show.text.splitlines()[0]

    play(rivers.app(), story)


def test_filtering_as_one_types_and_recalling(rivers, play):
    async def story(show):
        await show.press("/")
        await show.type("state:fail")
        assert show.jobs.rows.keys == [4]
        await show.press("enter")
        assert "state:fail  1 of 9" in show.text
        await show.press("/", "escape")
        assert show.jobs.rows.keys == [4]  # what was there before
        await show.press("escape")
        assert len(show.jobs.rows) == 9
        await show.press("/")
        await show.type("kind:sim 2-6")
        assert show.jobs.rows.keys == [6, 4, 2]
        await show.press("enter", "/")
        await show.press("ctrl+u")
        await show.type("nosuch")
        assert "No job matches nosuch" in show.text
        await show.press("escape", "/", "up", "enter")
        assert show.jobs.filter == "kind:sim 2-6"
        await show.press("/", "up", "up", "enter")
        assert show.jobs.filter == "state:fail"

    play(rivers.app(), story)


def test_cancel_asks_and_means_no_unless_told_yes(rivers, play):
    async def story(show):
        await show.press("C")
        assert "Cancel job 9 leaf-4deg, queued?" in show.text
        await show.press("enter")
        await show.press("C", "escape")
        await show.press("C", "n")
        assert rivers.queue.get(9).status is Status.QUEUED
        await show.press("space", "space", "G", "space", "C")
        assert "Cancel 2 jobs, 8 to 9?" in show.text  # what has ended is left out
        await show.press("y")
        assert {rivers.queue.get(each).status for each in (8, 9)} == {Status.CANCELED}
        assert rivers.queue.get(1).status is Status.COMPLETED
        assert "‖ canceled" in show.line("leaf-4deg")
        await show.press("C")
        await show.until(lambda: "nothing to cancel" in show.text)

    play(rivers.app(), story)


def test_retry(rivers, play):
    async def story(show):
        show.jobs.table.point(4)
        await show.press("R")
        assert "Retry job 4 vpu09-aorc, failed?" in show.text
        await show.press("y")
        assert rivers.queue.get(4).status is Status.QUEUED
        assert rivers.queue.get(4).attempt == 2
        assert "○ queued" in show.line("vpu09")

    play(rivers.app(), story)


def test_read_only_offers_and_does_nothing(rivers, play):
    async def story(show):
        assert "cancel" not in show.text.splitlines()[-1]
        await show.press("C")
        await show.until(lambda: "--read-only" in show.text)
        assert not any("Cancel" in title for title, _, _ in show.jobs.commands())
        assert rivers.queue.get(9).status is Status.QUEUED

    play(rivers.app(read_only=True), story)


def test_explain_says_what_the_command_says(rivers, play):
    async def story(show):
        show.jobs.table.point(4)
        await show.press("e")
        await show.until(lambda: "error: cat-2391 ends early" in show.text)
        assert "rank 3" in show.text
        assert "dmod job retry 4" in show.text
        await show.press("escape")
        assert "PROGRESS" in show.text

    play(rivers.app(), story)


def test_copying_ids_and_commands(rivers, play):
    async def story(show):
        await show.press("y")
        assert show.app.clipboard == "9"
        await show.press("Y")
        assert show.app.clipboard == "dmod job show 9"
        await show.press("space", "space", "y")
        assert show.app.clipboard == "9 8"
        await show.press("escape", "l", "Y")
        assert show.app.clipboard == "dmod job logs 7"
        await show.press("2", "Y")
        assert show.app.clipboard == "dmod dataset show rivers-2"
        await show.press("3", "Y", "5", "Y")
        assert show.app.clipboard.startswith("dmod node show ")

    play(rivers.app(), story)


def test_pausing(rivers, play):
    async def story(show):
        await show.press("p")
        assert "paused" in show.text
        rivers.command("unseen")
        rivers.wait(seconds=1)
        await show.pilot.pause(0.5)
        assert "unseen" not in show.text
        await show.press("p")
        await show.until(lambda: "unseen" in show.text)
        assert "paused" not in show.text

    play(rivers.app(), story)


def test_screens_and_the_way_from_an_event_to_its_job(rivers, play):
    async def story(show):
        await show.press("2")
        assert "rivers-gauges" in show.text
        assert "1984-01-01..1987-12-31" in show.line("rivers-gauges")
        assert "━━━━" in show.line("rivers-gauges")
        await show.press("/")
        await show.type("observ")
        await show.press("enter", "enter")
        assert "daily discharge of three gauges" in show.text
        assert "3 gauges" in show.line("covers")
        await show.press("escape", "escape")
        assert "rivers-2" in show.text
        await show.press("5")
        assert "2 of 4" in show.text
        await show.press("6", "/")
        await show.type("cat-2391")
        await show.press("enter")
        assert len(show.app.query_one(Events).rows) == 1
        await show.press("enter")
        assert show.jobs.table.cursor == 4
        assert "1 Jobs" in show.text
        await show.press("6", "escape")
        assert len(show.app.query_one(Events).rows) == 29

    play(rivers.app(), story)


def test_help_palette_and_leaving(rivers, play):
    async def story(show):
        await show.press("?")
        assert "Every" in show.text
        assert "zoom in time" in show.text
        await show.press("escape", "ctrl+p")
        await show.type("hydrogr")
        await show.press("s", "escape", "escape", "2", "S", "1", "s")
        await show.press("q")

    app = play(rivers.app(screen="jobs"), story)
    assert app.return_code == 0
    kept = json.loads((rivers.project.state / "dashboard.json").read_text())
    assert (kept["screen"], kept["sorts"]["jobs"], kept["theme"]) == ("jobs", "-name", "dmod-dark")

    async def again(show):
        assert show.jobs.rows.sort == "name"
        assert show.jobs.filter == "state:active"
        assert show.jobs.rows.keys == [7, 9, 8, 6]

    play(rivers.app(filter="state:active"), again)


def test_the_mouse(rivers, play):
    async def story(show):
        await show.pilot.click("Header", offset=(13, 1))
        await show.settle()
        assert show.app.pane.title == "Data"
        await show.pilot.click("Header", offset=(3, 1))
        await show.pilot.click("#table", offset=(20, 3))
        await show.settle()
        assert show.jobs.table.cursor == 7
        await show.pilot.click("#table", offset=(10, 0))
        assert show.jobs.rows.sort == "name"
        await show.pilot.click("#table", offset=(20, 9), times=2)
        await show.settle()
        assert show.jobs.has_class("-open")
        await show.pilot.click("#detail Pages", offset=(106, 0))
        await show.settle()
        assert show.jobs.detail.page == "log"

    play(rivers.app(), story)


def test_the_log_follows_pauses_and_is_searched(rivers, play):
    path = rivers.folder(6) / layout.STDOUT
    path.write_text("".join(f"step {at}\n" for at in range(500)))

    async def story(show):
        show.jobs.table.point(6)
        await show.press("l")
        assert "step 499" in show.text
        with path.open("a") as log:
            log.write("\x1b[31mlate news\x1b[0m\n")
        await show.until(lambda: "late news" in show.text)
        await show.press("p")
        assert "stdout.log, paused" in show.text
        with path.open("a") as log:
            log.write("unseen\n")
        await show.pilot.pause(0.4)
        assert "unseen" not in show.text
        await show.press("G")
        assert "unseen" in show.text
        await show.press("/")
        await show.type("step 123")
        await show.press("enter")
        assert "step 123" in show.text
        await show.press("/")
        await show.press("ctrl+u")
        await show.type("step 4")
        await show.press("enter")
        assert "step 499" in show.text
        await show.press("n")
        assert show.app.query_one("#log").found is not None
        first = show.app.query_one("#log").found
        await show.press("N")
        assert show.app.query_one("#log").found > first
        await show.press("g")
        assert "step 0" in show.text
        await show.press("f")
        assert "It wrote" in show.text or "Nothing has been written" in show.text
        await show.press("f", ">", "<", "escape")
        assert show.jobs.table.has_focus

    play(rivers.app(), story)


def test_the_hydrograph_river_by_river(rivers, play):
    async def story(show):
        show.jobs.table.point(2)
        await show.press("h")
        assert "02472000 at nex-1  1 of 3   NSE 0.812   KGE 0.874" in show.text
        assert "simulated" in show.text
        assert "observed" in show.text
        await show.press("]", "]", "]", "[")
        assert "04080000 at nex-3  3 of 3" in show.text
        await show.press("+", "+")
        assert "1984-01-01 to 1987-12-31" not in show.text
        middle = show.line("simulated")
        await show.press("<")
        assert show.line("simulated") != middle
        await show.press(">", "-", "0", "L")
        assert "1984-01-01 to 1987-12-31" in show.text
        assert "logarithmic" in show.text
        await show.press("tab")
        assert show.jobs.detail.current.has_focus
        await show.press("z")
        assert "PROGRESS" not in show.text
        await show.press("z", "m")
        assert show.jobs.detail.page == "overview"  # a simulation has no metrics page
        await show.press("j", "escape", "k", "k", "m")
        assert "the observations do not vary" in show.text

    play(rivers.app(), story)


def test_rivers_of_a_running_simulation_appear_as_they_are_done(rivers, play):
    async def story(show):
        show.jobs.table.point(6)
        await show.press("h")
        assert "rivers appear as they are done" in show.text
        rivers.discharge(rivers.folder(6) / "output.partial", features=("nex-1",))
        rivers.wait(seconds=1)
        await show.until(lambda: "02472000 at nex-1" in show.text)
        assert "1 of" not in show.text

    play(rivers.app(), story)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
def test_any_size(rivers, play, size):
    async def story(show):
        for key in ("1", "enter", "h", "l", "escape", "2", "enter", "5", "6", "?", "escape"):
            await show.press(key)
        await show.pilot.resize_terminal(100, 30)
        await show.settle()
        assert show.text.splitlines()[0].startswith(" dmod rivers")

    play(rivers.app(), story, size=size)


def test_from_nothing_to_the_first_job_and_to_another_queue(stage, play):
    async def story(show):
        assert "No jobs yet" in show.text
        assert "scheduler down" in show.text
        await show.press("C", "R", "e", "h", "enter", "y", "Y")
        assert show.app.clipboard == "dmod job list"
        stage.command("first")
        stage.wait(seconds=1)
        await show.until(lambda: "first" in show.text and "the scheduler is down" in show.text)
        stage.close()
        stage._queue = None
        for file in stage.project.state.glob("queue.db*"):
            file.unlink()
        stage.command("other")
        stage.wait(seconds=1)
        await show.until(lambda: "other" in show.text and "first" not in show.text)

    play(stage.app(), story)


def test_a_queue_that_cannot_be_read_is_said_and_the_rest_goes_on(stage, play):
    stage.project.queue.write_bytes(b"this is no database, but long enough to be taken for one" * 99)

    async def story(show):
        await show.until(lambda: "damaged" in show.text or "queue" in show.text.splitlines()[0])
        await show.press("2")
        assert "No datasets yet" in show.text

    play(stage.app(), story)


def test_unwatched_it_looks_once_a_second(rivers, play):
    async def story(show):
        show.app.on_app_blur()
        rivers.command("later")
        await show.pilot.pause(0.5)
        assert "later" not in show.text
        rivers.now += timedelta(seconds=1)
        await show.until(lambda: "later" in show.text)
        show.app.on_app_focus()
        rivers.command("at-once")
        await show.until(lambda: "5 queued" in show.text)

    play(rivers.app(), story)
