"""tunix: the functions of a rubric, for `GRPOLearner(…, reward_fns=reward_fns("rubric.yaml"))`.

tunix calls them as TRL does and adds them up without weights, so the weights are in the values. It makes a 0 of a
completion without any reward, so such a completion gets the mean of its group. Each function is logged under its alias.
"""

from typing import Any

from rewardkit_trainers.trl import RewardFuncs, reward_funcs


def reward_fns(rubric: Any, **settings: Any) -> RewardFuncs:
    return reward_funcs(rubric, weighted=True, on_none="mean", **settings)
