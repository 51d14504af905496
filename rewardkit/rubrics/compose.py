"""How the scores of one sample become its reward. Pure: the same scores, the same reward.

Each reward of the rubric gives a term, or is left out:

    what its score is                          what it gives
    its `when` does not hold                   left out
    a gate is closed                           0: no credit
    scored                                     the value, clipped
    abstained                                  `on_abstained`: left out (the default), None for the sample, or a number
    failed                                     `on_failed`: None for the sample (the default), or left out

The reward is the sum, or the product, of weight times term, clipped. It is None where a rule says so, where no term
is left (a sample that nobody judged has no reward, not a reward of 0), and where it overflows. A probe (weight 0)
takes no part at all, except as the gate of others.
"""

import math
from collections.abc import Mapping
from typing import Literal

from rewardkit.rubrics.rubric import Bounds, RewardConfig, Rubric
from rewardkit.sample import Sample
from rewardkit.score import Score

NOT_APPLYING = "does not apply: "
NOT_JUDGED = "not judged: "
"""How the reason begins where the rubric itself kept a reward from being asked."""


def applies(config: RewardConfig, sample: Sample) -> bool:
    """Whether the conditions of a reward hold for a sample. A column that is not there holds nothing."""
    return not config.when or all(sample.column(column) in wanted for column, wanted in config.when.items())


def closed_gate(rubric: Rubric, config: RewardConfig, sample: Sample, scores: Mapping[str, Score]) -> str | None:
    """The first gate that keeps a reward from being paid, None where all are open.

    A gate that abstained is closed, or a completion could gain by making its gate abstain. A gate whose own conditions
    do not hold for the sample is open: it was never meant for it.
    """
    for gate, least in config.gate.items():
        score = scores[gate]
        closed = score.status == "abstained" or (score.value is not None and score.value < least)
        if closed and applies(rubric.rewards[gate], sample):
            return gate
    return None


def failed_gate(config: RewardConfig, scores: Mapping[str, Score]) -> str | None:
    """The first gate of which nobody knows whether it is open, because its judge failed."""
    return next((gate for gate in config.gate if scores[gate].status == "failed"), None)


def unjudged(rubric: Rubric, config: RewardConfig, sample: Sample, scores: Mapping[str, Score]) -> Score | None:
    """The score of a reward that need not be asked, None where it must be."""
    if not applies(config, sample):
        column = next(column for column, wanted in config.when.items() if sample.column(column) not in wanted)
        return Score.abstained(f"{NOT_APPLYING}{column} is {sample.column(column)!r}"[:200], kind="not_asked")
    if not config.gate:
        return None
    if gate := closed_gate(rubric, config, sample, scores):
        return Score.abstained(f"{NOT_JUDGED}the gate {gate!r} is closed", kind="not_asked")
    if gate := failed_gate(config, scores):
        return Score.failed(f"{NOT_JUDGED}its gate {gate!r} failed", kind=scores[gate].kind)
    return None


Term = float | Literal["none"] | None
"""What a reward adds: weight times value; `none` where it makes the whole sample None; None where it is left out."""


def term(rubric: Rubric, alias: str, sample: Sample, scores: Mapping[str, Score], weight: float) -> Term:
    """What one reward of the rubric gives to the reward of a sample."""
    config = rubric.rewards[alias]
    if not weight or not applies(config, sample):
        return None
    if config.gate and (gate := closed_gate(rubric, config, sample, scores)):
        # In a sum nothing is as good as 0, and where nobody judged anything it is the truth.
        return None if scores[gate].status == "abstained" and rubric.combine == "sum" else 0.0
    score = scores[alias]
    if score.value is not None:
        return weight * _clipped(score.value, config.clip)
    rule = config.on_abstained if score.status == "abstained" else config.on_failed
    if isinstance(rule, str):
        return "none" if rule == "none" else None
    return weight * _clipped(rule, config.clip)


def compose(rubric: Rubric, sample: Sample, scores: Mapping[str, Score], weights: Mapping[str, float]) -> float | None:
    """The reward of a sample: `scores` and `weights` by alias."""
    terms = []
    for alias in rubric.rewards:
        given = term(rubric, alias, sample, scores, weights[alias])
        if given == "none":
            return None
        if isinstance(given, float):
            terms.append(given)
    if not terms:
        return None
    reward = _clipped(sum(terms) if rubric.combine == "sum" else math.prod(terms), rubric.clip)
    return reward if math.isfinite(reward) else None


def weights_at(rubric: Rubric, progress: float) -> dict[str, float]:
    """The weight of each reward at a progress of training from 0 to 1."""
    return {alias: config.weight_at(progress) for alias, config in rubric.rewards.items()}


def _clipped(value: float, bounds: Bounds | None) -> float:
    return value if bounds is None else min(max(value, bounds[0]), bounds[1])
