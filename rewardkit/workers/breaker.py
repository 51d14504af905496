"""The memory of what hung a judge by the judge's own fault, so that it is not found out again and again.

To learn that a reward hangs by itself, and not on its completion, costs three deadlines and three starts of a worker.
Two things are therefore remembered, for all workers together:

    a ground truth   on which the reward hung even with the control completion: it is not judged again
    a reward         that hung on three different ground truths with no score between: it is not asked for a while

The way back: 30 seconds later one sample is tried. A score closes the breaker; another hang doubles the time, up to
ten minutes. Pure: the clock is handed in.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

IN_A_ROW = 3
"""Hangs on different ground truths, with no score between, that open a breaker."""
FIRST_REST_S = 30.0
"""Seconds that a reward is not asked when its breaker has just opened."""
LONGEST_REST_S = 600.0
"""Seconds that it is not asked at most, after trials that hung too."""
REMEMBERED = 4096
"""Ground truths that are remembered at most; the oldest are forgotten first."""

Key = bytes | None
"""The identity of a ground truth; None where a sample has nothing to tell it from others by."""


@dataclass
class _Open:
    until: float
    rest_s: float
    trying: bool = False


class Breaker:
    """The breakers of all rewards of a rubric, by alias, and the ground truths that hang them."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """A breaker that has seen nothing; `clock` gives seconds."""
        self._clock = clock
        self._in_a_row: dict[str, set[object]] = {}
        self._open: dict[str, _Open] = {}
        self._hopeless: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    @property
    def quiet(self) -> bool:
        """True while nothing has ever hung: nothing needs to be asked or told here."""
        return not (self._in_a_row or self._open or self._hopeless)

    def is_open(self, alias: str) -> bool:
        """True while the reward is not asked."""
        return alias in self._open

    def is_hopeless(self, alias: str, key: Key) -> bool:
        """True for a ground truth on which the reward hung whatever the completion was."""
        return key is not None and (alias, key) in self._hopeless

    def takes_trial(self, alias: str) -> bool:
        """True for whoever may try the reward now: one sample at a time, once its rest is over."""
        state = self._open.get(alias)
        if state is None or state.trying or self._clock() < state.until:
            return False
        state.trying = True
        return True

    def trial_ended(self, alias: str) -> None:
        """Tells that a trial ended without a score and without a hang: another one may follow at once."""
        if state := self._open.get(alias):
            state.trying = False

    def hung(self, alias: str, key: Key, *, hopeless: bool = False) -> None:
        """Tells that the reward hung by its own fault.

        key       the ground truth on which it hung
        hopeless  whether it will hang on this ground truth again, because it hung by computing
        """
        if hopeless and key is not None:
            self._hopeless[alias, key] = None
            if len(self._hopeless) > REMEMBERED:
                self._hopeless.popitem(last=False)
        if state := self._open.get(alias):
            if state.trying:  # what was on its way when the breaker opened says nothing new
                rest_s = min(2 * state.rest_s, LONGEST_REST_S)
                self._open[alias] = _Open(self._clock() + rest_s, rest_s)
            return
        keys = self._in_a_row.setdefault(alias, set())
        keys.add(key if key is not None else object())
        if len(keys) >= IN_A_ROW:
            del self._in_a_row[alias]
            self._open[alias] = _Open(self._clock() + FIRST_REST_S, FIRST_REST_S)

    def scored(self, alias: str) -> None:
        """Tells that the reward gave a score: it does not always hang."""
        self._in_a_row.pop(alias, None)
        if self._open.pop(alias, None):  # it hung on everything then: no ground truth was to blame
            for entry in [entry for entry in self._hopeless if entry[0] == alias]:
                del self._hopeless[entry]
