"""Axolotl: the rubric that REWARDKIT_RUBRIC names as one reward function, which no change of the rubric renames.

    trl: {reward_funcs: [axolotl_rewards.rubric]}

Axolotl trains with TRL 1.14, which leaves a completion without a reward (None) out of its group. The value of each
reward is logged as `rewards/ALIAS/value`.
"""

import os

from rewardkit_trainers.trl import reward_funcs

(rubric,) = reward_funcs(os.environ["REWARDKIT_RUBRIC"], single=True)
