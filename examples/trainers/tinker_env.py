"""tinker-cookbook: a group of environments of one turn, rewarded together by a rubric.

The group's completions are judged in one call, so rewards that see groups work. tinker takes no None: a completion
without a reward gets the mean of its group. The values of the rewards are the metrics of the trajectory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tinker
from tinker_cookbook.rl.types import Env, EnvGroupBuilder, StepResult, TrajectoryGroup

from rewardkit_trainers import RowScorer, row_of


@dataclass
class Question(Env):
    prompt: str
    renderer: Any
    text: str = ""

    async def initial_observation(self) -> Any:
        messages = [{"role": "user", "content": self.prompt}]
        return self.renderer.build_generation_prompt(messages), self.renderer.get_stop_sequences()

    async def step(self, action: list[int], *, extra: Any = None) -> StepResult:
        self.text = self.renderer.tokenizer.decode(action)  # judged by the group, when all are there
        return StepResult(0.0, True, tinker.ModelInput.from_ints([]), [])


@dataclass(frozen=True)
class QuestionGroup(EnvGroupBuilder):
    scorer: RowScorer
    row: dict[str, Any]  # of the data set; `prompt` is the question
    renderer: Any
    size: int

    async def make_envs(self) -> Sequence[Question]:
        return [Question(self.row["prompt"], self.renderer) for _ in range(self.size)]

    async def compute_group_rewards(self, trajectory_group: TrajectoryGroup, env_group: Sequence[Any]) -> Any:
        rows = [row_of(env.prompt, env.text, self.row, group=env.prompt) for env in env_group]
        numbers = self.scorer.numbers(await self.scorer.judge_async(rows), [env.prompt for env in env_group])
        return [(row.pop("score"), row) for row in numbers]
