"""Remarks on ground truths before anything is judged: what a reward says of the first rows' by `check_ground_truth`."""

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rewardkit.rewards.interface import Reward
from rewardkit.rubrics.compose import applies
from rewardkit.rubrics.resolution import Step
from rewardkit.sample import Sample
from rewardkit.text import one_line

ROWS = 100
"""Rows at the beginning of a run whose ground truths are looked at."""
ROWS_NAMED = 3
TEXT_CHARACTERS = 60
SECONDS = 2.0
"""Processor time that the remarks of one run may take; then the rest of the rows is left out."""


class Found(NamedTuple):
    """One ground truth, with the place of its row."""

    where: str
    text: str


def checks_ground_truths(steps: Iterable[Step]) -> bool:
    """True if a reward has something to say about ground truths."""
    return any(_has_check(step.installed.reward) for step in steps)


def ground_truth_remarks(
    steps: Iterable[Step], samples: Iterable[tuple[str, Sample]], *, redact: bool = False
) -> Iterator[str]:
    """A sentence for each remark that a reward makes, with the number of rows and the first of them.

    samples  the place of each row, and its sample
    redact   without the ground truths themselves
    """
    rows = [(where, sample) for where, sample in samples if sample.ground_truth is not None]
    until = time.process_time() + SECONDS
    for step in steps:
        if not _has_check(step.installed.reward):
            continue
        remarks: dict[str, list[Found]] = {}
        seen: set[str] = set()
        for where, sample in rows:
            text = str(sample.ground_truth)
            if text in seen or not applies(step.config, sample) or time.process_time() > until:
                continue
            seen.add(text)
            remark = _remark(step, sample)
            if remark:
                remarks.setdefault(remark, []).append(Found(where, text))
        for remark, found in remarks.items():
            yield _sentence(step.alias, remark, found, len(seen), redact=redact)


def _has_check(reward: type[Reward]) -> bool:
    return reward.check_ground_truth.__func__ is not Reward.check_ground_truth.__func__  # type: ignore[attr-defined]


def _remark(step: Step, sample: Sample) -> str | None:
    try:
        remark = step.installed.reward.check_ground_truth(sample.ground_truth, step.params)
    except Exception as error:  # noqa: BLE001 - the boundary: a plugin may raise anything; it is reported
        return f"could not be checked: check_ground_truth raised {type(error).__name__}"
    return None if remark is None else one_line(str(remark)[:200])


def _sentence(alias: str, remark: str, found: list[Found], looked_at: int, *, redact: bool) -> str:
    """`math: 2 of the first 100 ground truths can only be compared as words: a.jsonl:3 'a cat', …`."""
    named = [
        one.where if redact else f"{one.where} {one_line(one.text[:TEXT_CHARACTERS])!r}" for one in found[:ROWS_NAMED]
    ]
    more = ", …" if len(found) > ROWS_NAMED else ""
    return f"{alias}: {len(found)} of the first {looked_at} ground truths {remark}: {', '.join(named)}{more}"
