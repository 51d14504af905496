"""Tests for authors of rewards: everything that a reward must keep so that a training run can trust it.

    from rewardkit.testing import RewardTests

    class TestBrevity(RewardTests):
        reward = "brevity"
        samples = [
            {"prompt": "Say yes.", "completion": "Yes.", "expected": "full"},
            {"prompt": "Say yes.", "completion": "Well, " * 100, "expected": "zero"},
        ]

Each check is one test of pytest. `check_reward` runs all of them in one call, `rewardkit check` from the command line.
Names are imported when they are first used: pytest loads this package in every run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardkit.testing.checks import CHECKS as CHECKS
    from rewardkit.testing.examine import check_reward as check_reward
    from rewardkit.testing.report import CheckResult as CheckResult
    from rewardkit.testing.report import Report as Report
    from rewardkit.testing.reward_tests import RewardTests as RewardTests

_MODULE_OF = {
    "CHECKS": "checks",
    "CheckResult": "report",
    "Report": "report",
    "RewardTests": "reward_tests",
    "check_reward": "examine",
}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - as in the package above


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rewardkit.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rewardkit.testing.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
