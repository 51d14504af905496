"""rewardkit in slime: a custom reward, for one sample or for whole groups, and its values in slime's logs.

    python train.py … --custom-rm-path rewardkit_trainers.slime.custom_rm \
        --custom-rollout-log-function-path rewardkit_trainers.slime.log_values --custom-config-path rewardkit.yaml

    # rewardkit.yaml: slime makes an argument of each line
    rewardkit_rubric: /data/rubric.yaml

slime has no None, but a sample can be left out of the loss: a completion without a reward is (`remove_sample`), and its
reward is the mean of its group, so that it moves nobody else's advantage. With `--group-rm` the whole group is judged
together, which rewards that see groups need.
"""

from collections.abc import Sequence
from typing import Any

from rewardkit_trainers.naming import SCORE, named_values
from rewardkit_trainers.row_scorer import RowScorer
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer

METADATA = "rewardkit"
"""Key of a sample's metadata where the value of each reward stands."""

_ALONE = "without --group-rm slime asks for one completion at a time"


async def custom_rm(args: Any, sample: Any, **_: Any) -> Any:
    """The reward of a sample; of each sample of a list.

    args     slime's; read are `reward_key`, `group_rm`, and of the file that `--custom-config-path` names
             `rewardkit_rubric` (else the environment variable REWARDKIT_RUBRIC), `rewardkit_on_none` (`mean`),
             `rewardkit_plugins`, `rewardkit_workers`, `rewardkit_engine`
    returns  a number; where `--reward-key` is given a dict with `score`, `rewardkit/ALIAS`, `rewardkit/unrewarded`
    raises   ConfigError for what is wrong with the rubric; UnrewardedError where `rewardkit_on_none` is `raise`
    """
    samples = sample if isinstance(sample, list) else [sample]
    scorer = _scorer(args)
    results = await scorer.judge_async([_row(one) for one in samples])
    all_numbers = scorer.numbers(results, [str(one.group_index) for one in samples])
    for one, result in zip(samples, results, strict=True):
        one.metadata = {**(one.metadata or {}), METADATA: named_values(result)}
        one.remove_sample = one.remove_sample or result.reward is None
    rewards = [numbers if getattr(args, "reward_key", None) else numbers[SCORE] for numbers in all_numbers]
    return rewards if isinstance(sample, list) else rewards[0]


def log_values(
    rollout_id: int,
    args: Any,
    samples: Sequence[Any],
    rollout_extra_metrics: dict[str, Any] | None,
    rollout_time: float,
) -> bool:
    """Adds the mean of each reward's values to the metrics of a rollout; slime then logs as always.

    Where slime passes no metrics to add to, nothing is added.
    """
    del rollout_id, args, rollout_time
    if rollout_extra_metrics is not None:
        rollout_extra_metrics |= means(samples)
    return False


def means(samples: Sequence[Any]) -> dict[str, float]:
    """The mean of each reward over the samples that have a value of it, and the share of those without a reward."""
    values: dict[str, list[float]] = {}
    for sample in samples:
        for name, value in (sample.metadata or {}).get(METADATA, {}).items():
            values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}


def _row(sample: Any) -> dict[str, Any]:
    columns = {name: value for name, value in (sample.metadata or {}).items() if name != METADATA}
    return row_of(
        sample.prompt,
        sample.response,
        columns | {"ground_truth": sample.label},
        completion_tokens=sample.response_length or None,
        truncated=sample.status.name == "TRUNCATED",
        group=None if sample.group_index is None else str(sample.group_index),
    )


def _scorer(args: Any) -> RowScorer:
    return shared_scorer(
        getattr(args, "rewardkit_rubric", None),
        on_none=getattr(args, "rewardkit_on_none", "mean"),
        plugins=tuple(getattr(args, "rewardkit_plugins", ())),
        workers=getattr(args, "rewardkit_workers", None),
        engine=getattr(args, "rewardkit_engine", None),
        alone=None
        if getattr(args, "group_rm", False)
        else "without --group-rm slime asks for one completion at a time",
    )
