"""What a module does in whatever language it was written: the linear reservoir of tests/modules, alone and in a row.

q = k (s + p), and s is what stays. With k = 0.1 and 10 mm of rain in the first step and 5 in the fourth, by hand:

    s + p   10    9     8.1    12.29    11.061    9.9549
    q        1    0.9   0.81    1.229    1.1061   0.99549
    s        9    8.1   7.29   11.061    9.9549   8.95941
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dmod.errors import DmodError, UsageError
from dmod.hydro.realization import Formulation
from dmod.models import compiler, cplusplus, create, drive
from dmod.models.model import Clock, ModelError
from dmod.models.registry import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.models.model import Model

BEGIN = datetime(2015, 12, 1, tzinfo=UTC)
RAIN = np.array([10.0, 0, 0, 5, 0, 0])
Q = np.array([1.0, 0.9, 0.81, 1.229, 1.1061, 0.99549])
S = np.array([9.0, 8.1, 7.29, 11.061, 9.9549, 8.95941])
MODULES = Path(__file__).parents[1] / "modules"


def model(formulation: Formulation, steps: int = 6) -> Model:
    return create(formulation, Setting("cat-7", Clock(BEGIN, 3600, steps)))


def multi(*modules: Formulation, **params: object) -> Formulation:
    return Formulation("bmi_multi", params, modules)


def sloth(**values: float) -> Formulation:
    params = {"model_type_name": "SLoTH", "library_file": "no/libslothmodel", "init_config": "/dev/null"}
    return Formulation("bmi_c++", params | {"model_params": {f"{k}(1,double,mm,node)": v for k, v in values.items()}})


def python(name: str, **params: object) -> Formulation:
    return Formulation("bmi_python", {"python_type": f"reservoir.{name}", "init_config": "", **params})


def forget() -> None:
    """Look for compilers and their libraries anew."""
    for found in (compiler.built, drive.loop, cplusplus._shim):
        found.cache_clear()


class ModuleTests:
    """To be run on every language; `reservoir` makes the formulation of one."""

    label: str  # how the errors call it

    @pytest.fixture(autouse=True)
    def _importable(self, monkeypatch):
        monkeypatch.syspath_prepend(MODULES)

    @pytest.fixture
    def config(self, tmp_path) -> Callable[[str], str]:
        def made(text: str) -> str:
            path = tmp_path / "reservoir.txt"
            path.write_text(text)
            return str(path)

        return made

    def test_the_numbers_are_those_worked_out_by_hand(self, reservoir):
        made = model(reservoir())
        assert [variable.name for variable in made.inputs] == ["p"]
        assert [(variable.name, variable.units) for variable in made.outputs] == [
            ("q", "mm"), ("s", "mm"), ("n", "1"), ("profile", "mm"),
        ]  # fmt: skip
        found = made.run({"p": RAIN})
        assert found["q"] == pytest.approx(Q, rel=1e-14)
        assert found["s"] == pytest.approx(S, rel=1e-7)  # 32 bits
        assert found["n"].tolist() == [1, 2, 3, 4, 5, 6]
        assert found["profile"] == pytest.approx(S / 4, rel=1e-14)  # the first of two values

    def test_arrays_that_are_hidden_give_the_same_bits(self, reservoir, config):
        rain = np.random.default_rng(3).gamma(0.3, 5.0, 200)
        shown = model(reservoir(), 200).run({"p": rain})
        hidden = model(reservoir(init_config=config("hide 1")), 200).run({"p": rain})
        assert all(np.array_equal(shown[name], hidden[name]) for name in ("q", "s", "n", "profile"))

    def test_a_dry_start_is_no_reason_to_mistrust_an_array(self, reservoir):
        rain = np.r_[np.zeros(20), RAIN]
        assert model(reservoir(), 26).run({"p": rain})["q"][20:] == pytest.approx(Q, rel=1e-14)

    def test_its_own_configuration_parameters_and_other_names_reach_it(self, reservoir, config):
        names = {"p": "APCP_surface", "q": "Q_OUT"}
        made = model(reservoir(init_config=config("k 0.25"), variables_names_map=names))
        assert [variable.name for variable in (*made.inputs, made.outputs[0])] == ["APCP_surface", "Q_OUT"]
        assert made.run({"APCP_surface": RAIN})["Q_OUT"][:2] == pytest.approx([2.5, 1.875], rel=1e-14)
        made = model(reservoir(init_config=config("k 0.25"), model_params={"k": 0.5}))
        assert made.run({"p": RAIN})["q"][:2] == pytest.approx([5, 2.5], rel=1e-14)

    def test_it_runs_behind_sloth_and_before_a_module_in_python(self, reservoir):
        """3 mm in every step; what the reservoir holds, in two layers, is summed up in m."""
        total = python("Sum", variables_names_map={"column": "profile"})
        found = model(
            multi(
                sloth(rain=3.0), reservoir(variables_names_map={"p": "rain"}), total,
                main_output_variable="total", output_variables=["q", "s"],
            )
        ).run({})  # fmt: skip
        storage = 27 * (1 - 0.9 ** np.arange(1, 7))
        assert list(found) == ["total", "q", "s"]
        assert found["total"] == pytest.approx(storage / 1000, rel=1e-13)
        assert found["q"] == pytest.approx(storage / 9, rel=1e-13)

    def test_it_runs_behind_a_module_in_python_in_another_unit(self, reservoir, config):
        """The first reservoir says cm; the second is fed with ten times the number."""
        first = python("Reservoir", init_config=config("units cm"), variables_names_map={"p": "rain"})
        second = reservoir(variables_names_map={"p": "q", "q": "q2", "s": "s2", "n": "n2", "profile": "profile2"})
        found = model(multi(first, second, main_output_variable="q2", output_variables=["q"])).run({"rain": RAIN})
        storage, expected = 0.0, []
        for rain in 10 * Q:
            storage += rain
            expected.append(0.1 * storage)
            storage -= expected[-1]
        assert found["q"] == pytest.approx(Q, rel=1e-14)
        assert found["q2"] == pytest.approx(expected, rel=1e-13)

    def test_a_module_in_front_of_it_sees_the_step_before(self, reservoir):
        total = python("Sum", variables_names_map={"column": "profile"})
        asked = {"main_output_variable": "total", "output_variables": ["q"]}
        found = model(multi(total, reservoir(), **asked)).run({"p": RAIN})
        assert found["q"] == pytest.approx(Q, rel=1e-14)
        assert found["total"] == pytest.approx([0, *S[:-1] / 1000], rel=1e-13)
        asked["default_output_values"] = [{"name": "profile", "value": 700}]
        found = model(multi(total, reservoir(), sloth(), **asked)).run({"p": RAIN})
        assert found["total"] == pytest.approx([1.4, *S[:-1] / 1000], rel=1e-13)

    def test_a_loop_of_two_modules_takes_each_step_together(self, reservoir):
        """Each is fed with what the other gave: the one behind in the same step, the one in front in the next."""
        front = python("Reservoir", variables_names_map={"p": "back", "q": "front", "profile": "a", "s": "b", "n": "c"})
        back = reservoir(variables_names_map={"p": "front", "q": "back"}, model_params={"k": 0.5})
        default = [{"name": "back", "value": 100.0}]
        found = model(
            multi(front, back, main_output_variable="back", output_variables=["front"], default_output_values=default)
        ).run({})
        one = two = 0.0
        gone, expected = 100.0, []
        for _ in range(6):
            one += gone
            given = 0.1 * one
            one -= given
            two += given
            gone = 0.5 * two
            two -= gone
            expected.append((given, gone))
        assert np.column_stack([found["front"], found["back"]]) == pytest.approx(np.array(expected), rel=1e-13)

    def test_shorter_steps_of_its_own_are_taken_within_one_of_the_forcing(self, reservoir, config):
        made = model(reservoir(init_config=config("step 15\ntime_units min")), 3)
        given = made.run({"p": np.array([10.0, 0.0, 0.0])})
        storage, expected = 0.0, []
        for rain in np.repeat([10.0, 0.0, 0.0], 4):  # the rain of the hour stands in each of its quarters
            storage += rain
            expected.append(0.1 * storage)
            storage -= expected[-1]
        assert given["q"] == pytest.approx(expected[3::4], rel=1e-13)
        assert given["n"].tolist() == [4, 8, 12]

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("time_units moons", "counts time in 'moons'"),
            ("step 7200", "steps by 7200 s, the forcing by 3600 s"),
            ("end 10800", "ends after 3 steps, and the run has 6"),
            ("nonsense 1", "failed in initialize"),
        ],
    )
    def test_what_it_cannot_do_is_told_before_the_first_step(self, reservoir, config, said, message):
        with pytest.raises(ModelError) as failure:
            model(reservoir(init_config=config(said)))
        assert failure.value.message.startswith(f"cat-7: {self.label} {message}")

    def test_it_may_go_beyond_its_end_where_the_realization_says_so(self, reservoir, config):
        made = model(reservoir(init_config=config("end 10800"), allow_exceed_end_time=True))
        assert made.run({"p": RAIN})["q"] == pytest.approx(Q, rel=1e-14)

    def test_a_failure_names_module_catchment_and_step(self, reservoir, config):
        with pytest.raises(ModelError) as failure:
            model(reservoir(init_config=config("fail 4"))).run({"p": RAIN})
        assert failure.value.message == f"cat-7: {self.label} failed at step 4, 2015-12-01T04:00:00Z"
        assert "BMI_FAILURE" in failure.value.why

    def test_a_failure_within_a_row_names_the_module_too(self, reservoir, config):
        total = python("Sum", variables_names_map={"column": "profile"})
        with pytest.raises(ModelError, match=r"failed at step 2, 2015-12-01T02:00:00Z"):
            model(multi(reservoir(init_config=config("fail 2")), total, main_output_variable="q")).run({"p": RAIN})
        with pytest.raises(ModelError, match=r"failed at step 2, 2015-12-01T02:00:00Z"):
            model(multi(total, reservoir(init_config=config("fail 2")), main_output_variable="q")).run({"p": RAIN})

    def test_arrays_taken_elsewhere_in_the_end_are_not_believed(self, reservoir, config):
        moved = reservoir(init_config=config("move 4"))
        try:
            found = model(moved).run({"p": RAIN})["q"]
        except ModelError as failure:
            assert failure.message.endswith("but later another one")  # noqa: PT017 - either is right
        else:
            assert found == pytest.approx(Q, rel=1e-14)

    def test_water_that_is_no_number_is_found(self, reservoir):
        with pytest.raises(ModelError, match=r"gives q = nan at step 3, 2015-12-01T03:00:00Z"):
            model(reservoir()).run({"p": np.where(RAIN == 5, np.nan, RAIN)})

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"model_params": {"x": 1.0}}, "did not take the parameter x"),
            ({"model_params": {"profile": [1.0, 2.0, 3.0]}}, "did not take the parameter profile"),
            ({"main_output_variable": "Q"}, "has no output 'Q'"),
            ({"output_variables": ["q", "t"]}, "has no output 't'"),
            ({"init_config": "/no/such/file"}, "/no/such/file"),
        ],
    )
    def test_a_name_it_does_not_have_is_refused(self, reservoir, params, message):
        with pytest.raises(DmodError) as refusal:
            model(reservoir(**params))
        assert message in refusal.value.message

    def test_units_of_different_things_are_refused(self, reservoir, config):
        first = python("Reservoir", init_config=config("units K"), variables_names_map={"p": "rain"})
        second = reservoir(variables_names_map={"p": "q", "q": "q2", "s": "s2", "n": "n2", "profile": "profile2"})
        with pytest.raises(UsageError, match=r"module 1 takes q in 'mm', and module 0 gives it in 'K'"):
            model(multi(first, second, main_output_variable="q2"))


class CompiledTests(ModuleTests):
    """The same of compiled modules: with the loop in C, and without a compiler for it."""

    @pytest.fixture(autouse=True, params=["loop", "plain"])
    def way(self, request, monkeypatch, tmp_path_factory, missing):
        if request.param == "plain":
            folder = tmp_path_factory.getbasetemp() / "compiled"
            monkeypatch.setenv("DMOD_CACHE", str(folder))
            monkeypatch.setenv("CC", "none")
            monkeypatch.setattr(tempfile, "tempdir", str(folder))
            forget()
        elif drive.loop() is None:
            missing("no C compiler: the loop over the steps is not built")
        assert (drive.loop() is None) is (request.param == "plain")
        yield request.param
        forget()
