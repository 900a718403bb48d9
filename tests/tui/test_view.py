"""How a list is seen: folds, columns, the room below it; and that it is so again the next time."""

from __future__ import annotations

import json

import pytest

from dmod.jobs.status import Status


def test_an_array_unfolds_below_itself_and_folds(night, play):
    async def story(show):
        table = show.jobs.table
        table.point(3)
        await show.press("right")
        await show.until(lambda: "3/4" in show.text)
        assert len(show.jobs.rows) == 6 + 40
        assert "killed by SIGKILL" in show.line("3/4 ")
        await show.press("j", "y")
        assert show.app.clipboard.startswith("3/")
        night.run(3, task=20, seconds=0, to=Status.FAILED, note="exit 77")
        night.wait(seconds=1)
        await show.until(lambda: "exit 77" in show.text)
        await show.press("left")
        assert table.cursor == 3
        assert len(show.jobs.rows) == 6
        table.point(6)
        await show.press("right")  # no array
        assert len(show.jobs.rows) == 6

    play(night.app(), story, size=(120, 60))


def test_a_thousand_tasks_fold_at_once(night, play):
    async def story(show):
        show.jobs.table.point(5)
        await show.press("right")
        await show.until(lambda: len(show.jobs.rows) == 1006)
        await show.press("G")
        assert show.jobs.table.cursor == 1
        await show.press("g", "/")
        await show.type("name:spinup")
        await show.press("enter")
        assert len(show.jobs.rows) == 1

    play(night.app(), story)


@pytest.mark.parametrize(("key", "column"), [("1", "KIND"), ("5", "CPUS"), ("6", "JOB")])
def test_columns_go_and_come_back(rivers, play, key, column):
    async def story(show):
        await show.press(key)
        table = show.app.pane.table
        titles = [each.title for each in table.columns]
        at = titles.index(column) if column in titles else 1
        assert titles[at] in show.text
        await show.press("v")
        assert "show or hide" in show.text
        await show.press(*"j" * (at - 1), "space", "escape")
        assert table.hidden == {table.columns[at].key}
        await show.press("v", "a", "escape")
        assert not table.hidden

    play(rivers.app(), story, size=(160, 40))


def test_the_first_column_always_stays(rivers, play):
    async def story(show):
        await show.press("v", "k", "k", *["j", "space"] * 30, "escape")
        assert "id" not in show.jobs.table.hidden

    play(rivers.app(), story)


def test_the_room_below_grows_and_shrinks_within_bounds(rivers, play):
    async def story(show):
        await show.press("enter")
        before = show.jobs.table.size.height
        await show.press("(")
        assert show.jobs.table.size.height > before
        await show.press(*")" * 20)
        least = show.jobs.table.size.height
        assert 0 < least < before
        assert show.app.memory.split == 80
        await show.press(*"(" * 20)
        assert show.app.memory.split == 20

    play(rivers.app(), story)


def test_it_is_the_next_time_as_it_was_left(rivers, play):
    async def first(show):
        await show.press("s", "S", "v", "j", "space", "escape", "/")
        await show.type("kind:sim")
        await show.press("enter", ")", "6", "q")

    async def second(show):
        assert show.app.pane.name_ == "events"
        await show.press("1")
        assert (show.jobs.rows.sort, show.jobs.rows.reverse) == sorted_
        assert "kind:sim" in show.text
        assert show.jobs.table.hidden == hidden
        assert show.app.memory.split == 68

    left = play(rivers.app(), first)
    sorts = json.loads((rivers.project.state / "dashboard.json").read_text())["sorts"]
    sorted_ = (sorts["jobs"].removeprefix("-"), sorts["jobs"].startswith("-"))
    hidden = frozenset(left.memory.hidden["jobs"])
    assert hidden
    assert sorts["jobs"] != "-id"
    play(rivers.app(), second)


def test_a_filter_of_the_command_line_goes_before_the_one_that_was_left(rivers, play):
    async def first(show):
        await show.press("/")
        await show.type("kind:sim")
        await show.press("enter", "q")

    async def second(show):
        assert show.jobs.rows.keys == [4]

    play(rivers.app(), first)
    play(rivers.app(filter="state:failed"), second)
