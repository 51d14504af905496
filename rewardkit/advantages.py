"""Advantages: the rewards of a group made relative, by the estimators in use.

    >>> from rewardkit import advantages
    >>> advantages.dr_grpo([1.0, 0.0, 0.0, 1.0], ["a", "a", "a", "a"]).tolist()
    [0.5, -0.5, -0.5, 0.5]

What all of them share:

    rewards   (N,), or (N, R) for R rewards of each sample, which `weights` (R,) add up (all 1 unless given)
    groups    (N,) hashable keys; samples with the same key are completions of one prompt, in any order
    returns   (N,) float64, in the order of the samples

Lists, arrays and torch tensors are taken alike, for `groups` too.

None and NaN both mean that a sample could not be scored. Such a sample counts in no mean and no deviation, and its
advantage is 0: it teaches nothing. Where only some of a sample's R rewards are missing, they count as 0 in the sum, as
in TRL; `gdpo` takes them as neutral instead. A group whose rewards are all equal, but for rounding (`EQUAL`), has
advantage 0 throughout, exactly, whatever the epsilon.
A group of one (or with one scored sample) has 0 too, unless the estimator says otherwise. An infinite reward, and
lengths that differ, raise ValueError.

The sources: TRL at f2cd577 (trl/trainer/grpo_trainer.py), verl at b178a3c (verl/trainer/ppo/core_algos.py). Deviations
are of the sample (ddof 1), as torch computes them, unless a function says otherwise.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

EQUAL = 1e-6
"""Relative difference up to which rewards are equal: 0.1 + 0.2 and 0.3, also in float32, teach nothing."""

Floats = NDArray[np.float64]
Estimator = Callable[..., Floats]


def grpo(
    rewards: Any,
    groups: Sequence[Hashable],
    *,
    weights: Any = None,
    scale: Literal["group", "batch", "none"] = "group",
    ddof: int = 1,
    eps: float = 1e-4,
) -> Floats:
    """(r - mean) / (std + eps) as TRL computes it: mean of the group, deviation of the group or of the whole batch.

    Shao et al. 2024, arXiv:2402.03300; TRL's `scale_rewards` is `scale`.
    """
    values = _summed(rewards, weights)
    group = _Groups(values, groups)
    centred = group.centred()
    if scale == "none":
        return group.spread_out(centred)
    std = group.std(centred, ddof) if scale == "group" else np.full_like(centred, _std(group.values, ddof))
    return group.spread_out(_ratio(centred, std + eps))


def grpo_paper(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """(r - mean) / std as the paper writes it, the deviation that of the population (arXiv:2402.03300, 2501.12948)."""
    return grpo(rewards, groups, weights=weights, ddof=0, eps=0.0)


def verl_grpo(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None, eps: float = 1e-6) -> Floats:
    """GRPO as verl computes it: a group of one keeps its reward, as if mean were 0 and deviation 1."""
    group = _Groups(_summed(rewards, weights), groups)
    centred = group.centred()
    relative = _ratio(centred, group.std(centred, 1) + eps)
    return group.spread_out(np.where(group.alone, group.values / (1.0 + eps), relative))


def dr_grpo(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """Reward - mean, no deviation, which favours questions that are too easy or too hard (arXiv:2503.20783)."""
    return grpo(rewards, groups, weights=weights, scale="none")


def rloo(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """Reward - mean of the others in the group (Ahmadian et al. 2024, arXiv:2402.14740).

    A group of one keeps its reward, as in verl.
    """
    group = _Groups(_summed(rewards, weights), groups)
    others = np.maximum(group.count - 1, 1)
    return group.spread_out(np.where(group.alone, group.values, group.centred() * group.count / others))


def rpp_baseline(
    rewards: Any, groups: Sequence[Hashable], *, weights: Any = None, lengths: Any = None, eps: float = 1e-8
) -> Floats:
    """REINFORCE++ with a baseline: r - mean of the group, then whitened over the batch (Hu 2025, arXiv:2501.03262).

    lengths  (N,) tokens of each completion: verl whitens over tokens, where each counts. Without them each completion
             counts once.
    A group of one keeps its reward before whitening, as in verl.
    """
    group = _Groups(_summed(rewards, weights), groups)
    centred = np.where(group.alone, group.values, group.centred())
    return group.spread_out(_whitened(centred, group.taken(lengths), eps))


def rpp(
    rewards: Any, groups: Sequence[Hashable], *, weights: Any = None, lengths: Any = None, eps: float = 1e-8
) -> Floats:
    """REINFORCE++ without a baseline: r whitened over the batch, whatever the groups (Hu 2025, arXiv:2501.03262).

    lengths  (N,) tokens of each completion, as in `rpp_baseline`
    """
    group = _Groups(_summed(rewards, weights), groups)
    equal = _equal(group.values.min(initial=np.inf), group.values.max(initial=-np.inf))
    whitened = _whitened(group.values, group.taken(lengths), eps)
    return group.spread_out(np.zeros_like(whitened) if equal else whitened)


def maxrl(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """(r - mean) / mean, which weighs a prompt by the inverse of its pass rate (Tajwar et al. 2026, arXiv:2602.02710).

    It is made for rewards of 0 and 1. A group whose mean is not positive has 0.
    """
    group = _Groups(_summed(rewards, weights), groups)
    return group.spread_out(_ratio(group.centred(), group.sum(group.values) / group.count))


def gpg(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """(r - mean) * N / number of rewards that are not 0, both of the batch (Chu et al. 2025, arXiv:2504.02546).

    A group of one keeps its reward before it is scaled, as in verl.
    """
    group = _Groups(_summed(rewards, weights), groups)
    centred = np.where(group.alone, group.values, group.centred())
    return group.spread_out(centred * (len(centred) / max(1, int(np.count_nonzero(group.values)))))


def remax(rewards: Any, baselines: Any, *, weights: Any = None) -> Floats:
    """Reward - the reward of a greedy completion of the same prompt (Li et al. 2023, arXiv:2310.10505).

    baselines  (N,) the greedy completion's reward, for each sample
    A sample whose own reward or baseline is missing has 0.
    """
    summed, greedy = _summed(rewards, weights), _summed(baselines, None)
    if summed.shape != greedy.shape:
        raise ValueError(f"{len(summed)} samples need as many baselines, found {len(greedy)}")
    return np.nan_to_num(summed - greedy)


def gdpo(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None, eps: float = 1e-4) -> Floats:
    """Each reward normalised in its group before the weighted sum, which is then whitened over the batch.

    Liu et al. 2026, arXiv:2601.05242; TRL's `multi_objective_aggregation="normalize_then_sum"`. A reward that is
    missing adds nothing after it was centred.
    """
    table = _table(rewards)
    scored = ~np.isnan(table).all(axis=1)
    columns = [grpo(column, groups, eps=eps) for column in table.T]
    summed = np.asarray(columns).T @ _weights(weights, table.shape[1])
    values = summed[scored]
    result = np.zeros(len(table))
    if len(values) > 1:
        result[scored] = _ratio(values - values.mean(), _std(values, 1) + eps)
    return result


def magistral(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> Floats:
    """Reward - mean of the group, then normalised over the batch by mean and (population) deviation.

    Groups without spread are dropped: their advantage is NaN, and they count in no statistic (arXiv:2506.10910, 2.1).
    """
    group = _Groups(_summed(rewards, weights), groups)
    kept = ~group.flat
    result = np.full(len(group.values), np.nan)
    values = group.centred()[kept]
    if len(values):
        result[kept] = _ratio(values - values.mean(), _std(values, 0))
    return group.spread_out(result)


def opo(rewards: Any, groups: Sequence[Hashable], lengths: Any, *, weights: Any = None) -> Floats:
    """Reward - mean of the group weighted by length, the baseline of least variance (Hao 2025, arXiv:2505.23585).

    lengths  (N,) tokens of each completion
    A group of one keeps its reward, as in verl.
    """
    group = _Groups(_summed(rewards, weights), groups)
    tokens = group.taken(lengths)
    baseline = _ratio(group.sum(tokens * group.values), group.sum(tokens))
    relative = np.where(group.flat, 0.0, group.values - baseline)
    return group.spread_out(np.where(group.alone, group.values, relative))


def passk(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None, eps: float = 1e-6) -> Floats:
    """Only the best of a group learns: (its reward - the second best) / (std + eps), all others 0 (arXiv:2503.19595).

    verl's `grpo_passk`. It refuses a group of one; here that has 0.
    """
    group = _Groups(_summed(rewards, weights), groups)
    std = group.std(group.centred(), 1)
    order = np.lexsort((np.arange(len(group.values)), -group.values, group.index))
    first = np.ones(len(order), dtype=bool)
    first[1:] = group.index[order][1:] != group.index[order][:-1]
    best, second = order[first], order[np.minimum(np.flatnonzero(first) + 1, len(order) - 1)]
    result = np.zeros_like(group.values)
    gap = np.where(group.flat[best], 0.0, group.values[best] - group.values[second])
    result[best] = _ratio(gap, std[best] + eps)
    return group.spread_out(result)


def dapo_dynamic_sampling(rewards: Any, groups: Sequence[Hashable], *, weights: Any = None) -> NDArray[np.bool_]:
    """Which samples stand in a group that teaches something: True where the group's scored rewards differ.

    For rewards of 0 and 1 this is DAPO's filter, 0 < number correct < group size (Yu et al. 2025, arXiv:2503.14476,
    eq. 11); for others verl's, a deviation above 0. A sample that could not be scored follows its group.
    """
    group = _Groups(_summed(rewards, weights), groups)
    teaching = {key for key, flat in zip(group.keys, group.flat, strict=True) if not flat}
    return np.array([key in teaching for key in _keys(groups)], dtype=bool)


def overlong(lengths: Any, *, max_len: int, cache: int) -> Floats:
    """DAPO's soft overlong punishment: 0 up to max_len - cache tokens, then linear to -1 at max_len, -1 beyond.

    lengths  (N,) tokens of each completion
    arXiv:2503.14476, eq. 13. It is added to the reward, before advantages.
    """
    if not 0 < cache <= max_len:
        raise ValueError(f"cache must be from 1 to max_len ({max_len}), found {cache}")
    over = _floats(lengths) - (max_len - cache)
    return 0.0 - np.clip(over / cache, 0.0, 1.0)


ESTIMATORS: Mapping[str, Estimator] = {
    "grpo": grpo,
    "grpo_paper": grpo_paper,
    "verl_grpo": verl_grpo,
    "dr_grpo": dr_grpo,
    "rloo": rloo,
    "rpp": rpp,
    "rpp_baseline": rpp_baseline,
    "maxrl": maxrl,
    "gpg": gpg,
    "gdpo": gdpo,
    "magistral": magistral,
    "passk": passk,
}
"""By name: the estimators that need rewards and groups alone. `opo` needs the lengths too, `remax` baselines."""

OVER_BATCH = frozenset({"gdpo", "gpg", "magistral", "rpp", "rpp_baseline"})
"""The estimators that also normalise over the batch: of a single group they give another result."""


class _Groups:
    """The scored samples of a batch, with what is known of the group of each."""

    def __init__(self, values: Floats, groups: Sequence[Hashable]) -> None:
        """One value for each sample, NaN where it could not be scored."""
        keys = _keys(groups)
        if len(keys) != len(values):
            raise ValueError(f"{len(values)} samples need as many group keys, found {len(keys)}")
        if np.isinf(values).any():
            raise ValueError(f"a reward must be finite, found {values[np.isinf(values)][0]}")
        self.scored = ~np.isnan(values)
        self.values = values[self.scored]
        self.keys = [key for key, scored in zip(keys, self.scored.tolist(), strict=True) if scored]
        number: dict[Hashable, int] = {}
        self.index = np.array([number.setdefault(key, len(number)) for key in self.keys], dtype=np.intp)
        self._size = len(number)
        self.count = self.sum(np.ones_like(self.values))
        self.alone = self.count == 1
        low, high = np.full(self._size, np.inf), np.full(self._size, -np.inf)
        np.minimum.at(low, self.index, self.values)
        np.maximum.at(high, self.index, self.values)
        self.flat = _equal(low, high)[self.index]

    def sum(self, values: Floats) -> Floats:
        """The sum over the group of each sample."""
        return np.bincount(self.index, values, self._size).astype(np.float64)[self.index]

    def centred(self) -> Floats:
        """Value minus mean of the group; exactly 0 in a group without spread, where rounding would leave a rest."""
        return np.where(self.flat, 0.0, self.values - self.sum(self.values) / self.count)

    def std(self, centred: Floats, ddof: int) -> Floats:
        """Deviation of the group of each sample; 0 for a group too small to have one."""
        return np.sqrt(_ratio(self.sum(centred**2), self.count - ddof))

    def taken(self, values: Any) -> Floats:
        """Values given for all samples, of the scored ones; 1 for each if None was given."""
        array = np.ones(self.scored.shape) if values is None else _floats(values)
        if array.shape != self.scored.shape:
            raise ValueError(f"{len(self.scored)} samples need as many lengths, found shape {array.shape}")
        return array[self.scored]

    def spread_out(self, values: Floats) -> Floats:
        """Back to all samples, 0 for those that could not be scored."""
        result = np.zeros(len(self.scored))
        result[self.scored] = values
        return result


def _floats(values: Any) -> Floats:
    """Lists, arrays and tensors as float64, None as NaN; a tensor may need its gradient or be on another device."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().tolist()
    elif isinstance(values, list | tuple) and any(hasattr(value, "detach") for value in values):
        values = [value.detach().cpu().tolist() if hasattr(value, "detach") else value for value in values]
    return np.asarray(values, dtype=np.float64)


