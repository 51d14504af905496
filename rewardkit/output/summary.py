"""What a run of judgements comes to, in memory that does not grow with the run.

For each reward: how its values are spread, how often it abstained or failed and why, and its slowest sample. For the
groups: how many are solved, and how many have no spread, since those teach GRPO nothing.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from rewardkit.input.row import Row
from rewardkit.score import Result, Score

DISTINCT_VALUES = 4096
"""Up to so many different values the quantiles are exact; beyond it they are to three significant digits."""
DISTINCT_REASONS = 200
ROWS_NAMED = 3
GROUPS_NAMED = 20
NAME_CHARACTERS = 60
OPEN_GROUPS = 4096
"""Groups that may be unfinished at one time: a group's rows may stand apart by that many other groups."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 8


class Spread:
    """Mean, standard deviation, quantiles and histogram of a stream of numbers."""

    def __init__(self) -> None:
        self._counts: dict[float, int] = {}
        self._rounded: Counter[float] = Counter()
        self._figures = (0, 0.0, 0.0)

    def add(self, value: float) -> None:
        """Counts a value in."""
        self._counts[value] = self._counts.get(value, 0) + 1
        if len(self._counts) > DISTINCT_VALUES:
            self._figures = self._all_figures()
            for exact, times in self._counts.items():
                rounded = float(f"{exact:.2e}")
                self._rounded[rounded if math.isfinite(rounded) else exact] += times
            self._counts = {}

    @property
    def count(self) -> int:
        """How many numbers there were."""
        return sum(self._counts.values()) + self._figures[0]

    def _all_figures(self) -> tuple[int, float, float]:
        """Count, mean, deviation: of before and of the values counted since (Chan 1979). No finite value overflows."""
        before, mean_before, std_before = self._figures
        since = sum(self._counts.values())
        if not since:
            return self._figures
        shares = {value: times / since for value, times in self._counts.items()}
        mean_since = 2 * math.fsum(value / 2 * share for value, share in shares.items())
        std_since = math.hypot(*((value - mean_since) * math.sqrt(share) for value, share in shares.items()))
        count, apart = before + since, mean_since - mean_before
        old, new = before / count, since / count
        std = math.hypot(std_before * math.sqrt(old), std_since * math.sqrt(new), apart * math.sqrt(old * new))
        return count, mean_before + apart * new, std

    def as_dict(self) -> dict[str, Any]:
        """The figures; without any number in it only the count."""
        count, mean, std = self._all_figures()
        if not count:
            return {"count": 0}
        ordered = sorted((self._rounded + Counter(self._counts)).items())
        return {
            "count": count,
            "mean": mean,
            "std": std,
            "min": ordered[0][0],
            "max": ordered[-1][0],
            "quantiles": {f"{q:g}": self._quantile(ordered, q) for q in QUANTILES},
            "histogram": self._histogram(ordered),
        }

    def _quantile(self, ordered: list[tuple[float, int]], q: float) -> float:
        """The least value that a share of at least `q` does not exceed."""
        rank, passed = q * self.count, 0
        for value, times in ordered:
            passed += times
            if passed >= rank:
                return value
        return ordered[-1][0]

    def _histogram(self, ordered: list[tuple[float, int]]) -> list[int]:
        """Counts in equal bins from the least to the greatest value."""
        low, high = ordered[0][0], ordered[-1][0]
        bins = [0] * BINS
        width = (high / 2 - low / 2) or 1.0  # halves, whose difference is finite
        for value, times in ordered:
            bins[min(BINS - 1, int((value / 2 - low / 2) / width * BINS))] += times
        return bins


