"""NeMo-RL: an environment of one turn by a rubric, with a value for each reward (GDPO), or one number (GRPO).

NeMo-RL takes no None: a completion without a reward gets the mean of its prompt's completions in the batch. In
`dict` mode each reward without a value gets the mean of its own. Means of all values are the metrics of the batch.
"""

from typing import Any

import ray
import torch
from nemo_rl.environments.interfaces import EnvironmentInterface, EnvironmentReturn

from rewardkit_trainers import RowScorer, row_of


class RewardkitEnvironment(EnvironmentInterface):
    def __init__(self, cfg: dict[str, Any]) -> None:
        # `engine: ray` has all nodes of NeMo-RL's own cluster judge, `workers` processes of each.
        engine, workers = cfg.get("engine", "local"), cfg.get("workers")
        self.scorer = RowScorer(cfg["rubric"], on_none=cfg.get("on_none", "mean"), engine=engine, workers=workers)
        self.by_reward = cfg.get("by_reward", False)
        self.numbers: list[dict[str, float]] = []

    def step(self, message_log_batch: list[Any], metadata: list[dict[str, Any]]) -> EnvironmentReturn:
        chats = [[{k: m[k] for k in ("role", "content")} for m in log] for log in message_log_batch]
        prompts = [repr(chat[:-1]) for chat in chats]
        rows = [row_of(c[:-1], c[-1:], m, group=p) for c, m, p in zip(chats, metadata, prompts, strict=True)]
        numbers = self.scorer.numbers(self.scorer.judge(rows), prompts)
        self.numbers += numbers
        columns = {name: torch.tensor([row[name] for row in numbers]) for name in numbers[0]}
        score, _ = columns.pop("score"), columns.pop("rewardkit/unrewarded")
        done, said = torch.ones(len(chats)), [{"role": "environment", "content": ""}] * len(chats)
        rewards = columns if self.by_reward else score
        return EnvironmentReturn(said, metadata, [None] * len(chats), rewards, done, None)

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        numbers, self.numbers = self.numbers, []
        names = numbers[0] if numbers else {}
        return batch, {name: sum(row[name] for row in numbers) / len(numbers) for name in names}


RewardkitActor = ray.remote(RewardkitEnvironment)
