"""A long series in few columns: the lowest and the highest value of each, so that no peak and no low is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps


def places(times: Stamps) -> NDArray[np.float64]:
    """Where each stamp lies between the first (0) and the last (1), (steps,)."""
    whole = times.astype("datetime64[s]").astype(np.float64)
    span = whole[-1] - whole[0] if whole.size else 0.0
    return (whole - whole[0]) / span if span else np.zeros(whole.size)


def extents(
    where: NDArray[np.float64], values: NDArray[np.float64], columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest value in each column, (columns,) each, NaN where there is none.

    A column between two steps, as there are when there are fewer steps than columns, has the value between theirs;
    it is blank if one of them has none.
    """
    bins = np.minimum((where * columns).astype(np.int64), columns - 1)
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    np.fmin.at(low, bins, values)
    np.fmax.at(high, bins, values)
    empty = np.setdiff1d(np.arange(columns), bins)
    if empty.size and where.size > 1:
        between = np.interp((empty + 0.5) / columns, where, values)
        low[empty] = high[empty] = between
    return low, high