class Reasons:
    """Why something happened, how often, and the first rows on which it did."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: dict[str, tuple[int, list[str]]] = {}

    def add(self, reason: str, row: str) -> None:
        self.count += 1
        if reason not in self._rows and len(self._rows) >= DISTINCT_REASONS:
            reason = "other reasons"
        times, rows = self._rows.get(reason, (0, []))
        self._rows[reason] = (times + 1, [*rows, row] if len(rows) < ROWS_NAMED else rows)

    def as_list(self) -> list[dict[str, Any]]:
        """The reasons, most frequent first."""
        ordered = sorted(self._rows.items(), key=lambda item: (-item[1][0], item[0]))
        return [{"reason": reason, "count": times, "rows": rows} for reason, (times, rows) in ordered]


class _Reward:
    """The tally of one reward."""

    def __init__(self) -> None:
        self.values = Spread()
        self.abstained = Reasons()
        self.failed = Reasons()
        self.slowest: tuple[float, str] | None = None

    def add(self, score: Score, row: Row, elapsed_ms: float | None) -> None:
        if score.value is not None:
            self.values.add(score.value)
        else:
            (self.abstained if score.status == "abstained" else self.failed).add(score.reason, row.where)
        if elapsed_ms is not None and (self.slowest is None or elapsed_ms > self.slowest[0]):
            self.slowest = (elapsed_ms, row.where)

    def as_dict(self, weight: float) -> dict[str, Any]:
        slowest = {"slowest": {"ms": self.slowest[0], "row": self.slowest[1]}} if self.slowest else {}
        return {
            "weight": weight,
            **self.values.as_dict(),
            "abstained": self.abstained.count,
            "failed": self.failed.count,
            "abstained_because": self.abstained.as_list(),
            "failed_because": self.failed.as_list(),
            **slowest,
        }


class _Groups:
    """How the rewards spread inside each group; groups are closed when newer ones crowd them out."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, _Group] = OrderedDict()
        self._flat: list[str] = []
        self._totals = dict.fromkeys(
            ("groups", "of_one", "no_spread", "unrewarded", "solved_by_all", "solved_by_some", "solved_by_none"), 0
        )

    def add(self, key: str, reward: float | None, main: float | None) -> None:
        digest = hash(key)
        group = self._open.get(digest)
        if group is None:
            group = self._open[digest] = _Group(key[:NAME_CHARACTERS])
            if len(self._open) > OPEN_GROUPS:
                self._close(self._open.popitem(last=False)[1], self._totals, self._flat)
        group.size += 1
        if reward is not None:
            group.low = min(group.low, reward)
            group.high = max(group.high, reward)
        if main is not None:
            group.judged += 1
            group.solved += main >= 1.0

    def as_dict(self) -> dict[str, Any]:
        totals, flat = dict(self._totals), list(self._flat)
        for group in self._open.values():
            self._close(group, totals, flat)
        return {**totals, "no_spread_first": flat}

    @staticmethod
    def _close(group: "_Group", totals: dict[str, int], flat: list[str]) -> None:
        if group.size == 1:
            totals["of_one"] += 1
            return
        totals["groups"] += 1
        totals["unrewarded"] += group.low > group.high
        if group.low == group.high:
            totals["no_spread"] += 1
            if len(flat) < GROUPS_NAMED:
                flat.append(group.name)
        if group.judged:
            solved = "all" if group.solved == group.judged else "some" if group.solved else "none"
            totals[f"solved_by_{solved}"] += 1


class _Group:
    """What is kept of a group: name, size, range of its rewards, how its completions did by the main reward."""

    __slots__ = ("high", "judged", "low", "name", "size", "solved")

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = self.judged = self.solved = 0
        self.low, self.high = math.inf, -math.inf


class Summary:
    """Tallies results as they come by."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """The weight of each reward, by alias; groups are solved by the first reward of the greatest weight."""
        self._weights = weights
        self._main = max(weights, key=lambda alias: weights[alias])
        self._rewards = {alias: _Reward() for alias in weights}
        self._total = Spread()
        self._groups = _Groups()
        self.rows = 0

    def add(self, row: Row, group_key: str | None, result: Result) -> None:
        """Counts one result in."""
        self.rows += 1
        if result.reward is not None:
            self._total.add(result.reward)
        for alias, score in result.scores.items():
            self._rewards[alias].add(score, row, result.elapsed_ms.get(alias))
        if group_key is not None:
            self._groups.add(group_key, result.reward, result.scores[self._main].value)

    @property
    def mean(self) -> float | None:
        """The mean reward; None where no row has one."""
        mean: float | None = self._total.as_dict().get("mean")
        return mean

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {
            "rows": self.rows,
            "unrewarded": self.rows - self._total.count,
            "failed": sum(reward.failed.count for reward in self._rewards.values()),
            "reward": self._total.as_dict(),
            "scores": {alias: reward.as_dict(self._weights[alias]) for alias, reward in self._rewards.items()},
            "groups": {"solved_by": self._main, **self._groups.as_dict()},
        }
