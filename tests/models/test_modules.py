"""Modules in every language that NextGen knows, each by the same tests; and what only one of them can do."""

from __future__ import annotations

from typing import Any

import pytest
from module_tests import RAIN, ModuleTests, Q, model, multi, python, sloth

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.realization import Formulation


class TestPython(ModuleTests):
    label = "reservoir.Reservoir"

    @pytest.fixture
    def reservoir(self):
        return lambda **params: python("Reservoir", **params)


class TestC(ModuleTests):
    label = "reservoir (libreservoirc.so)"

    @pytest.fixture
    def reservoir(self, module):
        params = {"model_type_name": "reservoir", "library_file": str(module("reservoir.c")), "init_config": ""}
        params["registration_function"] = "register_bmi_reservoir"
        return lambda **more: Formulation("bmi_c", params | more)

    def test_the_ending_of_the_library_may_be_missing_or_another_systems(self, reservoir):
        whole = reservoir().params["library_file"]
        for text in (whole.removesuffix(".so"), whole.removesuffix("so") + "dylib"):
            assert model(reservoir(library_file=text)).run({"p": RAIN})["q"] == pytest.approx(Q, rel=1e-14)

    def test_a_library_that_is_not_there_is_told_with_all_its_names(self, reservoir):
        with pytest.raises(NotFoundError, match=r"cat-7: there is no library /no/libcfebmi") as refusal:
            model(reservoir(library_file="/no/libcfebmi"))
        assert refusal.value.why == "looked at /no/libcfebmi, /no/libcfebmi.so, /no/libcfebmi.dylib"

    def test_a_library_that_is_none_is_told(self, reservoir, tmp_path):
        (tmp_path / "libtext.so").write_text("no library")
        with pytest.raises(UsageError, match=r"libtext\.so cannot be loaded") as refusal:
            model(reservoir(library_file=str(tmp_path / "libtext")))
        assert "invalid ELF header" in refusal.value.why or "file too short" in refusal.value.why

    def test_a_wrong_registration_function_is_told_with_the_right_ones(self, reservoir):
        with pytest.raises(UsageError, match=r"has no function register_bmi_resevoir") as refusal:
            model(reservoir(registration_function="register_bmi_resevoir"))
        assert refusal.value.why == "it has register_bmi_nothing, register_bmi_reservoir, register_bmi_sum"
        assert refusal.value.fix == '"registration_function": "register_bmi_reservoir"'

    def test_a_registration_that_fills_in_nothing_is_told(self, reservoir):
        with pytest.raises(UsageError, match=r"register_bmi_nothing of libreservoirc\.so registers no initialize"):
            model(reservoir(registration_function="register_bmi_nothing"))

    def test_two_modules_of_one_library_exchange_an_array(self, reservoir):
        total = reservoir(registration_function="register_bmi_sum", variables_names_map={"column": "profile"})
        found = model(multi(reservoir(), total, main_output_variable="total")).run({"p": RAIN})
        assert found["total"][:2] == pytest.approx([0.009, 0.0081], rel=1e-14)


def test_sloth_gives_its_constants_without_a_library():
    formulation = sloth(ice=0.25)
    params: dict[str, Any] = formulation.params["model_params"]
    params |= {"whole(1,int,1,node)": 2.9, "column(2,double,K,node)": [1.0, 2.0], "all(3,float,m,node)": 0.1}
    made = model(formulation)
    assert made.inputs == ()
    assert [(variable.name, variable.units) for variable in made.outputs] == [
        ("z", "m"), ("ice", "mm"), ("whole", "1"), ("column", "K"), ("all", "m"),
    ]  # fmt: skip
    found = made.run({})
    assert found["z"].tolist() == [0] * 6
    assert found["ice"].tolist() == [0.25] * 6
    assert found["whole"].tolist() == [2] * 6
    assert found["column"].tolist() == [[1, 2]] * 6
    assert found["all"][0].tolist() == pytest.approx([0.1] * 3, rel=1e-7)  # 32 bits


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("ice", 1.0, "SLoTH cannot read the parameter 'ice'"),
        ("ice(1,double,m)", 1.0, "SLoTH cannot read the parameter"),
        ("ice(2,double,m,node)", [1.0, 2.0, 3.0], "3 values are given, and it holds 2"),
        ("ice(1,double,m,node)", "wet", "'wet' is no value of the type 'double'"),
        ("ice(1,word,m,node)", 1.0, "1.0 is no value of the type 'word'"),
    ],
)
def test_what_sloth_cannot_read_is_told(key, value, message):
    formulation = sloth()
    formulation.params["model_params"][key] = value
    with pytest.raises(UsageError, match="cat-7") as refusal:
        model(formulation)
    assert message in refusal.value.message
