"""A scheduler comes after another, on every executor, and knows what became of the tasks."""

from __future__ import annotations

import pytest
from programs import SH, Programs, dies, ends, news, out, run, started, told_of, until

from dmod.executors.executor import Ended, Started


class AdoptTests(Programs):
    """A scheduler that comes after another, which may have been killed."""

    def test_what_was_never_begun_may_be_started(self, executor, program):
        asked = program("/bin/true")
        assert executor.adopt([(asked, {})]) == {(1, 0)}
        assert run(executor, asked).code == 0

    def test_no_attempt_runs_twice(self, executors, program):
        asked = program(SH, "-c", "echo once")
        first = executors()
        first.start([asked, asked])
        first.start([asked])
        assert ends(first, 1)[0].code == 0
        first.close()
        second = executors()  # of which the first was killed before it could say that it had started it
        assert second.adopt([(asked, {})]) == set()
        assert told_of(second, asked) == [Started, Ended]
        second.start([asked])
        assert told_of(second, asked) == [Started, Ended]
        second.forget([((1, 0), 1)])
        second.start([asked])
        assert [told.code for told in ends(second, 1)] == [127]
        assert out(asked) == "once\n"

    def test_what_runs_is_told_to_the_next_with_its_code(self, executors, waiting):
        asked = waiting()
        first = executors()
        first.start([asked])
        handle = started(first).handle
        first.close()
        second = executors()
        assert second.adopt([(asked, {})]) == set()
        assert started(second).handle == handle
        second.close()
        third = executors()
        assert third.adopt([(asked, handle)]) == set()
        assert third.news() == []
        (asked.folder / "go").write_text("go\n")
        assert [told.code for told in ends(third, 1)] == [6]

    @pytest.mark.parametrize("known", [False, True])
    def test_what_ended_without_a_scheduler_has_its_code(self, executors, waiting, known: bool):  # noqa: FBT001
        asked = waiting()
        first = executors()
        first.start([asked])
        handle = started(first).handle
        first.close()
        (asked.folder / "go").write_text("go\n")
        until(lambda: not self.running(handle))
        second = executors()
        assert second.adopt([(asked, handle if known else {})]) == set()
        told = news(second)
        while not isinstance(told[-1], Ended):
            told += news(second)
        assert [type(each) for each in told] == ([Ended] if known else [Started, Ended])
        assert told[-1].code == 6
        assert told[-1].usage is not None

    @pytest.mark.parametrize("then", ["pass", "select.select([executor], [], [], 10); executor.news()"])
    def test_it_outlives_a_scheduler_that_is_killed(self, executors, state, waiting, then: str):
        asked = waiting()
        dies(executors(), state, asked, then)
        second = executors()
        if second.adopt([(asked, {})]):  # killed before any of it was done
            second.start([asked])
        until(lambda: out(asked) == "ready\n")
        (asked.folder / "go").write_text("go\n")
        assert ends(second, 1)[0].code == 6

    def test_what_the_queue_does_not_know_is_ended(self, executors, program):
        asked = program("/bin/sleep", "100")
        first = executors()
        first.start([asked])
        handle = started(first).handle
        first.close()
        second = executors()
        assert second.adopt([]) == set()
        until(lambda: not self.running(handle))
        assert second.news() == []

    def test_what_was_forgotten_is_told_no_more(self, executors, program):
        first = executors()
        run(first, program("/bin/true"))
        first.start([program("/bin/true", task=1)])
        ends(first, 1)
        first.close()
        second = executors()
        second.adopt([(program(task=1), {})])
        assert told_of(second, program(task=1)) == [Started, Ended]
        assert second.news() == []
