"""Short answers compared by rules: the option of a multiple-choice question, and the answer to a question of facts."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_answers.multiple_choice import MultipleChoice  # noqa: PLC0415 - imported when asked for
    from rewardkit_answers.qa import QuestionAnswering  # noqa: PLC0415

    return [MultipleChoice, QuestionAnswering]
