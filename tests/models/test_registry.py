"""From a formulation to a model: what is refused, where parameters come from, and modules in a row."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("holmes_rs", reason="holmes-rs is not installed")

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro.realization import Formulation
from dmod.models import create
from dmod.models.model import Clock, ModelError
from dmod.models.registry import Setting

RIVER = {"x1": 320.0, "x2": 0.0, "x3": 70.0, "x4": 1.6}
GR4J = "dmod.models.series.GR4J"
SETTING = Setting("cat-7", Clock(datetime(2015, 12, 1, tzinfo=UTC), 3600, 5), {"areasqkm": 120.0})
RAIN = np.array([0.0, 9.0, 4.0, 0.0, 1.0])


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


def python(python_type: str, **params: object) -> Formulation:
    return Formulation("bmi_python", {"python_type": python_type, **params})


def multi(*modules: Formulation, **params: object) -> Formulation:
    return Formulation("bmi_multi", params, modules)


@pytest.mark.parametrize("name", ["bmi_c", "bmi_c++", "bmi_fortran"])
def test_a_library_that_is_not_there_is_told_wherever_the_module_stands(name):
    formulation = Formulation(name, {"model_type_name": "CFE", "library_file": "libcfe.so"})
    for asked in (formulation, multi(python(GR4J, model_params=RIVER), formulation)):
        with pytest.raises(NotFoundError, match=r"cat-7: there is no library libcfe\.so"):
            create(asked, SETTING)
    with pytest.raises(UsageError, match=rf"cat-7: {re.escape(name)} \(CFE\) names no library_file"):
        create(Formulation(name, {"model_type_name": "CFE"}), SETTING)


def test_a_kind_of_formulation_that_nobody_knows_is_refused():
    with pytest.raises(UnmetError, match="bmi_julia") as refusal:
        create(Formulation("bmi_julia", {}), SETTING)
    assert refusal.value.why == "this version runs bmi_c, bmi_c++, bmi_fortran, bmi_python, bmi_multi"


def test_parameters_may_come_from_the_hydrofabric():
    area = {"source": "hydrofabric", "from": "areasqkm"}
    model = create(python(GR4J, model_params=RIVER | {"x1": area}), SETTING)
    assert model.parameters["x1"][0] == 120.0
    with pytest.raises(UnmetError, match="parameter x1 wants 'slope' of the hydrofabric"):
        create(python(GR4J, model_params=RIVER | {"x1": {"source": "hydrofabric", "from": "slope"}}), SETTING)


def test_a_configuration_of_the_catchment_comes_first_and_model_params_on_top(tmp_path):
    (tmp_path / "cat-7.json").write_text(json.dumps(RIVER))
    formulation = python(GR4J, init_config="{{id}}.json", model_params={"x4": 2.5})
    model = create(formulation, Setting("cat-7", SETTING.clock, {}, lambda text: tmp_path / text))
    assert {name: float(value[0]) for name, value in model.parameters.items()} == RIVER | {"x4": 2.5}


def test_names_are_turned_both_ways():
    names = {"precipitation": "APCP_surface", "Q_OUT": "runoff"}
    model = create(python(GR4J, model_params=RIVER, variables_names_map=names), SETTING)
    assert [variable.name for variable in model.inputs] == ["APCP_surface", "potential_evapotranspiration"]
    given = {"APCP_surface": RAIN, "potential_evapotranspiration": 0 * RAIN}
    plain = create(python(GR4J, model_params=RIVER), SETTING)
    expected = plain.run({"precipitation": RAIN, "potential_evapotranspiration": 0 * RAIN})["Q_OUT"]
    assert np.array_equal(model.run(given)["runoff"], expected)


def test_modules_run_in_a_row_each_on_what_came_before():
    rain = python("reservoirs.Shown", main_output_variable="q", variables_names_map={"q": "precipitation"})
    river = python(GR4J, model_params=RIVER)
    model = create(multi(rain, river, main_output_variable="Q_OUT", output_variables=["precipitation"]), SETTING)
    assert [variable.name for variable in model.inputs] == ["p", "potential_evapotranspiration"]
    assert [variable.name for variable in model.outputs] == ["Q_OUT", "precipitation"]
    made = model.run({"p": RAIN, "potential_evapotranspiration": 0 * RAIN})
    between = create(rain, SETTING).run({"p": RAIN})["precipitation"]
    assert np.array_equal(made["precipitation"], between)
    alone = create(river, SETTING).run({"precipitation": between, "potential_evapotranspiration": 0 * RAIN})
    assert np.array_equal(made["Q_OUT"], alone["Q_OUT"])


def test_an_output_that_no_module_gives_is_refused():
    with pytest.raises(UsageError, match="cat-7: no module gives 'Q'"):
        create(multi(python(GR4J, model_params=RIVER), main_output_variable="Q"), SETTING)


def test_a_class_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match=r"there is no model dmod\.models\.series\.GR5J") as refusal:
        create(python("dmod.models.series.GR5J"), SETTING)
    assert "GR4J, HBV" in refusal.value.why
    with pytest.raises(ModelError, match="is not a class in a module"):
        create(python(""), SETTING)