def _keys(groups: Any) -> list[Hashable]:
    """Group keys as plain values: tensors compare by identity, so equal ones would be different keys.

    raises  ValueError for keys that are not one value for each sample
    """
    keys = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    keys = [key.tolist() if hasattr(key, "tolist") else key for key in keys] if isinstance(keys, list) else [keys]
    if any(isinstance(key, list) for key in keys):
        raise ValueError("groups must have one key for each sample, found lists of keys")
    return keys


def _equal(low: Any, high: Any) -> Any:
    """True where the lowest and the highest reward are equal but for rounding."""
    return high - low <= EQUAL * np.maximum(np.abs(low), np.abs(high))


def _whitened(values: Floats, tokens: Floats, eps: float) -> Floats:
    """Values less their mean, over their deviation, each counted by its tokens."""
    total = tokens.sum()
    if total <= 1:
        return np.zeros_like(values)
    centred = values - (tokens * values).sum() / total
    variance = (tokens * centred**2).sum() / (total - 1)
    return np.asarray(centred / np.sqrt(variance + eps), dtype=np.float64)


def _table(rewards: Any) -> Floats:
    """(N, R) float64, None as NaN."""
    table = _floats(rewards)
    if table.ndim == 1:
        return table[:, np.newaxis]
    if table.ndim != 2:
        raise ValueError(f"rewards have one axis of samples, or samples and rewards, found shape {table.shape}")
    return table


def _weights(weights: Any, size: int) -> Floats:
    array = np.ones(size) if weights is None else np.asarray(weights, dtype=np.float64)
    if array.shape != (size,):
        raise ValueError(f"{size} rewards need as many weights, found shape {array.shape}")
    return array


def _summed(rewards: Any, weights: Any) -> Floats:
    """(N,) weighted sum of each sample's rewards, missing ones as 0; NaN where all are missing."""
    table = _table(rewards)
    summed: Floats = np.nan_to_num(table, nan=0.0, posinf=np.inf, neginf=-np.inf) @ _weights(weights, table.shape[1])
    return np.where(np.isnan(table).all(axis=1), np.nan, summed)


def _std(values: Floats, ddof: int) -> float:
    """Deviation of the batch; 0 where there is none."""
    return float(values.std(ddof=ddof)) if len(values) > ddof else 0.0


def _ratio(value: Floats, by: Floats | float) -> Floats:
    """The value divided, and 0 where `by` is not positive: without spread nothing is relative."""
    by = np.broadcast_to(np.asarray(by, dtype=np.float64), value.shape)
    return np.divide(value, by, out=np.zeros_like(value), where=by > 0)
