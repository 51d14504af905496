"""Rows that were judged, whoever wrote them: our own blocks, trainers' journals, and dumps with columns of rewards."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rewardkit.codec import from_block
from rewardkit.errors import InputError
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.sample import Sample
from rewardkit.score import Result, Score

REWARD_COLUMNS = ("reward", "rewards", "total_reward", "score", "scores", "acc", "accuracy")
"""Columns in which dumps of trainers and evaluations keep the whole reward, the first that a row has."""
STEP_COLUMNS = ("step", "global_step", "training_step", "iteration", "epoch")


class JudgedRow(NamedTuple):
    """A row of the report."""

    file: str
    line: int
    sample: Sample
    result: Result
    step: float | None
    """Step of training that it was judged for; None where nobody says."""
    advantage: float | None


def judged_rows(rows: Iterable[Row], reader: InputReader) -> Iterator[JudgedRow]:
    """The judged rows among these, in order.

    raises  InputError for a row without any judgement
    """
    for row in reader.rows(rows):
        block = row.data.get(BLOCK)
        result = from_block(block) if isinstance(block, Mapping) else _from_columns(row)
        advantage = block.get("advantage") if isinstance(block, Mapping) else row.data.get("advantage")
        yield JudgedRow(row.source, row.line, reader.sample(row), result, _step(row.data), _number(advantage))


def _from_columns(row: Row) -> Result:
    """The result that a dump's columns state: one for the whole, and others that are called rewards."""
    whole = next((name for name in REWARD_COLUMNS if _number(row.data.get(name)) is not None), None)
    parts = {
        name: value
        for name in row.data
        if name != whole and ("reward" in name.lower() or name.lower().endswith("_score"))
        if (value := _number(row.data[name])) is not None
    }
    if whole is None and not parts:
        raise InputError(
            f"{row.where}: no judgement: neither a block of `rewardkit score` nor a column such as "
            f"{', '.join(REWARD_COLUMNS[:4])}; judge it first: `rewardkit score {row.source} -o scored.jsonl`"
        )
    scores = {name: Score.scored(value) for name, value in parts.items()}
    reward = _number(row.data[whole]) if whole is not None else sum(parts.values())
    return Result(reward=reward, scores=scores, weights=dict.fromkeys(scores, 1.0))


def _step(data: Mapping[str, Any]) -> float | None:
    training = data.get("training")  # a journal of ours
    if isinstance(training, Mapping):
        return _number(training.get("step"))
    return next((step for name in STEP_COLUMNS if (step := _number(data.get(name))) is not None), None)


def _number(value: Any) -> float | None:
    """A finite number, also as text (CSV) and as a truth value; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
