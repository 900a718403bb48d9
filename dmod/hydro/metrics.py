"""How alike a simulated and an observed series are: the scores hydrologists use, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import UsageError

Series = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Metric:
    """A score, and how to read it."""

    name: str
    title: str  # as a table heads its column
    function: Callable[[ArrayLike, ArrayLike], float]  # of (simulated, observed)
    unit: str  # "" where it has none
    ideal: float  # of a perfect simulation
    source: str

    @property
    def doc(self) -> str:
        """The definition."""
        return (self.function.__doc__ or "").strip()


def pairs(simulated: ArrayLike, observed: ArrayLike) -> tuple[Series, Series]:
    """The values of the steps where neither is NaN. Raises UsageError if the lengths differ."""
    s, o = np.asarray(simulated, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    if s.shape != o.shape or s.ndim != 1:
        raise UsageError(f"series to compare have the shapes {s.shape} and {o.shape}, not the same number of steps")
    both = ~(np.isnan(s) | np.isnan(o))
    return s[both], o[both]


def nse(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Efficiency: 1 - sum((s - o)²) / sum((o - mean o)²); 1 is perfect, 0 no better than the observed mean.

    Nash, J. E. and Sutcliffe, J. V. (1970), J. Hydrol. 10, 282-290. NaN if the observed series is empty or constant.
    """
    s, o = pairs(simulated, observed)
    return NAN if _constant(o) else float(1 - np.sum((s - o) ** 2) / np.sum((o - o.mean()) ** 2))


def log_nse(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Efficiency of the logarithms, for low flows: NSE of ln(q + mean(o) / 100).

    Pushpalatha, R. et al. (2012), J. Hydrol. 420-421, 171-182 (the hundredth keeps zero flows in). NaN where NSE is,
    and where a logarithm has no value.
    """
    s, o = pairs(simulated, observed)
    least = o.mean() / 100 if o.size else 0.0
    if _constant(o) or min(s.min(), o.min()) + least <= 0:
        return NAN
    return nse(np.log(s + least), np.log(o + least))


def kge_parts(simulated: ArrayLike, observed: ArrayLike) -> tuple[float, float, float]:
    """The three parts of KGE: r, correlation; alpha, std s / std o; beta, mean s / mean o. All 1 if perfect.

    Each is NaN where it does not exist.
    """
    s, o = pairs(simulated, observed)
    if not o.size:
        return NAN, NAN, NAN
    alpha = NAN if _constant(o) else float(s.std() / o.std())
    return r(s, o), alpha, _ratio(s.mean(), o.mean())


def kge(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Efficiency: 1 - sqrt((r - 1)² + (alpha - 1)² + (beta - 1)²); 1 is perfect, the observed mean scores -0.41.

    Gupta, H. V. et al. (2009), J. Hydrol. 377, 80-91, with r, alpha, beta of `kge_parts`. NaN if one of them is.
    """
    parts = np.array(kge_parts(simulated, observed))
    return float(1 - np.sqrt(np.sum((parts - 1) ** 2)))


def r(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Pearson's correlation: covariance / (std s x std o); 1 is perfect, whatever bias and spread.

    Pearson, K. (1896), Phil. Trans. R. Soc. A 187, 253-318. NaN if either series is empty or constant.
    """
    s, o = pairs(simulated, observed)
    if _constant(o) or _constant(s):
        return NAN
    ds, do = s - s.mean(), o - o.mean()
    ds, do = ds / np.abs(ds).max(), do / np.abs(do).max()  # so that tiny flows do not underflow when squared
    return float(np.clip(np.sum(ds * do) / np.sqrt(np.sum(ds**2) * np.sum(do**2)), -1.0, 1.0))


def pbias(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Bias of the volume: 100 x sum(s - o) / sum(o), in %; 0 is perfect, positive is too much water.

    Yilmaz, K. K. et al. (2008), Water Resour. Res. 44, W09417 (Moriasi et al. 2007 count it the other way round). NaN
    if the observed volume is zero.
    """
    s, o = pairs(simulated, observed)
    return 100 * _ratio(np.sum(s - o), np.sum(o))


def rmse(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Root mean square error: sqrt(mean((s - o)²)), in the unit of the series; 0 is perfect.

    Definition as in Moriasi, D. N. et al. (2007), Trans. ASABE 50, 885-900. NaN if there is no pair.
    """
    s, o = pairs(simulated, observed)
    return float(np.sqrt(np.mean((s - o) ** 2))) if o.size else NAN


def mae(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Mean absolute error: mean(|s - o|), in the unit of the series; 0 is perfect.

    Definition as in Willmott, C. J. and Matsuura, K. (2005), Clim. Res. 30, 79-82. NaN if there is no pair.
    """
    s, o = pairs(simulated, observed)
    return float(np.mean(np.abs(s - o))) if o.size else NAN


def peak_error(simulated: ArrayLike, observed: ArrayLike) -> float:
    """Error of the highest peak: 100 x (max s - max o) / max o, in %, whenever each comes; 0 is perfect.

    Green, I. R. A. and Stephenson, D. (1986), Hydrol. Sci. J. 31, 395-411. NaN if the observed peak is zero.
    """
    s, o = pairs(simulated, observed)
    return 100 * _ratio(s.max() - o.max(), o.max()) if o.size else NAN


_ALL = (
    Metric("nse", "NSE", nse, "", 1.0, "Nash and Sutcliffe 1970"),
    Metric("kge", "KGE", kge, "", 1.0, "Gupta et al. 2009"),
    Metric("pbias", "PBIAS", pbias, "%", 0.0, "Yilmaz et al. 2008"),
    Metric("rmse", "RMSE", rmse, "m³/s", 0.0, "Moriasi et al. 2007"),
    Metric("peak_error", "peak error", peak_error, "%", 0.0, "Green and Stephenson 1986"),
    Metric("log_nse", "log NSE", log_nse, "", 1.0, "Pushpalatha et al. 2012"),
    Metric("mae", "MAE", mae, "m³/s", 0.0, "Willmott and Matsuura 2005"),
    Metric("r", "r", r, "", 1.0, "Pearson 1896"),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def scores(simulated: ArrayLike, observed: ArrayLike, names: Iterable[str] = METRICS) -> dict[str, float]:
    """The value of each metric, in the order of `names`. Raises UsageError for a name that is not in METRICS."""
    chosen = list(names)
    if unknown := [name for name in chosen if name not in METRICS]:
        raise UsageError(f"no metric is called {unknown[0]!r}", why=f"there are {', '.join(METRICS)}")
    return {name: METRICS[name].function(simulated, observed) for name in chosen}


def reason(simulated: ArrayLike, observed: ArrayLike) -> str:
    """Why scores of this pair are NaN; "" where every metric has a value."""
    s, o = pairs(simulated, observed)
    if not o.size:
        return "no step has both a simulated and an observed value"
    if _constant(o):
        return "the observed series is constant" if o[0] else "the observed series is zero throughout"
    if _constant(s):
        return "the simulated series is constant"
    if not np.sum(o) or not o.max():
        return "the observed mean or peak is zero"
    return "a flow is negative" if np.isnan(log_nse(s, o)) else ""


def _constant(values: Series) -> bool:
    return values.size == 0 or bool(values.max() == values.min())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else NAN
