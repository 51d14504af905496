"""rewardkit in OpenRLHF 0.11: a reward function for its Python-file route, and a server for its URL route.

    # reward.py, for --reward.remote_url reward.py
    from rewardkit_trainers import openrlhf

    reward_func = openrlhf.reward_func("/data/rubric.yaml")

    # a server, for --reward.remote_url http://127.0.0.1:8000/get_reward
    rewardkit serve-openrlhf rubric.yaml --port 8000

OpenRLHF asks about one rollout at a time and takes only numbers; a missing reward ends its run. It passes
neither which rollouts form a group (here: those of one prompt) nor how many tokens they have.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit import Rubric, strip_end_tokens
from rewardkit_trainers.imputation import OnNone
from rewardkit_trainers.naming import SCORE
from rewardkit_trainers.row_scorer import RowScorer
from rewardkit_trainers.samples import row_of

WORKERS = 2
"""Worker processes of each of OpenRLHF's rollout engines."""

Answer = dict[str, Any]
"""The reply that OpenRLHF takes: `rewards` and `scores`, and `extra_logs`, which it averages and logs."""


def reward_func(
    rubric: Rubric | Mapping[str, Any] | str | Path | None = None,
    *,
    on_none: OnNone = "mean",
    plugins: Sequence[str | Path] = (),
    workers: int | None = WORKERS,
    engine: str | None = None,
) -> Callable[..., Answer]:
    """The function that OpenRLHF looks for in a Python file, under the name `reward_func`.

    rubric   a Rubric, the path of its file, or its content; None: what the environment variable REWARDKIT_RUBRIC names
    on_none  what becomes of a completion without a reward: `mean`, `raise`, or a number; see `imputation.py`
    plugins  local Python files that bring rewards
    workers  number of processes that judge, on a cluster of each node; None: one for each processor
    engine   `local`, `ray` or the URL of a server; None: what the variable REWARDKIT_ENGINE names, else `local`
    raises   ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
    """
    rewards = Rewards(rubric, on_none=on_none, plugins=plugins, workers=workers, engine=engine)

    def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any) -> Answer:
        answer = rewards(queries, prompts, labels)
        # Called for one rollout, it is read as that rollout's: numbers, not lists of them.
        return _single(answer) if len(queries) == 1 else answer

    return reward_func


class Rewards:
    """Rollouts in, what OpenRLHF takes out. Can be asked from any thread."""

    def __init__(
        self,
        rubric: Rubric | Mapping[str, Any] | str | Path | None,
        *,
        on_none: OnNone,
        plugins: Sequence[str | Path],
        workers: int | None,
        engine: str | None = None,
    ) -> None:
        """As `reward_func`."""
        self._scorer = RowScorer(rubric, on_none=on_none, plugins=plugins, workers=workers, engine=engine)
        self._scorer.check_alone("OpenRLHF asks about one rollout at a time")

    def __call__(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]) -> Answer:
        """Lists of one entry for each rollout; `extra_logs` a list for each key, the same keys every time.

        queries  prompt and completion in one text, decoded with special tokens
        prompts  the prompts
        labels   the ground truths; an empty text where there is none
        """
        rows = [rollout_row(*asked) for asked in zip(queries, prompts, labels, strict=True)]
        numbers = self._scorer.numbers(self._scorer.judge(rows), prompts)
        rewards = [row.pop(SCORE) for row in numbers]
        return {
            "rewards": rewards,
            "scores": rewards,
            "extra_logs": {key: [row[key] for row in numbers] for key in numbers[0]} if numbers else {},
        }

    def close(self) -> None:
        """Ends the worker processes."""
        self._scorer.close()


def rollout_row(query: str, prompt: str, label: Any) -> dict[str, Any]:
    """The row of a rollout. The completion is what follows the prompt in the query."""
    # Detokenizing need not give the prompt back letter by letter: then as much is cut as it has letters.
    completion = query.removeprefix(prompt) if query.startswith(prompt) else query[len(prompt) :]
    return row_of(prompt, strip_end_tokens(completion), {"ground_truth": None if label == "" else label})


def _single(answer: Answer) -> Answer:
    logs = {key: values[0] for key, values in answer["extra_logs"].items()}
    return {"rewards": answer["rewards"][0], "scores": answer["scores"][0], "extra_logs": logs}
