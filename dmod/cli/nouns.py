"""The commands of dmod: where each one's module is, imported when it is typed, and one line about it."""

from __future__ import annotations


class Noun:
    """One word after `dmod`; a plain class because importing dataclasses would double the time of `dmod --help`."""

    __slots__ = ("attribute", "help", "keeps", "module", "quick", "verbs")

    def __init__(  # noqa: PLR0913 - one row of the table below
        self,
        module: str,
        attribute: str,
        text: str,
        *,
        verbs: str = "",
        keeps: tuple[str, ...] = (),
        quick: dict[str, str] | None = None,
    ) -> None:
        self.module = module  # imported only when the command runs
        self.attribute = attribute  # a typer.Typer, or a function if the command has no verbs
        self.help = text  # one line
        self.verbs = tuple(verbs.split())  # a test asserts that the module has just these
        self.keeps = keeps  # global options that mean something else here: -n of `partition create`
        self.quick = (
            quick or {}
        )  # verb ("": it has none) -> "module:function" that runs without typer if its words are simple


GROUPS: dict[str, dict[str, Noun]] = {
    "Start": {
        "demo": Noun("dmod.cli.demo", "command", "three real rivers, simulated in parallel and scored"),
        "init": Noun("dmod.cli.init", "command", "make a folder a project: write its dmod.toml"),
        "doctor": Noun("dmod.cli.doctor", "command", "what works on this machine, and how to mend what does not"),
        "status": Noun("dmod.cli.status", "command", "scheduler, jobs and datasets on one screen"),
        "dashboard": Noun(
            "dmod.cli.dashboard",
            "command",
            "the same, live, to move around in",
            quick={"": "dmod.cli.dashboard_open:show"},
        ),
    },
    "Work": {
        "job": Noun(
            "dmod.cli.job",
            "app",
            "run simulations, evaluations and commands",
            verbs="submit list show explain logs wait watch cancel retry hold release",
            quick={"list": "dmod.cli.job_list:show"},
        ),
        "dataset": Noun(
            "dmod.cli.dataset",
            "app",
            "forcing, hydrofabrics, configs, observations, outputs",
            verbs="create add get list show check move subset tidy delete",
            quick={"list": "dmod.cli.dataset_list:show"},
        ),
        "partition": Noun(
            "dmod.cli.partition",
            "app",
            "divide a hydrofabric among ranks",
            verbs="create show",
            keeps=("-n",),
        ),
        "realization": Noun("dmod.cli.realization", "app", "read and check a NextGen config", verbs="check show"),
    },
    "Run": {
        "scheduler": Noun(
            "dmod.cli.scheduler",
            "app",
            "the process that runs jobs; it starts by itself",
            verbs="start stop status logs prune recover",
        ),
        "node": Noun("dmod.cli.node", "app", "the machines that jobs run on", verbs="list show drain resume"),
        "stack": Noun(
            "dmod.cli.stack",
            "app",
            "scheduler, object store and registry as containers",
            verbs="up down restart list status logs",
        ),
        "image": Noun("dmod.cli.image", "app", "what containers are made of", verbs="build list show delete push"),
        "config": Noun("dmod.cli.config", "app", "dmod.toml: what holds, and why", verbs="show check schema path"),
        "completion": Noun("dmod.cli.completion", "command", "tab completion for bash, zsh or fish"),
        "version": Noun("dmod.cli.version", "command", "dmod, Python and what is installed"),
    },
}

NOUNS: dict[str, Noun] = {name: noun for group in GROUPS.values() for name, noun in group.items()}
