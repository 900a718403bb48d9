"""Routing: how water that came to the nexuses travels down the flowpaths, by Muskingum's method.

McCarthy (1938), as in Chow, Maidment and Mays (1988), Applied Hydrology, section 8.4: a reach stores
S = K (X I + (1 - X) O), and the mean in- and outflow of a step change it. With 2 K X <= dt <= 2 K (1 - X) no
coefficient is negative; a reach that is longer is cut into pieces, for one that is shorter the step is cut. An inflow
is the mean of its step, and so is an outflow: over any time, what came in is what went out and what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dmod.errors import UsageError
from dmod.hydro.hydrofabric import follow

if TYPE_CHECKING:
    from dmod.hydro.hydrofabric import Hydrofabric

Series = NDArray[np.float64]

TRIES = 64  # numbers of sub-steps that are tried for one that no coefficient is negative with
NOTHING = 1e-20  # a share of an earlier flow that no longer counts


@dataclass(frozen=True, slots=True)
class Network:
    """Which flowpath takes the water of a nexus on, and to which nexus."""

    reaches: NDArray[np.int64]  # (nexuses,) the catchment whose flowpath it is, -1 where the fabric ends
    below: NDArray[np.int64]  # (nexuses,) the nexus at its lower end, -1 where there is none
    levels: tuple[NDArray[np.int64], ...]  # nexuses with a flowpath below, those upstream before those downstream

    @classmethod
    def of(cls, fabric: Hydrofabric) -> Self:
        """The network of a hydrofabric, which has no circle."""
        reaches = fabric.feeds()
        below = follow(reaches, fabric.drains())
        return cls(reaches, below, tuple(_levels(reaches, below)))

    @property
    def mouths(self) -> NDArray[np.int64]:
        """Nexuses whose water leaves the fabric there."""
        return np.flatnonzero(self.reaches < 0)


def _levels(reaches: NDArray[np.int64], below: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    waiting = np.bincount(below[below >= 0], minlength=below.size)  # nexuses above that are not done
    found, ready = [], np.flatnonzero(waiting == 0)
    while ready.size:
        found.append(ready[reaches[ready] >= 0])
        down = below[ready]
        down = down[down >= 0]
        np.subtract.at(waiting, down, 1)
        ready = np.unique(down[waiting[down] == 0])
    return [level for level in found if level.size]


class Plan(NamedTuple):
    """How each reach is computed, arrays of (reaches,)."""

    pieces: NDArray[np.int64]  # in a row, each with a part of K
    parts: NDArray[np.int64]  # sub-steps of a step
    weights: Series  # X, a little less than asked for where nothing else helps


def plan(lags: Series, weights: Series, step: float) -> Plan:
    """The fewest sub-steps, and pieces for them, with which no coefficient is negative.

    That is where 2 X <= pieces/parts dt/K <= 2 - 2 X, for lags K of 0 or more and weights X up to 0.5.
    Raises UsageError for others.
    """
    wrong = ~((lags >= 0) & np.isfinite(lags) & (weights >= 0) & (weights <= 0.5))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise UsageError(f"K = {lags[at]:g} s and X = {weights[at]:g} are no reach", why="K is from 0, X from 0 to 0.5")
    ratio = np.maximum(lags / step, 1e-12)
    first = np.maximum(np.ceil(1 / (2 * (1 - weights) * ratio) - 1e-9), 1)
    pieces, parts, best = np.ones(lags.size), np.ones(lags.size), np.full(lags.size, -1.0)
    for more in range(TRIES):
        tried = first + more
        least = np.maximum(np.ceil(2 * weights * ratio * tried - 1e-9), 1)
        share = least / (2 * tried * ratio)
        fits = np.clip(np.minimum(share, 1 - share) + 1e-9, 0, weights)  # the X up to which none is negative
        better = fits > best
        pieces[better], parts[better], best[better] = least[better], tried[better], fits[better]
        if (best >= weights).all():
            break
    passing = lags == 0
    pieces[passing] = parts[passing] = 1
    return Plan(pieces.astype(np.int64), parts.astype(np.int64), np.where(passing, weights, best))


class Muskingum:
    """The flowpaths of a network with the water that is in them; time goes on with every call of `route`."""

    def __init__(self, network: Network, lags: Series, weights: Series, step: float) -> None:
        """`lags` (K, s) and `weights` (X) by catchment, (catchments,); `step`: seconds. All channels are empty."""
        self.network, self.step = network, step
        rows = np.flatnonzero(network.reaches >= 0)
        self._place = np.full(network.reaches.size, -1)  # of a nexus among the reaches
        self._place[rows] = np.arange(rows.size)
        own = network.reaches[rows]
        self.plan = plan(lags[own], weights[own], step)
        self._starts = np.concatenate([[0], np.cumsum(self.plan.pieces)])  # of the pieces of each reach
        lag = lags[own] / self.plan.pieces
        part = step / self.plan.parts
        self._lag, self._part = lag, part
        self._c0, self._c1, self._c2 = _coefficients(lag, self.plan.weights, part)
        with np.errstate(invalid="ignore"):
            self._mean = (1 - self._c2**self.plan.parts) / (self.plan.parts * (1 - self._c2))
        self._in, self._out = np.zeros((2, int(self._starts[-1])))  # the last flows, m³/s, (pieces,)

    def route(self, local: Series) -> tuple[Series, Series]:
        """The discharge at each nexus, and what comes out of the flowpath below it, for the next steps; m³/s.

        All (nexuses, steps); `local` is what the catchments of each nexus give it. A nexus without a flowpath below
        has an outflow of 0.
        """
        total = np.array(local, dtype=np.float64)
        outflow = np.zeros_like(total)
        for level in self.network.levels:
            flow = self._through(self._place[level], total[level])
            outflow[level] = flow
            down = self.network.below[level]
            np.add.at(total, down[down >= 0], flow[down >= 0])
        return total, outflow

    def stored(self) -> float:
        """The water that is in the channels, m³."""
        of = np.repeat(np.arange(self.plan.pieces.size), self.plan.pieces)
        weight = self.plan.weights[of]
        held = self._lag[of] * (weight * self._in + (1 - weight) * self._out)
        return float((held + (self._in - self._out) * self._part[of] / 2).sum())

    def _through(self, rows: NDArray[np.int64], inflow: Series) -> Series:
        """Through all pieces of some reaches, (rows, steps)."""
        flow = inflow
        for piece in range(int(self.plan.pieces[rows].max())):
            deep = self.plan.pieces[rows] > piece
            if deep.all():
                flow = self._piece(rows, piece, flow)
            else:
                flow[deep] = self._piece(rows[deep], piece, flow[deep])
        return flow

    def _piece(self, rows: NDArray[np.int64], piece: int, inflow: Series) -> Series:
        """Through one piece of each reach.

        Within a step the inflow stays, so that after j sub-steps O = I + c2^(j-1) (O1 - I), where O1 is the outflow
        after the first: none of them is computed, and what is left is a recursion over whole steps.
        """
        at = self._starts[rows] + piece
        c0, c1, c2, parts = (values[rows, None] for values in (self._c0, self._c1, self._c2, self.plan.parts))
        before = _shifted(inflow, self._in[at])
        later = c2 ** (parts - 1)
        given = (1 + later * (c0 - 1)) * inflow + later * c1 * before
        last = recursion(given, (later * c2)[:, 0], self._out[at])
        earlier, self._in[at], self._out[at] = self._out[at], inflow[:, -1], last[:, -1]
        if (parts == 1).all():
            return last
        apart = (c0 - 1) * inflow + c1 * before + c2 * _shifted(last, earlier)
        return np.asarray(inflow + self._mean[rows, None] * apart)


def _coefficients(lag: Series, weights: Series, step: Series) -> tuple[Series, Series, Series]:
    """What the new inflow, the last one and the last outflow count, in sum 1. Without a lag water passes at once."""
    whole = 2 * lag * (1 - weights) + step
    passing = lag == 0
    c0 = np.where(passing, 1.0, (step - 2 * lag * weights) / whole)
    c1 = np.where(passing, 0.0, (step + 2 * lag * weights) / whole)
    return c0, c1, np.where(passing, 0.0, (2 * lag * (1 - weights) - step) / whole)


def _shifted(series: Series, first: Series) -> Series:
    """The values of one step earlier."""
    return np.concatenate([first[:, None], series[:, :-1]], axis=1)


def recursion(given: Series, share: Series, start: Series) -> Series:
    """y[i] = share y[i - 1] + given[i], for all rows at once: (rows, steps), (rows,), and (rows,) what was before.

    Every pass doubles how far back a value looks, until that no longer counts: a few passes over an array in place of a
    loop over its steps.
    """
    found = given.copy()
    found[:, 0] += share * start
    back, factor = 1, share[:, None]
    while back < found.shape[1] and np.abs(factor).max(initial=0.0) > NOTHING:
        found[:, back:] += factor * found[:, :-back]
        back, factor = 2 * back, factor**2
    return found
