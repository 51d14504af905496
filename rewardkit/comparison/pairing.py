"""The rows of two judged files brought together, in whatever order they stand.

Both are read side by side: rows in the same order pair at once, and only those whose other half has not come yet are
held, without their texts.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from rewardkit.comparison.judged import JudgedRow


class Pair(NamedTuple):
    """One row, judged twice."""

    old: JudgedRow
    new: JudgedRow


class Pairing:
    """Pairs rows by their keys; of rows with one key the first goes with the first, and so on."""

    def __init__(self) -> None:
        """No row so far."""
        self.only_old = 0
        self.only_new = 0
        self.examples: dict[str, list[str]] = {"old": [], "new": []}
        """Where the first rows stand that have no other half."""

    def pairs(self, old: Iterable[JudgedRow], new: Iterable[JudgedRow]) -> Iterator[Pair]:
        """The pairs, as soon as both halves were read; afterwards the counts of what was left."""
        waiting_old: defaultdict[int, deque[JudgedRow]] = defaultdict(deque)
        waiting_new: defaultdict[int, deque[JudgedRow]] = defaultdict(deque)
        for one, other in zip_longest(old, new):
            if one is not None and other is not None and _meet(one.key, other.key, waiting_old, waiting_new):
                yield Pair(one, other)
                continue
            if one is not None:
                if found := _take(waiting_new, one.key):
                    yield Pair(one, found)
                else:
                    waiting_old[one.key].append(one.reduced())
            if other is not None:
                if found := _take(waiting_old, other.key):
                    yield Pair(found, other)
                else:
                    waiting_new[other.key].append(other.reduced())
        for side, waiting in (("old", waiting_old), ("new", waiting_new)):
            rows = [row for left in waiting.values() for row in left]
            setattr(self, f"only_{side}", len(rows))
            self.examples[side] = [row.row.where for row in rows[:3]]


def _meet(old: int, new: int, *waiting: Mapping[int, object]) -> bool:
    """True for rows that pair at once: with one key, and no row of that key waits."""
    return old == new and not any(old in rows for rows in waiting)


def _take(waiting: dict[int, deque[JudgedRow]], key: int) -> JudgedRow | None:
    rows = waiting.get(key)
    if not rows:
        return None
    row = rows.popleft()
    if not rows:
        del waiting[key]
    return row
