"""The reward `length_relative`: short among the completions of one prompt."""

from collections.abc import Sequence

from rewardkit import Reward, Sample, Score
from rewardkit_shaping.length import RightParams, is_right, length, no_count


class LengthRelative(Reward):
    """0.5 for the shortest of a group, -0.5 for the longest, linear between; a wrong one gets no more than 0.

    Kimi k1.5 (2025), arXiv:2501.12599, section 2.3.3: 0.5 - (length - min) / (max - min), and 0 for all where all
    are equally long (MoonshotAI/Kimi-k1.5, Kimi_k1.5.pdf, "Length Penalty"; open-r1 at 1416fa0c,
    src/open_r1/rewards.py, len_reward). Completions of unknown length or correctness abstain and do not count.
    """

    name = "length_relative"
    Params = RightParams
    cost_ms = 0.05
    value_range = (-0.5, 0.5)
    sees = "group"

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        params: RightParams = self.params
        judged = [(length(sample, params), is_right(sample, params)) for sample in samples]
        sizes = [size for size, right in judged if size is not None and right is not None]
        return [self._score(size, sizes, right=right) for size, right in judged]

    def _score(self, size: int | None, sizes: Sequence[int], *, right: bool | None) -> Score:
        if size is None:
            return Score.abstained(no_count(self.params), kind="unsupported")
        if right is None:
            reason = f"column {self.params.right_column!r} does not tell whether the completion is right"
            return Score.abstained(reason, kind="unsupported")
        low, high = min(sizes), max(sizes)
        if low == high:
            return Score.scored(0.0, "all of the group are equally long", length=size)
        value = 0.5 - (size - low) / (high - low)
        reason = f"{'right' if right else 'wrong'}, {size} {self.params.unit} in a group of {low} to {high}"
        return Score.scored(value if right else min(value, 0.0), reason, length=size)
