"""The plugin of pytest: a fixture `check_reward`. pytest loads it wherever rewardkit is installed."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def check_reward() -> Callable[..., Any]:
    """`rewardkit.testing.check_reward`."""
    from rewardkit.testing import check_reward as check  # noqa: PLC0415 - loaded by who asks for it alone

    return check
