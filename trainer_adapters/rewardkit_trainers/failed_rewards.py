"""Rewards that fail while a model trains: reported on the console with the reason; an error before the first step."""

import logging
import os
import threading
from collections.abc import Mapping, Sequence

from rewardkit import InfrastructureError, Result, Rubric

logger = logging.getLogger(__name__)

_LOAD = frozenset(("timeout", "overloaded", "breaker_open"))
"""Kinds of failures by which one process of several may fall behind, and which end no run of many."""


def has_weight(rubric: Rubric, alias: str) -> bool:
    """True if a reward has a weight at any time of training."""
    weight = rubric.rewards[alias].weight
    if isinstance(weight, tuple):
        return any(height for _, height in weight)
    return any(weight.values()) if isinstance(weight, Mapping) else bool(weight)


def distributed() -> bool:
    """True in a run of several processes, which wait for each other."""
    return int(os.environ.get("WORLD_SIZE") or 1) > 1


class FailedRewards:
    """Counts the failed scores of each reward that has a weight. Can be asked from any thread."""

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        self._lock = threading.Lock()
        self._counts = {alias: 0 for alias in rubric.rewards if has_weight(rubric, alias)}

    def count(self, results: Sequence[Result], *, must_work: bool) -> None:
        """Counts the results of a batch, and warns at the first, second, fourth, … failure of a reward.

        must_work  nothing was trained yet: a reward that failed on all completions is an error
        raises     InfrastructureError
        """
        for alias in self._counts:
            scores = [result.scores[alias] for result in results]
            asked = [score for score in scores if score.kind != "not_asked"]
            failed = [score for score in asked if score.status == "failed"]
            broken = [score for score in failed if not (distributed() and score.kind in _LOAD)]
            if must_work and broken and len(failed) == len(asked):
                raise InfrastructureError(
                    f"{self._rubric.where}: rewards.{alias} failed on all {len(failed)} completions of the first "
                    f"batch, so nothing would be trained by it: {broken[0].kind}: {broken[0].reason}"
                )
            with self._lock:
                before = self._counts[alias]
                count = self._counts[alias] = before + len(failed)
            if count.bit_length() > before.bit_length():
                logger.warning(
                    "the reward %s failed on %d completions so far, which get no reward; the last: %s: %s",
                    alias,
                    count,
                    failed[-1].kind,
                    failed[-1].reason,
                )
