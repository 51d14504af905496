"""The figures of a run of judgements, in memory that does not grow with the run.

For each reward: the distribution of its values, how many passed, how often it abstained or failed and why, and its
slowest sample. For the groups: how many are solved, and how many have identical rewards, which give GRPO no signal.

The summaries of the parts of a file, merged in order, are the summary of the file.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Literal

from rewardkit.input.row import Row
from rewardkit.output.group_figures import PASS, GroupFigures
from rewardkit.output.spread import Spread
from rewardkit.score import Result, Score, Weight, is_paid

DISTINCT_REASONS = 200
ROWS_NAMED = 3
TALLY = 1024
"""Different values and kinds that are tallied before they are counted."""
_OTHERS = "other reasons"


class Reasons:
    """Why something happened, how often, and the first rows on which it did."""

    def __init__(self, *, of_part: bool) -> None:
        self.count = 0
        self._most = None if of_part else DISTINCT_REASONS
        self._rows: dict[tuple[str, str], tuple[int, list[tuple[int, str]]]] = {}

    def add(self, kind: str, reason: str, row: Row, number: int) -> None:
        """Counts one judgement in; `number` is that of the row in the run."""
        known = self._rows.get((kind, reason))
        if known is not None and len(known[1]) >= ROWS_NAMED:  # the row's name costs more than counting does
            self.count += 1
            self._rows[kind, reason] = (known[0] + 1, known[1])
        else:
            self._add(kind, reason, 1, [(number, row.where)])

    def merge(self, later: "Reasons", rows: int) -> None:
        """Counts in those of the part that follows on so many rows."""
        for (kind, reason), (times, found) in later._rows.items():
            self._add(kind, reason, times, [(rows + number, where) for number, where in found])

    def _add(self, kind: str, reason: str, times: int, found: list[tuple[int, str]]) -> None:
        self.count += times
        if (kind, reason) not in self._rows and self._most is not None and len(self._rows) >= self._most:
            reason = _OTHERS
        before, rows = self._rows.get((kind, reason), (0, []))
        self._rows[kind, reason] = (before + times, sorted([*rows, *found])[:ROWS_NAMED])

    def as_list(self) -> list[dict[str, Any]]:
        """The reasons, most frequent first."""
        ordered = sorted(self._rows.items(), key=lambda item: (-item[1][0], item[0]))
        return [
            {"kind": kind, "reason": reason, "count": times, "rows": [where for _, where in rows]}
            for (kind, reason), (times, rows) in ordered
        ]


class _Reward:
    """The tally of one reward."""

    def __init__(self, *, of_part: bool) -> None:
        self._tally: dict[tuple[float | None, str], int] = {}
        """How often each value came with each kind, until they are counted into the figures below."""
        self._values = Spread()
        self.named: dict[str, Spread] = {}
        self._passed = 0
        self._kinds: Counter[str] = Counter()
        self.abstained = Reasons(of_part=of_part)
        self.failed = Reasons(of_part=of_part)
        self.slowest: tuple[float, str] | None = None
        self.spent: dict[str, float] = {}

    def add(self, score: Score, row: Row, number: int, elapsed_ms: float | None) -> None:
        value = score.value
        key = (value, score.kind)
        self._tally[key] = self._tally.get(key, 0) + 1
        if value is None:
            reasons = self.abstained if score.status == "abstained" else self.failed
            reasons.add(score.kind, score.reason, row, number)
        elif score.values:
            for name, named in score.values.items():
                if named is not None:
                    self.named.setdefault(name, Spread()).add(named)
        if len(self._tally) > TALLY:
            self._count()
        if score.details:
            self._spend(spent(score.details))
        if elapsed_ms is not None and (self.slowest is None or elapsed_ms > self.slowest[0]):
            self.slowest = (elapsed_ms, row.where)

    def _count(self) -> None:
        for (value, kind), times in self._tally.items():
            self._kinds[kind] += times
            if value is not None:
                self._values.add(value, times)
                self._passed += times * (value >= PASS)
        self._tally = {}

    @property
    def values(self) -> Spread:
        """The values."""
        self._count()
        return self._values

    @property
    def kinds(self) -> Counter[str]:
        """How often each kind came."""
        self._count()
        return self._kinds

    @property
    def passed(self) -> int:
        """How many completions passed."""
        self._count()
        return self._passed

    def merge(self, later: "_Reward", rows: int) -> None:
        self._count()
        self._kinds += later.kinds
        self._values.merge(later.values)
        self._passed += later.passed
        for name, spread in later.named.items():
            self.named.setdefault(name, Spread()).merge(spread)
        self.abstained.merge(later.abstained, rows)
        self.failed.merge(later.failed, rows)
        self._spend(later.spent)
        if later.slowest is not None and (self.slowest is None or later.slowest[0] > self.slowest[0]):
            self.slowest = later.slowest

    def _spend(self, amounts: Mapping[str, float]) -> None:
        for name, amount in amounts.items():
            self.spent[name] = self.spent.get(name, 0) + amount

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


def spent(details: Mapping[str, Any]) -> dict[str, float]:
    """The use of a paid service by a judgement: the `tokens` and the `cost` in its details."""
    if "tokens" not in details and "cost" not in details:
        return {}
    tokens = details.get("tokens")
    told = {f"{name}_tokens": count for name, count in tokens.items()} if isinstance(tokens, Mapping) else {}
    told |= {"cost": details["cost"]} if "cost" in details else {}
    return {name: amount for name, amount in told.items() if isinstance(amount, int | float)}


class Summary:
    """Tallies results as they come by."""

    def __init__(self, weights: Mapping[str, Weight], readers: Collection[str] = (), *, of_part: bool = False) -> None:
        """An empty tally.

        weights  the weight of each reward, by alias
        readers  aliases of the rewards that need the ground truth: by the paid ones of them a group is solved, and
                 without any judgement of theirs a run judged nothing; without such a reward, all paid ones
        of_part  it tallies a part of a file, to be merged into the summary of the file
        """
        self._weights = weights
        paid = [alias for alias in weights if is_paid(weights[alias])]
        self._paid = paid
        self._readers = [alias for alias in paid if alias in readers]
        self._solvers = self._readers or paid
        self._rewards = {alias: _Reward(of_part=of_part) for alias in weights}
        self._total = Spread()
        self._groups = GroupFigures(of_part=of_part)
        self.rows = 0

    def add(self, row: Row, group_key: str | None, result: Result) -> None:
        """Counts one result in."""
        self.rows += 1
        if result.reward is not None:
            self._total.add(result.reward)
        for alias, score in result.scores.items():
            self._rewards[alias].add(score, row, self.rows, result.elapsed_ms.get(alias))
        if group_key is not None:
            self._groups.add(group_key, result.reward, result.scores, self._solvers)

    def merge(self, later: "Summary") -> None:
        """Counts in the summary of the part that follows."""
        self._total.merge(later._total)
        for alias, reward in later._rewards.items():
            self._rewards[alias].merge(reward, self.rows)
        self._groups.merge(later._groups)
        self.rows += later.rows

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
