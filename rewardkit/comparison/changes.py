"""Changes between two judgements: pairs of rows go in, the figures come out.

Of each row its numbers are kept; of rows whose verdict changed also the reasons, up to FLIPS_KEPT.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardkit import advantages
from rewardkit.advantages import EQUAL
from rewardkit.comparison.judged import JudgedRow, amounts
from rewardkit.comparison.pairing import Pair
from rewardkit.comparison.statistics import Floats, Interval, kappa, paired, spearman, welch

FLIPS_KEPT = 2000
GROUPS_NAMED = 10
UNKNOWN = -1

Bools = NDArray[np.bool_]
SIDES = ("old", "new")


class Changes:
    """The tally of a comparison."""

    def __init__(self, *, pass_at: float, estimator: str) -> None:
        """An empty tally.

        pass_at    a value from which on a score passes
        estimator  of the advantages: a key of `rewardkit.advantages.ESTIMATORS`
        """
        self._pass_at = pass_at
        self._estimator = estimator
        self._rewards = {side: array("d") for side in SIDES}
        self._verdicts = {side: array("b") for side in SIDES}
        self._groups = array("q")
        self._alone = 0
        self._names: dict[int, str] = {}
        self._values: dict[str, dict[str, array[float]]] = defaultdict(lambda: {side: array("d") for side in SIDES})
        self._kinds: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._aliases: dict[str, dict[str, None]] = {side: {} for side in SIDES}
        self._elapsed: dict[str, defaultdict[str, float]] = {side: defaultdict(float) for side in SIDES}
        self._spent: dict[str, defaultdict[tuple[str, str], float]] = {side: defaultdict(float) for side in SIDES}
        self.flips: list[dict[str, Any]] = []
        """The first rows whose verdict changed, with both reasons."""

    def add(self, pair: Pair) -> dict[str, Any] | None:
        """Counts a pair in; returns the flip where its verdict changed."""
        for side, row in zip(SIDES, pair, strict=True):
            reward = row.judgement.reward
            self._rewards[side].append(np.nan if reward is None else reward)
            self._verdicts[side].append(UNKNOWN if row.verdict is None else int(row.verdict))
            for alias, score in row.judgement.scores.items():
                self._aliases[side][alias] = None
                self._count(side, alias, score)
        group = pair.old.group
        if group is None:
            self._alone -= 1  # a group of its own
            group = self._alone
        elif group not in self._names:
            self._names[group] = pair.old.texts.group
        self._groups.append(group)
        old_scores, new_scores = pair.old.judgement.scores, pair.new.judgement.scores
        for alias, old in old_scores.items():
            if (new := new_scores.get(alias)) is None:
                continue
            values = self._values[alias]
            for side, score in (("old", old), ("new", new)):
                value = score["value"]
                values[side].append(np.nan if value is None else value)
            if old["kind"] != new["kind"]:
                self._kinds[alias][old["kind"], new["kind"]] += 1
        if pair.old.verdict is pair.new.verdict:
            return None
        flip = _flip(pair)
        if len(self.flips) < FLIPS_KEPT:
            self.flips.append(flip)
        return flip

    def _count(self, side: str, alias: str, score: Mapping[str, Any]) -> None:
        if (elapsed := score.get("elapsed_ms")) is not None:
            self._elapsed[side][alias] += elapsed
        for name, amount in amounts(score).items():
            self._spent[side][alias, name] += amount

    def as_dict(self) -> dict[str, Any]:
        """All figures, for machines."""
        verdicts = {side: np.array(self._verdicts[side], dtype=np.int8) for side in SIDES}
        aliases = [alias for alias in self._aliases["old"] if alias in self._values]
        return {
            "rows": len(self._groups),
            "verdicts": _verdict_changes(verdicts["old"], verdicts["new"]),
            "reward": self._agreement(self._rewards, verdicts=None),
            "scores": {alias: self._of_score(alias) for alias in aliases},
            "only_old": [alias for alias in self._aliases["old"] if alias not in self._aliases["new"]],
            "only_new": [alias for alias in self._aliases["new"] if alias not in self._aliases["old"]],
            "groups": self._of_groups(),
            "cost": {side: self._of_side(side) for side in SIDES},
        }

    def _of_score(self, alias: str) -> dict[str, Any]:
        changed = self._kinds[alias].most_common()
        kinds = [{"old": old, "new": new, "count": count} for (old, new), count in changed]
        return {**self._agreement(self._values[alias], verdicts=self._pass_at), "kinds_changed": kinds}

    def _agreement(self, values: Mapping[str, Iterable[float]], *, verdicts: float | None) -> dict[str, Any]:
        """The figures of one number on both sides, over the rows that have it on both.

        verdicts  a value from which on a score passes; None for a number that is no verdict
        """
        old, new = (np.array(values[side], dtype=np.float64) for side in SIDES)
        both = ~np.isnan(old) & ~np.isnan(new)
        one, other = old[both], new[both]
        made: dict[str, Any] = {
            "both": int(both.sum()),
            "only_old": int((~np.isnan(old) & np.isnan(new)).sum()),
            "only_new": int((np.isnan(old) & ~np.isnan(new)).sum()),
            "mean_old": float(one.mean()) if len(one) else None,
            "mean_new": float(other.mean()) if len(other) else None,
            "changed": int((np.abs(one - other) > EQUAL).sum()),
            "welch": _as_dict(welch(one, other)),
            "paired": _as_dict(paired(one, other)),
            "rank_correlation": spearman(one, other),
        }
        if verdicts is not None:
            passed = one >= verdicts, other >= verdicts
            made["lost"] = int((passed[0] & ~passed[1]).sum())
            made["gained"] = int((~passed[0] & passed[1]).sum())
            made["kappa"] = kappa(*passed)
        return made

    def _of_groups(self) -> dict[str, Any]:
        groups = np.array(self._groups, dtype=np.int64)
        keys, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        several = sizes > 1
        flat = {side: _flat(np.array(self._rewards[side]), index, len(keys)) for side in SIDES}
        lost, gained = several & ~flat["old"] & flat["new"], several & flat["old"] & ~flat["new"]
        return {
            "groups": int(several.sum()),
            "zero_variance_old": int((several & flat["old"]).sum()),
            "zero_variance_new": int((several & flat["new"]).sum()),
            "signal_lost": int(lost.sum()),
            "signal_lost_first": self._named(keys[lost]),
            "signal_gained": int(gained.sum()),
            "signal_gained_first": self._named(keys[gained]),
            "advantages": self._of_advantages(index.tolist(), several[index]),
        }

    def _of_advantages(self, groups: list[Hashable], several: Bools) -> dict[str, Any]:
        estimate: Callable[..., Floats] = advantages.ESTIMATORS[self._estimator]
        old, new = (np.nan_to_num(estimate(np.array(self._rewards[side]), groups))[several] for side in SIDES)
        apart = np.abs(new - old)
        return {
            "estimator": self._estimator,
            "rows": len(apart),
            "changed": int((apart > EQUAL).sum()),
            "sign_changed": int(((old > EQUAL) & (new < -EQUAL) | (old < -EQUAL) & (new > EQUAL)).sum()),
            "mean_change": float(apart.mean()) if len(apart) else None,
            "correlation": spearman(old, new),
        }

    def _named(self, keys: NDArray[np.int64]) -> list[str]:
        return [self._names[key] for key in keys[:GROUPS_NAMED].tolist()]

    def _of_side(self, side: str) -> dict[str, Any]:
        elapsed = {alias: value / 1000 for alias, value in self._elapsed[side].items()}
        spent: dict[str, dict[str, float]] = defaultdict(dict)
        for (alias, name), amount in self._spent[side].items():
            spent[alias][name] = amount
        return {
            "seconds": sum(elapsed.values()) if elapsed else None,
            "seconds_by_score": elapsed,
            "spent": dict(spent),
        }


def _verdict_changes(old: NDArray[np.int8], new: NDArray[np.int8]) -> dict[str, Any]:
    judged = (old >= 0) & (new >= 0)
    lost, gained = int(((old == 1) & (new == 0)).sum()), int(((old == 0) & (new == 1)).sum())
    changed = int((old != new).sum())
    return {
        "judged_by_both": int(judged.sum()),
        "correct_old": int((old == 1).sum()),
        "correct_new": int((new == 1).sum()),
        "lost": lost,
        "gained": gained,
        "no_longer_judged": int(((old >= 0) & (new < 0)).sum()),
        "newly_judged": int(((old < 0) & (new >= 0)).sum()),
        "changed": changed,
        "share": changed / len(old) if len(old) else 0.0,
        "kappa": kappa(old[judged] == 1, new[judged] == 1),
    }


def _flat(rewards: Floats, index: NDArray[np.intp], count: int) -> Bools:
    """For each group: True where its rewards are equal but for rounding, or none has one."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    known = ~np.isnan(rewards)
    np.minimum.at(low, index[known], rewards[known])
    np.maximum.at(high, index[known], rewards[known])
    none = low > high
    low[none], high[none] = 0.0, 0.0
    return np.asarray(high - low <= EQUAL * np.maximum(np.abs(low), np.abs(high)), dtype=np.bool_)


def _flip(pair: Pair) -> dict[str, Any]:
    old, new = pair

    def of(row: JudgedRow) -> dict[str, Any]:
        verdict = None if row.verdict is None else "correct" if row.verdict else "wrong"
        return {"row": row.row.where, "verdict": verdict, "reward": row.judgement.reward, "reason": row.told}

    return {"old": of(old), "new": of(new), "prompt": old.texts.prompt, "completion": old.texts.completion}


def _as_dict(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval._asdict()
