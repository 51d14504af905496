"""AReaL: `areal_reward.reward_fn` as the reward function of its workflows, by the rubric that REWARDKIT_RUBRIC names.

AReaL calls it in a pool of processes, gives up after 15 s, tries four times in all and then pays 0. So each process
has one judging process and answers within 10 s. A completion without a reward gets the mean of its prompt's
completions so far, never AReaL's 0. AReaL logs one number; the values of the rewards go to this module's logger.
"""

import logging
from functools import cache
from typing import Any

from rewardkit_trainers import RowScorer, row_of

logger = logging.getLogger(__name__)


@cache
def scorer() -> RowScorer:
    made = RowScorer(on_none="mean", workers=1, batch_s=10.0)
    made.check_alone("AReaL asks about one completion at a time")
    return made


def reward_fn(prompt: str, completions: str, prompt_ids: Any, completion_ids: Any, **columns: Any) -> float:
    row = row_of(prompt, completions, columns, completion_tokens=len(completion_ids))
    (numbers,) = scorer().numbers(scorer().judge([row]), [prompt])
    logger.info("%s", numbers)
    return numbers["score"]
