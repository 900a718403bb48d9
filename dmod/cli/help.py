"""What `dmod --help` says, made from the registries alone, without importing a command."""

from __future__ import annotations

from dmod.cli.nouns import GROUPS
from dmod.cli.options import OPTIONS

_LEAD = """\
dmod keeps the data of hydrologic models, runs them, and shows how it goes.

usage: dmod COMMAND [VERB] [OPTIONS]
       dmod help COMMAND [VERB]              more about one, with an example"""

_EXITS = """\
Exit codes
  0 ok  1 what you asked about failed  2 usage  3 not found  4 conflict
  5 unreachable, try again  6 can never run as stated  7 timed out, work goes on
  8 partly done  70 a bug of dmod  130 interrupted"""


def page() -> str:
    """The first page of help: at most 80 columns wide."""
    return "\n\n".join([_LEAD, *(_group(title) for title in GROUPS), options(), _EXITS])


def options() -> str:
    """The global options and their environment variables."""
    rows = [(", ".join(each.names) + (f" {each.metavar}" if each.metavar else ""), each) for each in OPTIONS]
    lines = [f"  {names:<23} {each.help:<39} {each.variable}" for names, each in rows]
    return "\n".join(["Options, before or after the command, or in the environment", *lines])


def _group(title: str) -> str:
    lines = [title]
    for name, noun in GROUPS[title].items():
        lines.append(f"  {name:<12} {noun.help}")
        if noun.verbs:
            lines += [f"  {'':<12} {line}" for line in _wrapped(noun.verbs)]
    return "\n".join(lines)


def _wrapped(words: tuple[str, ...], most: int = 64) -> list[str]:
    """Words with commas between, in lines that fit; textwrap would double the time of `dmod --help`."""
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(joined) > most:
            lines[-1] += ","
            lines.append(word)
        else:
            lines[-1] = joined
    return lines
