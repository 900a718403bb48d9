"""Domain: what a dataset covers, and what of a need it leaves open."""

from __future__ import annotations

import json

import pytest

from dmod.data.blocks import Block, Features, block
from dmod.data.domain import Domain, counted, open_in
from dmod.hydro.period import TimeRange

HOUR = 3600
DECEMBER = TimeRange.parse("2015-12-01", "2015-12-31 23:00")
JANUARY = TimeRange.parse("2016-01-01", "2016-01-31 23:00")
WINTER = TimeRange(DECEMBER.begin, JANUARY.end)


def forcing(catchments, time, variables=("APCP_surface", "TMP_2maboveground")):
    return Domain("aorc-csv", (block(catchments, time, variables),), HOUR)


ONE = forcing(["cat-1", "cat-2", "cat-10"], DECEMBER)
TWO = forcing(["cat-1", "cat-2"], JANUARY)


def test_a_domain_sums_up_its_blocks():
    both = Domain("aorc-csv", (*ONE.blocks, *TWO.blocks), HOUR)
    assert both.catchments == ("cat-1", "cat-2", "cat-10")
    assert (both.time, both.times) == (WINTER, (WINTER,))
    assert both.variables == ("APCP_surface", "TMP_2maboveground")


def test_nexuses_and_gauges_are_no_catchments():
    output = Domain(
        "output-csv", (block(["nex-2", "tnex-1"], DECEMBER, ["discharge"]), block(["cat-1"], DECEMBER)), HOUR
    )
    assert (output.catchments, output.nexuses) == (("cat-1",), ("nex-2", "tnex-1"))
    measured = Domain("observation-csv", (block(["02146562"], DECEMBER, ["discharge"]),), HOUR)
    assert (measured.catchments, measured.gauges) == ((), ("02146562",))


def test_december_and_january_complete_each_other_for_the_catchments_both_have():
    assert open_in([block(["cat-1", "cat-2"], WINTER, ["APCP_surface"])], [ONE, TWO]) == ()
    assert open_in([block(["cat-1", "cat-10"], WINTER, ["APCP_surface"])], [ONE, TWO]) == (
        block(["cat-10"], JANUARY, ["APCP_surface"]),
    )
    assert open_in([block(["cat-1"], WINTER)], []) == (block(["cat-1"], WINTER),)


def test_a_gap_is_exact_to_the_hour():
    until_noon = forcing(["cat-1"], TimeRange.parse("2015-12-01", "2015-12-15 11:00"))
    after = forcing(["cat-1"], TimeRange.parse("2015-12-15 14:00", "2015-12-31 23:00"))
    assert open_in([block(["cat-1"], DECEMBER)], [until_noon, after]) == (
        block(["cat-1"], TimeRange.parse("2015-12-15 12:00", "2015-12-15 13:00")),
    )


def test_one_variable_or_another_will_do_where_the_need_says_so():
    need = [block(["cat-1"], DECEMBER, ["precipitation|APCP_surface|precip_rate"])]
    assert ONE.covers(need)
    assert not ONE.covers([block(["cat-1"], DECEMBER, ["precipitation|precip_rate"])])


def test_a_need_without_variables_or_time_asks_for_the_rest_alone():
    assert ONE.covers([block(["cat-1"], DECEMBER)])
    assert ONE.covers([block(["cat-10"])])
    assert not ONE.covers([block(["cat-3"])])
    assert not Domain("generic").covers([block(["cat-1"])])


def test_only_what_serves_every_catchment_covers_all_of_them():
    every = Domain("realization-config", (block(None, DECEMBER),), HOUR)
    assert every.catchments is None
    assert every.covers([block([f"cat-{n}" for n in range(1000)], DECEMBER)])
    assert not ONE.covers([block(None, DECEMBER)])
    assert every.covers([block(None, DECEMBER)])


def test_another_step_counts_for_nothing():
    need = [block(["cat-1"], DECEMBER)]
    assert open_in(need, [ONE], step=HOUR) == ()
    assert open_in(need, [ONE], step=86_400) == tuple(need)


@pytest.mark.parametrize(
    "domain",
    [
        ONE,
        Domain("generic"),
        Domain(
            "realization-config", (block(None, DECEMBER),), HOUR, {"needs": [{"catchments": None, "variables": []}]}
        ),
        Domain("geopackage-hydrofabric", (block(["cat-1"]),), None, {"identity": "ab", "gauges": {"nex-1": "02"}}),
    ],
)
def test_json_comes_back(domain):
    assert Domain.from_json(json.loads(json.dumps(domain.to_json()))) == domain


def test_the_record_for_scripts_has_sums_beside_the_blocks():
    record = ONE.record()
    assert record["catchments"] == ("cat-1", "cat-2", "cat-10")
    assert record["time"] == {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-31T23:00:00Z"}
    assert record["blocks"][0]["features"] == ["cat-1", "cat-2", "cat-10"]


@pytest.mark.parametrize("broken", [{"features": "cat-1"}, {"features": 3}, {"time": {}}])
def test_a_broken_block_is_an_error(broken):
    with pytest.raises((ValueError, KeyError)):
        Domain.from_json({"format": "generic", "blocks": [{"features": ["a"], **broken}]})


def test_ids_are_counted_by_what_they_are():
    assert counted(["cat-1"]) == "1 catchment"
    assert counted(["nex-1", "tnex-2"]) == "2 nexuses"
    assert counted(["02146562"]) == "1 gauge"
    assert counted(["cat-1", "nex-1"]) == "2 features"


def test_covering_one_by_one_and_all_together_agree_on_unnamed_features():
    but_two = Block(Features(frozenset({"cat-2"}), inverted=True), DECEMBER)
    assert open_in([but_two], [Domain("realization-config", (block(None, DECEMBER),), HOUR)]) == ()
