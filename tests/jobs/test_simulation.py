"""What a simulation will run on is decided when it is submitted, and everything it lacks is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dmod.errors import UnmetError, UsageError
from dmod.hydro.period import TimeRange
from dmod.jobs.kinds import prepare

MONTH = TimeRange.parse("2015-12-01", "2015-12-31 23:00")


def refused(spec, *datasets: object) -> UnmetError:
    with pytest.raises(UnmetError) as caught:
        prepare(spec, datasets)
    return caught.value


@pytest.fixture
def whole(make):
    return (make.realization(), make.fabric(), make.forcing())


def test_where_everything_is_covered_it_says_on_what_it_runs(make, whole):
    spec = make.spec("simulation", realization="settings", hydrofabric="sugar", forcing="rain")
    found = prepare(spec, whole)
    assert found.datasets == {"realization": ("settings",), "hydrofabric": ("sugar",), "forcing": ("rain",)}
    assert (found.period, found.step, found.catchments, found.size) == (MONTH, 3600, None, 3)
    assert found.digests == {each.name: each.digest for each in whole}


def test_what_is_not_named_is_chosen(make, whole):
    spec = make.spec("simulation", realization="settings")
    older = (make.fabric("old", ("cat-7",), age=9), make.forcing("dry", age=9), make.forcing("short", end="2015-12-02"))
    assert prepare(spec, (*older, *whole)).datasets == prepare(spec, whole).datasets


def test_the_newest_hydrofabric_that_serves_is_chosen(make, whole):
    spec = make.spec("simulation", realization="settings")
    newer = make.fabric("leaf", ("cat-7", "cat-8"), age=-1)
    assert prepare(spec, (*whole, newer)).datasets["hydrofabric"] == ("sugar",)
    assert prepare(spec, (*whole, newer, make.forcing("drizzle", ("cat-7", "cat-8")))).datasets == {
        "realization": ("settings",), "hydrofabric": ("leaf",), "forcing": ("drizzle",)
    }  # fmt: skip


def test_water_is_routed_where_the_hydrofabric_knows_its_channels(make, whole):
    realization, fabric, rain = whole
    spec = make.spec("simulation", realization="settings", routing="muskingum")
    counted = [replace(fabric, domain=replace(fabric.domain, details={"channels": many})) for many in (0, 3)]
    for each in (fabric, counted[1]):
        assert prepare(spec, (realization, each, rain)).datasets["hydrofabric"] == ("sugar",)
    error = refused(spec, realization, counted[0], rain)
    assert error.message == 'hydrofabric "sugar" cannot route the water of job "river"'
    assert "simulation.routing=none" in error.fix
    dry = make.spec("simulation", realization="settings", routing="none")
    assert prepare(dry, (realization, counted[0], rain)).size == 3


def test_where_no_hydrofabric_serves_the_newest_is_told_of(make, whole):
    newer = make.fabric("leaf", ("cat-7",), age=-1)
    error = refused(make.spec("simulation", realization="settings"), make.realization(), whole[1], newer)
    assert error.message == 'no forcing for job "river"'
    assert "cat-7" in str(error.why) or error.why == "there is no forcing dataset"


def test_datasets_that_complete_each_other_are_all_chosen(make, whole):
    early = make.forcing("early", end="2015-12-09T23:00:00Z")
    late = make.forcing("late", begin="2015-12-10")
    found = prepare(make.spec("simulation", realization="settings"), (*whole[:2], early, late))
    assert set(found.datasets["forcing"]) == {"early", "late"}
    named = make.spec("simulation", realization="settings", forcing=["early", "late"])
    assert prepare(named, (*whole[:2], early, late)).datasets["forcing"] == ("early", "late")


def test_rain_of_one_dataset_and_evapotranspiration_of_another(make, whole):
    rain = make.forcing("wet", variables=("APCP_surface",))
    demand = make.forcing("thirst", variables=("potential_evapotranspiration",))
    found = prepare(make.spec("simulation", realization="settings"), (*whole[:2], rain, demand))
    assert set(found.datasets["forcing"]) == {"wet", "thirst"}


def test_missing_hours_are_named_to_the_hour(make, whole):
    short = make.forcing("short", end="2015-12-30T05:00:00Z")
    error = refused(make.spec("simulation", realization="settings", forcing="short"), *whole[:2], short)
    assert error.exit_code == 6
    assert error.message == 'dataset "short" does not cover job "river" (1 gap)'
    assert "needed 2015-12-01..2015-12-31" in error.why
    assert "have 2015-12-01 00:00..2015-12-30 05:00" in error.why
    assert "2015-12-30 06:00..2015-12-31 23:00 missing" in error.why
    assert error.fix == "dmod dataset add short PATH, with what is missing"


def test_a_hole_in_the_middle_is_a_gap(make, whole):
    parts = (make.forcing("one", end="2015-12-05T11:00:00Z"), make.forcing("two", begin="2015-12-05T13:00:00Z"))
    error = refused(make.spec("simulation", realization="settings", forcing=["one", "two"]), *whole[:2], *parts)
    assert ": 2015-12-05 12:00 missing" in error.why


def test_a_missing_catchment_is_named(make, whole):
    few = make.forcing("few", ("cat-1", "cat-2"))
    error = refused(make.spec("simulation", realization="settings", forcing="few"), *whole[:2], few)
    assert error.message == 'dataset "few" does not cover job "river" (1 gap)'
    assert "cat-10 missing" in error.why


def test_a_missing_variable_is_named(make, whole):
    wet = make.forcing("wet", variables=("APCP_surface",))
    error = refused(make.spec("simulation", realization="settings", forcing="wet"), *whole[:2], wet)
    assert "potential_evapotranspiration missing" in error.why


def test_forcing_of_another_step_does_not_do(make, whole):
    daily = make.forcing("daily", step=86_400)
    error = refused(make.spec("simulation", realization="settings", forcing="daily"), *whole[:2], daily)
    assert error.why == "its step is 86400 s, and needed are 3600 s"


def test_catchments_with_models_of_their_own_need_what_those_need(make, whole):
    needs = [
        {"catchments": ["cat-2"], "variables": ["TMP_2maboveground"]},
        {"catchments": None, "variables": ["APCP_surface"]},
    ]
    settings = make.realization(needs=needs)
    spec = make.spec("simulation", realization="settings")
    warm = make.forcing("warm", ("cat-2",), variables=("TMP_2maboveground",))
    wet = make.forcing("wet", ("cat-1", "cat-10"), variables=("APCP_surface",))
    assert set(prepare(spec, (settings, whole[1], warm, wet)).datasets["forcing"]) == {"warm", "wet"}
    error = refused(spec, settings, whole[1], make.forcing("dry", variables=("PRES_surface",)))
    assert error.message == 'job "river" lacks 2 of its data: forcing of cat-2, forcing of cat-1, cat-10'
    assert "TMP_2maboveground" in error.why
    assert "APCP_surface" in error.why


def test_models_that_need_no_forcing_get_none(make, whole):
    settings = make.realization(needs=[{"catchments": None, "variables": []}])
    assert "forcing" not in prepare(make.spec("simulation", realization="settings"), (settings, whole[1])).datasets


def test_forcing_that_is_named_is_given_though_nobody_knows_what_the_model_takes(make, whole):
    settings = make.realization(needs=[{"catchments": None, "variables": []}])
    spec = make.spec("simulation", realization="settings", forcing="rain")
    assert prepare(spec, (settings, whole[1], make.forcing())).datasets["forcing"] == ("rain",)


def test_a_realization_without_a_global_formulation_serves_those_it_names(make, whole):
    spec = make.spec("simulation", realization="settings", catchments=["cat-1"])
    few = make.realization(named=("cat-1",))
    assert prepare(spec, (few, *whole[1:])).catchments == ("cat-1",)
    error = refused(make.spec("simulation", realization="settings"), few, *whole[1:])
    assert error.message == 'realization "settings" does not cover job "river"'
    assert error.why == "no formulation for cat-2, cat-10, and none under global"


def test_a_part_of_the_catchments_needs_forcing_for_those_alone(make, whole):
    few = make.forcing("few", ("cat-2",))
    spec = make.spec("simulation", realization="settings", forcing="few", catchments=["cat-2", "cat-2"])
    found = prepare(spec, (*whole[:2], few))
    assert (found.catchments, found.size) == (("cat-2",), 1)


def test_a_catchment_that_no_hydrofabric_has_is_named(make, whole):
    error = refused(make.spec("simulation", realization="settings", catchments=["cat-1", "cat-99"]), *whole)
    assert "cat-99 missing" in error.why


def test_no_catchments_are_no_job(make, whole):
    error = refused(make.spec("simulation", realization="settings", catchments=[]), *whole)
    assert error.message == 'job "river" has no catchments'


def test_a_part_of_the_period_is_as_good(make, whole):
    short = make.forcing("short", begin="2015-12-10", end="2015-12-12")
    spec = make.spec(
        "simulation", realization="settings", forcing="short", start="2015-12-10T06:00:00Z", end="2015-12-11"
    )
    found = prepare(spec, (*whole[:2], short))
    assert found.period == TimeRange(datetime(2015, 12, 10, 6, tzinfo=UTC), datetime(2015, 12, 11, tzinfo=UTC))


@pytest.mark.parametrize(("key", "other"), [("start", {}), ("end", {"start": "2015-12-01"})])
def test_a_time_beside_the_clock_of_the_realization_is_refused(make, whole, key: str, other: dict[str, str]):
    spec = make.spec("simulation", realization="settings", **other, **{key: "2015-12-10T06:30:00Z"})
    with pytest.raises(UsageError) as caught:
        prepare(spec, whole)
    assert caught.value.message == f"simulation.{key} 2015-12-10 06:30:00 is not on the clock of settings"
    assert caught.value.why == "its steps are 3600 s long and begin at 2015-12-01 00:00:00"


def test_a_period_that_ends_before_it_begins_is_refused(make, whole):
    spec = make.spec("simulation", realization="settings", start="2015-12-10", end="2015-12-09")
    with pytest.raises(UsageError, match=r"simulation.end 2015-12-09 00:00:00 is before its start"):
        prepare(spec, whole)


def test_a_partition_that_is_named_is_taken(make, whole):
    spec = make.spec("simulation", cpus=2, realization="settings", partition="parts")
    found = prepare(spec, (*whole, make.partition()))
    assert found.datasets["partition"] == ("parts",)
    assert found.datasets["forcing"] == ("rain",)


def test_a_partition_must_have_a_part_for_each_rank_and_every_catchment(make, whole):
    spec = make.spec("simulation", cpus=2, realization="settings", partition="parts")
    error = refused(spec, *whole, make.partition(parts=3))
    assert error.why == "its parts is 3, and needed is 2"
    error = refused(spec, *whole, make.partition(catchments=("cat-1", "cat-2")))
    assert "cat-10 missing" in error.why


def test_what_is_missing_of_partition_and_forcing_is_said_at_once(make, whole):
    spec = make.spec("simulation", cpus=2, realization="settings", partition="parts")
    error = refused(spec, *whole[:2], make.partition(parts=3), make.forcing("few", ("cat-1",)))
    assert error.message == 'job "river" lacks 2 of its data: partition, forcing'


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"realization": "setings"}, 'there is no dataset "setings"; is it "settings"?'),
        ({"realization": "rain"}, "it is of category forcing, and realization is config"),
        ({"realization": "settings", "forcing": "sugar"}, "it is of category hydrofabric, and forcing is forcing"),
        ({"realization": "settings", "hydrofabric": "sugr"}, 'there is no dataset "sugr"; is it "sugar"?'),
        ({"realization": "settings", "cpus": 1, "partition": "settings"},
         "its format is realization-config, and needed is partition-config"),
    ],
)  # fmt: skip
def test_a_dataset_that_is_not_what_its_name_stands_for_is_refused(make, whole, table: dict[str, str], said: str):
    assert refused(make.spec("simulation", **table), *whole).why == said


def test_nothing_at_all_is_said_so(make):
    error = refused(make.spec("simulation", realization="settings"))
    assert error.message == 'job "river" lacks 2 of its data: realization, hydrofabric'
    assert "there is no hydrofabric dataset" in error.why


def test_it_is_pure(make, whole):
    spec = make.spec("simulation", realization="settings")
    assert prepare(spec, whole) == prepare(spec, tuple(replace(each) for each in reversed(whole)))
