"""The latitude of points in EPSG:5070 (NAD83 / Conus Albers), the projection of the national hydrofabrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXIS = 6378137.0  # m, GRS 1980
FLATTENING = 1 / 298.257222101
ORIGIN, PARALLELS = np.radians(23.0), np.radians([29.5, 45.5])
E2 = FLATTENING * (2 - FLATTENING)
E = E2**0.5


def authalic(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """The q of equation 3-12 (Snyder 1987, p. 16)."""
    sine = np.sin(latitude)
    logarithm = np.log((1 - E * sine) / (1 + E * sine)) / (2 * E)
    return np.asarray((1 - E2) * (sine / (1 - E2 * sine**2) - logarithm), dtype=np.float64)


def latitude(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees north of points in metres.

    Snyder, J. P. (1987): Map projections: a working manual. USGS Professional Paper 1395, Albers equal-area conic on
    the ellipsoid, equations 14-3 to 14-21 (pp. 101-102); the series is 3-18.
    """
    scale = np.cos(PARALLELS) / np.sqrt(1 - E2 * np.sin(PARALLELS) ** 2)
    q = authalic(PARALLELS)
    n = (scale[0] ** 2 - scale[1] ** 2) / (q[1] - q[0])
    c = scale[0] ** 2 + n * q[0]
    rho0 = AXIS * np.sqrt(c - n * authalic(ORIGIN)) / n
    rho = np.hypot(x, rho0 - y)
    sine = (c - (rho * n / AXIS) ** 2) / n / authalic(np.asarray(np.pi / 2))
    beta = np.arcsin(np.clip(sine, -1, 1))
    series = (
        (E2 / 3 + 31 * E2**2 / 180 + 517 * E2**3 / 5040) * np.sin(2 * beta)
        + (23 * E2**2 / 360 + 251 * E2**3 / 3780) * np.sin(4 * beta)
        + 761 * E2**3 / 45360 * np.sin(6 * beta)
    )
    return np.asarray(np.degrees(beta + series), dtype=np.float64)
