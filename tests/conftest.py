"""What every test may use: `--live`, and `missing`, which skips or fails as that option says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


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
