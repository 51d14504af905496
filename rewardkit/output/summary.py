"""The figures of a run of judgements, in memory that does not grow with the run.

For each reward: the distribution of its values, how many passed, how often it abstained or failed and why, and its
slowest sample. For the groups: how many are solved, and how many have identical rewards, which give GRPO no signal.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from typing import Any, Literal

from rewardkit.input.row import Row
from rewardkit.score import Result, Score, Weight, is_paid

DISTINCT_VALUES = 4096
"""Number of different values up to which quantiles are exact; beyond it they have three significant digits."""
DISTINCT_REASONS = 200
ROWS_NAMED = 3
GROUPS_NAMED = 20
NAME_CHARACTERS = 60
OPEN_GROUPS = 4096
"""Groups that may be unfinished at one time: so many other groups may stand between two rows of a group."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 8
PASS = 1.0
"""A value from which on a completion passes a reward."""


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
        self._rows: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def add(self, kind: str, reason: str, row: str) -> None:
        """Counts one judgement in."""
        self.count += 1
        if (kind, reason) not in self._rows and len(self._rows) >= DISTINCT_REASONS:
            reason = "other reasons"
        times, rows = self._rows.get((kind, reason), (0, []))
        self._rows[kind, reason] = (times + 1, [*rows, row] if len(rows) < ROWS_NAMED else rows)

    def as_list(self) -> list[dict[str, Any]]:
        """The reasons, most frequent first."""
        ordered = sorted(self._rows.items(), key=lambda item: (-item[1][0], item[0]))
        return [
            {"kind": kind, "reason": reason, "count": times, "rows": rows} for (kind, reason), (times, rows) in ordered
        ]


class _Reward:
    """The tally of one reward."""

    def __init__(self) -> None:
        self.values = Spread()
        self.named: dict[str, Spread] = {}
        self.passed = 0
        self.kinds: Counter[str] = Counter()
        self.abstained = Reasons()
        self.failed = Reasons()
        self.slowest: tuple[float, str] | None = None
        self.spent: dict[str, float] = {}

    def add(self, score: Score, row: Row, elapsed_ms: float | None) -> None:
        self.kinds[score.kind] += 1
        if score.value is not None:
            self.values.add(score.value)
            self.passed += score.value >= PASS
            for name, value in (score.values or {}).items():
                if value is not None:
                    self.named.setdefault(name, Spread()).add(value)
        else:
            reasons = self.abstained if score.status == "abstained" else self.failed
            reasons.add(score.kind, score.reason, row.where)
        for name, amount in _spent(score.details):
            self.spent[name] = self.spent.get(name, 0) + amount
        if elapsed_ms is not None and (self.slowest is None or elapsed_ms > self.slowest[0]):
            self.slowest = (elapsed_ms, row.where)

    @property
    def asked(self) -> int:
        """Rows on which neither a condition nor a gate of the rubric kept the reward from being asked."""
        return self.kinds.total() - self.kinds["not_asked"]

    def as_dict(self, weight: Weight) -> dict[str, Any]:
        slowest = {"slowest": {"ms": self.slowest[0], "row": self.slowest[1]}} if self.slowest else {}
        return {
            "weight": weight,
            **self.values.as_dict(),
            **({"values": {name: one.as_dict() for name, one in self.named.items()}} if self.named else {}),
            "passed": self.passed,
            "pass_rate": self.passed / self.values.count if self.values.count else None,
            "abstained": self.abstained.count,
            "failed": self.failed.count,
            "kinds": dict(sorted(self.kinds.items())),
            "abstained_because": self.abstained.as_list(),
            "failed_because": self.failed.as_list(),
            **({"spent": self.spent} if self.spent else {}),
            **slowest,
        }


