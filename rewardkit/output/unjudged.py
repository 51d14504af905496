"""A warning for calls from Python in which nothing was judged."""

import warnings
from collections.abc import Iterable, Iterator

from rewardkit.input.input_reader import InputReader
from rewardkit.score import Result


class UnjudgedWarning(UserWarning):
    """No reward that reads the ground truth found one in any of the rows."""


def watched(results: Iterable[Result], rewards: Iterable[str], reader: InputReader) -> Iterator[Result]:
    """The results as they are; a warning after the last, where none of the rewards found a ground truth.

    rewards  the paid rewards that read the ground truth, by alias
    reader   what has read the rows; Samples that the caller made need no warning
    """
    rewards = list(rewards)
    missing: dict[str, None] = {}
    judged = not rewards
    for result in results:
        if not judged:
            scores = {alias: result.scores[alias] for alias in rewards}
            judged = any(score.status != "abstained" for score in scores.values())
            missing |= {alias: None for alias, score in scores.items() if score.kind == "no_ground_truth"}
        yield result
    if missing and not judged and reader.found:
        warnings.warn(reader.nothing_judged(missing), UnjudgedWarning, stacklevel=3)
