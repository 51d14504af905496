"""Entries in TRL's own logs for each judged batch: reasons, and shares of abstained, failed and slow scores.

    completions table   `ALIAS_reason`                                  why each completion got what it got
    metrics             `rewards/ALIAS/abstained`, `/failed`, `/slow`   shares of the completions that it judged
                        `rewards/unrewarded`                            share of completions without any reward

A completion that a condition or a gate kept from a reward was not judged by it.
"""

from collections.abc import Sequence

from rewardkit import Result, Rubric, Score
from rewardkit_trainers.trl.batch import Batch

SLOW = 0.5
"""A judgement is slow from this share of the deadline on, or when it had to be ended."""


def log(rubric: Rubric, batch: Batch, results: Sequence[Result]) -> None:
    """Hands reasons and shares to the trainer, as far as it takes them."""
    for alias in rubric.rewards:
        if batch.log_extra:
            batch.log_extra(f"{alias}_reason", [result.scores[alias].reason for result in results])
        if batch.log_metric:
            asked = [result for result in results if _was_asked(result.scores[alias])]
            if not asked:
                continue
            for status in ("abstained", "failed"):
                share = sum(result.scores[alias].status == status for result in asked) / len(asked)
                batch.log_metric(f"rewards/{alias}/{status}", share)
            slow = sum(_was_slow(rubric, result, alias) for result in asked) / len(asked)
            batch.log_metric(f"rewards/{alias}/slow", slow)
    if batch.log_metric and results:
        unrewarded = sum(result.reward is None for result in results) / len(results)
        batch.log_metric("rewards/unrewarded", unrewarded)


def _was_asked(score: Score) -> bool:
    return score.kind != "not_asked"


def _was_slow(rubric: Rubric, result: Result, alias: str) -> bool:
    # A judgement that was ended from outside has a score, and no time that the worker could measure.
    took_ms = result.elapsed_ms.get(alias)
    if took_ms is None:
        return result.scores[alias].status == "scored"
    return took_ms >= SLOW * rubric.limits.deadline_s * 1000
