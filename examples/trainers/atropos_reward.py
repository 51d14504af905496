"""Atropos: a RewardFunction by a rubric, for an environment's `score`: the completions of one call are one group.

Atropos multiplies by a weight and turns any exception into zeros for the whole group, and so would a None. So a
completion without a reward gets the mean of its group. The values of the rewards go to the logger of the environment.
"""

from typing import Any

from atroposlib.envs.reward_fns.reward_function import RewardFunction

from rewardkit_trainers import RowScorer, row_of


class RewardkitReward(RewardFunction):
    def __init__(self, rubric: Any = None, weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(weight=weight, name="rewardkit", **kwargs)
        self.scorer = RowScorer(rubric, on_none="mean")
        self.calls = 0

    def compute(self, completions: list[Any], prompt: Any = "", **columns: Any) -> list[float]:
        """`columns` are the row's, the same for all completions, such as `ground_truth="2"`."""
        self.calls += 1
        group = f"call {self.calls}"
        rows = [row_of(prompt, self.get_content(one), columns, group=group) for one in completions]
        numbers = self.scorer.numbers(self.scorer.judge(rows), [group] * len(rows))
        if self.wandb_logger and numbers:
            means = {name: sum(row[name] for row in numbers) / len(numbers) for name in numbers[0]}
            self.wandb_logger.log({f"reward/{name}": value for name, value in means.items()})
        return [row["score"] for row in numbers]
