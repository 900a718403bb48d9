"""`realization check` with modules that can be asked: what they say of themselves, and what they say against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dmod.hydro.realization_check import check
from dmod.models.probe import asker

if TYPE_CHECKING:
    from dmod.hydro.findings import Finding

MODULES = Path(__file__).parents[1] / "modules"
ROW = "global.formulations[0].params"
FIRST, SECOND = f"{ROW}.modules[0].params", f"{ROW}.modules[1].params"


@pytest.fixture
def row(module, tmp_path) -> dict[str, Any]:
    """A reservoir in C that is fed with rain, and one in Python that is fed with what runs off."""
    (tmp_path / "reservoir.py").write_text((MODULES / "reservoir.py").read_text())
    (tmp_path / "cat-7.txt").write_text("k 0.2\n")
    first = {
        "model_type_name": "upper", "library_file": str(module("reservoir.c")), "init_config": "{{id}}.txt",
        "registration_function": "register_bmi_reservoir", "main_output_variable": "q",
        "variables_names_map": {"p": "APCP_surface", "q": "drop"}, "model_params": {"k": 0.3},
    }  # fmt: skip
    second = {
        "model_type_name": "lower", "python_type": "reservoir.Reservoir", "init_config": "/dev/null",
        "main_output_variable": "q",
        "variables_names_map": {"p": "drop", "s": "s2", "n": "n2", "profile": "profile2"},
    }  # fmt: skip
    modules = [{"name": "bmi_c", "params": first}, {"name": "bmi_python", "params": second}]
    params = {"model_type_name": "row", "main_output_variable": "q", "modules": modules}
    time = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-01 09:00:00", "output_interval": 3600}
    return {"global": {"formulations": [{"name": "bmi_multi", "params": params}]}, "time": time}


@pytest.fixture
def found(tmp_path):
    def findings(document: dict[str, Any]) -> list[Finding]:
        path = tmp_path / "r.json"
        path.write_text(json.dumps(document))
        return check(path, root=tmp_path, ask=asker((tmp_path,)))

    return findings


def params(document: dict[str, Any], at: int) -> dict[str, Any]:
    return document["global"]["formulations"][0]["params"]["modules"][at]["params"]


def test_modules_that_answer_for_themselves_are_no_longer_unknown(row, found, tmp_path):
    assert found(row) == []
    unasked = check(tmp_path / "r.json", root=tmp_path)
    assert [finding.path for finding in unasked if "is not known here" in finding.message] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("at", "key", "value", "where", "message"),
    [
        (0, "library_file", "lib/libupper", f"{FIRST}.library_file", "no library "),
        (0, "registration_function", "register_bmi_resevoir", f"{FIRST}.registration_function",
         "libreservoir_c.so has no function register_bmi_resevoir: it has register_bmi_nothing,"),
        (0, "registration_function", "register_bmi_nothing", f"{FIRST}.registration_function",
         "register_bmi_nothing of libreservoir_c.so registers no initialize"),
        (0, "model_params", {"k": 0.3, "slope": 1}, f"{FIRST}.model_params.slope", "upper does not take slope: "),
        (0, "model_params", {"k": [1, 2]}, f"{FIRST}.model_params.k", "k has 1 values, and 2 are given"),
        (0, "main_output_variable", "Q", f"{FIRST}.main_output_variable", 'upper has no output "Q": q, s, n, profile'),
        (0, "output_variables", ["q", "t"], f"{FIRST}.output_variables[1]", 'upper has no variable "t"'),
        (0, "variables_names_map", {"p": "APCP_surface", "q": "drop", "stage": "more"}, f"{FIRST}.variables_names_map",
         "upper has no variable stage: ngen passes over it"),
        (0, "variables_names_map", {"p": "TMP_2maboveground", "q": "drop"}, f"{FIRST}.variables_names_map.p",
         "upper takes \"p\" in 'mm', and the forcing has TMP_2maboveground in 'K'"),
        (1, "variables_names_map", {"p": "n", "s": "s2", "n": "n2", "profile": "profile2"}, None, ""),
        (1, "python_type", "reservoir.Resevoir", f"{SECOND}.python_type", "reservoir.Resevoir cannot be imported"),
        (1, "variables_names_map", {"p": "dropp"}, f"{SECOND}.variables_names_map.p",
         'no module provides "p", called "dropp"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_name_at_its_place(row, found, *, at, key, value, where, message):
    params(row, at)[key] = value
    findings = found(row)
    if where is None:
        assert findings == []
        return
    assert message in next(finding.message for finding in findings if finding.path == where)


@pytest.mark.parametrize(
    ("config", "where", "message"),
    [
        ("units K", f"{SECOND}.variables_names_map.p", "lower takes \"p\" in 'mm', and upper gives \"q\" in 'K'"),
        ("nonsense 1", f"{FIRST}.init_config", "upper cannot be set up: StatusError: initialize returned BMI_FAILURE"),
        ("crash_at_once 1", f"{FIRST}.init_config", "upper is killed by SIGSEGV"),
        ("exit_at_once 3", f"{FIRST}.init_config", "upper ends its process with exit code 3"),
        ("exit_at_once 0", f"{FIRST}.init_config", "upper ends its process with exit code 0"),
        ("step 7200", FIRST, "upper (libreservoir_c.so) steps by 7200 s, the forcing by 3600 s"),
        ("end 7200", FIRST, "upper (libreservoir_c.so) ends after 2 steps, and the run has 10"),
    ],
)
def test_what_its_own_configuration_does_is_told_too(row, found, tmp_path, *, config, where, message):
    (tmp_path / "cat-7.txt").write_text(config)
    assert message in next(finding.message for finding in found(row) if finding.path == where)


def test_a_module_that_goes_on_to_the_end_of_any_step_is_taken_as_a_job_takes_it(row, found, tmp_path):
    (tmp_path / "cat-7.txt").write_text("step 7200")
    params(row, 0)["fixed_time_step"] = False
    assert found(row) == []


@pytest.mark.parametrize("mounted", ["/ngen/ngen/data/config/cat-7.txt", "data/config/cat-7.txt"])
def test_a_config_is_found_by_the_names_that_the_check_finds_it_by(row, found, tmp_path, mounted):
    (tmp_path / "config").mkdir()
    (tmp_path / "cat-7.txt").rename(tmp_path / "config" / "cat-7.txt")
    params(row, 0)["init_config"] = mounted
    assert found(row) == []


def test_a_module_is_asked_once_however_many_catchments_have_it(row, found, tmp_path):
    asked = []
    other = json.loads(json.dumps(row["global"]))
    other["forcing"] = {"path": "x", "provider": "NullForcingProvider"}
    row["catchments"] = {"cat-7": other, "cat-8": other}
    found(row)
    ask = asker((tmp_path,))

    def counted(formulation, catchment, time):
        asked.append(formulation.model)
        return ask(formulation, catchment, time)

    check(tmp_path / "r.json", root=tmp_path, ask=counted)
    assert asked == ["upper", "lower"]


@pytest.mark.parametrize(("source", "name"), [("reservoir.cpp", "bmi_c++"), ("reservoir.f90", "bmi_fortran")])
def test_other_languages_answer_too(row, found, module, source, name):
    first = row["global"]["formulations"][0]["params"]["modules"][0]
    first["name"] = name
    first["params"]["library_file"] = str(module(source))
    del first["params"]["registration_function"]
    assert found(row) == []
    key = "create_function" if name == "bmi_c++" else "registration_function"
    first["params"][key] = "gone"
    assert "has no function gone" in next(each.message for each in found(row) if each.path == f"{FIRST}.{key}")
