"""The measured rivers of the demo: whole records, in the units they claim."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata

import numpy as np
import pytest

from dmod.demo import rivers
from dmod.errors import NotFoundError, UnmetError

pytest.importorskip("holmes_rs", reason="needs dmod[models]")

EACH = pytest.mark.parametrize("river", rivers.RIVERS, ids=lambda river: river.gauge)


@pytest.fixture(autouse=True)
def _wheel(missing):
    try:
        metadata.distribution(rivers.PACKAGE)
    except metadata.PackageNotFoundError:
        missing("needs dmod[demo]: the package holmes-hydro")


@EACH
def test_a_record_is_whole(river):
    record = rivers.read(river)
    assert len(record.times) == 2_922
    assert str(record.times[0]) == "1980-01-01T00:00:00"
    assert str(record.times[-1]) == "1987-12-31T00:00:00"
    assert set(np.diff(record.times)) == {np.timedelta64(86_400, "s")}
    for values in (*record.inputs.values(), record.discharge):
        assert values.shape == (2_922,)
        assert np.isfinite(values).all()


@EACH
def test_the_water_balance_makes_sense(river):
    record = rivers.read(river)
    rain, evaporation, flow = (
        float(values.mean() * 365.25) for values in (record.precipitation, record.evapotranspiration, record.discharge)
    )
    assert 900 < rain < 1_600, "mm a year"
    assert 400 < evaporation < 1_200
    assert rain - evaporation < flow + 150 < rain + 150, "what neither runs off nor could evaporate is little"


def test_only_where_there_is_snow_is_there_a_temperature():
    assert {river.gauge: rivers.read(river).snow is not None for river in rivers.RIVERS} == {
        "leaf": False, "au-saumon": True, "baskatong": True,
    }  # fmt: skip
    snow = rivers.read(rivers.river("baskatong")).snow
    assert snow is not None
    assert snow.settings == {
        "qnbv": 432.86, "elevation_layers": [204.0, 359.0, 408.0, 445.0, 771.0], "median_elevation": 408.0,
    }  # fmt: skip


@pytest.mark.parametrize(("gauge", "unit"), [("leaf", 0.3048**3), ("baskatong", 1.0)])
def test_the_area_makes_the_record_what_was_once_written_down(gauge, unit):
    """Whole ft³/s and whole m³/s: only the area that once divided them brings them back."""
    river = rivers.river(gauge)

    def rest(area: float) -> float:
        counted = rivers.read(river).discharge * area / 86.4 / unit
        counted = counted[counted < 600]
        return float(np.abs(counted - np.round(counted)).mean())

    assert rest(river.area) < 0.05
    assert rest(river.area * 1.01) > 0.2, "as of any other area"


def test_a_gauge_of_nobody_is_refused_with_those_there_are():
    with pytest.raises(NotFoundError, match="no gauge 'rhine'") as caught:
        rivers.require("rhine")
    assert "leaf, au-saumon, baskatong" in caught.value.why


def test_without_the_wheel_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr(rivers, "PACKAGE", "no-such-package-anywhere")
    with pytest.raises(UnmetError) as caught:
        rivers.require("leaf")
    assert caught.value.fix == "pip install 'dmod[demo]'"


def test_a_wheel_without_the_data_is_not_the_right_one():
    with pytest.raises(UnmetError, match=r"not those of holmes-hydro 3\.5\.0") as caught:
        rivers.read(replace(rivers.river("leaf"), file="Nile"))
    assert "has no Nile_Observations.csv" in caught.value.why
