"""The calibration and the parameters it left: what the file claims is what the models do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dmod.demo import calibration, parameters, rivers
from dmod.demo.calibration import Fit
from dmod.errors import NotFoundError, UsageError

GAUGES = [river.gauge for river in rivers.RIVERS]


@pytest.fixture(autouse=True)
def _parts(missing):
    from importlib.util import find_spec

    for module, extra in (("holmes_rs", "models"), ("holmes", "demo")):
        if find_spec(module) is None:
            missing(f"needs dmod[{extra}]")


@pytest.mark.parametrize("gauge", GAUGES)
def test_the_parameters_give_the_scores_that_are_written_beside_them(gauge):
    chosen, record = parameters.read()[gauge], rivers.read(rivers.river(gauge))
    simulated = calibration.runoff(chosen.model, chosen.parameters, record)
    assert calibration.score(simulated, record, calibration.CALIBRATION) == pytest.approx(chosen.calibration, abs=1e-5)
    assert calibration.score(simulated, record, calibration.EVALUATION) == pytest.approx(chosen.evaluation, abs=1e-5)
    assert chosen.evaluation > 0.6


def test_each_river_has_the_model_that_is_best_in_the_calibration_years():
    document = json.loads(parameters.FILE.read_text())
    for gauge, chosen in parameters.read().items():
        of_all = {model: row[0] for model, row in document["nse_of_all"][gauge].items()}
        assert len(of_all) == 20
        assert max(of_all, key=of_all.__getitem__) == chosen.model


def test_the_file_says_how_it_was_made():
    method = json.loads(parameters.FILE.read_text())["method"]
    assert method["seed"] == calibration.SEED
    assert method["starts"] == calibration.STARTS
    assert method["evaluations_per_start"] == calibration.EVALUATIONS
    assert method["calibration"] == ["1981-01-01", "1983-12-31"]
    assert method["evaluation"] == ["1984-01-01", "1987-12-31"]


def test_a_fit_never_reads_the_years_it_is_judged_by(monkeypatch):
    """With other water in 1984-1987 the same parameters are found."""
    river, true = rivers.river("leaf"), rivers.read(rivers.river("leaf"))
    first = calibration.fit(river, "GR4J", evaluations=60, starts=1)
    for values in (true.precipitation, true.discharge, true.evapotranspiration):
        values[true.times > calibration.CALIBRATION[1]] = 3.0
    monkeypatch.setattr(calibration, "read", lambda _: true)
    second = calibration.fit(river, "GR4J", evaluations=60, starts=1)
    assert second.parameters == first.parameters
    assert second.calibration == first.calibration
    assert second.evaluation != first.evaluation


def test_a_short_search_repeats_itself_and_is_worse_than_a_long_one():
    river = rivers.river("baskatong")
    short, again = (calibration.fit(river, "GR4J", evaluations=30, starts=1) for _ in range(2))
    assert short == again
    assert short.calibration < calibration.fit(river, "GR4J", evaluations=400, starts=1).calibration
    assert set(short.parameters) == {"x1", "x2", "x3", "x4", "ctg", "kf"}


def test_the_choice_looks_at_the_calibration_alone():
    fits = [
        Fit("leaf", "A", {}, 0.5, 0.99, 0.99),
        Fit("leaf", "B", {}, 0.6, 0.10, 0.10),
        Fit("saumon", "A", {}, -1.0, 0.5, 0.5),
    ]
    assert {gauge: fit.model for gauge, fit in calibration.choose(fits).items()} == {"leaf": "B", "saumon": "A"}


def test_workers_share_the_work_and_change_nothing(tmp_path):
    told = []
    pair = [rivers.river("leaf"), rivers.river("au-saumon")]
    fits = calibration.calibrate(
        pair, ["GR4J", "HBV"], workers=2, evaluations=40, told=lambda _, done, total: told.append((done, total))
    )
    assert [(fit.gauge, fit.model) for fit in fits] == [
        ("leaf", "GR4J"), ("leaf", "HBV"), ("au-saumon", "GR4J"), ("au-saumon", "HBV"),
    ]  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert fits[1] == calibration.fit(pair[0], "HBV", evaluations=40)
    parameters.write(fits, tmp_path / "parameters.json")
    read = parameters.read(tmp_path / "parameters.json")
    assert set(read) == {"leaf", "au-saumon"}
    assert np.isclose(read["leaf"].calibration, max(fit.calibration for fit in fits[:2]), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is not JSON"), ("{}", "lacks 'rivers'"), ('{"rivers": {"leaf": {}}}', "lacks 'model'")]
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path, text, said):
    path = tmp_path / "parameters.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        parameters.read(path)
    assert said in f"{caught.value} {caught.value.why}"
    assert caught.value.fix == "dmod demo --calibrate"


def test_a_file_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(NotFoundError):
        parameters.read(tmp_path / "parameters.json")
