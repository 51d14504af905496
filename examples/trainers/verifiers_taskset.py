"""verifiers 0.4 and prime-rl: a taskset of a JSON lines file, rewarded by a rubric.

    prime-rl: [[orchestrator.train.env]] id = "verifiers_taskset"; alone: `eval verifiers_taskset`

A rollout without a reward is an error on its trace, which prime-rl leaves out of training. The value of each reward
is a metric of the trace, `rewardkit/ALIAS`.
"""

import json
import os
from pathlib import Path

import verifiers.v1 as vf

from rewardkit_trainers.verifiers import RubricRewards

__all__ = ["RowTaskset"]  # how verifiers finds it


class RowData(vf.TaskData):
    answer: str = ""


class RowTask(RubricRewards, vf.Task[RowData]):
    """Its rubric is what REWARDKIT_RUBRIC names."""


class RowTaskset(vf.Taskset[RowTask, vf.TasksetConfig]):
    def load(self) -> list[RowTask]:
        lines = Path(os.environ["ROWS"]).read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        return [RowTask(RowData(prompt=row["prompt"], answer=row["answer"]), self.config.task) for row in rows]
