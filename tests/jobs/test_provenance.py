"""When two results must be the same, and what is said when they need not be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmod import __version__
from dmod.hydro.period import TimeRange
from dmod.jobs import provenance
from dmod.jobs.prepared import Prepared

PERIOD = TimeRange.parse("2015-12-01", "2015-12-31")
DATA = Prepared({"forcing": ("rain",)}, {"rain": "1f"}, PERIOD, 3600, ("cat-1",), 1)


def simulation(make, *, cpus: int = 1, name: str = "leaf", **table: object):
    return make.spec("simulation", cpus=cpus, name=name, **{"realization": "models"} | table)


def test_a_result_does_not_depend_on_name_ranks_or_how_it_is_called(make):
    first = provenance.fingerprint(simulation(make), DATA)
    assert len(first) == 64
    assert provenance.fingerprint(simulation(make, cpus=2, name="other", output="winter"), DATA) == first


@pytest.mark.parametrize(
    "other",
    [
        replace(DATA, digests={"rain": "2f"}),
        replace(DATA, datasets={"forcing": ("snow",)}, digests={"snow": "1f"}),
        replace(DATA, period=TimeRange.parse("2015-12-01", "2016-01-31")),
        replace(DATA, catchments=("cat-2",)),
    ],
)
def test_it_depends_on_all_that_it_is_made_of(make, other: Prepared):
    spec = simulation(make)
    assert provenance.fingerprint(spec, other) != provenance.fingerprint(spec, DATA)


def test_it_depends_on_what_was_asked_for_the_seed_and_the_versions(make, monkeypatch: pytest.MonkeyPatch):
    spec = simulation(make)
    first = provenance.fingerprint(spec, DATA)
    assert provenance.fingerprint(simulation(make, realization="others"), DATA) != first
    assert provenance.fingerprint(replace(spec, seed=7), DATA) != first
    monkeypatch.setattr(provenance, "versions", lambda: {"numpy": "0.1"})
    assert provenance.fingerprint(spec, DATA) != first


def test_nobody_can_say_what_a_command_reads(make):
    assert provenance.fingerprint(make.spec("command", argv=["/bin/true"]), Prepared()) == ""


def test_what_a_job_is_run_with_names_packages_where_they_have_a_share():
    told = provenance.origin("simulation")
    assert (told["dmod"], told["packages"]["numpy"]) == (__version__, provenance.versions()["numpy"])
    assert "packages" not in provenance.origin("command")


def test_differences_are_named_one_by_one():
    same = {"dmod": __version__, "packages": dict(provenance.versions())}
    assert provenance.differences(same, {"rain": "1f"}, {"rain": "1f"}) == []
    older = {"dmod": "0.0.1", "packages": {"numpy": "1.0", "fortran": "77"}}
    numpy = provenance.versions()["numpy"]
    assert provenance.differences(older, {"rain": "1f", "snow": "2f", "wind": "3f"}, {"rain": "1f", "snow": "9f"}) == [
        "dataset snow has changed",
        "dataset wind is gone",
        f"dmod was 0.0.1, and is {__version__}",
        f"numpy was 1.0, and is {numpy}",
        "fortran was 77, and is not installed",
    ]
    assert provenance.differences({}, {}, {}) == []  # it never started
