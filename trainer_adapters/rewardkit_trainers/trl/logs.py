"""Entries in TRL's own logs for each judged batch: reasons, and shares of abstained, failed and slow scores.

    completions table   `ALIAS_reason`                                  why each completion got what it got
    metrics             `rewards/ALIAS/abstained`, `/failed`, `/slow`   shares of the completions it was asked about
                        `rewards/ALIAS/seconds`                         time that its judging took, all workers together
                        `rewards/ALIAS/value`                           mean of its values, if no function has its name
                        `rewards/unrewarded`                            share of completions without any reward

A completion that a condition or a gate kept from a reward was not asked about. Every rank logs the same keys with each
batch: TRL gathers metrics by their names, and a name that one rank lacks would hang the others.
"""

import math
from collections.abc import Iterable, Sequence

from rewardkit import Result, Rubric
from rewardkit_trainers.trl.batch import Batch
from rewardkit_trainers.trl.columns import Column

SLOW = 0.5
"""A judgement is slow from this share of the deadline on, or when it was ended for its time."""
_ENDED = {"time_limit", "timeout", "overloaded", "breaker_open"}
"""Kinds of scores of judgements that were ended, or not begun, for their time."""


def log(rubric: Rubric, columns: Sequence[Column], batch: Batch, results: Sequence[Result]) -> None:
    """Hands reasons and shares to the trainer, as far as it takes them."""
    functions = {column.name for column in columns}
    for alias in rubric.rewards:
        if batch.log_extra:
            batch.log_extra(f"{alias}_reason", [result.scores[alias].reason for result in results])
        if batch.log_metric:
            asked = [result for result in results if result.scores[alias].kind != "not_asked"]
            for status in ("abstained", "failed"):
                batch.log_metric(f"rewards/{alias}/{status}", _share(r.scores[alias].status == status for r in asked))
            batch.log_metric(f"rewards/{alias}/slow", _share(_was_slow(rubric, result, alias) for result in asked))
            seconds = sum(result.elapsed_ms.get(alias, 0.0) for result in results) / 1000
            batch.log_metric(f"rewards/{alias}/seconds", seconds)
            if alias not in functions:
                values = [value for result in results if (value := result.scores[alias].value) is not None]
                batch.log_metric(f"rewards/{alias}/value", sum(values) / len(values) if values else math.nan)
    if batch.log_metric:
        batch.log_metric("rewards/unrewarded", _share(result.reward is None for result in results))


def _share(held: Iterable[bool]) -> float:
    """The share of what held; 0.0 of nothing."""
    values = list(held)
    return sum(values) / len(values) if values else 0.0


def _was_slow(rubric: Rubric, result: Result, alias: str) -> bool:
    # A judgement that was ended from outside has no time that the worker could measure.
    took_ms = result.elapsed_ms.get(alias, 0.0)
    return result.scores[alias].kind in _ENDED or took_ms >= SLOW * rubric.limits.deadline_s * 1000
