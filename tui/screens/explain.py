"""Explain: what `dmod job explain` says, in the words of the command itself."""

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

_PATIENCE = 30  # seconds


class Explain(ModalScreen[None]):
    """Why a job or a task (42/7) waits or failed, and what would change that."""

    DEFAULT_CSS = """
    Explain { align: center middle; }
    Explain Vertical { width: auto; max-width: 92%; min-width: 40; height: auto; background: $panel; padding: 1 3; }
    Explain Label { width: auto; max-width: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e,enter", "dismiss(None)", "close", show=False)]

    def __init__(self, look: Look, root: Path, named: str) -> None:
        super().__init__()
        self._look, self._root, self._named = look, root, named

    def compose(self) -> ComposeResult:
        """The answer, once it is there."""
        with Vertical():
            yield Label("asking…", id="answer", markup=False)

    def on_mount(self) -> None:
        """Ask, in a thread: a process takes a moment."""
        self.run_worker(self._ask, thread=True)

    def _ask(self) -> None:
        words = ["-C", str(self._root), "job", "explain", self._named, "--color", "never"]
        try:
            said = subprocess.run(
                [sys.executable, "-m", "dmod.cli", *words],
                capture_output=True, text=True, check=False, timeout=_PATIENCE, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            text = (said.stdout or said.stderr).strip()
        except (OSError, subprocess.TimeoutExpired) as error:
            text = f"dmod job explain {self._named} cannot be run: {error}"
        self.app.call_from_thread(self._show, text)

    def _show(self, text: str) -> None:
        self.query_one("#answer", Label).update(self._look.plain(text))
