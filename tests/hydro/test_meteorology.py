from __future__ import annotations

import holmes_rs.pet
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import meteorology as met

HOURS = np.arange("2015-12-01T00", "2015-12-04T00", dtype="datetime64[h]").astype("datetime64[s]")
DAYS = np.arange("2000-01-01", "2002-01-01", dtype="datetime64[D]").astype("datetime64[s]")
YEAR = 12 - 22 * np.cos(2 * np.pi * np.arange(DAYS.size) / 365.25)[None]  # degC, a winter with frost
AORC = ("precip_rate", "APCP_surface", "TMP_2maboveground")


def test_the_best_source_of_each_input_is_read_and_no_other():
    assert met.needed(AORC, ["precipitation", "potential_evapotranspiration"]) == ("APCP_surface", "TMP_2maboveground")
    assert met.needed(["RAINRATE", "T2D"], ["precipitation", "temperature"]) == ("RAINRATE", "T2D")
    direct = ("precip_rate", "T2D", "potential_evapotranspiration")
    assert met.needed(direct, ["potential_evapotranspiration"]) == ("potential_evapotranspiration",)
    assert met.needed(AORC, ["temperature", "potential_evapotranspiration"]) == ("TMP_2maboveground",)
    assert met.needed(("DLWRF_surface",), ["LWDOWN"]) == ("DLWRF_surface",)


def test_an_input_that_nothing_serves_is_named_with_what_would():
    with pytest.raises(NotFoundError, match="nothing for the model's input potential_evapotranspiration") as caught:
        met.needed(["precip_rate"], ["precipitation", "potential_evapotranspiration"])
    assert "TMP_2maboveground" in caught.value.why
    assert "it has precip_rate" in caught.value.why


def test_rain_is_a_sum_per_step_whether_it_comes_as_sum_or_rate():
    rate = np.array([[0.001, 0.0, 0.002]])  # mm/s
    made = met.series({"RAINRATE": rate}, ["precipitation"], HOURS[:3], 3600, [35.0])["precipitation"]
    np.testing.assert_allclose(made, [[3.6, 0.0, 7.2]])
    both = {"precip_rate": rate / 1000, "APCP_surface": made}
    np.testing.assert_array_equal(met.precipitation(both, 3600), made)


def test_kelvin_become_degrees_and_degrees_stay():
    np.testing.assert_allclose(met.temperature({"T2D": np.array([[273.15, 300.0]])}), [[0.0, 26.85]])
    np.testing.assert_array_equal(met.temperature({"temperature": np.array([[5.0]])}), [[5.0]])


def test_evapotranspiration_of_the_forcing_is_taken_as_it_is():
    given_ = np.array([[0.1, 0.2, 0.3]])
    warm = {"T2D": np.full((1, 3), 290.0), "potential_evapotranspiration": given_}
    made = met.series(warm, ["potential_evapotranspiration"], HOURS[:3], 3600, [np.nan])
    np.testing.assert_array_equal(made["potential_evapotranspiration"], given_)


@pytest.mark.parametrize("latitude", [-45.0, 0.0, 31.7, 48.0, 60.0])
def test_oudin_agrees_with_holmes_by_the_day(latitude):
    ours = met.oudin(YEAR, DAYS, 86400, latitude)[0]
    theirs = holmes_rs.pet.oudin.simulate(YEAR[0], met.day_of_year(DAYS).astype(np.uintp), latitude)
    np.testing.assert_allclose(ours, theirs, atol=0.02 * theirs.max())  # they take another solar constant


def test_radiation_is_that_of_the_example_of_fao_56():
    # example 8: 3 September (day 246), 20 degrees south: 32.2 MJ m-2 per day
    assert float(met.radiation(np.array([246]), -20.0)[0]) == pytest.approx(32.2, abs=0.05)


@given(arrays(np.float64, (2, 72), elements=st.floats(-40, 45)))
def test_the_hours_of_a_day_have_the_sum_of_the_day(celsius):
    latitudes = np.array([35.0, -20.0])
    hourly = met.oudin(celsius, HOURS, 3600, latitudes)
    daily = met.oudin(celsius.reshape(2, 3, 24).mean(axis=2), HOURS[::24], 86400, latitudes)
    np.testing.assert_allclose(hourly.reshape(2, 3, 24).sum(axis=2), daily, rtol=1e-9, atol=1e-9)
    assert (hourly >= 0).all()


def test_days_go_by_utc_and_a_day_that_is_cut_has_the_mean_of_its_steps():
    celsius = np.concatenate([np.full(6, 10.0), np.full(24, 20.0)])[None]
    times = np.datetime64("2015-12-01T18", "s") + np.arange(30) * np.timedelta64(3600, "s")
    found = met.oudin(celsius, times, 3600, 35.0)[0]
    assert np.unique(found[:6]).size == np.unique(found[6:]).size == 1
    assert found[0] / found[6] == pytest.approx(15 / 25, rel=0.01)


def test_below_minus_five_nothing_evaporates_and_in_polar_night_neither():
    assert not met.oudin(np.full((1, 2), -5.0), DAYS[:2], 86400, 45.0).any()
    assert not met.oudin(np.full((1, 2), 10.0), DAYS[:2], 86400, 80.0).any()
    assert met.oudin(np.full((1, 2), 10.0), DAYS[180:182], 86400, 80.0).all()


def test_without_a_latitude_the_user_is_told_what_to_give():
    with pytest.raises(UsageError, match="without the latitude") as caught:
        met.oudin(np.ones((3, 2)), DAYS[:2], 86400, [35.0, np.nan, 91.0])
    assert caught.value.why == "unknown for 2 of 3 catchments"
    assert "model_params.latitude" in caught.value.fix


@pytest.mark.parametrize("step", [0, 7000, 172800])
def test_steps_that_are_no_part_of_a_day_are_refused(step):
    with pytest.raises(UsageError, match=f"steps of {step} s"):
        met.oudin(np.ones((1, 2)), DAYS[:2], step, 35.0)


def test_a_rate_in_metres_is_doubted_and_a_sound_forcing_is_not():
    rain = np.tile([[0.0, 0.0, 1.2]], 240)  # mm an hour: 3,500 mm a year
    warm = np.full_like(rain, 285.0)
    assert met.doubts({"APCP_surface": rain, "precip_rate": rain / 3600, "T2D": warm}, 3600) == []
    said = met.doubts({"APCP_surface": rain, "precip_rate": rain / 3600 / 1000}, 3600)
    assert said == [
        "precip_rate gives 3.51 mm a year; it may be in m/s and not mm/s",
        "sources of precipitation differ: APCP_surface 3506 mm a year, precip_rate 3.506 mm a year",
    ]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ({"APCP_surface": np.full((1, 9), 3.0)}, "APCP_surface gives 26,298 mm a year; its unit may be wrong"),
        ({"APCP_surface": np.array([[1.0, -9.0]])}, "APCP_surface is below zero: -9"),
        ({"T2D": np.array([[11.0, 13.5]])}, "TMP_2maboveground goes from 11 to 13.5, which is not in K"),
        ({"temperature": np.array([[285.0]])}, "temperature goes from 285 to 285, which is not in degC"),
    ],
)
def test_what_makes_no_sense_is_said(array, said):
    assert met.doubts(array, 3600) == [said]


def test_a_dry_month_is_no_reason_to_doubt():
    assert met.doubts({"APCP_surface": np.zeros((1, 720))}, 3600) == []
