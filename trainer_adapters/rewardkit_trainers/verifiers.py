"""rewardkit in verifiers 0.4, and so in prime-rl: a mixin for tasks, and a function for a task's configuration.

    class MathTask(RubricRewards, vf.Task[MathData]):
        rubric = "/data/rubric.yaml"

    # or, without any code: --env.taskset.task.rewards.rubric.fn rewardkit_trainers.verifiers.rubric_reward
    # with the environment variable REWARDKIT_RUBRIC=/data/rubric.yaml

The reward is the rubric's; the value of each of its rewards is a metric of the trace, `rewardkit/ALIAS`. A rollout
without a reward is a `TaskError`: verifiers records it on the trace, and prime-rl does not train on that rollout.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import verifiers.v1 as vf

from rewardkit_trainers.naming import named_values, why_no_reward
from rewardkit_trainers.row_scorer import RowScorer
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer

_ALONE = "verifiers scores one rollout at a time"


class RubricRewards:
    """A mixin for `vf.Task`, before it in the list of bases."""

    rubric: ClassVar[str | Path | None] = None
    """The rubric's file or name; None: what the environment variable REWARDKIT_RUBRIC names."""
    rubric_plugins: ClassVar[Sequence[str | Path]] = ()
    """Python files that bring rewards."""
    rubric_workers: ClassVar[int | None] = None
    """Number of judging processes; None: one for each processor."""

    @vf.reward(weight=1.0)  # type: ignore[untyped-decorator]
    async def rewardkit(self, task: Any, trace: Any) -> float:
        """The rubric's reward."""
        scorer = shared_scorer(self.rubric, plugins=self.rubric_plugins, workers=self.rubric_workers, alone=_ALONE)
        return await _reward(scorer, task, trace)


async def rubric_reward(task: Any, trace: Any) -> float:
    """The reward by the rubric that REWARDKIT_RUBRIC names, as a plugged function of `vf.TaskConfig.rewards`."""
    return await _reward(shared_scorer(None, alone=_ALONE), task, trace)


async def _reward(scorer: RowScorer, task: Any, trace: Any) -> float:
    (result,) = await scorer.judge_async([row_of_trace(task, trace)])
    trace.record_metrics(named_values(result))
    if result.reward is None:
        raise vf.TaskError(f"no reward: {why_no_reward(result)}")
    return result.reward


def row_of_trace(task: Any, trace: Any) -> dict[str, Any]:
    """The row of a rollout: what came before the first message of the model, and all from there on.

    task   the `vf.TaskData`; its own fields are the row's columns
    trace  the `vf.Trace`, of which the last branch counts
    """
    nodes = trace.branches[-1].nodes if trace.branches else []
    first = next((number for number, node in enumerate(nodes) if node.sampled), len(nodes))
    messages = [node.message.model_dump(exclude_none=True) for node in nodes]
    known = vf.TaskData.model_fields.keys() - {"id"}
    columns = {name: value for name, value in task.model_dump().items() if name not in known}
    return row_of(
        messages[:first],
        messages[first:],
        columns,
        completion_tokens=trace.num_output_tokens or None,
        truncated=trace.is_truncated,
        group=trace.task.key or task.id,
    )
