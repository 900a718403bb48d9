"""What every test may use: `--live`, and `missing`, which skips or fails as that option says."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI insist on the real things."""
    parser.addoption(
        "--live",
        action="store_true",
        help="a live test whose real counterpart is missing fails instead of being skipped",
    )


@pytest.fixture(scope="session")
def missing(request: pytest.FixtureRequest) -> Callable[[str], NoReturn]:
    """Say what is missing: a skip with its reason, or a failure with `--live`."""
    insist = request.config.getoption("--live")

    def say(reason: str) -> NoReturn:
        if insist:
            pytest.fail(f"--live: {reason}")
        pytest.skip(reason)

    return say


@pytest.fixture
def nobody() -> Iterator[tuple[Path, Callable[[], AbstractContextManager[None]]]]:
    """A folder that everybody may enter, and a context of being nobody: root may read and write everything."""

    @contextmanager
    def being() -> Iterator[None]:
        me = os.geteuid()
        os.seteuid(me or 65_534)
        try:
            yield
        finally:
            os.seteuid(me)

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder), being
