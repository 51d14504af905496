"""Rules of all tests: no skip goes unnoticed where everything is required, and a plugin that misbehaves to order."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIRE_ALL = "REWARDKIT_REQUIRE_ALL"
"""Environment variable: where it is set, a test that is skipped fails, unless it needs a GPU."""


def pytest_configure() -> None:
    """Lets children be interrupted also where the tests run in a shell's background, which ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    return report if item.get_closest_marker("gpu") else required(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    return required(report)


def required(report: pytest.TestReport | pytest.CollectReport) -> pytest.TestReport | pytest.CollectReport:
    """A skip made a failure where everything is required."""
    if report.skipped and os.environ.get(REQUIRE_ALL):
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


@pytest.fixture(scope="session")
def numerical_packages() -> list[str]:
    """Packages for `sandbox: {packages: …}`: numpy and pandas from the index, built once in the user's own cache."""
    from rewardkit_sandbox import SandboxUnavailableError, build_packages, built_packages

    names = ["numpy", "pandas"]
    try:
        if not any(set(one.requested) == set(names) for one in built_packages()):
            build_packages(names)
    except SandboxUnavailableError as exc:
        pytest.skip(str(exc))
    return names
