"""Arrays in the dashboard: a row each, their tasks in words, and what can be done to them."""

from __future__ import annotations

import pytest

from dmod import layout
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from tui.screens.events import Events


def test_an_array_is_one_row_that_says_how_far_its_tasks_are(night, play):
    async def story(show):
        assert len(show.jobs.rows) == 6
        assert "● running" in show.line("ensemble")
        assert "28%" in show.line("ensemble")
        assert "11/40 tasks, 3 failed" in show.line("ensemble")
        assert "✗ failed" in show.line("calibrate")
        assert "2 of 10 tasks failed" in show.line("calibrate")
        assert "3 tasks" in show.line("spinup")
        assert "1,000 tasks" in show.line("publish")
        night.run(3, task=14, seconds=0, to=Status.FAILED, note="exit 3")
        night.run(3, task=15, to=Status.RUNNING)
        night.wait(seconds=1)
        await show.until(lambda: "12/40 tasks, 4 failed" in show.line("ensemble"))
        assert "30%" in show.line("ensemble")

    play(night.app(), story)


def test_what_failed_is_said_while_the_rest_waits(night, play):
    for task in (12, 13):
        night.advance(3, Status.COMPLETED, task=task)
    night.queue.hold(3)

    async def story(show):
        assert "○ queued" in show.line("ensemble")
        await show.until(lambda: "3 failed, held: dmod job release 3" in show.line("ensemble"))

    play(night.app(), story, size=(140, 40))


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
def test_any_size(night, play, size):
    async def story(show):
        show.jobs.table.point(3)
        for key in ("enter", "l", "}", "escape", "5", "6", "enter", "o", "z", "escape"):
            await show.press(key)
        await show.pilot.resize_terminal(100, 30)
        await show.settle()
        assert "3 failed" in show.line("ensemble")

    play(night.app(), story, size=size)


def test_why_jobs_wait(night, play):
    async def story(show):
        await show.until(lambda: "after job 3, which is" in show.line("report"))
        assert "held: dmod job release 5" in show.line("publish")
        assert "needs 4 cpus" in show.line("regrid")

    play(night.app(), story)


def test_limits_are_named(stage, play):
    file = stage.project.file
    file.write_text(file.read_text().replace("[limits]", '[limits]\n"noah-*" = 1', 1))
    stage.project = type(stage.project).find(stage.project.root)
    first, second = stage.command("noah-1"), stage.command("noah-2")
    stage.run(first, to=Status.RUNNING)

    async def story(show):
        await show.until(lambda: '1 at once of "noah-*", 1 run' in show.line("noah-2"))
        assert show.jobs.rows[second].status == "queued"

    with stage.scheduler():
        play(stage.app(), story, size=(140, 30))


def test_the_page_of_an_array_tells_of_its_tasks(night, play):
    async def story(show):
        show.jobs.table.point(3)
        await show.press("enter")
        assert "● 2 running   ○ 27 queued" in show.line(" tasks       ●")
        assert "✓ 8 completed   ✗ 3 failed" in show.text
        assert "4  killed by SIGKILL, out of memory" in show.line("failed      4")
        assert "7  exit 1: cannot open forcing.nc" in show.text
        assert "1-40" in show.line("array")
        assert "priority    50" in show.text
        assert "job 1 ✓ completed" in show.line("after  ")
        assert "1 cpu a task  holds 2 on" in show.line("resources")
        await show.press("j")
        assert "1,5  exit 1: no such gauge" in show.line("failed      1,5")
        await show.press("k", "k", "k", "k")
        assert show.jobs.table.cursor == 6
        assert "job 2 ✗ failed  however it ends" in show.text
        assert "job 3 ● running" in show.text

    play(night.app(), story, size=(120, 50))


def test_what_it_used(stage, play):
    job = stage.command("noah")
    stage.run(job)
    with stage.queue.transaction() as write:
        write.execute("update job set cpu = 95, peak = 3 << 29, read = 1 << 20, written = 2048 where id = ?", (job,))

    async def story(show):
        await show.press("enter")
        assert "1m35s of cpu, 1.5GiB at most, read 1MiB, wrote 2KiB" in show.line("used   ")

    play(stage.app(), story)


def test_twenty_reasons_and_how_many_more(stage, play):
    job = stage.array("many", "1-25")
    for task in range(1, 26):
        stage.run(job, task=task, seconds=0, to=Status.FAILED, note=f"exit {task}")

    async def story(show):
        await show.press("enter", "z")
        assert "20  exit 20" in show.text
        assert "21  exit 21" not in show.text
        assert "and for 5 more reasons" in show.text

    play(stage.app(), story, size=(120, 60))


def test_logs_of_tasks(night, play):
    (night.folder(3) / "5").mkdir()
    (night.folder(3) / "5" / layout.STDOUT).write_text("member 5 begins\n")

    async def story(show):
        show.jobs.table.point(3)
        await show.press("l")
        assert "3/4 ensemble  ✗ failed  stderr.log" in show.text  # the first that failed
        assert "not enough memory for member 4" in show.text
        await show.press("}")
        assert "3/5 ensemble  ✓ completed" in show.text
        assert "member 5 begins" in show.text
        await show.press("Y", "{", "{")
        assert show.app.clipboard == "dmod job logs 3/5"
        assert "3/3 ensemble" in show.text
        await show.press("{", "{", "{", "{")
        assert "3/1 ensemble" in show.text
        await show.press("}", "}", "}", "e")
        await show.until(lambda: "out of memory" in show.text)
        await show.press("escape", "o")
        assert "3/4" not in show.text

    play(night.app(), story)


