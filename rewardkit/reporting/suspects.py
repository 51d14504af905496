"""Rows to look at first: what a model may have learnt instead of the task, told by the judged rows alone.

None of these proves anything; each names rows that a person reads in a minute.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from rewardkit.reporting.judged import JudgedRow

ROWS = 40
"""Rows that are named for each suspicion."""
SAME_TEXT_PROMPTS = 3
"""Prompts to which one completion was the answer, each time paid."""
GREW = 0.05
"""The rise of a reward over the run that is worth a word, as a share of its range."""
STEPS = 4
SHORT = 0.34
"""A paid completion of a third of the usual length is worth a look."""


class Suspects:
    """Collects what is needed of each row, and nothing of its text."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._paid_texts: dict[bytes, dict[str, int]] = defaultdict(dict)
        self._steps: dict[float, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._without: list[int] = []
        self._reasoned = 0
        self._rows: list[tuple[int, float, int]] = []

    def add(self, number: int, row: JudgedRow) -> None:
        """Takes a row in, by its number in the report."""
        reward = row.result.reward
        if reward is None:
            return
        text = row.sample.completion_text
        self._rows.append((number, reward, len(text)))
        digest = hashlib.blake2b(text.strip().encode("utf-8", "replace"), digest_size=12).digest()
        if reward > 0:
            self._paid_texts[digest].setdefault(row.sample.group_key or str(number), number)
        if row.sample.parts.reasoning:
            self._reasoned += 1
        elif reward > 0:
            self._without.append(number)
        if row.step is not None:
            step = self._steps[row.step]
            step["length"].append(len(text))
            step["reward"].append(reward)
            for alias, score in row.result.scores.items():
                if score.value is not None:
                    step[alias].append(score.value)

    def found(self) -> list[dict[str, Any]]:
        """The things to look at: a sentence, and numbers of rows."""
        return [*self._same_text(), *self._drift(), *self._no_reasoning(), *self._short()]

    def _same_text(self) -> list[dict[str, Any]]:
        often = [rows for rows in self._paid_texts.values() if len(rows) >= SAME_TEXT_PROMPTS]
        if not often:
            return []
        often.sort(key=len, reverse=True)
        rows = [number for one in often for number in one.values()]
        return [_suspect(f"the same completion, paid on {len(often[0])} different prompts", rows)]

    def _no_reasoning(self) -> list[dict[str, Any]]:
        paid = len(self._rows) and sum(reward > 0 for _, reward, _ in self._rows)
        share = len(self._without) / paid if paid else 1.0
        if not self._without or not self._reasoned or share > 0.5:
            return []
        return [
            _suspect(f"paid without any reasoning, where most others have some: {len(self._without):,}", self._without)
        ]

    def _short(self) -> list[dict[str, Any]]:
        top = max((reward for _, reward, _ in self._rows), default=0.0)
        best = sorted((size, number) for number, reward, size in self._rows if reward >= top > 0)
        if len(best) < 10:
            return []
        usual = best[len(best) // 2][0]
        rows = [number for size, number in best if size < SHORT * usual]
        sentence = f"paid the most with less than a third of the usual length: {len(rows):,}"
        return [_suspect(sentence, rows)] if rows else []

    def _drift(self) -> list[dict[str, Any]]:
        """The whole reward rises while one of its parts falls, or the length runs away."""
        steps = sorted(self._steps)
        if len(steps) < STEPS:
            return []
        change = {name: _change([self._steps[step][name] for step in steps]) for name in self._names()}
        grown, told = change["reward"], []
        for name, moved in change.items():
            if name not in ("reward", "length") and grown > GREW and moved < -GREW:
                sentence = f"the reward rose over the steps by {grown:.2g}, and `{name}` fell by {-moved:.2g}"
                told.append(_suspect(sentence, []))
        first, last = (fmean(self._steps[step]["length"]) for step in (steps[0], steps[-1]))
        if first and (last > 2 * first or last < first / 2):
            told.append(_suspect(f"completions went from {first:,.0f} to {last:,.0f} characters", []))
        return told

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for step in self._steps.values() for name in step))


def _change(by_step: Sequence[Sequence[float]]) -> float:
    """The mean of the last quarter of the steps less that of the first; 0 where either has no values."""
    size = max(1, len(by_step) // 4)
    first, last = ([v for values in part for v in values] for part in (by_step[:size], by_step[-size:]))
    return fmean(last) - fmean(first) if first and last else 0.0


def _suspect(sentence: str, rows: Sequence[int]) -> dict[str, Any]:
    return {"sentence": sentence, "rows": list(rows[:ROWS])}
