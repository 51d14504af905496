"""How the rewards spread inside each group, in memory that does not grow with the run.

Results that stand beside each other and belong to one group are a run. Runs are folded into groups, which are closed
when newer ones crowd them out. A part of a file keeps its runs, and whoever puts the parts together folds them in
order: a group that crosses a border is one group.
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rewardkit.score import Score

PASS = 1.0
"""A value from which on a completion passes a reward."""
GROUPS_NAMED = 20
NAME_CHARACTERS = 60
OPEN_GROUPS = 4096
"""Groups that may be unfinished at one time: so many other groups may stand between two rows of a group."""

Solved = Mapping[str, tuple[int, int]]
"""By reward how many completions were judged and how many passed."""


class GroupRun(NamedTuple):
    """Results that stand beside each other and belong to one group."""

    digest: bytes
    """Identity of the group."""
    name: str
    size: int
    low: float
    high: float
    """The range of the rewards; infinite, the wrong way round, where there is none."""
    solved: Solved


class GroupFigures:
    """Tallies groups as their results come by."""

    def __init__(self, *, of_part: bool = False) -> None:
        """An empty tally; one of a part of a file can be merged into another."""
        self._of_part = of_part
        self._runs: list[GroupRun] = []
        self._key: str | None = None
        self._size = 0
        self._low, self._high = math.inf, -math.inf
        self._run_solved: dict[str, tuple[int, int]] = {}
        self._open: OrderedDict[bytes, GroupRun] = OrderedDict()
        self._flat: list[str] = []
        self._totals = dict.fromkeys(("groups", "of_one", "no_spread", "unrewarded"), 0)
        self._solved: dict[str, dict[str, int]] = {}

    def add(self, key: str, reward: float | None, scores: Mapping[str, Score], solvers: Sequence[str]) -> None:
        """Counts one result in; a group is solved by the rewards of these aliases."""
        if key != self._key:
            self._end_run()
            self._key = key
        self._size += 1
        if reward is not None:
            self._low = min(self._low, reward)
            self._high = max(self._high, reward)
        for alias in solvers:
            value = scores[alias].value
            if value is not None:
                judged, passed = self._run_solved.get(alias, (0, 0))
                self._run_solved[alias] = (judged + 1, passed + (value >= PASS))

    def _end_run(self) -> None:
        if self._key is not None:
            digest = hashlib.blake2b(self._key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            run = GroupRun(digest, self._key[:NAME_CHARACTERS], self._size, self._low, self._high, self._run_solved)
            if self._of_part:
                self._runs.append(run)
            else:
                self._fold(run)
        self._key, self._size, self._low, self._high, self._run_solved = None, 0, math.inf, -math.inf, {}

    def merge(self, later: "GroupFigures") -> None:
        """Counts in the runs of the part that follows."""
        self._end_run()
        later._end_run()
        for run in later._runs:
            self._fold(run)

    def _fold(self, run: GroupRun) -> None:
        group = self._open.get(run.digest)
        if group is not None:
            self._open[run.digest] = _together(group, run)
            return
        self._open[run.digest] = run
        if len(self._open) > OPEN_GROUPS:
            _close(self._open.popitem(last=False)[1], self._totals, self._solved, self._flat)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        self._end_run()
        totals, flat = dict(self._totals), list(self._flat)
        solved = {alias: dict(counts) for alias, counts in self._solved.items()}
        for group in self._open.values():
            _close(group, totals, solved, flat)
        return {**totals, "no_spread_first": flat, "solved": solved}


def _together(group: GroupRun, run: GroupRun) -> GroupRun:
    solved = dict(group.solved)
    for alias, (judged, passed) in run.solved.items():
        before = solved.get(alias, (0, 0))
        solved[alias] = (before[0] + judged, before[1] + passed)
    return GroupRun(
        group.digest,
        group.name,
        group.size + run.size,
        min(group.low, run.low),
        max(group.high, run.high),
        solved,
    )


def _close(group: GroupRun, totals: dict[str, int], solved: dict[str, dict[str, int]], flat: list[str]) -> None:
    if group.size == 1:
        totals["of_one"] += 1
        return
    totals["groups"] += 1
    totals["unrewarded"] += group.low > group.high
    if group.low == group.high:
        totals["no_spread"] += 1
        if len(flat) < GROUPS_NAMED:
            flat.append(group.name)
    for alias, (judged, passed) in group.solved.items():
        counts = solved.setdefault(alias, {"by_all": 0, "by_some": 0, "by_none": 0})
        counts["by_all" if passed == judged else "by_some" if passed else "by_none"] += 1
