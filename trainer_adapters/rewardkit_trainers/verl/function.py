"""verl's `compute_score`: one completion at a time, for any of its reward managers.

A function of this form is never given which group a completion belongs to, how many tokens it has, or what was asked:
`RewardKitRewardManager` is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit import Result
from rewardkit_trainers.imputation import OnNone
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer

WORKERS = 2
"""Worker processes of each of verl's reward workers, of which there are eight by default."""

_ALONE = "compute_score is asked about one completion at a time (RewardKitRewardManager is not)"


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    rubric: str | None = None,
    on_none: OnNone = "mean",
    plugins: Sequence[str] = (),
    workers: int = WORKERS,
    engine: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    """The reward of a completion under `score`, and its scores beside it, under the same keys for every row.

    rubric   path of the rubric; None: what the environment variable REWARDKIT_RUBRIC names
    on_none  what becomes of a completion without a reward: `mean`, `raise`, or a number; see `imputation.py`
    plugins  local Python files that bring rewards
    workers  number of processes that judge, on a cluster of each node
    engine   `local`, `ray` or the URL of a server; None: what the variable REWARDKIT_ENGINE names, else `local`
    raises   ConfigError for what is wrong with the rubric; UnrewardedError where on_none is `raise`
    """
    scorer = shared_scorer(rubric, on_none=on_none, plugins=plugins, workers=workers, alone=_ALONE, engine=engine)
    extra = dict(extra_info or {})
    (result,) = scorer.judge(
        [row_of("", solution_str, {"data_source": data_source, "extra_info": extra, "ground_truth": ground_truth})]
    )
    group = repr((data_source, extra.get("index"), ground_truth))  # all that is known of the prompt
    (numbers,) = scorer.numbers([result], [group])
    return numbers | words(result)


def words(result: Result) -> dict[str, str]:
    """The texts of a rollout dump, besides its numbers; verl makes no metrics of text."""
    texts: dict[str, str] = {}
    for alias, score in result.scores.items():
        texts[f"rewardkit/{alias}/status"] = score.status
        texts[f"rewardkit/{alias}/reason"] = score.reason
    return texts
