"""`dmod doctor`: what works on this machine, and how to mend what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dmod import json_schema
from dmod.cli import machine, premises
from dmod.cli.output import Column, Progress, glyph, paint, say, show_list, write
from dmod.cli.settings import current
from dmod.cli.terminal import GLYPHS
from dmod.cli.values import plain

if TYPE_CHECKING:
    from dmod.cli.finding import Finding

RECORD = json_schema.record(
    "a finding of `dmod doctor`",
    name=("string", "what was looked at"),
    status=("string", "ok, warning, error or skipped"),
    detail=("string", "what was found"),
    fix=("string", 'the next command to type; "" if there is nothing to mend'),
)


def command() -> None:
    """Look at everything dmod stands on, and say how to mend what does not work.

    Exit code 1 if something that is needed is broken; what is only missing is no failure.

      dmod doctor
      dmod doctor -o json | jq '.[] | select(.status != "ok")'
    """
    found: list[Finding] = []
    with Progress("doctor") as bar:
        for part, what in ((machine, "this machine"), (premises, "this project")):
            bar.update(note=f"looking at {what}")
            found += part.findings()
    _show(found)
    broken = [finding.name for finding in found if finding.status == "error"]
    if broken:
        say(f"broken: {', '.join(broken)}")
        raise typer.Exit(1)


def _show(found: list[Finding]) -> None:
    rows: list[dict[str, Any]] = [plain(finding) for finding in found]
    if current().output != "table":
        show_list(rows, [Column(key, key.upper()) for key in rows[0]])
        return
    longest = max(len(finding.name) for finding in found)
    for finding in found:
        sign = paint(glyph(finding.status), GLYPHS[finding.status][2])
        word = "" if finding.status == "ok" else f"{finding.status}: "
        write(f"{sign} {finding.name:<{longest}}  {word}{finding.detail}")
        if finding.fix:
            write(f"  {'':<{longest}}  fix: {finding.fix}")
