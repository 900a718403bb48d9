from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.columns import Column, cell, fit
from tui.rows import Rows


def column(key, width=5, **more: object):
    return Column(key, key.upper(), width, lambda v: ((str(v), "text"),), lambda v: v[1], **more)


def rows(*, reverse=False):
    return Rows(lambda v: v[0], [column("value")], sort="value", reverse=reverse)


def test_only_what_differs_has_changed():
    table = rows()
    assert table.put([("a", 2), ("b", 1)]) == {"a", "b"}
    assert table.keys == []
    assert table.settle()
    assert table.keys == ["b", "a"]
    assert table.put([("a", 2), ("b", 3)]) == {"b"}
    assert table.revision("b") == 1
    assert table.keys == ["b", "a"]  # the order is not made anew with each change
    table.settle()
    assert table.keys == ["a", "b"]
    assert not table.settle()


def test_what_has_no_rank_comes_last_from_either_end():
    table = rows()
    table.put([("a", None), ("b", 1), ("c", 2)])
    table.settle()
    assert table.keys == ["b", "c", "a"]
    table.order("value", reverse=True)
    assert table.keys == ["c", "b", "a"]


def test_rows_that_are_gone_are_not_shown_for_a_moment():
    table = rows()
    table.put([("a", 1), ("b", 2)])
    table.settle()
    assert table.replace([("b", 2)]) == {"a"}
    assert table.keys == ["b"]
    assert table.place("a") is None
    assert table.place("b") == 0


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 9)), st.integers(0, 9), st.booleans())
def test_shown_is_what_was_chosen_in_order(values, least, reverse):
    table = rows(reverse=reverse)
    table.put(values.items())
    table.choose(lambda v: v[1] >= least)
    chosen = [key for key, value in values.items() if value >= least]
    assert sorted(table.keys) == sorted(chosen)
    ranks = [values[key] for key in table.keys]
    assert ranks == sorted(ranks, reverse=reverse)
    assert [table.place(key) for key in table.keys] == list(range(len(chosen)))


def test_optional_columns_give_way_in_their_order_and_the_rest_grows():
    columns = [
        column("id"),
        column("name", grow=1, most=8),
        column("kind", optional=2),
        column("why", grow=3, optional=0),
    ]
    assert [(each.key, width) for each, width in fit(columns, 100)] == [
        ("id", 5),
        ("name", 8),
        ("kind", 5),
        ("why", 76),
    ]
    assert [each.key for each, _ in fit(columns, 20)] == ["id", "name", "why"]
    assert [each.key for each, _ in fit(columns, 3)] == ["id", "name", "why"]


@given(st.integers(0, 300))
def test_columns_never_take_more_than_there_is_unless_they_must(width):
    columns = [column("a", 4), column("b", 6, grow=1, most=20), column("c", 9, optional=1), column("d", 7, grow=2)]
    used = sum(size for _, size in fit(columns, width)) + 2 * (len(fit(columns, width)) - 1)
    assert used <= max(width, 21)


def test_a_cell_is_filled_or_cut_with_an_ellipsis():
    assert cell((("ab", "x"),), 4) == (("ab", "x"), ("  ", "text"))
    assert cell((("ab", "x"),), 4, right=True) == (("  ", "text"), ("ab", "x"))
    assert cell((("abc", "x"), ("def", "y")), 5) == (("abc", "x"), ("d", "y"), ("…", "y"))
    assert cell((("abc", "x"),), 0) == (("", "x"), ("…", "x"))
