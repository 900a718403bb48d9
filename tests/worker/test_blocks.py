"""What a model gives, as m per step."""

from __future__ import annotations

import pytest

from dmod.models.model import ModelError, Variable
from dmod.worker.blocks import metres


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        ("m", 1), ("", 1), ("mm", 1e-3), ("mm/d", 1e-3 / 24), ("mm h-1", 1e-3), ("mm s^-1", 3.6), ("m/s", 3600),
        ("1", 1), ("none", 1), ("cm", 1e-2), ("inches", 0.0254), ("kg m-2 s-1", 3.6),
    ],
)  # fmt: skip
def test_a_depth_of_water_is_a_depth_per_step(units, factor):
    assert metres(Variable("Q", units), "cat-1", 3600) == pytest.approx(factor)


@pytest.mark.parametrize("units", ["m3 s-1", "degC", "m moon-1", "K", "s"])
def test_anything_else_is_refused(units):
    with pytest.raises(ModelError, match="cat-1: the main output Q is in"):
        metres(Variable("Q", units), "cat-1", 3600)
