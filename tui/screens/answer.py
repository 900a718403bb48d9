"""Answer: what a command says, in its own words, over the dashboard."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.look import Look

_PATIENCE = 600  # seconds: a large dataset takes its time


class Answer(ModalScreen[None]):
    """Runs `dmod job explain 42/7` or the like, and shows what it says."""

    DEFAULT_CSS = """
    Answer { align: center middle; }
    Answer Vertical { width: auto; max-width: 92%; min-width: 40; height: auto; background: $panel; padding: 1 3; }
    Answer Label { width: auto; max-width: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e,enter", "dismiss(None)", "close", show=False)]

    def __init__(self, look: Look, root: Path, *words: str, doing: str = "asking") -> None:
        super().__init__()
        self._look, self._root, self._words, self._doing = look, root, words, doing

    def compose(self) -> ComposeResult:
        """The answer, once it is there."""
        with Vertical():
            yield Label(self._look.plain(f"{self._doing}…"), id="answer", markup=False)

    def on_mount(self) -> None:
        """Ask, in a thread: a process takes a moment."""
        self.run_worker(self._ask, thread=True)

    def _ask(self) -> None:
        words = ["-C", str(self._root), *self._words, "--color", "never"]
        try:
            said = subprocess.run(
                [sys.executable, "-m", "dmod.cli", *words],
                capture_output=True, text=True, check=False, timeout=_PATIENCE, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            text = (said.stdout + said.stderr).strip() if said.returncode else (said.stdout or said.stderr).strip()
        except (OSError, subprocess.TimeoutExpired) as error:
            text = f"dmod {' '.join(self._words)} cannot be run: {error}"
        self.app.call_from_thread(self._show, text)

    def _show(self, text: str) -> None:
        if self.is_attached:  # it may have been closed meanwhile
            self.query_one("#answer", Label).update(self._look.plain(text))
