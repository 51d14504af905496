"""ART: rewards of a group by a rubric, for `art.gather_trajectory_groups(…, after_each=score_group)`.

ART has no None: a trajectory without a reward is left out of its group, with a reason in ART's log. The values of the
rewards are the metrics of each trajectory.
"""

import logging
from functools import cache

import art

from rewardkit_trainers import RowScorer, named_values, row_of, why_no_reward

logger = logging.getLogger(__name__)


@cache
def scorer() -> RowScorer:
    return RowScorer()


async def score_group(group: art.TrajectoryGroup) -> art.TrajectoryGroup:
    rows = []
    for trajectory in group.trajectories:
        messages = trajectory.messages()
        first = next(n for n, message in enumerate(messages) if message["role"] == "assistant")
        rows.append(row_of(messages[:first], messages[first:], trajectory.metadata, group="group"))
    kept = []
    for trajectory, result in zip(group.trajectories, await scorer().judge_async(rows), strict=True):
        trajectory.metrics.update(named_values(result))
        if result.reward is None:
            logger.warning("a trajectory is left out, because it has no reward: %s", why_no_reward(result))
            continue
        trajectory.reward = result.reward
        kept.append(trajectory)
    return art.TrajectoryGroup(kept, exceptions=group.exceptions)
