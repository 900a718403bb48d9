"""The whole-series models: laws they keep, what they refuse, and that stepping them changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("holmes_rs", reason="holmes-rs is not installed")

from dmod.errors import NotFoundError, UsageError
from dmod.models.model import Clock
from dmod.models.series import GR4J, HBV, SERIES

RIVER = {"x1": 320.0, "x2": 0.0, "x3": 70.0, "x4": 1.6}
SNOW = {"ctg": 0.3, "kf": 3.7, "qnbv": 150.0, "elevation_layers": [200.0, 400.0, 600.0], "median_elevation": 400.0}
BEGIN = datetime(2001, 11, 20, tzinfo=UTC)
OPEN = ("ihacres", "sacramento")  # one scales its rain, one loses water to the deep
CLOSED = {"gr4j": {"x2": 0.0}, "mordor": {"x1": 1.0}, "pdm": {"x7": 1.0}}  # no exchange, rain as it is


def weather(steps: int, seed: int = 1) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    return {
        "precipitation": chance.gamma(0.2, 15.0, steps),
        "potential_evapotranspiration": 2 + 2 * np.sin(np.arange(steps) / 58.0),
        "temperature": 10 * np.sin(np.arange(steps) / 58.0) + chance.normal(0, 2, steps),
    }


def within(model) -> dict[str, float]:
    """Parameters a tenth of the way up their bounds."""
    low, high = model._module.init()[1].T
    return dict(zip(model._module.param_names, low + (high - low) / 10, strict=True))


def made(cls=GR4J, **parameters: object):
    model = cls()
    model.configure(parameters or RIVER, catchment="cat-27", clock=Clock(BEGIN, 86_400, 400))
    return model


@pytest.mark.parametrize("cls", [cls for cls in SERIES.values() if cls.code not in OPEN])
def test_steady_rain_without_evaporation_runs_off_in_full(cls):
    model = cls()
    model.configure(within(model) | CLOSED.get(cls.code, {}))
    rain = np.full(200_000, 5.0)
    runoff = model.run({"precipitation": rain, "potential_evapotranspiration": 0 * rain})["Q_OUT"]
    assert runoff[-1] * 1e3 == pytest.approx(5.0, rel=1e-3)


@pytest.mark.parametrize("cls", SERIES.values())
def test_runoff_is_finite_never_negative_and_knows_no_future(cls):
    model = cls()
    model.configure(within(model))
    forcing = weather(700)
    whole = model.run(forcing)["Q_OUT"]
    assert np.isfinite(whole).all()
    assert whole.min() >= 0
    half = model.run({name: series[:350] for name, series in forcing.items()})["Q_OUT"]
    assert np.array_equal(whole[:350], half)


@given(seed=st.integers(0, 10_000), x1=st.floats(10, 1500), x3=st.floats(10, 400), x4=st.floats(0.8, 10))
@settings(max_examples=40, deadline=None)
def test_gr4j_gives_no_more_than_fell_and_what_its_stores_can_hold(seed, x1, x3, x4):
    forcing = weather(300, seed)
    runoff = made(x1=x1, x2=0.0, x3=x3, x4=x4).run(forcing)["Q_OUT"].sum() * 1e3
    assert runoff <= forcing["precipitation"].sum() + x1 + x3


def test_snow_holds_water_back_until_it_melts():
    forcing = weather(360)
    forcing["temperature"] = np.where(np.arange(360) < 100, -10.0, 10.0)
    bare, snowy = (made(**RIVER, **snow).run(forcing)["Q_OUT"] for snow in ({}, SNOW))
    assert snowy[:100].sum() < bare[:100].sum()
    assert snowy[100:].sum() > bare[100:].sum()


def test_snow_asks_for_the_temperature():
    assert [variable.name for variable in made(**RIVER).inputs] == ["precipitation", "potential_evapotranspiration"]
    assert [variable.name for variable in made(**RIVER, **SNOW).inputs][-1] == "temperature"


@pytest.mark.parametrize("extra", [{}, SNOW], ids=["rain", "snow"])
@pytest.mark.parametrize("cls", [GR4J, HBV])
def test_a_driver_that_steps_gets_the_bits_of_the_whole_series(cls, extra, tmp_path):
    steps = 150
    forcing = weather(steps)
    parameters = within(cls()) | extra
    whole = made(cls, **parameters).run(forcing)["Q_OUT"]
    config = tmp_path / "cat-27.json"
    settings = {"start_time": "2001-11-20 00:00:00", "time_step": 86_400, "model_params": parameters}
    config.write_text(json.dumps(settings))
    model = cls()
    model.initialize(str(config))
    inputs = {name: model.get_value_ptr(name) for name in model.get_input_var_names()}
    output = model.get_value_ptr("Q_OUT")
    stepped = []
    for step in range(steps):
        for name, array in inputs.items():
            array[0] = forcing[name][step]
        model.update()
        stepped.append(output[0])
    assert np.array_equal(stepped, whole)
    assert model.get_current_time() == steps * 86_400
    model.finalize()


def test_update_until_keeps_the_inputs_and_refuses_to_go_back():
    model = made()
    model.set_value("precipitation", np.array([5.0]))
    model.set_value("potential_evapotranspiration", np.array([1.0]))
    model.update_until(10 * 86_400.0)
    expected = made().run({"precipitation": np.full(10, 5.0), "potential_evapotranspiration": np.ones(10)})["Q_OUT"]
    assert model.get_value("Q_OUT", np.zeros(1))[0] == expected[-1]
    with pytest.raises(ValueError, match="cannot go from"):
        model.update_until(86_400.0)


def test_parameters_come_by_set_value_too():
    model = GR4J()
    model.initialize("/dev/null")
    for name, value in RIVER.items():
        model.set_value(name, np.array([value]))
    assert model.run(weather(10))["Q_OUT"].tolist() == made().run(weather(10))["Q_OUT"].tolist()
    assert model.get_value_ptr("x1")[0] == 320.0


def test_a_toml_file_configures_as_well(tmp_path):
    config = tmp_path / "gr4j.toml"
    config.write_text("x1 = 320\nx2 = 0\nx3 = 70\nx4 = 1.6\n")
    model = GR4J()
    model.initialize(str(config))
    assert model.run(weather(10))["Q_OUT"].tolist() == made().run(weather(10))["Q_OUT"].tolist()


BMI = """
initialize update update_until finalize get_component_name get_input_item_count get_output_item_count
get_input_var_names get_output_var_names get_var_grid get_var_type get_var_units get_var_itemsize get_var_nbytes
get_var_location get_current_time get_start_time get_end_time get_time_units get_time_step get_value get_value_ptr
get_value_at_indices set_value set_value_at_indices get_grid_rank get_grid_size get_grid_type get_grid_shape
get_grid_spacing get_grid_origin get_grid_x get_grid_y get_grid_z get_grid_node_count get_grid_edge_count
get_grid_face_count get_grid_edge_nodes get_grid_face_edges get_grid_face_nodes get_grid_nodes_per_face
"""


@pytest.mark.parametrize("cls", SERIES.values())
def test_no_function_of_bmi_2_is_missing(cls):
    assert [name for name in BMI.split() if not callable(getattr(cls, name, None))] == []


def test_a_driver_may_ask_for_the_size_of_a_parameter_before_it_sets_it():
    model = GR4J()
    model.initialize("")
    for name, value in (RIVER | SNOW).items():
        assert (model.get_var_type(name), model.get_var_itemsize(name)) == ("float64", 8)
        model.set_value(name, np.array(value, ndmin=1))
    assert model.snow
    assert model.get_var_nbytes("elevation_layers") == 24
    with pytest.raises(KeyError, match="has no variable 'x9'"):
        model.get_var_type("x9")
    with pytest.raises(KeyError, match="there is no snow in this GR4J"):
        made().get_value_ptr("ctg")


def test_what_the_interface_says_of_a_model():
    model = made()
    assert model.get_component_name() == "GR4J"
    assert (model.get_input_item_count(), model.get_output_item_count()) == (2, 1)
    assert model.get_output_var_names() == ("Q_OUT",)
    assert (model.get_var_units("Q_OUT"), model.get_var_type("Q_OUT")) == ("m", "float64")
    assert (model.get_var_itemsize("Q_OUT"), model.get_var_nbytes("Q_OUT")) == (8, 8)
    assert (model.get_var_location("Q_OUT"), model.get_var_grid("Q_OUT")) == ("node", 0)
    assert (model.get_grid_type(0), model.get_grid_rank(0), model.get_grid_size(0)) == ("scalar", 0, 1)
    assert (model.get_start_time(), model.get_time_step(), model.get_time_units()) == (0.0, 86_400.0, "s")
    assert model.get_end_time() > 1e300
    model.set_value_at_indices("precipitation", np.array([0]), np.array([3.0]))
    assert model.get_value_at_indices("precipitation", np.zeros(1), np.array([0]))[0] == 3.0
    with pytest.raises(NotImplementedError, match="scalar"):
        model.get_grid_x(0, np.zeros(1))
    with pytest.raises(KeyError, match="no grid 1"):
        model.get_grid_size(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x1": 5.0}, "cat-27: GR4J: parameter x1 is 5, outside 10 to 1500"),
        ({"x4": float("nan")}, "cat-27: GR4J: parameter x4 is nan, outside"),
        ({"x2": "much"}, "cat-27: GR4J: parameter x2 is 'much', not a number"),
        ({"kf": 9999.0, **{k: v for k, v in SNOW.items() if k != "kf"}}, "parameter kf is 9999, outside 0 to 20"),
        ({"elevation_layers": [1.0]}, "parameters ctg, kf, qnbv, median_elevation are missing"),
        ({"x1": []}, "GR4J: parameter x1 is an empty list"),
        ({"x9": 1.0}, "GR4J has no parameter 'x9'"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_catchment(change, message):
    with pytest.raises(UsageError) as refusal:
        made(**(RIVER | change)).check()
    assert message in refusal.value.message


def test_no_parameter_has_a_silent_default():
    with pytest.raises(UsageError, match="cat-27: GR4J: parameters x3, x4 are missing"):
        made(x1=300.0, x2=0.0).run(weather(3))


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_bad_forcing_is_told_by_its_stamp(value):
    forcing = weather(20)
    forcing["precipitation"][3] = value
    with pytest.raises(UsageError, match="cat-27: GR4J cannot use its forcing at 2001-11-23T00:00:00Z") as refusal:
        made().run(forcing)
    assert "precipitation" in refusal.value.why


@pytest.mark.parametrize(("text", "error"), [("{", UsageError), ("[1]", UsageError), (None, NotFoundError)])
def test_a_configuration_that_is_none_is_refused(tmp_path, text, error):
    config = tmp_path / "cat-1.json"
    if text is not None:
        config.write_text(text)
    with pytest.raises(error, match=r"cat-1\.json"):
        GR4J().initialize(str(config))


def test_snow_without_a_first_day_is_refused():
    model = GR4J()
    model.configure({**RIVER, **SNOW})
    with pytest.raises(UsageError, match="first day"):
        model.run(weather(3))
