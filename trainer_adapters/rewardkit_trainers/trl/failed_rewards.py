"""Rewards that fail while a model trains: said on the console with the reason, and an error before the first step."""

import logging
from collections.abc import Sequence

from rewardkit import InfrastructureError, Result, Rubric
from rewardkit_trainers.repeated_warnings import is_power_of_two
from rewardkit_trainers.trl.columns import has_weight

logger = logging.getLogger(__name__)


class FailedRewards:
    """Counts the failed scores of each reward that has a weight."""

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
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
            if must_work and failed and len(failed) == len(asked):
                raise InfrastructureError(
                    f"{self._rubric.where}: rewards.{alias} failed on all {len(failed)} completions of the first "
                    f"batch, so nothing would be trained by it: {failed[0].kind}: {failed[0].reason}"
                )
            for score in failed:
                self._counts[alias] += 1
                if is_power_of_two(self._counts[alias]):
                    logger.warning(
                        "the reward %s failed on %d completions so far, which get no reward; the last: %s: %s",
                        alias,
                        self._counts[alias],
                        score.kind,
                        score.reason,
                    )
