"""Which gauge stands at a nexus, from the hydrofabric's ways to say so."""

from __future__ import annotations

import re

URI = re.compile(
    r"\bgages?-([\w.-]+)", re.IGNORECASE
)  # Gages-01073000, alone or in a list with other points of interest


def gauge_of(uri: object) -> str | None:
    """The gauge in a `hl_uri` such as `Gages-01073000`; None where it names something else."""
    found = URI.search(uri) if isinstance(uri, str) else None
    return found.group(1) if found else None
