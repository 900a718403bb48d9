"""Tables of series as CSV text: a stamp and a value for each column, formatted in bulk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps


def write(path: Path, header: str, times: Stamps, columns: Sequence[NDArray[Any]], digits: int = 9) -> None:
    """Write columns of shape (steps,) beside their stamps, whole or not at all; a NaN is an empty cell."""
    stamps = np.char.replace(np.datetime_as_string(times.astype("datetime64[s]")), "T", " ").tolist()
    form = ",".join(["%s"] + [f"%.{digits}g"] * len(columns))
    rows = zip(stamps, *(column.tolist() for column in columns), strict=True)
    text = header + "\n" + "\n".join([form % row for row in rows]) + "\n"
    if any(np.isnan(column).any() for column in columns):
        text = text.replace(",nan", ",")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
