"""Start: the dashboard in a terminal, which is as it was afterwards, whatever happens."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from tui.app import Dashboard
from tui.terminal import Terminal

if TYPE_CHECKING:
    from dmod.project import Project
    from tui.options import Options


def run(project: Project, options: Options) -> None:
    """Show the dashboard until it is left. Raises what went wrong inside, once the terminal is as it was."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    for name in () if os.environ.get("TEXTUAL_DRIVER") else ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # they would hide from us that the terminal is resized
    os.environ.setdefault("ESCDELAY", "25")
    gc.disable()  # until it has begun
    app = Dashboard(project, options, driver=None if os.environ.get("TEXTUAL_DRIVER") else Terminal)
    app.run(mouse=options.mouse)
    if app.crash is not None:
        raise app.crash
