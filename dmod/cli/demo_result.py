"""What the demo found: the scores as a table, a hydrograph, where everything lies, and what to type next."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dmod.cli import settings
from dmod.cli.output import Column, say, show_list, show_record, write
from dmod.cli.terminal import is_terminal, plain, width
from dmod.data.folder import FolderStore
from dmod.jobs.job import Job
from dmod.paths import shown
from dmod.project import Project
from dmod.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path

WIDEST = 120  # columns of a hydrograph: wider ones are no clearer
COLUMNS = (
    Column("gauge", "gauge"),
    Column("nse", "NSE", right=True, show=lambda value: _said(value, "{:.3f}")),
    Column("kge", "KGE", right=True, show=lambda value: _said(value, "{:.3f}")),
    Column("pbias", "PBIAS %", right=True, show=lambda value: _said(value, "{:+.1f}")),
    Column("rmse", "RMSE m3/s", right=True, show=lambda value: _said(value, "{:.1f}")),
    Column("peak_error", "peak error %", right=True, show=lambda value: _said(value, "{:+.1f}")),
    Column("pairs", "days", right=True, optional=1),
)


def _said(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished demo."""

    project: Project
    simulation: Job
    evaluation: Job
    measured: str  # the dataset of observations
    seconds: Mapping[str, float]  # what was done -> how long it took

    def show(self, gauge: str, took: float) -> None:
        """Show it all in the format of -o; `took` is in seconds."""
        scores = json.loads((self._folder(self.evaluation) / "scores.json").read_text(encoding="utf-8"))
        here = settings.current()
        if here.machine or here.output == "name":
            return show_record(self._record(scores, took))
        say("")
        show_list(scores["scores"], COLUMNS, name_key="gauge")
        write("")
        for line in self._hydrograph(gauge):
            write(line)
        self._ways(took)
        return None

    def _record(self, scores: Mapping[str, Any], took: float) -> dict[str, Any]:
        return {
            "name": self.project.config.project.name,
            "project": str(self.project.root),
            "jobs": {"simulation": self.simulation.id, "evaluation": self.evaluation.id},
            "datasets": {"simulation": self.simulation.output, "evaluation": self.evaluation.output},
            "report": str(self._report),
            "period": scores["period"],
            "scores": scores["scores"],
            "seconds": {**self.seconds, "all": round(took, 3)},
        }

    def _folder(self, job: Job) -> Path:
        return FolderStore(self.project.datasets).path(str(job.output))

    @property
    def _report(self) -> Path:
        """Where `dataset get` has put it."""
        return self.project.root / str(self.evaluation.output) / "report.html"

    def _hydrograph(self, gauge: str) -> list[str]:
        """Simulated and observed discharge of a gauge over the years that were scored."""
        import numpy as np

        from dmod.demo.calibration import EVALUATION
        from dmod.demo.rivers import river
        from dmod.hydro import hydrograph, observation
        from dmod.hydro.discharge import open_discharge

        with open_discharge(self._folder(self.simulation)) as discharge:
            times, step = discharge.times, discharge.step
            simulated = discharge.read([river(gauge).nexus])[0]
        read = observation.read(FolderStore(self.project.datasets).path(self.measured))
        measured = read.at(times, step)[read.gauges.index(gauge)]
        inside = (times >= EVALUATION[0]) & (times <= EVALUATION[1])
        return hydrograph.draw(
            times[inside],
            {"simulated": simulated[inside], "observed": np.asarray(measured)[inside]},
            width=min(width(), WIDEST),
            height=min(max(shutil.get_terminal_size().lines - 10, 12), 18) if is_terminal() else 16,
            ascii=plain(),
            color=is_terminal() and settings.current().color != "never",
            title=river(gauge).name,
        )

    def _ways(self, took: float) -> None:
        root = shown(self.project.root)
        said = f"scored is 1984-1987, which the calibration never saw; done in {format_duration(took, most=2)}"
        say(f"\n{said}\n")
        say(f"report   {shown(self._report)}    open it in a browser: you can zoom")
        say(f"project  {root}    its README.md says what is what; change something, then: dmod demo")
        say(f"next: cd {shlex.quote(root)} && dmod dashboard    or job list, dataset list, job show last")
