"""Sums at nexuses: the same bits whichever rank has which catchment."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dmod.hydro.hydrofabric import Hydrofabric, Tables
from dmod.worker.exchange import Nexuses

STEPS = 5


class Mailbox:
    """What one rank sends, in order."""

    def __init__(self) -> None:
        self.sent: deque[tuple[int, int, np.ndarray]] = deque()

    def post(self, message, to):
        kind, catchment, flow = message
        assert kind == "flow"
        self.sent.append((to, catchment, flow))


def fabric(toids: list[int]) -> Hydrofabric:
    catchments = [f"cat-{n}" for n in range(len(toids))]
    nexuses = sorted({f"nex-{n}" for n in toids if n})
    return Hydrofabric.build(
        Tables(
            catchments, [1.0] * len(toids), [f"nex-{n}" if n else "" for n in toids],
            np.full(len(toids), np.nan), nexuses, [""] * len(nexuses), {}, "geojson",
        ),
        Path("made.geojson"),
    )  # fmt: skip


def summed(network: Hydrofabric, flows: np.ndarray, owners: np.ndarray) -> dict[str, np.ndarray]:
    """The discharge of each nexus as the ranks find it together."""
    views = [Nexuses(network, owners, rank) for rank in range(int(owners.max()) + 1)]
    found: list[tuple[int, np.ndarray]] = []
    post = Mailbox()
    for rank, view in enumerate(views):
        for catchment in np.flatnonzero(owners == rank).tolist():
            found += view.add(catchment, flows[catchment])
        view.send(post)
    expected = [view.missing for view in views]
    for to, catchment, flow in post.sent:
        views[to].receive(catchment, flow)
        expected[to] -= 1
    assert expected == [0] * len(views)
    for view in views:
        found += view.shared()
    names = [network.nexuses[nexus] for nexus, _ in found]
    assert sorted(names) == sorted(network.nexuses), "each nexus comes once"
    return dict(zip(names, (series for _, series in found), strict=True))


@given(st.data())
def test_any_share_of_catchments_gives_the_same_bits(data):
    toids = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=12))
    owners = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(toids), max_size=len(toids))))
    flows = np.random.default_rng(1).random((len(toids), STEPS)) * 10.0 ** np.arange(-6, -6 + STEPS)
    network = fabric(toids)
    alone = summed(network, flows, np.zeros(len(toids), dtype=int))
    together = summed(network, flows, owners)
    for nexus, series in alone.items():
        assert series.tobytes() == together[nexus].tobytes()
        added = flows[[n for n, toid in enumerate(network.toids) if toid == nexus]].sum(axis=0)
        assert np.allclose(series, added, rtol=1e-12)


def test_a_series_handed_in_is_not_changed():
    flows = np.ones((3, STEPS))
    summed(fabric([1, 1, 1]), flows, np.array([0, 1, 0]))
    assert (flows == 1).all()
