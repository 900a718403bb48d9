"""Modules in every language that NextGen knows, each by the same tests; and what only one of them can do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from module_tests import RAIN, CompiledTests, ModuleTests, Q, forget, model, multi, python, sloth

from dmod.errors import DmodError, NotFoundError, UnmetError, UsageError
from dmod.hydro.realization import Formulation
from dmod.models.library import load
from dmod.models.model import ModelError


class TestPython(ModuleTests):
    label = "reservoir.Reservoir"

    @pytest.fixture
    def reservoir(self):
        return lambda **params: python("Reservoir", **params)


class TestC(CompiledTests):
    label = "reservoir (libreservoir_c.so)"

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
        with pytest.raises(UsageError, match=r"register_bmi_nothing of libreservoir_c\.so registers no initialize"):
            model(reservoir(registration_function="register_bmi_nothing"))

    def test_an_output_without_a_value_matters_only_to_who_asks_for_it(self, reservoir, config):
        odd = config("odd 1")
        assert model(reservoir(init_config=odd)).run({"p": RAIN})["q"] == pytest.approx(Q, rel=1e-14)
        with pytest.raises(ModelError, match="does not say how long odd is") as failure:
            model(reservoir(init_config=odd, output_variables=["q", "odd"]))
        assert failure.value.why == "StatusError: odd has 0 bytes in values of 8"

    def test_two_modules_of_one_library_exchange_an_array(self, reservoir):
        total = reservoir(registration_function="register_bmi_sum", variables_names_map={"column": "profile"})
        found = model(multi(reservoir(), total, main_output_variable="total")).run({"p": RAIN})
        assert found["total"][:2] == pytest.approx([0.009, 0.0081], rel=1e-14)


class TestCplusplus(CompiledTests):
    label = "reservoir (libreservoir_cpp.so)"

    @pytest.fixture
    def reservoir(self, module):
        params = {"model_type_name": "reservoir", "library_file": str(module("reservoir.cpp")), "init_config": ""}
        return lambda **more: Formulation("bmi_c++", params | more)

    def test_the_text_of_an_exception_is_told(self, reservoir, config):
        with pytest.raises(ModelError) as failure:
            model(reservoir(init_config=config("fail 4"))).run({"p": RAIN})
        assert failure.value.why == "StatusError: update returned BMI_FAILURE: the reservoir leaks"

    def test_every_object_is_destroyed_once_it_has_run(self, reservoir):
        alive = load(Path(reservoir().params["library_file"])).reservoirs_alive
        before = alive()
        made = [model(reservoir()) for _ in range(3)]
        assert alive() == before + 3
        for each in made:
            each.run({"p": RAIN})
        assert alive() == before

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"create_function": "bmi_model_creat"}, "has no function bmi_model_creat"),
            ({"destroy_function": "gone"}, "has no function gone"),
            ({"create_function": "bmi_model_of_nothing"}, "cannot be made"),
        ],
    )
    def test_a_wrong_create_function_is_told(self, reservoir, params, message):
        with pytest.raises(DmodError) as refusal:
            model(reservoir(**params))
        assert message in refusal.value.message

    def test_without_a_compiler_it_says_what_to_do(self, reservoir, monkeypatch, tmp_path):
        reservoir()
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("DMOD_CACHE", str(tmp_path))
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", None)
        forget()
        with pytest.raises(
            UnmetError, match=r"cat-7: there is no C\+\+ compiler to build cplusplus\.cpp with"
        ) as refusal:
            model(reservoir())
        assert "apt-get install g++" in refusal.value.fix


class TestFortran(CompiledTests):
    label = "reservoir (libreservoir_f90.so)"

    @pytest.fixture
    def reservoir(self, module):
        params = {"model_type_name": "reservoir", "library_file": str(module("reservoir.f90")), "init_config": ""}
        return lambda **more: Formulation("bmi_fortran", params | more)

    def test_a_library_without_the_middleware_is_told(self, reservoir, module):
        library = str(module("reservoir.c"))
        with pytest.raises(UsageError, match=r"cat-7: libreservoir_c\.so has no function initialize") as refusal:
            model(reservoir(library_file=library, registration_function="register_bmi_reservoir"))
        assert "iso_c_fortran_bmi is not linked into it" in refusal.value.why

    def test_a_registration_that_refuses_is_told(self, reservoir):
        with pytest.raises(ModelError, match="cannot be made") as failure:
            model(reservoir(registration_function="register_bmi_refusing"))
        assert failure.value.why == "StatusError: register_bmi_refusing returned BMI_FAILURE"


@pytest.mark.parametrize("source", ["reservoir.c", "reservoir.cpp", "reservoir.f90"])
def test_the_loop_in_c_gives_the_bits_of_python(source, module, tmp_path, monkeypatch):
    """Three in a row with units that are turned, and the same with the last one feeding the first."""
    name = {"c": "bmi_c", "cpp": "bmi_c++", "f90": "bmi_fortran"}[source.partition(".")[2]]
    (tmp_path / "cm.txt").write_text("units inches")
    rain = np.random.default_rng(11).gamma(0.3, 5.0, 300)

    def row(first: str) -> Formulation:
        modules = []
        for number, fed in enumerate((first, "q1", "q2"), 1):
            names = {"p": fed, **{each: f"{each}{number}" for each in ("q", "s", "n", "profile")}}
            params = {"model_type_name": "reservoir", "library_file": str(module(source)), "variables_names_map": names}
            params |= {"registration_function": "register_bmi_reservoir"} if name == "bmi_c" else {}
            modules.append(Formulation(name, params | {"init_config": str(tmp_path / "cm.txt") if number == 2 else ""}))
        default = [{"name": "q3", "value": 3.0}]
        return multi(*modules, main_output_variable="q3", output_variables=["s1", "q2"], default_output_values=default)

    def both() -> list[dict[str, np.ndarray]]:
        return [model(row(first), 300).run({"rain": rain}) for first in ("rain", "q3")]

    looped = both()
    monkeypatch.setenv("CC", "none")
    monkeypatch.setenv("DMOD_CACHE", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    forget()
    for one, other in zip(looped, both(), strict=True):
        assert all(np.array_equal(one[each], other[each]) for each in ("q3", "s1", "q2"))
    forget()


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
