"""Hints: what can be typed at the jobs: keys for the footer, and what to do when there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.verbs import possible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.entry import Entry
    from tui.look import Line

    Hint = tuple[str, str]  # a key and what it does

PLOT = {  # keys of the hydrograph that work from the list too
    "left_square_bracket": "river(-1)",
    "right_square_bracket": "river(1)",
    "plus,equals_sign": "zoom(0.5)",
    "minus": "zoom(2)",
    "0": "whole",
    "less_than_sign": "shift(-0.25)",
    "greater_than_sign": "shift(0.25)",
    "L": "log",
}
PLOTTED = ("simulation", "evaluation")  # kinds with a hydrograph
_LIST = (("enter", "open"), ("/", "filter"))
_LOOK = (("l", "log"), ("s", "sort"))
_TASKS = {"overview": (("t", "tasks"),), "tasks": (("enter", "log"),)}  # of an array
_PAGES = {
    "hydrograph": (("[ ]", "river"), ("+ -", "zoom"), ("< >", "shift"), ("L", "log axis")),
    "log": (("/", "search"), ("n N", "next"), ("p", "pause"), ("f", "stdout/stderr")),
}


def of_jobs(page: str, entry: Entry | None, chosen: Sequence[Entry], *, read_only: bool) -> Sequence[Hint]:
    """For a page of the detail of a job, or for the list if none is open; `chosen`: the jobs a change would be of."""
    change = () if read_only else possible(chosen)
    if not page:
        plot = (("h", "hydrograph"),) if entry and entry.kind in PLOTTED else ()
        fold = (("→ ←", "tasks"),) if entry and (entry.tasks or entry.task) else ()
        return (*_LIST, *fold, *plot, *_LOOK, *change, ("e", "explain"), ("space", "mark"), ("y Y", "copy"))
    tasks = _TASKS.get(page, (("{ }", "task"),)) if entry and entry.tasks else ()
    here = (*tasks, *_PAGES.get(page, ()))
    return (("esc", "back"), *here, ("e", "explain"), *change, ("z", "whole"), ("y Y", "copy"))


def no_jobs(total: int, sought: str) -> list[Line]:
    """Why the list is empty, and what to type."""
    if total:
        return [(("No job matches ", "text"), (sought, "accent")), (("esc shows all of them", "muted"),)]
    return [
        (("No jobs yet. ", "text"), ("Submit one:", "muted")),
        (),
        (("  dmod job submit job.toml", "accent"),),
        (("  dmod demo", "accent"), ("        three real rivers, simulated and scored", "muted")),
    ]
