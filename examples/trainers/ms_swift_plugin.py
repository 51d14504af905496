"""ms-swift: each reward of the rubric that REWARDKIT_RUBRIC names as a reward function of its own name.

    swift rlhf --rlhf_type grpo --external_plugins ms_swift_plugin.py --reward_funcs math format …

ms-swift logs a reward by the name of its class. Weights are in the values: leave out `--reward_weights`. ms-swift
makes a 0 of a completion without any reward, so such a completion gets the mean of its group.
"""

import os
from typing import Any

from swift.rewards import ORM, orms

from rewardkit_trainers.trl import reward_funcs

FUNCS = reward_funcs(os.environ["REWARDKIT_RUBRIC"], weighted=True, on_none="mean")


def reward_class(func: Any) -> type[ORM]:
    def call(
        self: ORM, completions: list[str], messages: Any = (), trainer_state: Any = None, **columns: Any
    ) -> list[float | None]:
        """Messages are ms-swift's, the completion last; what comes before it is the prompt."""
        prompts = [list(chat[:-1]) for chat in messages] or [""] * len(completions)
        values: list[float | None] = func(prompts, completions, trainer_state=trainer_state, **columns)
        return values

    return type(func.__name__, (ORM,), {"__call__": call})


for each in FUNCS:
    orms[each.__name__] = reward_class(each)
