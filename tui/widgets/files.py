"""Files: the page of the files that a job has made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.files import told
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from tui.look import Line, Look


class Files(Lines):
    """Reads them in a thread, as often as what they are read for changes."""

    def __init__(self, look: Look, store: FolderStore, *, name: str) -> None:
        super().__init__(look, name=name)
        self._store = store
        self._wanted: tuple[object, ...] = ()

    def want(self, output: str, folder: Path, *state: str) -> None:
        """Show the files of an output and a folder, read anew if the state is another one."""
        wanted = (output, folder, *state)
        if wanted == self._wanted:
            return
        if wanted[:2] != self._wanted[:2]:
            self.show([(), ((" reading…", "muted"),)])
        self._wanted = wanted
        self.run_worker(lambda: self._read(output, folder), thread=True, exclusive=True, group="files")

    def _read(self, output: str, folder: Path) -> None:
        """In a thread: a disk may be slow."""
        lines = told(self._store, output, folder)
        self.app.call_from_thread(self._take, (output, folder), lines)

    def _take(self, key: tuple[str, Path], lines: list[Line]) -> None:
        if key == self._wanted[:2]:
            self.show(lines)
