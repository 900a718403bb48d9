"""Verbs: what can be done to jobs from here, and to which."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui.entry import ACTIVE, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _cancelable(entry: Entry) -> bool:
    return entry.status in {"queued", *ACTIVE}


def _retriable(entry: Entry) -> bool:
    """An array also while others of its tasks run."""
    some = entry.tasks is not None and entry.tasks.failed + entry.tasks.canceled > 0
    return some or entry.status in {"failed", "canceled"}


def _has_failed(entry: Entry) -> bool:
    return entry.tasks is not None and entry.tasks.failed > 0


def _holdable(entry: Entry) -> bool:
    return entry.waiting and not entry.held and not entry.task


def _failed_tasks(entries: Sequence[Entry]) -> str:
    count = sum(entry.tasks.failed for entry in entries if entry.tasks)
    return f"retry {count:,} failed task{'s' * (count != 1)} of"


class Verb(NamedTuple):
    """Its word, to which jobs it can be done, and whether a scheduler must see to it."""

    word: str
    suits: Callable[[Entry], bool]
    start: bool = True


VERBS = {  # by the name of what does it in `Feed`
    "cancel": Verb("cancel", _cancelable),
    "retry": Verb("retry", _retriable),
    "retry_failed": Verb("retry failed", _has_failed),
    "hold": Verb("hold", _holdable, start=False),
    "release": Verb("release", lambda entry: entry.held),
}
KEYS = {  # by their names as of VERBS, with what the palette calls them; `hold` releases if nothing is left to hold
    "C": ("cancel", "Cancel"),
    "R": ("retry", "Retry"),
    "F": ("retry_failed", "Retry failed tasks"),
    "H": ("hold", "Hold or release"),
}


def meant(name: str, entries: Sequence[Entry]) -> str:
    """What a key means to these jobs: the one that holds releases, if nothing is left to hold."""
    if name != "hold" or any(VERBS["hold"].suits(entry) for entry in entries):
        return name
    return "release" if any(entry.held for entry in entries) else name


def asked(name: str, entries: Sequence[Entry]) -> str:
    """The question before it is done."""
    first, last = entries[0], entries[-1]
    doing = _failed_tasks(entries) if name == "retry_failed" else VERBS[name].word
    if len(entries) > 1:
        what = "jobs" if not any(entry.task for entry in entries) else "tasks" if first.task else "jobs and tasks"
        return f"{doing.capitalize()} {len(entries)} {what}, {first.label} to {last.label}?"
    tasks = f", {first.tasks.size:,} tasks" if first.tasks else ""
    return f"{doing.capitalize()} {first.named} {first.name}, {'held' if first.held else first.status}{tasks}?"


def possible(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """The keys that would do something to one of these jobs, with what they do."""
    named = [(key, meant(name, entries)) for key, (name, _) in KEYS.items()]
    return [(key, VERBS[name].word) for key, name in named if any(map(VERBS[name].suits, entries))]
