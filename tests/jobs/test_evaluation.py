"""What an evaluation will run on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmod.errors import UnmetError
from dmod.jobs.kinds import prepare


def test_it_needs_a_simulation_and_what_was_measured(make):
    datasets = (make.output(), make.observation(), make.output("sim-2"))
    found = prepare(make.spec("evaluation", simulation="sim-1", observation="gauges"), datasets)
    assert found.datasets == {"simulation": ("sim-1",), "observation": ("gauges",)}
    assert found.digests == {each.name: each.digest for each in datasets[:2]}
    assert (found.period, found.catchments) == (None, None)


def test_a_hydrofabric_that_is_named_is_taken(make):
    datasets = (make.output(), make.observation(), make.fabric())
    spec = make.spec("evaluation", simulation="sim-1", observation="gauges", hydrofabric="sugar")
    assert prepare(spec, datasets).datasets["hydrofabric"] == ("sugar",)


def test_an_output_in_csv_brings_the_hydrofabric_that_it_was_simulated_on(make):
    csv = replace(make.output(form="output-csv"), derived_from=("settings", "sugar", "rain"))
    datasets = (csv, make.output("sim-2"), make.observation(), make.fabric("salt"), make.fabric())
    found = prepare(make.spec("evaluation", simulation="sim-1", observation="gauges"), datasets)
    assert found.datasets["hydrofabric"] == ("sugar",)
    assert set(found.digests) == {"sim-1", "gauges", "sugar"}
    assert (
        "hydrofabric"
        not in prepare(make.spec("evaluation", simulation="sim-2", observation="gauges"), datasets).datasets
    )
    lone = tuple(each for each in datasets if each.name != "sugar")
    assert (
        "hydrofabric" not in prepare(make.spec("evaluation", simulation="sim-1", observation="gauges"), lone).datasets
    )


def test_everything_it_lacks_is_named(make):
    with pytest.raises(UnmetError) as caught:
        prepare(make.spec("evaluation", simulation="sim-9", observation="gages"), (make.output(), make.observation()))
    assert caught.value.message == 'job "river" lacks 2 of its data: simulation, observation'
    assert 'is it "sim-1"?' in caught.value.why
    assert 'is it "gauges"?' in caught.value.why


def test_scores_are_no_simulation(make):
    with pytest.raises(UnmetError) as caught:
        prepare(
            make.spec("evaluation", simulation="sim-1", observation="gauges"),
            (make.output(form="scores"), make.observation()),
        )
    assert caught.value.why == "its format is scores, and needed is output-netcdf or output-csv or output-parquet"


def test_a_command_needs_nothing(make):
    assert prepare(make.spec("command", argv=["/bin/true"]), (make.output(),)).datasets == {}
