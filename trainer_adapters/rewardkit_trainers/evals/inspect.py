"""A rubric as a scorer of Inspect: `--scorer rewardkit_trainers/rubric -S rubric=rubric.yaml`, or
`scorer=rubric("rubric.yaml")`.

Inspect finds it by its entry point group `inspect_ai`. The value of a sample is its reward, the value of each
reward is in the metadata, the reasons are the explanation. A sample without a reward is left unscored (None), which
Inspect leaves out of its metrics.
"""

from typing import Any

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from rewardkit_trainers.naming import named_values, why_no_reward
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.shared import shared_scorer


@scorer(metrics=[mean(), stderr()], name="rubric")  # type: ignore[untyped-decorator]
def rubric(rubric: str | None = None, workers: int | None = None) -> Scorer:
    """The scorer.

    rubric   a rubric's file or name; None: what the environment variable REWARDKIT_RUBRIC names
    workers  number of judging processes; None: one for each processor
    """

    async def score(state: TaskState, target: Target) -> Score | None:
        rows = shared_scorer(rubric, workers=workers, alone="Inspect scores one sample at a time")
        (result,) = await rows.judge_async([_row(state, target)])
        if result.reward is None:
            state.metadata["rewardkit"] = why_no_reward(result)  # the log says why the sample is unscored
            return None
        reasons = "; ".join(f"{alias}: {score.reason}" for alias, score in result.scores.items())
        return Score(
            value=result.reward,
            answer=state.output.completion,
            explanation=reasons,
            metadata=named_values(result),
        )

    return score


def _row(state: TaskState, target: Target) -> dict[str, Any]:
    """The row of a sample: its messages before the model's first, and all from there on."""
    messages = [message.model_dump(include={"role", "content", "tool_calls"}) for message in state.messages]
    first = next((n for n, message in enumerate(messages) if message["role"] == "assistant"), len(messages))
    wanted = list(target)
    columns = {**state.metadata, "ground_truth": wanted[0] if len(wanted) == 1 else wanted or None}
    return row_of(messages[:first], messages[first:], columns, truncated=state.output.stop_reason == "max_tokens")
