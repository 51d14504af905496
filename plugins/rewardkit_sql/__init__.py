"""A query in SQL, judged by what it gives on databases of the task.

A plugin of its own beside `code`: it shares the sandbox with it, but neither parameters nor ground truth.
"""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_sql.reward import Sql  # noqa: PLC0415 - imported when asked for

    return [Sql]
