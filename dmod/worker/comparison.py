"""Simulated and measured discharge side by side: which gauge stands where, and the steps that both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import stamps
from dmod.hydro.ids import some
from dmod.hydro.observation import Observation
from dmod.hydro.stamps import Stamps

if TYPE_CHECKING:
    from dmod.hydro.discharge import Discharge

_AREA = "needs its area"
FEWEST = 10  # pairs of a gauge that can be scored: fewer say nothing


@dataclass(frozen=True, slots=True)
class Window:
    """What part of the time is scored."""

    start: datetime | None = None  # UTC, the first stamp; None is the first there is
    end: datetime | None = None  # UTC, the last stamp
    warmup: int = 0  # seconds from the first step of the simulation

    def rows(self, times: Stamps) -> NDArray[np.bool_]:
        """Which of the stamps lie in it, (steps,)."""
        whole = times.astype("datetime64[s]").astype(np.int64)
        inside = np.ones(len(whole), dtype=np.bool_)
        if len(whole) and self.warmup:
            inside &= whole >= whole[0] + self.warmup
        if self.start is not None:
            inside &= whole >= stamps.seconds(self.start)
        if self.end is not None:
            inside &= whole <= stamps.seconds(self.end)
        return inside


@dataclass(frozen=True, slots=True)
class Pair:
    """One gauge and the feature it observes, over the steps that are scored."""

    gauge: str
    feature: str
    simulated: NDArray[np.float64]  # (steps,), m³/s
    observed: NDArray[np.float64]  # (steps,), m³/s, NaN where nothing was measured

    @property
    def pairs(self) -> int:
        """Steps that have both."""
        return int((np.isfinite(self.simulated) & np.isfinite(self.observed)).sum())


@dataclass(frozen=True, slots=True)
class Comparison:
    """All gauges that can be scored."""

    times: Stamps  # (steps,)
    step: int  # seconds: the coarser of the two
    pairs: tuple[Pair, ...]
    left_out: Mapping[str, str]  # gauge -> why it is not scored


def compare(discharge: Discharge, observation: Observation, features: Mapping[str, str], window: Window) -> Comparison:
    """Bring a simulation and observations together; `features` says which feature each gauge observes.

    The finer of the two is averaged over the steps of the coarser, which must be whole multiples. Gauges without a
    feature, without observations or with fewer than FEWEST pairs are left out, with the reason. Raises UsageError and
    NotFoundError if that leaves none.
    """
    left_out, found = _paired(discharge, observation, features)
    if not found:
        raise _none("no gauge can be scored", left_out, _remedy(left_out))
    times, step, observed = _observed(discharge, observation)
    rows = window.rows(times)
    if not rows.any():
        raise UsageError(
            "no step of the simulation is left to score",
            why=f"it has {_span(times)}; the evaluation asks for {_asked(window)}",
            fix="change evaluation.start, end or warmup in the job file",
        )
    simulated = _simulated(discharge, list(found.values()), times, step)
    pairs = []
    for at, (gauge, feature) in enumerate(found.items()):
        pair = Pair(gauge, feature, simulated[at][rows], observed[observation.gauges.index(gauge)][rows])
        if pair.pairs < FEWEST:
            left_out[gauge] = f"{pair.pairs} steps have both a simulated and a measured value, at least {FEWEST} needed"
        else:
            pairs.append(pair)
    if not pairs:
        fix = "name observations of this time, or change evaluation.start and end"
        raise _none("simulation and observations hardly meet", left_out, fix, times[rows])
    return Comparison(times[rows], step, tuple(pairs), left_out)


def _paired(
    discharge: Discharge, observation: Observation, features: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Why gauges are left out, and the feature of each of the others."""
    known = set(discharge.features)
    left_out, found = {}, {}
    for gauge in dict.fromkeys((*observation.gauges, *features)):
        feature = features.get(gauge)
        if gauge not in observation.gauges:
            left_out[gauge] = f"it stands in the crosswalk for {feature}, and the observations do not have it"
        elif feature is None:
            left_out[gauge] = "the crosswalk does not say which feature it observes"
        elif feature not in known:
            left_out[gauge] = _unknown(feature, known)
        else:
            found[gauge] = feature
    return left_out, found


def _unknown(feature: str, known: set[str]) -> str:
    if feature.startswith("cat-") and not any(name.startswith("cat-") for name in known):
        return f"the discharge of {feature} {_AREA}; name the hydrofabric in [evaluation]"
    return f"the simulation has no {feature}"


def _remedy(left_out: Mapping[str, str]) -> str:
    """What mends that no gauge has its feature."""
    if any(_AREA in why for why in left_out.values()):
        return "--set evaluation.hydrofabric=NAME"
    return "say in the crosswalk.json of the observations which feature each gauge observes"


def _observed(discharge: Discharge, observation: Observation) -> tuple[Stamps, int, NDArray[np.float64]]:
    """The stamps and step to score on, and the observations there."""
    if observation.step <= discharge.step:
        return discharge.times, discharge.step, observation.at(discharge.times, discharge.step)
    first, last = discharge.times[0], discharge.times[-1]
    inside = (observation.times >= first) & (observation.times <= last)
    return observation.times[inside], observation.step, observation.values[:, inside]


def _simulated(discharge: Discharge, features: list[str], times: Stamps, step: int) -> NDArray[np.float64]:
    values = discharge.read(features)
    if step == discharge.step:
        return values
    axis = stamps.Axis(stamps.seconds(discharge.times[0]), discharge.step, values.shape[1])
    if step % discharge.step:
        raise UsageError(
            f"a simulation every {discharge.step} s cannot be scored by observations every {step} s",
            why="one of the two steps must be a multiple of the other",
        )
    return Observation(tuple(features), axis, values).at(times, step)


def _none(message: str, left_out: Mapping[str, str], fix: str, times: Stamps | None = None) -> NotFoundError:
    told = [f"{gauge}: {why}" for gauge, why in left_out.items()]
    span = "" if times is None else f" (scored would be {_span(times)})"
    return NotFoundError(message + span, why=some(told, 2) or "the observations have no gauge", fix=fix)


def _span(times: Stamps) -> str:
    return f"{stamps.text(times[0])} to {stamps.text(times[-1])}" if len(times) else "no step"


def _asked(window: Window) -> str:
    start = stamps.text(window.start) if window.start else "the begin"
    end = stamps.text(window.end) if window.end else "the end"
    return f"{start} to {end}" + (f" without the first {window.warmup} s" if window.warmup else "")
