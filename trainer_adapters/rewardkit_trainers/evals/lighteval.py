"""A rubric as a metric of lighteval: `metrics=[rubric_metric("rubric.yaml")]` in a task's configuration.

The metric `rewardkit` is the mean reward, and `rewardkit/ALIAS` the mean of each reward. A sample without a value
is NaN and left out of its mean; a 0 would be a wrong answer.
"""

import math
from collections.abc import Sequence
from typing import Any

from lighteval.metrics.metrics_sample import SampleLevelComputation
from lighteval.metrics.utils.metric_utils import SampleLevelMetricGrouping
from lighteval.tasks.requests import SamplingMethod

from rewardkit_trainers.naming import key_of, named_values
from rewardkit_trainers.row_scorer import RowScorer
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer

REWARD = "rewardkit"
"""Name of the metric that is the reward."""


def rubric_metric(rubric: str | None = None, *, workers: int | None = None) -> SampleLevelMetricGrouping:
    """The metric of a rubric.

    rubric   its file or name; None: what the environment variable REWARDKIT_RUBRIC names
    workers  number of judging processes; None: one for each processor
    """
    scorer = shared_scorer(rubric, workers=workers, alone="lighteval scores one sample at a time")
    names = [REWARD, *map(key_of, scorer.rubric.rewards)]
    return SampleLevelMetricGrouping(
        metric_name=names,
        higher_is_better=dict.fromkeys(names, True),
        category=SamplingMethod.GENERATIVE,
        sample_level_fn=RubricComputation(scorer, names),
        corpus_level_fn=dict.fromkeys(names, mean_of_known),
    )


class RubricComputation(SampleLevelComputation):  # type: ignore[misc]
    """The values of one sample."""

    def __init__(self, scorer: RowScorer, names: Sequence[str]) -> None:
        """Names are those of the metrics."""
        self._scorer = scorer
        self._names = names

    def compute(self, doc: Any, model_response: Any, **_: Any) -> dict[str, float]:
        """The values of the sample's first answer."""
        wanted = doc.get_golds()
        columns = {**(doc.specific or {}), "ground_truth": wanted[0] if len(wanted) == 1 else wanted or None}
        (result,) = self._scorer.judge([row_of(doc.query, model_response.final_text[0], columns)])
        found = {**named_values(result), REWARD: math.nan if result.reward is None else result.reward}
        return {name: found.get(name, math.nan) for name in self._names}


def mean_of_known(values: Sequence[float]) -> float:
    """The mean of what is known; NaN of nothing."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
