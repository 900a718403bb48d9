"""How far copying or reading a dataset is, shown where it takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.cli.progress import Progress

LARGE = 64 << 20  # bytes from which on it is shown


class Copying:
    """How far copying or reading is, shown from LARGE bytes on."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Progress | None = None

    def __enter__(self) -> Callable[[int, int, str], None]:
        return self._report

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.clear()

    def _report(self, done: int, total: int, _: str) -> None:
        if total < LARGE:
            return
        if self._bar is None:
            from dmod.cli.progress import Progress

            self._bar = Progress(self._title)
        self._bar.update(done / 2**20, total / 2**20, "MiB")
