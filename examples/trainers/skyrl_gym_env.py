"""SkyRL-Gym: an environment of one turn, rewarded by the rubric that REWARDKIT_RUBRIC names.

    skyrl_gym.register(id="rewardkit", entry_point="skyrl_gym_env:RewardkitEnv")

SkyRL takes no None: a completion without a reward gets the mean of its prompt's completions so far. The values of the
rewards are the metrics of the environment.
"""

from functools import cache
from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

from rewardkit_trainers import RowScorer, row_of


@cache
def scorer() -> RowScorer:
    """One for the process: SkyRL makes an environment for each trajectory."""
    made = RowScorer(on_none="mean")
    made.check_alone("SkyRL-Gym asks about one completion at a time")
    return made


class RewardkitEnv(BaseTextEnv):
    def __init__(self, env_config: Any, extras: dict[str, Any]) -> None:
        super().__init__()
        self.columns = {**extras, "ground_truth": extras["reward_spec"]["ground_truth"]}
        self.numbers: dict[str, float] = {}

    def init(self, prompt: Any) -> Any:
        self.prompt = prompt
        return prompt, {}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        results = scorer().judge([row_of(self.prompt, action, self.columns)])
        (self.numbers,) = scorer().numbers(results, [repr(self.prompt)])
        return BaseTextEnvStepOutput(observations=[], reward=self.numbers["score"], done=True, metadata=self.numbers)

    def get_metrics(self) -> dict[str, Any]:
        return self.numbers
