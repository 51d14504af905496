"""The choice itself: pure, from the table of the rows to what becomes of each.

A row is taken before another of its prompt by its reward, then by its length (shorter first), then by a digest of its
content and the seed: never by its place, so the same rows in another order give the same choice.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewardkit.selection.criteria import STEPS, Criteria
from rewardkit.selection.row_checks import CHECKS, LAST
from rewardkit.selection.similarity import near_duplicates
from rewardkit.selection.table import Table

NUMBER = {name: number for number, name in enumerate(STEPS, 1)}
"""The number of each step; 0 stands for a row that is kept."""
KEPT, REJECTED_OF_PAIR = 0, -1


_STEP_OF_CHECK = np.array([KEPT, *(NUMBER[check.step] for check in CHECKS)], dtype=np.int8)
_STEP_OF_LAST = np.array([KEPT, *(NUMBER[check.step] for check in LAST), NUMBER["contaminated"]], dtype=np.int8)
"""By the check that a row fails: its step. CONTAMINATED (-1) is the last."""


class Choice(NamedTuple):
    """The fate of each row."""

    fate: NDArray[np.int8]
    """(N,) KEPT, REJECTED_OF_PAIR, or the number of the step that rejects the row."""
    other: NDArray[np.int64]
    """(N,) the row that this one is a duplicate of, or with which it is a pair; -1 for none."""
    measure: NDArray[np.float64]
    """(N,) the pass rate of its prompt, or its similarity to the other; NaN for none."""


def choose(table: Table, criteria: Criteria) -> Choice:
    """Applies the criteria, step by step."""
    count = len(table)
    fate = np.zeros(count, dtype=np.int8)
    other = np.full(count, -1, dtype=np.int64)
    measure = np.full(count, np.nan)
    reward, correct = np.array(table.reward), np.array(table.correct)
    rank = _rank(table, reward)
    if criteria.needs_verdicts:
        fate[correct < 0] = NUMBER["judged"]
    elif criteria.needs_rewards:
        fate[np.isnan(reward)] = NUMBER["judged"]
    failed = _STEP_OF_CHECK[np.array(table.failed)]
    failed_last = _STEP_OF_LAST[np.array(table.failed_last)]
    losers: list[int] = []
    for rows in table.by_prompt():
        _by_pass_rate(rows, correct, fate, measure, criteria)
        if criteria.correct:
            wrong = rows[(fate[rows] == KEPT) & (correct[rows] == 0)]
            losers = [one for one in wrong.tolist() if not (criteria.not_truncated and table.truncated[one] == 1)]
            fate[wrong] = NUMBER["correct"]
        left = rows[fate[rows] == KEPT]
        fate[left] = failed[left]
        left = left[fate[left] == KEPT]
        left = left[np.argsort(rank[left], kind="stable")]
        left = _without_duplicates(left, table, fate, other, measure, criteria)
        if criteria.to == "dpo":
            _pair(left, losers if criteria.correct else None, reward, table, fate, other, criteria)
        elif criteria.per_prompt is not None:
            fate[left[criteria.per_prompt :]] = NUMBER["per_prompt"]
    last = (fate == KEPT) & (failed_last != KEPT)
    fate[last] = failed_last[last]
    if criteria.to == "dpo":  # what a rejected chosen one was paired with goes with it
        alone = (fate == REJECTED_OF_PAIR) & (fate[other] != KEPT)
        fate[alone] = NUMBER["correct"] if criteria.correct else NUMBER["per_prompt"]
        other[alone] = -1
    return Choice(fate, other, measure)


def random_choice(table: Table, size: int, seed: int) -> NDArray[np.intp]:
    """So many rows, chosen at random, the same by the same seed in every order of the rows."""
    keys = np.array(table.tie, dtype=np.int64).astype(np.uint64)
    with np.errstate(over="ignore"):
        # Equal rows have one digest: without their number among equals they would be chosen together, or not at all.
        mixed = ((keys + _number_among_equals(keys)) ^ np.uint64(seed & 0xFFFFFFFF)) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    return np.sort(np.argsort(mixed, kind="stable")[:size])


def _number_among_equals(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """How many equal keys stand before each, times a large odd number."""
    order = np.argsort(keys, kind="stable")
    index = np.arange(len(keys))
    begins = np.ones(len(keys), dtype=np.bool_)
    begins[1:] = keys[order][1:] != keys[order][:-1]
    number = np.empty(len(keys), dtype=np.uint64)
    number[order] = (index - np.maximum.accumulate(np.where(begins, index, 0))).astype(np.uint64)
    with np.errstate(over="ignore"):
        return number * np.uint64(0x9E3779B97F4A7C15)


def _rank(table: Table, reward: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of each row when all are put in order: the best first, then the shortest, then by the tie."""
    order = np.lexsort((np.array(table.tie), table.length, -np.nan_to_num(reward, nan=-np.inf)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _by_pass_rate(
    rows: NDArray[np.intp],
    correct: NDArray[np.int8],
    fate: NDArray[np.int8],
    measure: NDArray[np.float64],
    criteria: Criteria,
) -> None:
    """Rejects the rows of a prompt that is too easy or too hard."""
    if not (criteria.solved_by_some or criteria.min_pass_rate is not None or criteria.max_pass_rate is not None):
        return
    judged = rows[correct[rows] >= 0]
    if not len(judged):
        return
    rate = float((correct[judged] == 1).mean())
    low = criteria.min_pass_rate if criteria.min_pass_rate is not None else 0.0
    high = criteria.max_pass_rate if criteria.max_pass_rate is not None else 1.0
    if not low <= rate <= high or (criteria.solved_by_some and not 0 < rate < 1):
        out = rows[fate[rows] == KEPT]
        fate[out], measure[out] = NUMBER["pass_rate"], rate


def _without_duplicates(
    left: NDArray[np.intp],
    table: Table,
    fate: NDArray[np.int8],
    other: NDArray[np.int64],
    measure: NDArray[np.float64],
    criteria: Criteria,
) -> NDArray[np.intp]:
    """The rows of a prompt without those that are duplicates of a better one."""
    if criteria.unique or criteria.distinct_equations:
        first: dict[int, int] = {}
        for index in left.tolist():
            kept = first.setdefault(table.text[index], index)
            if kept != index:
                fate[index], other[index] = NUMBER["duplicates"], kept
        left = left[fate[left] == KEPT]
    if criteria.near_duplicates is not None:
        for index, kept, share in near_duplicates(left.tolist(), table.signatures, criteria.near_duplicates):
            fate[index], other[index], measure[index] = NUMBER["near_duplicates"], kept, share
        left = left[fate[left] == KEPT]
    return left


def _pair(
    left: NDArray[np.intp],
    losers: list[int] | None,
    reward: NDArray[np.float64],
    table: Table,
    fate: NDArray[np.int8],
    other: NDArray[np.int64],
    criteria: Criteria,
) -> None:
    """Pairs the best rows of a prompt with its wrong ones, or the best with the worst where nothing tells wrong ones.

    No text stands in two pairs of a prompt.
    """
    chosen = left.tolist()
    worst_first = chosen[::-1] if losers is None else sorted(losers, key=lambda index: table.tie[index])
    unused = list({table.text[index]: index for index in reversed(worst_first)}.values())[::-1]
    pairs = 0
    for index in chosen:
        if fate[index] != KEPT:
            continue
        fate[index] = NUMBER["per_prompt"]
        if pairs == (criteria.per_prompt or len(chosen)):
            continue
        fits = (one for one in unused if losers is not None or reward[one] < reward[index])
        partner = next((one for one in fits if table.text[one] != table.text[index]), None)
        if partner is not None:
            unused.remove(partner)
            fate[index], fate[partner] = KEPT, REJECTED_OF_PAIR
            other[partner], other[index] = index, partner
            pairs += 1
