from __future__ import annotations

import math

import HydroErr
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import UsageError
from dmod.hydro import metrics
from dmod.hydro.metrics import METRICS

FLOWS = st.floats(0.01, 1e4)
PAIRS = st.integers(3, 60).flatmap(
    lambda n: st.tuples(arrays(np.float64, n, elements=FLOWS), arrays(np.float64, n, elements=FLOWS))
)
MEASURED = np.array([1.0, 4.0, 9.0, 3.0, 2.0])


def varied(simulated, observed):
    assume(all(np.ptp(values) > 1e-3 * values.max() for values in (simulated, observed)))


@given(PAIRS)
def test_agrees_with_hydroerr(pair):
    simulated, observed = pair
    varied(simulated, observed)
    for name, second in (
        ("nse", HydroErr.nse),
        ("kge", HydroErr.kge_2009),
        ("rmse", HydroErr.rmse),
        ("mae", HydroErr.mae),
        ("r", HydroErr.pearson_r),
    ):
        assert METRICS[name].function(simulated, observed) == pytest.approx(
            second(simulated, observed), rel=1e-6, abs=1e-9
        )


@given(PAIRS)
def test_a_perfect_simulation_scores_the_ideal_and_nothing_scores_better(pair):
    simulated, observed = pair
    varied(simulated, observed)
    for metric in METRICS.values():
        assert metric.function(observed, observed) == pytest.approx(metric.ideal, abs=1e-9)
    assert all(METRICS[name].function(simulated, observed) <= 1 for name in ("nse", "kge", "log_nse", "r"))
    assert metrics.rmse(simulated, observed) >= metrics.mae(simulated, observed) * (1 - 1e-12) >= 0


@given(PAIRS, st.floats(0.1, 10))
def test_scaling_the_simulation_scales_alpha_and_beta_and_leaves_r(pair, factor):
    simulated, observed = pair
    varied(simulated, observed)
    r, alpha, beta = metrics.kge_parts(simulated, observed)
    assert metrics.kge_parts(simulated * factor, observed) == pytest.approx((r, alpha * factor, beta * factor))
    assert metrics.pbias(observed * factor, observed) == pytest.approx(100 * (factor - 1), abs=1e-8)
    assert metrics.peak_error(observed * factor, observed) == pytest.approx(100 * (factor - 1), abs=1e-8)


@given(PAIRS, st.floats(0.1, 10))
def test_the_unit_of_both_series_does_not_matter(pair, factor):
    simulated, observed = pair
    varied(simulated, observed)
    for name, metric in METRICS.items():
        scaled = metric.function(simulated * factor, observed * factor)
        assert scaled == pytest.approx(
            metric.function(simulated, observed) * (factor if metric.unit == "m³/s" else 1), rel=1e-6, abs=1e-9
        ), name


def test_the_observed_mean_scores_zero_and_kge_has_no_value_for_it():
    assert metrics.nse(np.full(5, MEASURED.mean()), MEASURED) == pytest.approx(0)
    assert math.isnan(metrics.kge(np.full(5, 3.0), MEASURED))
    assert metrics.reason(np.full(5, 3.0), MEASURED) == "the simulated series is constant"


def test_known_values():
    simulated = np.array([2.0, 4.0, 6.0, 4.0, 2.0])
    assert metrics.nse(simulated, MEASURED) == pytest.approx(1 - 11 / 38.8)
    assert metrics.pbias(simulated, MEASURED) == pytest.approx(100 * (18 - 19) / 19)
    assert metrics.rmse(simulated, MEASURED) == pytest.approx(math.sqrt(11 / 5))
    assert metrics.mae(simulated, MEASURED) == pytest.approx(1.0)
    assert metrics.peak_error(simulated, MEASURED) == pytest.approx(100 * (6 - 9) / 9)


def test_steps_without_a_value_are_left_out_on_either_side():
    simulated = np.array([np.nan, 1.5, 4.0, 7.0, 50.0, 3.0, 2.0])
    observed = np.array([7.0, 1.0, 4.0, 9.0, np.nan, 3.0, 2.0])
    whole = ~np.isnan(simulated) & ~np.isnan(observed)
    assert metrics.scores(simulated, observed) == metrics.scores(simulated[whole], observed[whole])


@pytest.mark.parametrize(
    ("simulated", "observed", "why"),
    [
        ([], [], "no step has both a simulated and an observed value"),
        ([1.0, np.nan], [np.nan, 1.0], "no step has both a simulated and an observed value"),
        ([1.0, 2.0, 3.0], [0.1, 0.1, 0.1], "the observed series is constant"),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], "the observed series is zero throughout"),
        ([-1.0, 2.0, 3.0], [1.0, 2.0, 3.0], "a flow is negative"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], ""),
    ],
)
def test_where_a_score_has_no_value_it_is_nan_and_the_reason_is_known(simulated, observed, why):
    found = metrics.scores(simulated, observed)
    assert metrics.reason(simulated, observed) == why
    assert any(math.isnan(value) for value in found.values()) == bool(why)


def test_series_of_different_lengths_are_refused():
    with pytest.raises(UsageError, match="not the same number of steps"):
        metrics.nse([1.0, 2.0], [1.0])


def test_an_unknown_metric_is_refused_with_those_that_are_known():
    with pytest.raises(UsageError, match="no metric is called 'nash'") as caught:
        metrics.scores(MEASURED, MEASURED, ["nse", "nash"])
    assert "pbias" in caught.value.why


def test_every_metric_states_its_source_and_definition():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert ":" in metric.doc.splitlines()[0]
        assert metric.source.split()[0] in metric.doc
