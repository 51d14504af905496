"""A rubric as a metric of lm-eval, by the rubric that REWARDKIT_RUBRIC names.

    # utils.py, beside the task: from rewardkit_trainers.evals.lm_eval import process_results
    process_results: !function utils.process_results
    metric_list: [{metric: rewardkit, aggregation: rewardkit_mean, higher_is_better: true}]

A document without a reward is NaN, and the aggregation `rewardkit_mean`, which this module registers, leaves it
out; a 0 would be a wrong answer. Values of single rewards, `rewardkit/ALIAS`, are averaged where `metric_list`
names them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.registry import register_aggregation, register_metric

from rewardkit_trainers.naming import named_values
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer


@register_aggregation("rewardkit_mean")  # type: ignore[untyped-decorator]
def rewardkit_mean(values: Sequence[float]) -> float:
    """The mean of what has a reward; NaN of nothing."""
    left = [value for value in values if not math.isnan(value)]
    return sum(left) / len(left) if left else math.nan


@register_metric(  # type: ignore[untyped-decorator]
    metric="rewardkit", higher_is_better=True, output_type="generate_until", aggregation="rewardkit_mean"
)
def rewardkit(items: Any) -> Any:
    """Passes on what `process_results` found."""
    return items


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """The reward of a document's first answer under `rewardkit`, by the rubric that REWARDKIT_RUBRIC names."""
    scorer = shared_scorer(None, alone="lm-eval scores one document at a time")
    prompt = doc.get("question", doc.get("prompt", ""))
    (result,) = scorer.judge([row_of(prompt, results[0], doc)])
    return {"rewardkit": math.nan if result.reward is None else result.reward, **named_values(result)}
