"""How failures are shown: as text or JSON on stderr, with the exit code that belongs to them."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dmod import __version__
from dmod.cli.settings import current, project
from dmod.cli.terminal import paint
from dmod.errors import ConflictError, DmodError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

BUG = 70
_HOME = Path(__file__).parents[2]
_CODE = (f"{_HOME / 'dmod'}/", f"{_HOME / 'tui'}/")  # where a bug may be
_REFUSALS = {errno.ENAMETOOLONG, errno.EACCES, errno.ELOOP, errno.ENOSPC, errno.EROFS}


def show(error: DmodError, kind: str = "", code: int = 0) -> int:
    """Show an error and return its exit code; a bug has a kind and a code of its own."""
    code = code or error.exit_code
    sys.stdout.flush()
    if current().machine:
        from dmod.cli.values import as_json

        record = {
            "error": error.message,
            "kind": kind or type(error).__name__,
            "why": error.why,
            "fix": error.fix,
            "exit_code": code,
        }
        sys.stderr.write(f"{as_json(record, indent=None)}\n")
    else:
        first, *others = error.lines()
        label, _, said = first.partition(" ")
        lines = [f"{paint(label, 'red', sys.stderr)} {said}", *others]
        sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
    return code


def refused(error: Exception) -> DmodError | None:
    """The error for a path that the system would not take, wherever it was used; None for what is a bug of ours."""
    if not isinstance(error, OSError) or error.errno not in _REFUSALS or not error.filename:
        return None
    path = Path(str(error.filename))
    said = f"{shown(path)}: {(error.strerror or str(error)).lower()}"
    if error.errno == errno.ENAMETOOLONG:
        return UsageError(said, fix="give a shorter name")
    return ConflictError(said, fix=f"ls -ld {shown(path.parent)}")


def crash(error: Exception, argv: Sequence[str]) -> int:
    """Say in one line that we have a bug, and keep its traceback where it can be sent from."""
    import traceback
    from datetime import UTC, datetime

    text = "".join(traceback.format_exception(error))
    log = _log(f"{datetime.now(UTC).isoformat()} dmod {__version__} {list(argv)}\n{text}\n")
    if current().verbose:
        sys.stderr.write(text)
    said = " ".join(str(error).split())
    place = _place(error)
    bug = DmodError(
        f"a bug of dmod: {type(error).__name__}{f': {said}' if said else ''}{place}",
        why=f"the traceback is in {log}",
        fix="dmod doctor, and report it with that file",
    )
    return show(bug, "Bug", BUG)


def _place(error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_CODE)]
    return f" ({Path(ours[-1].filename).name}:{ours[-1].lineno})" if ours else ""


def _log(text: str) -> Path:
    """Append to crash.log of the project, or of the folder for temporary files."""
    import tempfile

    for folder in (_state, lambda: Path(tempfile.gettempdir())):
        try:
            path = folder() / ("crash.log" if folder is _state else "dmod-crash.log")
            with path.open("a") as log:
                log.write(text)
        except (DmodError, OSError):
            continue
        return path
    return Path("nowhere: no folder can be written to")


def _state() -> Path:
    return project().state
