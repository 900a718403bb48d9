"""Lines carry messages of any size both ways, and neither end waits for the other."""

from __future__ import annotations

import socket

import pytest

from dmod.executors.line import Line


@pytest.fixture
def ends():
    made = [Line(end) for end in socket.socketpair()]
    yield made
    for line in made:
        line.close()


def test_both_may_say_more_than_there_is_room_for(ends):
    left, right = ends
    words = ["ä" * 1000] * 1000
    for line in ends:
        line.say({"words": words})
        line.say({"last": True})
        assert line.is_pending
    heard: dict[int, list] = {0: [], 1: []}
    for _ in range(1000):
        for number, line in enumerate(ends):
            heard[number] += line.hear()
            line.flush()
    assert heard[0] == heard[1] == [{"words": words}, {"last": True}]
    assert not left.is_pending
    assert not right.is_pending


def test_what_was_said_before_the_end_is_heard_and_half_a_message_is_not(ends):
    left, right = ends
    left.say([1])
    left._end.send(b'{"half": ')
    left.close()
    heard = []
    while right.is_open:
        heard += right.hear()
    assert heard == [[1]]
    right.say({"to": "nobody"})
    assert not right.is_pending


def test_a_path_that_is_no_text_arrives_as_it_is(ends):
    left, right = ends
    left.say(["\udcff/é"])
    assert right.hear() == [["\udcff/é"]]
