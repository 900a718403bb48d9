"""The tasks of an array, and the files of a job, as pages."""

from __future__ import annotations

import pytest

from dmod.jobs.numbers import Numbers
from tui.task_rows import PIECE, TaskRows
from tui.widgets.tasks import Tasks


def test_the_tasks_of_an_array(night, play):
    with night.queue.transaction() as write:
        write.execute("update task set exit_code = 3 where job = 3 and number = 8")

    async def story(show):
        show.jobs.table.point(3)
        await show.press("enter")
        assert "t tasks" in show.text.splitlines()[-1]
        await show.press("t", "z")
        assert "3/4 ensemble" in show.text  # the cursor is on the first that failed
        assert show.line("  4  ✗").split() == ["4", "✗", "failed", "1", "30s", "killed", "by", "SIGKILL,", "out", "of",
                                               "memory"]  # fmt: skip
        assert show.line("  8  ✗").split() == ["8", "✗", "failed", "1", "30s", "3", "exit", "3"]
        assert show.line(" 12  ●").split()[:3] == ["12", "●", "running"]
        assert show.line(" 14  ○").split() == ["14", "○", "queued"]
        await show.press("j", "j", "j")
        assert "3/7 ensemble" in show.text
        await show.press("Y")
        assert show.app.clipboard == "dmod job show 3/7"
        await show.press("enter")
        assert "member 7 begins" in show.text
        await show.press("{", "t")
        assert show.app.query_one(Tasks).cursor == 6
        await show.press("G")
        assert "3/40 ensemble" in show.text

    play(night.app(), story)


def test_tasks_that_go_on_are_seen(night, play):
    async def story(show):
        show.jobs.table.point(3)
        await show.press("t", "z")
        assert show.line(" 14  ○")
        night.run(3, task=14, seconds=1)
        await show.until(lambda: "completed" in show.line(" 14  "))

    play(night.app(), story)


def test_a_job_alone_has_no_tasks(rivers, play):
    async def story(show):
        await show.press("t")
        assert "t tasks" not in show.text
        assert show.jobs.detail.page == "overview"

    play(rivers.app(), story)


def test_of_many_tasks_only_those_that_are_seen_are_read(stage, play):
    job, read = stage.array("members", "1-100000"), []

    async def story(show):
        tasks, queue = show.app.query_one(Tasks), show.app.feed.queue
        whole = queue.tasks
        queue.tasks = lambda *of, numbers=(), **more: read.extend(numbers) or whole(*of, numbers=numbers, **more)
        show.jobs.table.point(job)
        await show.press("t", "z", "G")
        assert tasks.cursor == 100_000
        assert "100000  ○ queued" in show.text
        await show.press("g", "S")
        assert show.text.index(" 1  ○ queued") > show.text.index(" 2  ○ queued")
        assert 0 < len(set(read)) <= 6 * PIECE

    play(stage.app(), story)


@pytest.mark.parametrize("reverse", [False, True])
def test_keys_are_where_their_places_are(stage, reverse):
    rows = TaskRows(stage.clock)
    rows.show("1,5,10-400:3", lambda _: ())
    rows.order("state", reverse=reverse)
    numbers = sorted(Numbers.parse("1,5,10-400:3"), reverse=reverse)
    assert list(rows.keys) == numbers
    assert [rows.place(number) for number in numbers] == list(range(len(numbers)))
    assert (rows.place(2), 2 in rows, rows.get(5)) == (None, False, None)


def test_the_files_of_an_output(rivers, play):
    async def story(show):
        show.jobs.table.point(2)
        await show.press("d")
        await show.until(lambda: "nex-3_output.csv" in show.text)
        assert "output  rivers-2  3 files" in show.text.replace("output   ", "output  ")
        size = (rivers.store.path("rivers-2") / "nex-1_output.csv").stat().st_size
        assert f"{size / 1024:.1f}KiB" in show.line("nex-1_output.csv")
        assert "stdout.log" in show.text
        await show.press("j")  # a simulation that failed has no output
        show.jobs.table.point(4)
        await show.until(lambda: "stderr.log" in show.text and "nex-1" not in show.text)

    play(rivers.app(), story, size=(120, 50))


def test_files_that_are_written_meanwhile(rivers, play):
    async def story(show):
        show.jobs.table.point(6)
        await show.press("d")
        await show.until(lambda: "progress.json" in show.text)
        (rivers.folder(6) / "new.nc").write_bytes(b"x" * 2048)
        rivers.wait(seconds=1)
        await show.until(lambda: "2KiB" in show.line("new.nc"))

    play(rivers.app(), story)
