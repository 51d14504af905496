"""The composition of one sample's scores into its reward. Pure: the same scores, the same reward.

Each reward of the rubric gives a term, or is left out:

    what its score is                          what it gives
    its `when` does not hold                   left out
    a gate is closed by its value              0: no credit, behind a chain of gates too
    a gate abstained                           left out of a sum; 0 in a product: no credit either
    scored                                     the value, clipped; of named values each that has a weight
    abstained                                  `on_abstained`: left out (the default), None for the sample, or a number
    failed                                     `on_failed`: None for the sample (the default), or left out

The reward is the sum, or the product, of weight times term, clipped. It is None where a rule says so, where no term
remains (a sample that nobody judged has no reward, not a reward of 0), and where it overflows. A probe (weight 0)
takes no part at all, except as the gate of others.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from rewardkit.rubrics.rubric import Bounds, RewardConfig, Rubric
from rewardkit.sample import Sample
from rewardkit.score import Score, Weight

GateValue = Literal["open", "closed", "abstained", "failed"]
"""How a gate stands: `closed` by a value below its least one; `abstained` and `failed` as its judgement ended."""


def applies(config: RewardConfig, sample: Sample) -> bool:
    """True where the conditions of a reward hold for a sample; a missing column fulfils no condition."""
    return not config.when or all(sample.column(column) in wanted for column, wanted in config.when.items())


def gate_value(rubric: Rubric, config: RewardConfig, sample: Sample, scores: Mapping[str, Score]) -> GateValue:
    """How the gates of a reward stand together: a gate of which it is known that it is closed counts first.

    A gate that abstained is closed too, or a completion could gain by making its gate abstain. A gate whose own
    conditions do not hold for the sample is open: it was never meant for it. A gate that was not asked because one of
    its own gates is closed stands as that one does, so a completion gets 0 behind a whole chain of gates.
    """
    values = {_value_of_gate(rubric, gate, least, sample, scores) for gate, least in config.gate.items()}
    return next((value for value in ("closed", "abstained", "failed") if value in values), "open")


def _value_of_gate(rubric: Rubric, gate: str, least: float, sample: Sample, scores: Mapping[str, Score]) -> GateValue:
    alias, name = rubric.named(gate)
    score, config = scores[alias], rubric.rewards[alias]
    if score.status == "failed":
        return "failed"
    value = _value(score, name)
    if value is not None:
        return "closed" if value < least and applies(config, sample) else "open"
    if not applies(config, sample):
        return "open"
    if score.kind == "not_asked":
        return gate_value(rubric, config, sample, scores)
    return "abstained"


def _value(score: Score, name: str | None) -> float | None:
    """The value of a score, or one of its named values."""
    return score.value if name is None else score.value_of(name)


def unjudged(rubric: Rubric, config: RewardConfig, sample: Sample, scores: Mapping[str, Score]) -> Score | None:
    """The score of a reward that need not be asked, None where it must be."""
    if not applies(config, sample):
        column = next(column for column, wanted in config.when.items() if sample.column(column) not in wanted)
        return Score.abstained(f"does not apply: {column} is {sample.column(column)!r}"[:200], kind="not_asked")
    if not config.gate:
        return None
    value = gate_value(rubric, config, sample, scores)
    if value == "open":
        return None
    gate = next(
        gate for gate, least in config.gate.items() if _value_of_gate(rubric, gate, least, sample, scores) == value
    )
    if value == "failed":
        return Score.failed(f"not judged: its gate {gate!r} failed", kind=scores[rubric.named(gate)[0]].kind)
    closed = {"gate": gate} if value == "closed" else {}
    return Score.abstained(f"not judged: the gate {gate!r} is closed", kind="not_asked", **closed)


Term = float | Literal["none"] | None
"""A reward's share: weight times value; `none` where it makes the whole sample None; None where it is left out."""


def term(rubric: Rubric, name: str, sample: Sample, scores: Mapping[str, Score], weight: Weight) -> Term:
    """The share of one reward of the rubric in the reward of a sample.

    name    its alias, or one of its values: `ifeval.strict`
    weight  of several values the sum of their shares; None where all are left out
    """
    if isinstance(weight, Mapping):
        return _together([term(rubric, f"{name}.{value}", sample, scores, one) for value, one in weight.items()])
    alias, value_name = rubric.named(name)
    config = rubric.rewards[alias]
    if not weight or not applies(config, sample):
        return None
    if config.gate and (value := gate_value(rubric, config, sample, scores)) in ("closed", "abstained"):
        # In a sum nothing is as good as 0, and where nobody judged anything it is the truth.
        return None if value == "abstained" and rubric.combine == "sum" else 0.0
    score = scores[alias]
    clip = config.clip.get(value_name or "") if isinstance(config.clip, Mapping) else config.clip
    if score.value is not None:
        named = _value(score, value_name)
        return None if named is None else weight * _clipped(named, clip)
    rule = config.on_abstained if score.status == "abstained" else config.on_failed
    if isinstance(rule, str):
        return "none" if rule == "none" else None
    return weight * _clipped(rule, clip)


def _together(terms: Sequence[Term]) -> Term:
    if "none" in terms:
        return "none"
    given = [one for one in terms if isinstance(one, float)]
    return _sum(given) if given else None


def compose(rubric: Rubric, sample: Sample, scores: Mapping[str, Score], weights: Mapping[str, Weight]) -> float | None:
    """The reward of a sample: `scores` and `weights` by alias."""
    terms = []
    for alias, config in rubric.rewards.items():
        weight, score = weights[alias], scores[alias]
        if score.value is not None and type(weight) is float and not (config.when or config.gate or config.clip):
            if weight:  # the commonest case of `term`
                terms.append(weight * score.value)
            continue
        given = term(rubric, alias, sample, scores, weight)
        if given == "none":
            return None
        if isinstance(given, float):
            terms.append(given)
    if not terms:
        return None
    reward = _clipped(_sum(terms) if rubric.combine == "sum" else math.prod(terms), rubric.clip)
    return reward if math.isfinite(reward) else None


def _sum(terms: Sequence[float]) -> float:
    """The sum, rounded once: the same on every version of Python, whatever the order of the terms."""
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # beyond the largest float, or infinities of both signs
        return sum(terms)


def weights_at(rubric: Rubric, progress: float) -> dict[str, Weight]:
    """The weight of each reward at a progress of training from 0 to 1."""
    return {alias: config.weight_at(progress) for alias, config in rubric.rewards.items()}


def _clipped(value: float, bounds: Bounds | None) -> float:
    return value if bounds is None else min(max(value, bounds[0]), bounds[1])
