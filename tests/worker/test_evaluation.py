"""Evaluations as the worker does them: from a job's folder to scores, or to a reason why not."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.hydro import observation
from dmod.jobs.exits import Exit
from dmod.worker.__main__ import main

HOUR, DAY = 3600, 86_400
BEGIN = np.datetime64("2015-12-01T00:00:00", "s")


def stamps(steps: int, step: int = DAY, begin: np.datetime64 = BEGIN) -> np.ndarray:
    return begin + np.arange(steps) * np.timedelta64(step, "s")


def wave(steps: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 3.0, steps) + 1


@dataclass
class Scoring:
    """A job folder for an evaluation: what was simulated, what was measured, who stands where."""

    folder: Path
    spec: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def dataset(self, role: str, name: str) -> Path:
        path = self.folder / "dmod" / "datasets" / role / name
        path.mkdir(parents=True, exist_ok=True)
        source = {"name": name, "category": role, "format": "", "path": str(path.relative_to(self.folder))}
        self.roles[role] = [source]
        return path

    def simulated(self, times: np.ndarray, **flows: np.ndarray) -> None:
        folder = self.dataset("simulation", "run-1")
        for name, flow in flows.items():
            rows = [
                f"{at}, {str(stamp).replace('T', ' ')}, {q:.9g}"
                for at, (stamp, q) in enumerate(zip(times, flow, strict=True))
            ]
            (folder / f"{name.replace('_', '-')}_output.csv").write_text("\n".join(rows) + "\n")

    def measured(self, times: np.ndarray, crosswalk: dict[str, Any] | None = None, **flows: np.ndarray) -> None:
        folder = self.dataset("observation", "gauges")
        observation.write(folder / "flow.csv", times, list(flows), np.array(list(flows.values())))
        if crosswalk is not None:
            (folder / "crosswalk.json").write_text(json.dumps(crosswalk))

    def do(self) -> int:
        order = {"id": 1, "name": "scores", "kind": "evaluation", "spec": self.spec, "datasets": self.roles}
        (self.folder / "job.json").write_text(json.dumps(order))
        return main([str(self.folder)])

    def scores(self) -> dict[str, Any]:
        return json.loads((self.folder / "output" / "scores.json").read_text())

    def failure(self) -> str:
        told = json.loads((self.folder / "failure.json").read_text())
        return f"{told['message']} | {told['why']} | {told['fix']}"


@pytest.fixture
def scoring(tmp_path) -> Scoring:
    return Scoring(tmp_path)


def test_a_simulation_that_is_what_was_measured_scores_perfectly(scoring):
    flow = wave(60)
    scoring.simulated(stamps(60), nex_1=flow)
    scoring.measured(stamps(60), {"08": "nex-1"}, **{"08": flow})
    assert scoring.do() == Exit.OK
    (row,) = scoring.scores()["scores"]
    assert row["gauge"] == "08"
    assert row["feature"] == "nex-1"
    assert row["pairs"] == 60
    assert [row[name] for name in ("nse", "kge", "pbias", "rmse", "peak_error")] == pytest.approx(
        [1, 1, 0, 0, 0], abs=1e-4
    )


def test_scores_come_as_json_as_csv_and_as_a_report(scoring):
    scoring.simulated(stamps(60), nex_1=wave(60) * 1.1)
    scoring.measured(stamps(60), {"a": "nex-1"}, a=wave(60))
    scoring.spec = {"metrics": ["kge", "pbias"]}
    assert scoring.do() == Exit.OK
    assert sorted(path.name for path in (scoring.folder / "output").iterdir()) == [
        "report.html", "scores.csv", "scores.json",
    ]  # fmt: skip
    (row,) = csv.DictReader((scoring.folder / "output" / "scores.csv").read_text().splitlines())
    assert list(row) == ["gauge", "feature", "pairs", "kge", "pbias"]
    assert float(row["pbias"]) == pytest.approx(10, rel=1e-6)
    assert float(row["pbias"]) == pytest.approx(scoring.scores()["scores"][0]["pbias"])
    assert json.loads((scoring.folder / "progress.json").read_text())["phase"] == "done"


def test_a_report_can_be_left_out(scoring):
    scoring.simulated(stamps(30), nex_1=wave(30))
    scoring.measured(stamps(30), {"a": "nex-1"}, a=wave(30))
    scoring.spec = {"report": False}
    assert scoring.do() == Exit.OK
    assert not (scoring.folder / "output" / "report.html").exists()


def test_gaps_count_for_nothing(scoring):
    flow, holes = wave(60), wave(60)
    holes[10:20] = np.nan
    scoring.simulated(stamps(60), nex_1=flow)
    scoring.measured(stamps(60), {"a": "nex-1"}, a=holes)
    assert scoring.do() == Exit.OK
    (row,) = scoring.scores()["scores"]
    assert row["pairs"] == 50
    assert row["nse"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("spec", "pairs"),
    [
        ({}, 60),
        ({"start": "2015-12-11T00:00:00Z"}, 50),
        ({"end": "2015-12-20T00:00:00Z"}, 20),
        ({"start": "2015-12-11T00:00:00Z", "end": "2015-12-30T00:00:00Z"}, 20),
        ({"start": "2015-12-11T01:00:00+01:00"}, 50),
        ({"warmup": 5 * DAY}, 55),
        ({"warmup": 5 * DAY, "end": "2015-12-20T00:00:00Z"}, 15),
    ],
)
def test_only_the_period_that_is_asked_for_counts(scoring, spec, pairs):
    scoring.simulated(stamps(60), nex_1=wave(60))
    scoring.measured(stamps(60), {"a": "nex-1"}, a=wave(60))
    scoring.spec = spec
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["pairs"] == pairs


def test_hours_of_measurements_are_averaged_for_a_daily_simulation(scoring):
    hourly = wave(24 * 20)
    scoring.simulated(stamps(20), nex_1=hourly.reshape(20, 24).mean(axis=1))
    scoring.measured(stamps(24 * 20, HOUR), {"a": "nex-1"}, a=hourly)
    assert scoring.do() == Exit.OK
    assert scoring.scores()["period"]["step"] == DAY
    assert scoring.scores()["scores"][0]["nse"] == pytest.approx(1)


def test_hours_of_a_simulation_are_averaged_for_daily_measurements(scoring):
    hourly = wave(24 * 20)
    scoring.simulated(stamps(24 * 20, HOUR), nex_1=hourly)
    scoring.measured(stamps(20), {"a": "nex-1"}, a=hourly.reshape(20, 24).mean(axis=1))
    assert scoring.do() == Exit.OK
    assert scoring.scores()["period"]["step"] == DAY
    assert scoring.scores()["scores"][0]["pairs"] == 20
    assert scoring.scores()["scores"][0]["nse"] == pytest.approx(1)


def test_a_day_that_the_simulation_covers_in_part_is_not_scored(scoring):
    hourly = wave(24 * 20 + 7)
    scoring.simulated(stamps(24 * 20 + 7, HOUR), nex_1=hourly)
    scoring.measured(stamps(21), {"a": "nex-1"}, a=wave(21))
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["pairs"] == 20


def test_periods_that_only_overlap_are_scored_where_they_do(scoring):
    scoring.simulated(stamps(40), nex_1=wave(40))
    scoring.measured(stamps(40, begin=BEGIN + np.timedelta64(25, "D")), {"a": "nex-1"}, a=wave(40))
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["pairs"] == 15


def test_gauges_that_cannot_be_scored_are_told_with_their_reason(scoring):
    scoring.simulated(stamps(30), nex_1=wave(30))
    empty = np.full(30, np.nan)
    crosswalk = {"a": "nex-1", "gone": "nex-1", "far": "nex-9", "empty": "nex-1"}
    scoring.measured(stamps(30), crosswalk, a=wave(30), far=wave(30), lost=wave(30), empty=empty)
    assert scoring.do() == Exit.OK
    told = scoring.scores()
    assert [row["gauge"] for row in told["scores"]] == ["a"]
    reasons = {row["gauge"]: row["reason"] for row in told["left_out"]}
    assert "the simulation has no nex-9" in reasons["far"]
    assert "observations do not have it" in reasons["gone"]
    assert "crosswalk does not say" in reasons["lost"]
    assert "0 steps have both" in reasons["empty"]


def test_the_crosswalk_may_be_ngens(scoring):
    scoring.simulated(stamps(30), nex_1=wave(30))
    scoring.measured(stamps(30), {"nex-1": {"site_no": "021"}, "fp-1": {"COMID": []}}, **{"021": wave(30)})
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["feature"] == "nex-1"


def test_without_a_crosswalk_columns_are_features(scoring):
    scoring.simulated(stamps(30), nex_1=wave(30))
    scoring.measured(stamps(30), None, **{"nex-1": wave(30)})
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["gauge"] == "nex-1"


def test_a_constant_observation_has_no_score_and_says_why(scoring):
    scoring.simulated(stamps(30), nex_1=wave(30))
    scoring.measured(stamps(30), {"a": "nex-1"}, a=np.full(30, 2.0))
    assert scoring.do() == Exit.OK
    (row,) = scoring.scores()["scores"]
    assert row["nse"] is None
    assert row["pbias"] is not None
    assert row["reason"] == "the observed series is constant"
    assert "NaN" not in (scoring.folder / "output" / "scores.json").read_text()


def a_gauge_for_nothing(scoring: Scoring) -> None:
    scoring.measured(stamps(30), {"a": "nex-7"}, a=wave(30))


def other_years(scoring: Scoring) -> None:
    scoring.measured(stamps(30, begin=BEGIN - np.timedelta64(900, "D")), {"a": "nex-1"}, a=wave(30))


def odd_steps(scoring: Scoring) -> None:
    scoring.measured(stamps(90, 50_000), {"a": "nex-1"}, a=wave(90))


def a_long_ago_start(scoring: Scoring) -> None:
    scoring.spec = {"start": "2031-01-01T00:00:00Z"}


def no_time(scoring: Scoring) -> None:
    scoring.spec = {"start": "yesterday"}


def a_metric_of_nobody(scoring: Scoring) -> None:
    scoring.spec = {"metrics": ["nse", "wonder"]}


def a_catchment_without_area(scoring: Scoring) -> None:
    scoring.measured(stamps(30), {"a": "cat-1"}, a=wave(30))


@pytest.mark.parametrize(
    ("mistake", "exit_code", "said"),
    [
        (a_gauge_for_nothing, Exit.MISSING_INPUT, "no gauge can be scored | a: the simulation has no nex-7"),
        (other_years, Exit.MISSING_INPUT, "hardly meet"),
        (odd_steps, Exit.BAD_DATA, "every 50000 s"),
        (a_long_ago_start, Exit.BAD_DATA, "2031-01-01 00:00:00 to the end"),
        (no_time, Exit.BAD_DATA, "evaluation.start is 'yesterday'"),
        (a_metric_of_nobody, Exit.BAD_DATA, "no metric is called 'wonder'"),
        (a_catchment_without_area, Exit.MISSING_INPUT, "needs its area; name the hydrofabric"),
    ],
)
def test_what_cannot_be_scored_ends_with_a_reason(scoring, mistake, exit_code, said):
    scoring.simulated(stamps(30), nex_1=wave(30))
    scoring.measured(stamps(30), {"a": "nex-1"}, a=wave(30))
    mistake(scoring)
    assert scoring.do() == exit_code
    assert said in scoring.failure()
    assert not (scoring.folder / "output").exists()


def test_a_catchment_is_scored_with_the_area_of_the_hydrofabric(scoring):
    flow, area = wave(30), 36.0
    scoring.simulated(stamps(30), nex_1=flow)
    runoff = flow * DAY / (area * 1e6)
    rows = [
        f"{at},{str(time).replace('T', ' ')},{q:.9g}"
        for at, (time, q) in enumerate(zip(stamps(30), runoff, strict=True))
    ]
    (scoring.folder / "dmod/datasets/simulation/run-1/cat-1.csv").write_text(
        "\n".join(["Time Step,Time,Q_OUT", *rows]) + "\n"
    )
    scoring.measured(stamps(30), {"a": "cat-1"}, a=flow)
    fabric = scoring.dataset("hydrofabric", "fabric")
    square = {"type": "Polygon", "coordinates": [[[0, 40], [1, 40], [1, 41], [0, 40]]]}
    for name, feature, properties in (
        ("catchments", "cat-1", {"toid": "nex-1", "areasqkm": area}),
        ("nexuses", "nex-1", {"toid": ""}),
    ):
        made = {"type": "Feature", "id": feature, "properties": properties, "geometry": square}
        (fabric / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [made]}))
    assert scoring.do() == Exit.OK
    assert scoring.scores()["scores"][0]["nse"] == pytest.approx(1)
