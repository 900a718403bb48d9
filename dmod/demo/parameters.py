"""The parameters that the demo runs with: a data file, and how a calibration becomes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, UsageError
from dmod.paths import keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.demo.calibration import Fit

FILE = Path(__file__).with_name("parameters.json")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model of a river, and what it scored."""

    gauge: str
    model: str  # "HBV"
    parameters: Mapping[str, float]  # those that were calibrated
    calibration: float  # NSE of 1981-1983
    evaluation: float  # NSE of 1984-1987


def read(path: Path = FILE) -> dict[str, Chosen]:
    """The choice for each gauge. Raises NotFoundError, UsageError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error), fix="dmod demo --calibrate") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON", why=str(error), fix="dmod demo --calibrate") from error
    try:
        return {
            gauge: Chosen(gauge, row["model"], row["parameters"], row["nse_calibration"], row["nse_evaluation"])
            for gauge, row in document["rivers"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} does not hold the parameters of the demo", why=f"it lacks {error}", fix="dmod demo --calibrate"
        ) from error


def write(fits: Sequence[Fit], path: Path) -> None:
    """Put the best fits, how they were found and what all models scored into a file, whole or not at all."""
    keep(path, (json.dumps(document(fits), indent=1, ensure_ascii=False) + "\n").encode())


def document(fits: Sequence[Fit]) -> dict[str, Any]:
    """What the file holds."""
    from dmod.demo import calibration

    best = calibration.choose(fits)
    return {
        "made_by": "dmod demo --calibrate",
        "method": {
            "search": "dynamically dimensioned search (Tolson and Shoemaker 2007)",
            "objective": "NSE of daily discharge",
            "choice": "of all series models the one with the best NSE in the calibration period",
            "calibration": [str(day) for day in calibration.CALIBRATION],
            "stores_filled_from": f"{calibration.BEGIN:%Y-%m-%d}",
            "evaluation": [str(day) for day in calibration.EVALUATION],
            "seed": calibration.SEED,
            "starts": calibration.STARTS,
            "evaluations_per_start": calibration.EVALUATIONS,
        },
        "note": (
            "At first only GR4J and HBV were candidates; both reach no more than 0.51 at au-saumon in 1984-1987, where "
            "snow melts days later than they have it. So all models became candidates, for every river, and the choice "
            "among them is by 1981-1983 alone."
        ),
        "versions": {name: metadata.version(name) for name in ("holmes-rs", "holmes-hydro", "numpy")},
        "rivers": {gauge: _row(each) for gauge, each in best.items()},
        "nse_of_all": {
            gauge: {
                each.model: [round(each.calibration, 4), round(each.evaluation, 4)]
                for each in fits if each.gauge == gauge
            }
            for gauge in best
        },
    }  # fmt: skip


def _row(fit: Fit) -> dict[str, Any]:
    return {
        "model": fit.model,
        "parameters": fit.parameters,
        "nse_calibration": round(fit.calibration, 6),
        "nse_evaluation": round(fit.evaluation, 6),
        "kge_evaluation": round(fit.evaluation_kge, 6),
    }
