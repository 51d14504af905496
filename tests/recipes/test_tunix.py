"""tunix's own reward manager adds up the recipe's functions to the rubric's reward."""

import numpy as np
import pytest
from tunix.rl import algorithm_config
from tunix.rl.reward_manager import SequenceRewardManager


def test_tunix_pays_by_the_rubric_logs_each_reward_and_makes_no_zero_of_none(recipe, rubric):
    config = algorithm_config.AlgorithmConfig()
    with recipe("tunix_rewards").reward_fns(rubric, workers=1).batch_scorer as batch_scorer:
        from rewardkit_trainers.trl.functions import RewardFunc, RewardFuncs

        manager = SequenceRewardManager(RewardFuncs(batch_scorer, RewardFunc), config)
        info = manager(["what is 1 + 1"] * 3, ["ab", "raise", "abcd"], answer=["2"] * 3)
    assert info["rewards"] == pytest.approx([2.5, 3.5, 4.5])
    assert {name for name in info["log_metrics"] if name.startswith("rewards/")} >= {
        "rewards/obedient",
        "rewards/constant",
    }
    assert np.isfinite(info["rewards"]).all()
