"""Plugins that are switched off, by the rubric, the command line or the environment: nothing of theirs is imported.

disable: [rewardkit-brevity, other:format]      of a rubric
--no-plugin rewardkit-brevity                   for one run
REWARDKIT_DISABLE=rewardkit-brevity,math        for every command
"""

import os
from collections.abc import Iterable

VARIABLE = "REWARDKIT_DISABLE"
"""Environment variable: names of plugins that are switched off, separated by commas."""


def disabled(names: Iterable[str] = ()) -> frozenset[str]:
    """The names that are switched off: these, and those of the environment."""
    given = os.environ.get(VARIABLE, "").split(",")
    return frozenset(name.strip() for name in (*names, *given) if name.strip())
