"""Imputation for trainers that take nothing else: verl and OpenRLHF have no None.

A completion without a reward must get some number, and any number trains. What a group's estimator makes
of a reward is its distance from the mean of its group, so the number that teaches nothing is that mean; a 0 would be
the worst mark in a group of right answers, given for a fault of ours. So by default (`mean`) a missing reward is:

1. the mean of those that completions of its group have got so far;
2. where none has one, the mean of the last rewards of all groups, and the same number for the whole group, so that a
   group that nobody can judge has no advantages at all;
3. 0.0 before there is any reward.

The first is exact where the whole group has been judged: adding a mean leaves it where it is. The scale of the group's
other advantages changes a little, by the smaller standard deviation.

The user may give a number instead, or `raise`. Each missing reward is counted, marked and logged.
"""

import logging
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Literal

from rewardkit import ConfigError, Result, RewardkitError
from rewardkit_trainers.naming import SCORE, UNREWARDED, key_of, values_by_name, why_no_reward
from rewardkit_trainers.repeated_warnings import is_power_of_two

logger = logging.getLogger(__name__)

OnNone = float | Literal["mean", "raise"]
"""The number that stands for a missing reward, or how it is found."""

_GROUPS = 4096
_RECENT = 1024


class UnrewardedError(RewardkitError):
    """A completion has no reward, and the user asked for an error."""

    exit_code = 3


def checked(on_none: object) -> OnNone:
    """The parsed `on_none`; ConfigError for anything else than `mean`, `raise` and a finite number."""
    if on_none == "mean" or on_none == "raise":  # noqa: PLR1714 - narrows the type
        return on_none
    try:
        number = float(str(on_none))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"on_none={on_none!r}: wanted 'mean', 'raise' or a number")
    return number


class Imputation:
    """Results as numbers, always under the same keys. Can be asked from any thread."""

    def __init__(self, names: Sequence[str], on_none: OnNone) -> None:
        """Starts without any mean.

        names    aliases of the rewards, and `alias.name` of named values
        on_none  for the reward; what a single reward of the rubric did not score is always the `mean`
        """
        self._on_none = on_none
        self._names = tuple(names)
        self._means = {name: _Means() for name in (SCORE, *map(key_of, names))}
        self._lock = threading.Lock()
        self._replaced = 0

    def add(self, result: Result, group: str) -> None:
        """Takes a result into the means of its group."""
        with self._lock:
            self._means[SCORE].add(group, result.reward)
            values = values_by_name(result)
            for name in self._names:
                self._means[key_of(name)].add(group, values.get(name))

    def of(self, result: Result, group: str) -> dict[str, float]:
        """The reward under `score`, UNREWARDED, and each reward's own value.

        raises  UnrewardedError where there is no reward and the user wants it
        """
        with self._lock:
            found = values_by_name(result)
            values = {SCORE: result.reward} | {key_of(name): found.get(name) for name in self._names}
            numbers = {name: self._means[name].of(group) if value is None else value for name, value in values.items()}
            if result.reward is None:
                numbers[SCORE] = self._instead(result, numbers[SCORE])
        return numbers | {UNREWARDED: float(result.reward is None)}

    def _instead(self, result: Result, mean: float) -> float:
        reasons = why_no_reward(result)
        if self._on_none == "raise":
            raise UnrewardedError(f"a completion has no reward ({reasons}), and on_none is 'raise'")
        number = mean if self._on_none == "mean" else self._on_none
        self._replaced += 1
        if is_power_of_two(self._replaced):
            logger.warning(
                "%d completions so far got no reward; the last gets %g in its place (on_none: %s): %s",
                self._replaced,
                number,
                self._on_none,
                reasons,
            )
        return number


class _Means:
    """The mean of each group, and of what came last."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._guesses: OrderedDict[str, float] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def add(self, group: str, value: float | None) -> None:
        if value is None:
            return
        total, count = self._groups.pop(group, (0.0, 0))
        self._groups[group] = (total + value, count + 1)
        if len(self._groups) > _GROUPS:
            self._groups.popitem(last=False)
        self._recent.append(value)

    def of(self, group: str) -> float:
        if group in self._groups:
            total, count = self._groups[group]
            return total / count
        if group not in self._guesses:
            self._guesses[group] = sum(self._recent) / len(self._recent) if self._recent else 0.0
            if len(self._guesses) > _GROUPS:
                self._guesses.popitem(last=False)
        return self._guesses[group]
