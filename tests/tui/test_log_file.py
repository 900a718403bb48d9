from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui import log_file
from tui.log_file import LogFile


def test_a_log_is_followed_from_its_end_and_read_backwards(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "PIECE", 64)
    path = tmp_path / "log"
    path.write_text("".join(f"line {at}\n" for at in range(100)))
    log = LogFile(path)
    assert log.follow()
    assert log.lines[-1] == "line 99"
    assert len(log.lines) < 10
    assert not log.follow()
    while log.earlier():
        pass
    assert log.lines == [f"line {at}" for at in range(100)]
    assert log.earlier() == 0


def test_an_unfinished_line_is_shown_and_then_finished(tmp_path):
    path = tmp_path / "log"
    path.write_text("one\ntw")
    log = LogFile(path)
    log.follow()
    assert (log.lines, log.tail) == (["one"], ["tw"])
    with path.open("a") as more:
        more.write("o\n")
    log.follow()
    assert (log.lines, log.tail) == (["one", "two"], [])


def test_a_file_that_is_not_there_yet_or_is_written_anew(tmp_path):
    path = tmp_path / "log"
    log = LogFile(path)
    assert not log.follow()
    assert log.search("x", 9) is None
    path.write_text("first attempt\n")
    assert log.follow()
    path.unlink()
    path.write_text("second\n")
    assert log.follow()
    assert log.lines == ["second"]


def test_what_a_terminal_would_do_with_it_is_not_done(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"\x1b[31mred\x1b[0m\ta\x07\n10%\r20%\r99%\r\n\xff\xfe\n\x1b]0;title\x07plain\n")
    log = LogFile(path)
    log.follow()
    assert log.lines == ["red a", "99%", "��", "plain"]


def test_searching_backwards_and_forwards_far_outside_of_the_window(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "PIECE", 64)
    monkeypatch.setattr(log_file, "KEPT", 40)
    path = tmp_path / "log"
    path.write_text("".join(f"{'needle' if at in (3, 50, 99) else 'hay'} {at}\n" for at in range(100)))
    log = LogFile(path)
    log.follow()
    found = [1 << 62]
    while (at := log.search("needle", found[-1])) is not None:
        line = log.line_of(at)
        assert log.lines[line].startswith("needle")
        found.append(at)
    assert len(found) == 4
    assert log.search("needle", found[3], back=False) == found[2]
    assert log.search("needle", found[1], back=False) is None


def test_memory_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "KEPT", 10)
    path = tmp_path / "log"
    path.write_text("".join(f"{at}\n" for at in range(25)))
    log = LogFile(path)
    log.follow()
    assert log.lines == [str(at) for at in range(15, 25)]
    assert log.earlier() == 15
    assert log.lines == [str(at) for at in range(25)]


@given(st.lists(st.text(alphabet="ab\n", max_size=12), max_size=8))
def test_however_it_is_written_the_lines_are_those_of_the_file(tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("log") / "log"
    log = LogFile(path)
    for piece in pieces:
        with path.open("a") as more:
            more.write(piece)
        log.follow()
    assert log.lines + log.tail == "".join(pieces).splitlines()
