"""How fast rivers are routed: Muskingum over all flowpaths of a tree, against two other ways in the same run.

    python tests/bench/bench_routing.py [--nexuses 100000] [--steps 720] [--block 32]

The limit is one multiplication and addition over all values, which numpy cannot be without; the peer is the plain way,
a loop over time in which all reaches of a level take one step at once.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from dmod.hydro.routing import Muskingum, Network, _levels


def tree(nexuses, seed=3):
    """A random river: each nexus drains to one of the next few hundred, so that branches are long as real ones are."""
    numbers = np.arange(nexuses)
    below = np.minimum(numbers + np.random.default_rng(seed).geometric(0.02, nexuses), nexuses)
    below[below == nexuses] = -1
    reaches = np.where(below >= 0, numbers, -1)
    return Network(reaches, below, tuple(_levels(reaches, below)))


def plain(network, lags, weights, step, local):
    """Over time, and in each step over the levels."""
    channels = Muskingum(network, lags, weights, step)
    c0, c1, c2 = (np.zeros(local.shape[0]) for _ in range(3))
    rows = np.flatnonzero(network.reaches >= 0)
    for values, own in ((c0, channels._c0), (c1, channels._c1), (c2, channels._c2)):
        values[rows] = own
    total, before, after = local.copy(), np.zeros(local.shape[0]), np.zeros(local.shape[0])
    for at in range(local.shape[1]):
        now = total[:, at].copy()
        for level in network.levels:
            after[level] = c0[level] * now[level] + c1[level] * before[level] + c2[level] * after[level]
            np.add.at(now, network.below[level], after[level])
        before = now
        total[:, at] = now
    return total


def timed(what, work, values, reference=None):
    """Seconds of one call, values a second, and the ratio to another."""
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    ratio = f"{seconds / reference:8.1f} x" if reference else ""
    print(f"{what:<52}{seconds:8.2f} s{values / seconds / 1e6:9.1f} M reach-steps/s{ratio}")
    return seconds, found


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nexuses", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=720)
    parser.add_argument(
        "--block", type=int, default=64, help="MiB of series that are routed at once, as the worker does"
    )
    asked = parser.parse_args()
    network = tree(asked.nexuses)
    local = np.random.default_rng(1).gamma(0.5, 2.0, (asked.nexuses, asked.steps))
    values = local.size
    print(f"{asked.nexuses:,} nexuses in {len(network.levels):,} levels, {asked.steps} steps of an hour")
    limit, _ = timed("limit: one multiplication and addition", lambda: local * 0.5 + local, values)
    even = np.full(asked.nexuses, 3600.0), np.full(asked.nexuses, 0.2)
    few = max(1, asked.steps // 20)
    start = time.perf_counter()
    peer = plain(network, *even, 3600.0, local[:, :few])
    seconds = (time.perf_counter() - start) * asked.steps / few
    what = f"peer: a loop over time ({few} steps of it)"
    print(f"{what:<52}{seconds:8.2f} s{values / seconds / 1e6:9.1f} M reach-steps/s")
    steps = max(1, (asked.block << 20) // (8 * asked.nexuses))
    uneven = np.random.default_rng(2).uniform(60, 6 * 3600, asked.nexuses), np.full(asked.nexuses, 0.2)

    def blocks(lags, weights):
        channels = Muskingum(network, lags, weights, 3600.0)
        found = [channels.route(local[:, at : at + steps])[0] for at in range(0, asked.steps, steps)]
        return np.concatenate(found, axis=1)

    for name, (lags, weights) in (("K = 1 h", even), ("K from 1 min to 6 h", uneven)):
        _, found = timed(f"{name}, blocks of {steps} steps", lambda: blocks(lags, weights), values, limit)  # noqa: B023
        if name == "K = 1 h":
            np.testing.assert_allclose(found[:, :few], peer, rtol=1e-9)


if __name__ == "__main__":
    main()
