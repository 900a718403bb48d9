"""Match: which datasets a job gets, and what it is told when there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dmod.data.blocks import block
from dmod.data.dataset import Dataset
from dmod.data.domain import Domain
from dmod.data.format import Category
from dmod.data.match import match
from dmod.data.requirement import Requirement
from dmod.errors import UnmetError
from dmod.hydro.period import TimeRange

HOUR = 3600
MADE = datetime(2026, 1, 1, tzinfo=UTC)
DECEMBER = TimeRange.parse("2015-12-01", "2015-12-31 23:00")
JANUARY = TimeRange.parse("2016-01-01", "2016-01-31 23:00")
WINTER = TimeRange(DECEMBER.begin, JANUARY.end)
ALL = "143 catchments (cat-1, cat-2 and 141 more)"
CATCHMENTS = tuple(f"cat-{n}" for n in range(1, 144))


def forcing(name, time, catchments=CATCHMENTS, *, day=0, step=HOUR, variables=("APCP_surface", "TMP_2maboveground")):
    domain = Domain("aorc-csv", (block(catchments, time, variables),), step)
    return Dataset(name, Category.FORCING, domain, (), MADE + timedelta(days=day))


def fabric(name, catchments=CATCHMENTS, **details: object):
    domain = Domain("geopackage-hydrofabric", (block(catchments),), None, details)
    return Dataset(name, Category.HYDROFABRIC, domain, (), MADE)


def wants(time=DECEMBER, **changes: object):
    given = {"catchments": CATCHMENTS, "time": time, "step": HOUR, "variables": ("APCP_surface",)} | changes
    return Requirement(Category.FORCING, "forcing", **given)


def names(found, role="forcing"):
    return [each.name for each in found.chosen[role]]


def said(requirements, datasets, job="nwm-test"):
    return match(requirements, datasets).unmet(job).lines()


def test_what_is_named_is_taken_and_nothing_else():
    found = match([wants(names=("old",))], [forcing("old", WINTER), forcing("new", WINTER, day=1)])
    assert names(found) == ["old"]


def test_of_those_that_cover_the_job_the_newest_is_taken():
    stock = [forcing("old", WINTER), forcing("new", DECEMBER, day=1), forcing("short", JANUARY, day=2)]
    assert names(match([wants()], stock)) == ["new"]


def test_one_that_covers_all_goes_before_several():
    stock = [forcing("all", WINTER), forcing("december", DECEMBER, day=1), forcing("january", JANUARY, day=2)]
    assert names(match([wants(WINTER)], stock)) == ["all"]


def test_the_fewest_that_cover_it_together_are_taken():
    halves = [forcing("north", WINTER, CATCHMENTS[:70]), forcing("south", WINTER, CATCHMENTS[70:])]
    thirds = [forcing(f"part-{n}", WINTER, CATCHMENTS[n * 50 : n * 50 + 50], day=9) for n in range(3)]
    assert sorted(names(match([wants(WINTER)], [*thirds, *halves]))) == ["north", "south"]
    assert sorted(names(match([wants(WINTER)], [*thirds, halves[0]]))) == ["part-0", "part-1", "part-2"]


def test_many_that_complete_each_other_are_put_together():
    days = [
        TimeRange(DECEMBER.begin + timedelta(days=n), DECEMBER.begin + timedelta(days=n, hours=23)) for n in range(31)
    ]
    stock = [forcing(f"day-{n}", day, CATCHMENTS[:3]) for n, day in enumerate(days)]
    assert len(names(match([wants(catchments=CATCHMENTS[:3])], stock))) == 31
    assert match([wants(catchments=CATCHMENTS[:3])], stock[:-1]).gaps


def test_january_and_december_with_different_catchments_leave_a_gap():
    """The union of periods is whole, and that of catchments too: the product is not."""
    stock = [forcing("december", DECEMBER, CATCHMENTS[:-1]), forcing("january", JANUARY)]
    assert match([wants(WINTER)], stock).gaps
    assert not match([wants(WINTER, catchments=CATCHMENTS[:-1])], stock).gaps


def test_every_catchment_of_the_hydrofabric_is_needed():
    every = Requirement(Category.FORCING, "forcing", every_of="hydrofabric", time=DECEMBER, step=HOUR)
    needs = [Requirement(Category.HYDROFABRIC, "hydrofabric", ("fabric",)), every]
    assert names(match(needs, [fabric("fabric"), forcing("whole", DECEMBER)])) == ["whole"]
    lacking = match(needs, [fabric("fabric"), forcing("two", DECEMBER, CATCHMENTS[:2])])
    assert [gap.requirement.role for gap in lacking.gaps] == ["forcing"]
    unknown = match(needs, [forcing("whole", DECEMBER)])
    assert [gap.requirement.role for gap in unknown.gaps] == ["hydrofabric"], (
        "one gap, not a second that follows from it"
    )


def test_the_error_is_as_the_terminal_shows_it():
    lacks = "cat-77 missing, 2016-01-01..2016-01-31 missing for 142 catchments (cat-1, cat-2 and 140 more)"
    stock = [forcing("forcing-vpu09", DECEMBER, [name for name in CATCHMENTS if name != "cat-77"])]
    error = match([wants(WINTER, names=("forcing-vpu09",))], stock).unmet("nwm-test")
    assert isinstance(error, UnmetError)
    assert error.exit_code == 6
    assert error.lines() == [
        'error: dataset "forcing-vpu09" does not cover job "nwm-test" (2 gaps)',
        f"  why: needed 2015-12-01..2016-01-31 for {ALL}; have 2015-12-01..2015-12-31: {lacks}",
        "  fix: dmod dataset add forcing-vpu09 PATH, with what is missing",
    ]


def test_which_comes_closest_is_said_when_none_is_named():
    stock = [forcing("far", JANUARY), forcing("near", TimeRange.parse("2015-12-02", "2016-01-31 23:00"))]
    assert said([wants(WINTER)], stock) == [
        'error: no forcing for job "nwm-test": dataset "near" comes closest (1 gap)',
        f"  why: needed 2015-12-01..2016-01-31 for {ALL}; have 2015-12-02..2016-01-31: 2015-12-01 missing",
        "  fix: dmod dataset add near PATH, with what is missing",
    ]


@pytest.mark.parametrize(
    ("changes", "stock", "why"),
    [
        ({"names": ("aorcs",)}, [forcing("aorc", DECEMBER)], 'there is no dataset "aorcs"; is it "aorc"?'),
        ({"names": ("north",)}, [fabric("fabric")], 'there is no dataset "north"'),
        (
            {"names": ("daily",)},
            [forcing("daily", DECEMBER, step=86_400)],
            "its step is 86400 s, and needed are 3600 s",
        ),
        ({"names": ("fabric",)}, [fabric("fabric")], "it is of category hydrofabric, and forcing is forcing"),
        ({}, [], "there is no forcing dataset"),
        ({}, [fabric("fabric")], "there is no forcing dataset"),
        ({}, [forcing("daily", DECEMBER, step=86_400)], "its step is 86400 s, and needed are 3600 s"),
        ({"names": ("aorc",), "variables": ("DSWRF_surface",)}, [forcing("aorc", DECEMBER)], "DSWRF_surface missing"),
        ({"names": ("aorc",), "formats": ("aorc-netcdf",)}, [forcing("aorc", DECEMBER)], "its format is aorc-csv"),
        (
            {"names": ("aorc",), "variables": ("precipitation|precip_rate",)},
            [forcing("aorc", DECEMBER)],
            "precipitation (or precip_rate) missing",
        ),
    ],
)
def test_every_reason_is_said(changes, stock, why):
    lines = said([wants(**changes)], stock)
    assert len(lines) == 3
    assert why in lines[1]
    assert "dmod dataset " in lines[2]


def test_a_name_that_is_wrong_is_told_the_right_one():
    assert said([wants(names=("forcing-vpu90",))], [forcing("forcing-vpu09", DECEMBER), fabric("forcing-vpu900")]) == [
        'error: no forcing for job "nwm-test"',
        '  why: there is no dataset "forcing-vpu90"; is it "forcing-vpu09"?',
        '  fix: name "forcing-vpu09", or: dmod dataset create forcing-vpu90 --category forcing --from PATH',
    ]


def test_another_hydrofabric_is_told_by_its_identity():
    need = Requirement(Category.HYDROFABRIC, "hydrofabric", ("fabric",), details={"identity": "a" * 64})
    assert match([need], [fabric("fabric", identity="a" * 64)]).chosen
    lines = said([need], [fabric("fabric", identity="b" * 64)])
    assert lines[1] == "  why: its identity is bbbbbbbbbbbb..., and needed is aaaaaaaaaaaa..."


def test_several_gaps_are_all_named():
    needs = [Requirement(Category.HYDROFABRIC, "hydrofabric", ("fabric",)), wants(names=("aorc",))]
    lines = said(needs, [forcing("aorc", JANUARY)])
    assert lines[0] == 'error: job "nwm-test" lacks 2 of its data: hydrofabric, forcing'
    assert 'there is no dataset "fabric"' in lines[1]
    assert "2015-12-01..2015-12-31 missing" in lines[1] or "143 catchments" in lines[1]


def test_a_need_without_coverage_takes_the_newest():
    need = Requirement(Category.HYDROFABRIC, "hydrofabric")
    assert names(match([need], [fabric("one"), fabric("two")]), "hydrofabric") == ["two"]


def test_any_feature_will_do_where_none_is_named():
    domain = Domain("observation-csv", (block(["02146562"], DECEMBER, ["discharge"]),), HOUR)
    gauges = Dataset("gauges", Category.OBSERVATION, domain, (), MADE)
    assert match([Requirement(Category.OBSERVATION, "observation", time=DECEMBER)], [gauges]).chosen
    assert match([Requirement(Category.OBSERVATION, "observation", time=WINTER)], [gauges]).gaps


def test_a_gap_that_needs_nothing_of_catchments_says_when():
    lines = said([wants(WINTER, catchments=None)], [forcing("aorc", DECEMBER)])
    assert "2016-01-01..2016-01-31 missing" in lines[1]
