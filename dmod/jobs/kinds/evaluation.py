"""evaluation: a simulation against what was measured, gauge by gauge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from dmod.data.format import Category
from dmod.data.match import match
from dmod.data.requirement import Requirement
from dmod.jobs.prepared import Prepared
from dmod.jobs.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset

METRICS = ("nse", "kge", "pbias", "rmse", "peak_error")
KNOWN = (*METRICS, "log_nse", "mae", "r")  # the names of dmod.hydro.metrics, which imports numpy


OUTPUTS = ("output-netcdf", "output-csv", "output-parquet")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """[evaluation]."""

    simulation: str = field(
        metadata={"doc": "the output dataset of a simulation", "aliases": ("simulated", "prediction")}
    )
    observation: str = field(
        metadata={"doc": "a dataset of discharge and its crosswalk", "aliases": ("observed", "observations", "obs")}
    )
    hydrofabric: str | None = field(
        default=None, metadata={"doc": "for the areas of an output in CSV; by default the simulation's own"}
    )
    metrics: tuple[str, ...] = field(default=METRICS, metadata={"choices": KNOWN, "aliases": ("metric", "scores")})
    start: datetime | None = field(default=None, metadata={"doc": "score from here on", "aliases": ("begin", "from")})
    end: datetime | None = field(default=None, metadata={"doc": "score up to here", "aliases": ("stop", "until", "to")})
    warmup: int = field(default=0, metadata={"doc": "leave out so much at the start", "kind": "duration"})  # seconds
    output: str | None = field(default=None, metadata={"doc": "the dataset it makes; by default NAME-ID"})
    report: bool = field(default=True, metadata={"doc": "make an HTML report too"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec(Spec):
    """A job file of kind evaluation."""

    evaluation: Evaluation


def prepare(spec: EvaluationSpec, datasets: Sequence[Dataset]) -> Prepared:
    """The datasets of an evaluation; an output in CSV brings its hydrofabric. Raises UnmetError with every gap."""
    wanted = spec.evaluation
    requirements = [
        Requirement(Category.OUTPUT, "simulation", names=(wanted.simulation,), formats=OUTPUTS),
        Requirement(Category.OBSERVATION, "observation", names=(wanted.observation,), formats=("observation-csv",)),
    ]
    if wanted.hydrofabric:
        requirements.append(Requirement(Category.HYDROFABRIC, "hydrofabric", names=(wanted.hydrofabric,)))
    found = match(requirements, datasets)
    if found.gaps:
        raise found.unmet(spec.name or "evaluation")
    chosen = dict(found.chosen)
    if not wanted.hydrofabric and (own := _own_fabric(chosen["simulation"][0], datasets)):
        chosen["hydrofabric"] = (own,)
    return Prepared(
        datasets={role: tuple(each.name for each in sets) for role, sets in chosen.items()},
        digests={each.name: each.digest for sets in chosen.values() for each in sets},
    )


def _own_fabric(simulation: Dataset, datasets: Sequence[Dataset]) -> Dataset | None:
    """What an output was simulated on, if that is still there: one in CSV or Parquet says nothing of areas."""
    if simulation.domain.format == "output-netcdf":
        return None
    fabrics = (each for each in datasets if each.category is Category.HYDROFABRIC)
    return next((each for each in fabrics if each.name in simulation.derived_from), None)