def _spent(details: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The use of a paid service by a judgement: the `tokens` and the `cost` in its details."""
    tokens = details.get("tokens")
    told = {f"{name}_tokens": count for name, count in tokens.items()} if isinstance(tokens, Mapping) else {}
    told |= {"cost": details["cost"]} if "cost" in details else {}
    return [(name, amount) for name, amount in told.items() if isinstance(amount, int | float)]


class _Groups:
    """How the rewards spread inside each group; groups are closed when newer ones crowd them out."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, _Group] = OrderedDict()
        self._flat: list[str] = []
        self._totals = dict.fromkeys(("groups", "of_one", "no_spread", "unrewarded"), 0)
        self._solved: dict[str, dict[str, int]] = {}

    def add(self, key: str, reward: float | None, values: Mapping[str, float | None]) -> None:
        """Counts one result in; `values` are those of the rewards by which a group is solved."""
        digest = hash(key)
        group = self._open.get(digest)
        if group is None:
            group = self._open[digest] = _Group(key[:NAME_CHARACTERS])
            if len(self._open) > OPEN_GROUPS:
                self._close(self._open.popitem(last=False)[1], self._totals, self._solved, self._flat)
        group.size += 1
        if reward is not None:
            group.low = min(group.low, reward)
            group.high = max(group.high, reward)
        for alias, value in values.items():
            if value is not None:
                judged, solved = group.solved.get(alias, (0, 0))
                group.solved[alias] = (judged + 1, solved + (value >= PASS))

    def as_dict(self) -> dict[str, Any]:
        totals, flat = dict(self._totals), list(self._flat)
        solved = {alias: dict(counts) for alias, counts in self._solved.items()}
        for group in self._open.values():
            self._close(group, totals, solved, flat)
        return {**totals, "no_spread_first": flat, "solved": solved}

    @staticmethod
    def _close(group: "_Group", totals: dict[str, int], solved: dict[str, dict[str, int]], flat: list[str]) -> None:
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


class _Group:
    """Name and size of a group, the range of its rewards, and by reward how many were judged and passed."""

    __slots__ = ("high", "low", "name", "size", "solved")

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.low, self.high = math.inf, -math.inf
        self.solved: dict[str, tuple[int, int]] = {}


class Summary:
    """Tallies results as they come by."""

    def __init__(self, weights: Mapping[str, Weight], readers: Collection[str] = ()) -> None:
        """An empty tally.

        weights  the weight of each reward, by alias
        readers  aliases of the rewards that need the ground truth: by the paid ones of them a group is solved, and
                 without any judgement of theirs a run judged nothing; without such a reward, all paid ones
        """
        self._weights = weights
        paid = [alias for alias in weights if is_paid(weights[alias])]
        self._paid = paid
        self._readers = [alias for alias in paid if alias in readers]
        self._solvers = self._readers or paid
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
            values = {alias: result.scores[alias].value for alias in self._solvers}
            self._groups.add(group_key, result.reward, values)

    @property
    def mean(self) -> float | None:
        """The mean reward; None if no row has one."""
        mean: float | None = self._total.as_dict().get("mean")
        return mean

    @property
    def unjudged(self) -> Literal["failed", "abstained"] | None:
        """How a run ended in which nothing could be judged; None for a run that judged.

        `failed`: a paid reward failed on every row on which it was asked. `abstained`: none of the paid rewards that
        need the ground truth judged any row. A reward behind a closed gate was not asked, and its row has its 0.
        """
        for alias in self._paid:
            reward = self._rewards[alias]
            if reward.asked and reward.failed.count >= reward.asked:
                return "failed"
        readers = [self._rewards[alias] for alias in self._readers]
        if any(reward.asked for reward in readers) and not any(reward.values.count for reward in readers):
            return "abstained"
        return None

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {
            "rows": self.rows,
            "unjudged": self.unjudged,
            "unrewarded": self.rows - self._total.count,
            "failed": sum(reward.failed.count for reward in self._rewards.values()),
            "reward": self._total.as_dict(),
            "scores": {alias: reward.as_dict(self._weights[alias]) for alias, reward in self._rewards.items()},
            "groups": self._groups.as_dict(),
        }
