"""Subset: which catchments and nexuses make a part of a hydrofabric, and what else in its files belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from string import digits
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro.ids import catchment_of, named, natural, some
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from dmod.hydro.hydrofabric import Hydrofabric

FEW = 10_000  # ids among which any that looks alike is sought; among more only a slip of one key


@dataclass(frozen=True)
class Part:
    """Catchments of a hydrofabric, and the nexuses that they drain to. Not slotted: what follows is cached."""

    catchments: tuple[str, ...]  # in the hydrofabric's order
    nexuses: tuple[str, ...]  # the same; of the others nothing is known of the water that comes in

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id that a feature of the part goes by: `cat-12`, its flowpath `wb-12` or `fp-12`, `nex-13`."""
        own = set(self.nexuses) | set(self.catchments)
        numbers = [name.removeprefix("cat-") for name in self.catchments if name.startswith("cat-")]
        return frozenset(own.union(*({f"{kind}-{number}" for number in numbers} for kind in ("wb", "fp"))))

    def has_file(self, path: str) -> bool:
        """Whether a file belongs to the part: it is named for one of its catchments, or for none."""
        said = named(path)
        return not said or not said.isdisjoint(self.ids)


def upstream_of(fabric: Hydrofabric, feature: str) -> Part:
    """All catchments whose water passes a nexus, a gauge, or a catchment (which then is one of them).

    Raises NotFoundError with the nearest id, UnmetError for a nexus that no catchment drains to.
    """
    name = catchment_of({gauge: nexus for nexus, gauge in fabric.gauges.items()}.get(feature, feature))
    if name in set(fabric.catchments):
        seed = np.array([each == name for each in fabric.catchments])
    elif name in set(fabric.nexuses):
        seed = fabric.drains() == fabric.nexuses.index(name)
    else:
        raise _unknown([feature], [*fabric.nexuses, *fabric.catchments, *fabric.gauges.values()], "--upstream-of")
    if not seed.any():
        raise _dry(fabric, name)
    return _part(fabric, _reaching(fabric.downstream(), seed))


def chosen(fabric: Hydrofabric, catchments: Iterable[str]) -> Part:
    """These catchments; a flowpath stands for its catchment. Raises UsageError for none, NotFoundError as above."""
    wanted = {catchment_of(name) for name in catchments}
    if not wanted:
        raise UsageError("the part has no catchments", fix=f"--catchments {','.join(fabric.catchments[:2])}")
    lost = wanted - set(fabric.catchments)
    if lost:
        raise _unknown(natural(lost), fabric.catchments, "--catchments")
    return _part(fabric, np.array([name in wanted for name in fabric.catchments]))


def _part(fabric: Hydrofabric, inside: NDArray[np.bool_]) -> Part:
    drained = {fabric.toids[at] for at in np.flatnonzero(inside).tolist()}
    return Part(
        tuple(fabric.catchments[at] for at in np.flatnonzero(inside).tolist()),
        tuple(name for name in fabric.nexuses if name in drained),
    )


def _reaching(downstream: NDArray[np.int64], seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(catchments,) whether water of each comes to the seed: every round doubles how far downstream it looks."""
    inside, far = seed.copy(), downstream
    for _ in range(len(downstream).bit_length()):
        inside |= np.where(far >= 0, inside[far], False)  # noqa: FBT003 - an array's value
        far = np.where(far >= 0, far[far], -1)
    return inside


def _dry(fabric: Hydrofabric, nexus: str) -> UnmetError:
    below = fabric.nexus_toids[fabric.nexuses.index(nexus)]
    return UnmetError(
        f"nothing is upstream of {nexus}",
        why=f"no catchment drains to it{f'; it drains to {below}' if below else ''}",
        fix=f"--upstream-of {below}" if below else f"--upstream-of {next(filter(None, fabric.toids), 'NEXUS')}",
    )


def _unknown(names: Sequence[str], known: Collection[str], option: str) -> NotFoundError:
    """The error for ids that are not in a hydrofabric, with those that were probably meant."""
    near = {name: found for name in names[:3] if (found := _near(name, known))}
    meant = ", ".join(f"{found} for {name}" for name, found in near.items())
    return NotFoundError(
        f"the hydrofabric has no {some(names)}",
        why=f"the nearest: {meant}" if meant else f"it has {some(natural(known), 6)}",
        fix=f"{option} {','.join(dict.fromkeys(near.values()))}"
        if near
        else "dmod dataset show NAME, for its catchments",
    )


def _near(name: str, known: Collection[str]) -> str:
    """The id that was probably meant; "" where none is near."""
    there = set(known)
    slip = next((each for each in _slips(name) if each in there), "")
    return slip or (nearest(name, natural(known)) if len(known) <= FEW else "") or ""


def _slips(name: str) -> Iterator[str]:
    """The same number of another kind, then what one wrong, missing, surplus or swapped digit makes of it."""
    kind, dash, number = name.rpartition("-")
    yield from (f"{each}-{number}" for each in ("nex", "tnx", "cat") if each != kind)
    for at in range(len(number)):
        yield f"{kind}{dash}{number[:at]}{number[at + 1 : at + 2]}{number[at]}{number[at + 2 :]}"
    for at in range(len(number) + 1):
        for digit in ("", *digits):
            yield f"{kind}{dash}{number[:at]}{digit}{number[at + 1 :]}"
            yield f"{kind}{dash}{number[:at]}{digit}{number[at:]}"
