"""Translation of a result into TRL's columns, so that TRL's weighted sum is the rubric's reward. Pure.

TRL makes a reward of columns by `nansum(weight * column)`: a None is left out, and a completion of which every column
is None has no reward and no advantage. A rubric is such a sum where it combines by `sum`, bounds nothing but single
values, and its weights do not change. Its gates, conditions, bounds of single values and rules for missing scores are
no obstacle: all rewards of a completion are judged together, so a column can hold what its reward *gives* (0 behind
a closed gate, the bounded value, the number of `on_abstained`).

Any other rubric (a product, bounds of the whole, a schedule) is one column, `composed`, of weight 1; its rewards follow
as columns of weight 0, which TRL logs and does not add to the reward.

Where the rubric gives no reward, every column is None, also those of weight 0: one number among them, a probe's or that
of a reward that did not fail, and TRL would make a 0, or a part of the sum, of a completion that has no reward.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rewardkit import ConfigError, Result, Rubric, Sample
from rewardkit.adapters import term
from rewardkit_trainers.failed_rewards import has_weight

COMPOSED = "composed"
"""The column of a reward that TRL cannot compose."""


class Column(NamedTuple):
    """One column: its name in TRL's logs, and its weight in TRL's sum.

    Of a reward whose named values have weights each is a column: `ifeval.strict`.
    """

    name: str
    weight: float


def is_sum(rubric: Rubric) -> bool:
    """True if TRL's weighted sum can express the rubric."""
    fixed = not any(isinstance(config.weight, tuple) for config in rubric.rewards.values())
    return rubric.combine == "sum" and rubric.clip is None and fixed


def columns_of(rubric: Rubric, *, weighted: bool, single: bool = False) -> list[Column]:
    """The columns of a rubric.

    weighted  for trainers that take no weights: the weights are in the values, and what has no weight has no column
    single    one column for the whole rubric, for trainers that name each function in a configuration
    raises    ConfigError for a rubric without any weight, or whose aliases leave no name for a composed column
    """
    if not any(has_weight(rubric, alias) for alias in rubric.rewards):
        raise ConfigError(f"{rubric.where}: no reward has a weight, so there is nothing to train on; give one")
    if is_sum(rubric) and not single:
        weights = dict(_weights(rubric))
        if weighted:
            return [Column(alias, 1.0) for alias, weight in weights.items() if weight]
        return [Column(alias, weight) for alias, weight in weights.items()]
    if COMPOSED in rubric.rewards:
        raise ConfigError(f"{rubric.where}: the alias {COMPOSED!r} is taken by the composed reward; write another")
    return [Column(COMPOSED, 1.0), *([] if weighted or single else [Column(alias, 0.0) for alias in rubric.rewards])]


def _weights(rubric: Rubric) -> Iterator[tuple[str, float]]:
    """The weight of each reward, or of each of its named values, at the end of training."""
    for alias, config in rubric.rewards.items():
        weight = config.weight_at(1)
        if isinstance(weight, Mapping):
            yield from ((f"{alias}.{name}", one) for name, one in weight.items())
        else:
            yield alias, weight


def values_of(
    rubric: Rubric, columns: Sequence[Column], sample: Sample, result: Result, *, weighted: bool
) -> list[float | None]:
    """The values of one completion, in the order of the columns."""
    if result.reward is None:
        return [None] * len(columns)
    return [_value(rubric, column, sample, result, weighted=weighted) for column in columns]


def _value(rubric: Rubric, column: Column, sample: Sample, result: Result, *, weighted: bool) -> float | None:
    alias, name = rubric.named(column.name)
    if alias not in rubric.rewards:
        return result.reward
    if not column.weight:
        score = result.scores[alias]
        return score.value if name is None else score.value_of(name)
    weight = result.weights[alias] if weighted else 1.0
    if name is not None and isinstance(weight, Mapping):
        weight = weight[name]
    given = term(rubric, column.name, sample, result.scores, weight)
    return given if isinstance(given, float) else None
