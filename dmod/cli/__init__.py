"""The command line: parse, one library call, show.

This file and what `--help` and `--version` need import nothing, so that they answer as fast as Python starts.
"""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    if words in ([], ["-h"], ["--help"], ["help"]):
        from dmod.cli.help import page

        return _print(page())
    if words == ["--version"]:
        from dmod import __version__

        return _print(f"dmod {__version__}")
    from dmod.cli.main import run

    return run(words)


def _print(text: str) -> int:
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `dmod --help | head -1` has read enough
        from dmod.cli.main import PIPE_CLOSED, quiet_pipe

        quiet_pipe()
        return PIPE_CLOSED
    except UnicodeEncodeError:
        sys.stdout.write(f"{text.encode('ascii', 'replace').decode()}\n")
    return 0
