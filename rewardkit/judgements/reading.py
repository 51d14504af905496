"""The judgement of a row: the block that `rewardkit score` wrote, or the column in which a trainer wrote its reward.

reader = JudgementReader()
judgement = reader.judgement(row)       # its reward, and its scores where it has a block
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from rewardkit.codec import checked_scores
from rewardkit.dotted_path import value_at
from rewardkit.errors import InputError
from rewardkit.input.columns_found import ColumnsFound
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK, find_path
from rewardkit.suggestions import did_you_mean

REWARD = "reward"
"""The name of the composed reward, beside the aliases of the scores."""

REWARD_COLUMNS = {
    "reward": "TRL's journals, NeMo Gym's rollouts, verifiers",
    "score": "verl's rollout dumps",
    "rewards": "OpenRLHF, slime",
    "total_reward": "",
    "reward_score": "",
    "final_reward": "",
    "is_correct": "Open-R1's and NuminaMath's verified data sets",
    "correct": "",
    "correctness": "",
    "correctness_math_verify": "Open-R1's OpenR1-Math-220k",
    "acc": "verl's rollout dumps, where the score is something else",
}
"""Columns in which a reward is looked for, the first that a row has, and who writes it."""

Scores = Mapping[str, Mapping[str, Any]]


class Judgement(NamedTuple):
    """The judgement of one row."""

    reward: float | None
    scores: Scores
    """By alias, as the block has them; empty where the row has a column of rewards alone."""

    def value(self, name: str) -> float | None:
        """A value by its name: `reward`, an alias, or a named value (`ifeval.strict`)."""
        if name == REWARD and REWARD not in self.scores:
            return self.reward
        score = self.scores.get(name)
        if score is not None:
            value: float | None = score["value"]
            return value
        alias, _, named = name.partition(".")
        values = (self.scores.get(alias) or {}).get("values") or {}
        found: float | None = values.get(named)
        return found

    def reason(self, name: str) -> str:
        """The reason of a score, with its kind where it has no value; empty for what has none."""
        score = self.scores.get(name) or self.scores.get(name.partition(".")[0])
        if score is None:
            return ""
        told = str(score.get("reason") or "")
        return (
            told if score["value"] is not None else f"{score['status']} ({score['kind']}){f': {told}' if told else ''}"
        )


class JudgementReader:
    """Reads the judgements of rows, each in the way in which its file holds them."""

    def __init__(self, column: str | None = None) -> None:
        """A reader.

        column  the column, or the path, that holds the reward; None: the block, else the first of REWARD_COLUMNS
        """
        self._column = column
        self._found: dict[str, str] = {}

    def judgement(self, row: Row) -> Judgement:
        """The judgement of a row.

        raises  InputError where the row has none, and for a value that is no number
        """
        block = row.data.get(BLOCK)
        if block is not None and self._column is None:
            scores = _plain_scores(block, row)
            return Judgement(_number(block.get("reward"), BLOCK, row), scores)
        path = self._path(row)
        return Judgement(_number(value_at(row.data, (path,) if path in row.data else path), path, row), {})

    def path(self, row: Row) -> str | None:
        """The column of rewards in the row's file; None where it was not needed."""
        return self._found.get(row.source)

    def _path(self, row: Row) -> str:
        """Where the rows of a file hold their reward; settled by its first row."""
        path = self._found.get(row.source)
        if path is None:
            path = self._found[row.source] = self._look(row)
        return path

    def _look(self, row: Row) -> str:
        names = (self._column,) if self._column else tuple(REWARD_COLUMNS)
        for name in names:
            if (path := find_path(row.data, name)) is not None:
                return path
        found = ColumnsFound([row.data])
        if self._column:
            near = did_you_mean(self._column, list(row.data))
            raise InputError(f"{row.where}: no column {self._column!r} for the reward{near}; columns found: {found}")
        csv = "; a .csv or .tsv file of `rewardkit score` is read without its judgement: write .jsonl or .parquet"
        raise InputError(
            f"{row.where}: has no judgement: neither a block of `rewardkit score` nor a column of rewards "
            f"({', '.join(list(REWARD_COLUMNS)[:4])}, …); columns found: {found}; judge the rows first: `rewardkit "
            f"score {row.source} -c RUBRIC -o scored.jsonl`, or name the column: --reward COLUMN"
            f"{csv if row.source.lower().endswith(('.csv', '.tsv')) else ''}"
        )


def _plain_scores(block: Mapping[str, Any], row: Row) -> Scores:
    """The scores of a block; out of a table their details are JSON text, and what a row does not have is null."""
    try:
        scores = checked_scores(block)
    except InputError as error:
        raise InputError(f"{row.where}: {error}") from error
    if row.raw:
        return scores
    plain = {}
    for alias, score in scores.items():
        plain[alias] = dict(score)
        if isinstance(details := score.get("details"), str):
            plain[alias]["details"] = orjson.loads(details)
    return plain


def _number(value: Any, path: str, row: Row) -> float | None:
    """A reward as a number; None for null, NaN and an empty cell."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("score", value.get("reward"))
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value.strip().lower()
        value = {"true": 1.0, "false": 0.0}.get(text, text)
        try:
            value = float(value)
        except ValueError:
            value = text
    if not isinstance(value, bool | int | float):
        raise InputError(
            f"{row.where}: {path!r} holds {type(value).__name__} {str(value)[:40]!r}, wanted a number for the reward; "
            "name another column: --reward COLUMN"
        )
    number = float(value)
    if math.isinf(number):
        raise InputError(f"{row.where}: {path!r} holds {number}, wanted a finite number for the reward")
    return None if math.isnan(number) else number
