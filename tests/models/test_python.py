"""Anybody's BMI class: the same answer however it shows its arrays, and a story when it fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.models.model import Clock, ModelError
from dmod.models.python import load
from dmod.models.registry import Setting
from dmod.models.stepped import Stepped

STEPS = 100
RAIN = np.random.default_rng(3).gamma(0.3, 5.0, STEPS)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


def made(name: str, **params: object) -> Stepped:
    clock = Clock(datetime(2015, 12, 1, tzinfo=UTC), 3600, STEPS)
    return Stepped(load(name, "cat-52"), name, params, "", Setting("cat-52", clock))


def reservoir(k: float = 0.1) -> np.ndarray:
    storage, runoff = 0.0, []
    for rain in RAIN:
        full = storage + rain
        runoff.append(k * full)
        storage = full - k * full
    return np.array(runoff)


@pytest.mark.parametrize("name", ["Shown", "Hidden", "Replacing", "Copying"])
def test_a_class_gives_its_answer_however_it_shows_its_arrays(name):
    assert np.array_equal(made(f"reservoirs.{name}").run({"p": RAIN})["q"], reservoir())


def test_a_class_of_32_bits_is_read_as_it_is():
    assert np.allclose(made("reservoirs.Float32").run({"p": RAIN})["q"], reservoir(), rtol=1e-5)


def test_a_dry_start_is_no_reason_to_mistrust_an_array():
    rain = np.where(np.arange(STEPS) < 20, 0.0, RAIN)
    assert np.array_equal(
        made("reservoirs.Shown").run({"p": rain})["q"], made("reservoirs.Hidden").run({"p": rain})["q"]
    )


def test_water_is_neither_made_nor_lost():
    runoff = made("reservoirs.Shown").run({"p": RAIN})["q"]
    assert 0 < RAIN.sum() - runoff.sum() == pytest.approx(runoff[-1] / 0.1 * 0.9)


def test_parameters_and_other_names_reach_the_class():
    params = {"model_params": {"k": 0.5}, "variables_names_map": {"p": "APCP_surface", "q": "Q_OUT"}}
    model = made("reservoirs.Shown", **params)
    assert [variable.name for variable in model.inputs] == ["APCP_surface"]
    assert np.array_equal(model.run({"APCP_surface": RAIN})["Q_OUT"], reservoir(0.5))


def test_a_class_of_shorter_steps_is_updated_several_times():
    storage, runoff = 0.0, []
    for rain in RAIN:
        for _ in range(4):
            full = storage + rain
            runoff.append(0.1 * full)
            storage = full - runoff[-1]
    assert np.array_equal(made("reservoirs.Quarter").run({"p": RAIN})["q"], runoff[3::4])


def test_a_class_that_reads_its_own_forcing_is_given_none():
    model = made("reservoirs.Selfish")
    assert model.inputs == ()
    assert np.allclose(model.run({})["q"], 0.9 ** np.arange(STEPS))


@pytest.mark.parametrize(
    ("name", "message", "why"),
    [
        ("reservoirs.Clumsy", "failed at step 5, 2015-12-01T05:00:00Z", "ZeroDivisionError: the reservoir leaks"),
        ("reservoirs.Diverging", "gives q = nan at step 7, 2015-12-01T07:00:00Z", ""),
        ("reservoirs.Late", "gives the array of q, but later another one", ""),
        ("reservoirs.Moving", "gives the array of p, but later another one", ""),
        ("reservoirs.Lunar", "counts time in 'moons'", ""),
        ("reservoirs.Halved", "is not a BMI class", "it lacks initialize"),
        ("reservoirs.Refusing", "failed in initialize", "FileNotFoundError"),
        ("reservoirs.Missing", "cannot be imported", "no attribute 'Missing'"),
        ("no_such_module.Model", "cannot be imported", "No module named 'no_such_module'"),
        ("Model", "is not a class in a module", ""),
    ],
)
def test_a_failure_names_catchment_class_and_moment(name, message, why):
    with pytest.raises(ModelError) as failure:
        made(name).run({"p": RAIN})
    assert failure.value.message.startswith(f"cat-52: {name} ")
    assert message in failure.value.message
    assert why in failure.value.why


def test_a_name_the_class_does_not_have_is_refused():
    with pytest.raises(ModelError, match="has no output 'Q'") as failure:
        made("reservoirs.Shown", main_output_variable="Q")
    assert failure.value.why == "it has q"
