"""`dmod version`: dmod, Python and what is installed."""

from __future__ import annotations

import platform
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from dmod import __version__, json_schema
from dmod.cli.installed import packages
from dmod.cli.output import show_record
from dmod.cli.terminal import width

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD = json_schema.record(
    "`dmod version`",
    dmod=("string", "version of dmod"),
    python=("string", "version of Python"),
    platform=("string", "operating system and processor"),
    executable=("string", "the Python that runs dmod"),
    packages=("object", "name and version of each package that dmod can use; null if it is not installed"),
)


def command() -> None:
    """Show the versions of dmod, of Python, and of the packages that dmod can use.

    dmod version -o json       for a bug report
    """
    record = {
        "dmod": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "packages": {package.name: package.version for package in packages()},
    }
    show_record(record, name_key="dmod", table=_lines)


def _lines(record: Mapping[str, Any]) -> list[str]:
    have = [f"{name}\0{version}" for name, version in record["packages"].items() if version]
    lack = [name for name, version in record["packages"].items() if not version]
    lines = [f"dmod {record['dmod']}", f"Python {record['python']} on {record['platform']}"]
    for label, names in (("with ", have), ("without ", lack)):
        indent = " " * len(label)
        text = ", ".join(names)
        lines += textwrap.wrap(
            text,
            width(),
            initial_indent=label,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
    return [line.replace("\0", " ") for line in lines]  # a name and its version stay on one line
