"""What all tests share: no skip goes unnoticed where everything is required, and a plugin that misbehaves to order."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIRE_ALL = "REWARDKIT_REQUIRE_ALL"
"""Environment variable: where it is set, a test that is skipped fails, unless it needs a GPU."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped and os.environ.get(REQUIRE_ALL) and not item.get_closest_marker("gpu"):
        report.outcome = "failed"
        report.longrepr = f"skipped where everything is required ({REQUIRE_ALL}): {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def misbehaving(repository: Path) -> Path:
    """A plugin file whose rewards do what the completion tells them to."""
    return repository / "tests" / "core" / "misbehaving.py"
