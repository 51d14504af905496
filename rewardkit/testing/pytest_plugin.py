"""The plugin of pytest: fixtures `check_reward` and `audit_rubric`. pytest loads it wherever rewardkit is installed."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def check_reward() -> Callable[..., Any]:
    """`rewardkit.testing.check_reward`."""
    from rewardkit.testing import check_reward as check  # noqa: PLC0415 - loaded by who asks for it alone

    return check


@pytest.fixture(scope="session")
def audit_rubric() -> Callable[..., Any]:
    """A function that audits a rubric as `rewardkit.auditing.audit` does, and fails with what it found.

    level  the least level of findings that fails: `note`, `warning` (the default) or `error`
    """
    from rewardkit.auditing import audit  # noqa: PLC0415

    def audited(*arguments: Any, level: Any = "warning", **options: Any) -> Any:
        report = audit(*arguments, **options)
        if report.at_least(level):
            pytest.fail(str(report), pytrace=False)
        return report

    return audited
