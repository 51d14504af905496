"""OpenEnv: a rubric of rewardkit's as an OpenEnv Rubric, for `Environment(rubric=RewardkitRubric("rubric.yaml"))`.

The action's `text` is judged; `observation.metadata` has the prompt and the columns. None stays None: observations take
it, and whoever trains on them must leave it out. Each reward is a child, whose `last_score` OpenEnv shows by name.
"""

from typing import Any

from openenv.core.rubrics import Rubric

from rewardkit_trainers import RowScorer, row_of


class Part(Rubric):
    """One reward of the rubric; it was judged with the others."""

    def forward(self, action: Any, observation: Any) -> Any:
        return self.last_score


class RewardkitRubric(Rubric):
    def __init__(self, rubric: Any = None) -> None:
        super().__init__()
        self.scorer = RowScorer(rubric)
        self.scorer.check_alone("OpenEnv asks about one action at a time")
        self.parts = {alias: Part() for alias in self.scorer.rubric.rewards}
        for alias, part in self.parts.items():
            setattr(self, f"rewardkit/{alias}", part)  # OpenEnv registers it by this name

    async def forward(self, action: Any, observation: Any) -> Any:
        columns = dict(observation.metadata)
        (result,) = await self.scorer.judge_async([row_of(columns.pop("prompt", ""), action.text, columns)])
        for alias, score in result.scores.items():
            self.parts[alias].last_score = score.value
        return result.reward