def test_the_river_of_a_task(stage, play):
    spec = stage.queue.get(stage.simulation("members")).spec
    job = stage.queue.submit(Order(spec, stage.project.root, numbers=Numbers.parse("1-3")))
    stage.run(job, task=2, to=Status.RUNNING)
    stage.discharge(stage.project.job_folder(job, 2) / layout.OUTPUT, features=("nex-2",))

    async def story(show):
        show.jobs.table.point(job)
        await show.press("h")
        await show.until(lambda: "at nex-2" in show.text or "nex-2" in show.text)
        assert f"{job}/2 members" in show.text
        await show.press("}")
        await show.until(lambda: "Nothing simulated yet" in show.text)

    play(stage.app(), story)


def test_events_of_tasks_name_them(night, play):
    async def story(show):
        await show.press("6", "/")
        await show.type("3/7 failed")
        await show.press("enter", "y")
        assert show.app.clipboard == "3/7"
        assert "3/7" in show.line("cannot open forcing.nc")
        assert len(show.app.query_one(Events).rows) == 1
        await show.press("enter", "l")
        assert "3/7 ensemble  ✗ failed" in show.text
        assert "member 7 begins" in show.text

    play(night.app(), story)


def test_hold_and_release_ask(night, play):
    async def story(show):
        show.jobs.table.point(4)
        await show.settle()
        assert "H hold" in show.text
        await show.press("H")
        assert "Hold job 4 regrid, queued, 20 tasks?" in show.text
        await show.press("enter")
        assert not night.queue.get(4).held
        await show.press("H", "y")
        assert night.queue.get(4).held
        assert "held: dmod job release 4" in show.line("regrid")
        assert "H release" in show.text
        await show.press("H")
        assert "Release job 4 regrid, held, 20 tasks?" in show.text
        await show.press("y")
        assert not night.queue.get(4).held
        night.wait(seconds=1)
        await show.until(lambda: "needs 4 cpus" in show.line("regrid"))
        show.jobs.table.point(6)
        await show.press("space", "space", "H")  # one is held: the other is to be, too
        assert "Hold job 6 report, queued?" in show.text
        await show.press("y")
        assert night.queue.get(6).held
        show.jobs.table.point(1)
        await show.press("escape", "H")
        await show.until(lambda: "nothing to hold: job 1 is completed" in show.text)

    play(night.app(), story)


def test_tasks_that_failed_alone_are_run_again(night, play):
    async def story(show):
        show.jobs.table.point(3)
        await show.press("F")
        assert "Retry 3 failed tasks of job 3 ensemble, running, 40 tasks?" in show.text
        await show.press("y")
        assert night.queue.get(3).failed == 0
        assert "8/40 tasks" in show.line("ensemble")
        await show.press("F")
        await show.until(lambda: "nothing to retry failed: job 3 is running" in show.text)
        show.jobs.table.point(2)
        await show.press("F", "y")
        assert (night.queue.get(2).failed, night.queue.get(2).canceled) == (0, 7)
        await show.press("R", "y")
        assert night.queue.get(2).canceled == 0

    play(night.app(), story)


@pytest.mark.parametrize("key", ["H", "F", "R", "C"])
def test_read_only_changes_nothing(night, play, key):
    async def story(show):
        show.jobs.table.point(3)
        await show.settle()
        assert f"{key} " not in show.text.splitlines()[-1].replace("esc", "")
        await show.press(key)
        await show.until(lambda: "--read-only" in show.text)

    play(night.app(read_only=True), story)


def test_nodes_are_drained_and_resumed(night, play):
    async def story(show):
        await show.press("5")
        assert "✓ ready" in show.text
        assert "D drain" in show.text
        await show.press("D")
        assert "Nothing new starts there. What runs there goes on: 2." in show.text
        await show.press("n")
        assert not night.queue.drained()
        await show.press("D", "y")
        assert len(night.queue.drained()) == 1
        assert "‖ drained" in show.text
        assert "D resume" in show.text
        await show.press("1")
        night.wait(seconds=1)
        await show.until(lambda: "is drained" in show.line("regrid"))
        await show.press("5", "D", "y")
        assert not night.queue.drained()

    play(night.app(), story)


def test_who_drained_a_node_says_why(night, play):
    async def story(show):
        await show.press("5")
        night.queue.drain(show.app.pane.identity(), "new disk at noon")
        night.wait(minutes=2)
        await show.until(lambda: "new disk at noon, 2m ago" in show.text)
        await show.press("D")
        await show.until(lambda: "--read-only" in show.text)
        await show.press("1")
        await show.until(lambda: "is drained: new disk at noon" in show.text)

    play(night.app(read_only=True), story, size=(140, 40))


def test_jobs_that_are_pruned_go(rivers, play):
    async def story(show):
        show.jobs.table.point(1)
        await show.press("enter")
        assert rivers.queue.prune(rivers.now.timestamp()) == [1, 2, 3, 4, 5]
        rivers.wait(seconds=1)
        await show.until(lambda: show.jobs.rows.keys == [9, 8, 7, 6])
        assert "completed" not in show.text.splitlines()[0]
        assert show.jobs.table.cursor == 6
        await show.until(lambda: "au-saumon-hourly  ●" in show.text)

    play(rivers.app(), story)
