"""What a realization may say: known keys and values, and where the others stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.hydro import json_places
from dmod.hydro.realization import Realization

MODULE = {"name": "bmi_c", "params": {"model_type_name": "CFE", "library_file": "x", "main_output_variable": "Q_OUT"}}


def document(**changes: object):
    time = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-02 00:00:00", "output_interval": 3600}
    return {"global": {"formulations": [MODULE], "forcing": {"path": "f.nc"}}, "time": time} | changes


def params(**changes: object):
    return {"formulations": [{**MODULE, "params": MODULE["params"] | changes}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output_rot": "./out"}, 'output_rot: there is no key "output_rot"'),
        (
            {"global": params(libary_file="x")},
            'global.formulations[0].params.libary_file: "libary_file" is not supported',
        ),
        (
            {"global": params(allow_exceed_end_time="yes")},
            "params.allow_exceed_end_time: 'yes' is neither true nor false",
        ),
        ({"global": params(forcing_pattern="x") | {"forcing": {"path": "x", "patern": "y"}}}, "global.forcing.patern"),
        ({"output": {"catchment": {"format": "xml"}}}, "output.catchment.format: 'xml' is not one of csv, netcdf"),
        ({"output": {"precision": 0}}, "output.precision: 0 is not a number of digits"),
        ({"output": {"nexus": {"enable": False}}, "routing": {"t_route_config_file_with_path": "x"}}, "routing needs"),
        (
            {"layers": [{"id": 0, "name": "surface", "time_step": 30, "time_step_units": "min"}]},
            "layers[0].time_step: a",
        ),
        ({"layers": [{"id": 1, "formulations": [MODULE]}]}, "layers[0].formulations: a layer with"),
        ({"disable_catchment_output": 3}, "disable_catchment_output: 3 is neither true nor false"),
    ],
)
def test_what_is_not_known_is_an_error_where_it_stands(tmp_path, changes, message):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document(**changes), indent=1))
    with pytest.raises(UsageError) as caught:
        Realization.read(path)
    told = caught.value.message
    assert message in told
    line, column = (int(number) for number in told.removeprefix(f"{path}:").split(" ")[0].split(":"))
    key = told.split(": ")[0].rsplit(" ", 1)[-1].rsplit(".", 1)[-1].split("[")[0]
    assert path.read_text().splitlines()[line - 1][column - 1 :].startswith((f'"{key}"', "{"))


def test_what_is_a_comment_or_the_users_own_passes(tmp_path):
    path = tmp_path / "r.json"
    own = document(metadata={"by": "hand"}, _comment="x", remotes_enabled=False, region="east")
    layers = [{"id": 0, "name": "surface layer", "time_step": 3600, "time_step_units": "s"}]
    own |= {"global": params(_why="it is so", uses_forcing_file=False, fixed_time_step="false"), "layers": layers}
    path.write_text(json.dumps(own))
    assert Realization.read(path).output.precision == 9


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,3}\Z"), JSON, min_size=1, max_size=3), st.integers(0, 3))
def test_every_key_at_the_top_is_found_where_it_stands(table, indent):
    text = json.dumps(table, indent=indent or None)
    places = json_places.places(text)
    for key, value in table.items():
        line, column = json_places.where(text, key)
        rest = text.splitlines()[line - 1][column - 1 :] if indent else text[column - 1 :]
        assert rest.startswith(json.dumps(key))
        assert text[places[key] :].startswith(json.dumps(key))
        for at in range(len(value) if isinstance(value, list) else 0):
            assert f"{key}[{at}]" in places
