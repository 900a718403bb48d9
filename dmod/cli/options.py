"""The global options, which every command understands, before or after it."""

from __future__ import annotations

OUTPUTS = ("table", "wide", "json", "jsonl", "yaml", "name")
COLORS = ("auto", "always", "never")


class Option:
    """One global option; a plain class because importing dataclasses would double the time of `dmod --help`."""

    __slots__ = ("choices", "field", "help", "metavar", "names", "variable")

    def __init__(  # noqa: PLR0913 - one row of the table below
        self, names: str, field: str, variable: str, text: str, *, metavar: str = "", choices: tuple[str, ...] = ()
    ) -> None:
        self.names = tuple(names.split())
        self.field = field  # of Settings
        self.variable = variable  # of the environment
        self.help = text
        self.metavar = metavar  # "" for a switch
        self.choices = choices


OPTIONS = (
    Option("-o --output", "output", "DMOD_OUTPUT", "|".join(OUTPUTS), metavar="FORMAT", choices=OUTPUTS),
    Option("-C --project", "directory", "DMOD_PROJECT", "work in the project of another folder", metavar="DIR"),
    Option("-q --quiet", "quiet", "DMOD_QUIET", "only data and errors"),
    Option("-v --verbose", "verbose", "DMOD_VERBOSE", "more of what is going on"),
    Option("-y --yes", "yes", "DMOD_YES", "yes to every question"),
    Option("--no-input", "no_input", "DMOD_NO_INPUT", "never ask; fail instead"),
    Option("-n --dry-run", "dry_run", "DMOD_DRY_RUN", "say what would be done, and do nothing"),
    Option("--timeout", "timeout", "DMOD_TIMEOUT", "wait no longer than, say, 90s or 1h30m", metavar="DURATION"),
    Option("--color", "color", "DMOD_COLOR", "|".join(COLORS), metavar="WHEN", choices=COLORS),
    Option("--ascii", "ascii", "DMOD_ASCII", "nothing but ASCII"),
)

BY_NAME = {name: option for option in OPTIONS for name in option.names}
