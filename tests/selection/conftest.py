"""Scored rows as `rewardkit score` writes them, in few words."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rewardkit.codec import to_block
from rewardkit.score import Result, Score


def block(reward: float | None = None, **values: Any) -> dict[str, Any]:
    """The block of a row: a value, or a Score, for each reward; `reward` is their sum unless it is given."""
    scores = {
        alias: value if isinstance(value, Score) else Score.scored(float(value), f"{alias} says {value}")
        for alias, value in values.items()
    }
    known = [score.value for score in scores.values() if score.value is not None]
    total = reward if reward is not None or len(known) < len(scores) else sum(known)
    return to_block(Result(reward=total, scores=scores, weights=dict.fromkeys(scores, 1.0)))


def scored(prompt: str, completion: str, math: Any = 1, **others: Any) -> dict[str, Any]:
    """A scored row of mathematics; `reward=` and other scores by name, further columns in `columns=`."""
    columns = others.pop("columns", {})
    return {"prompt": prompt, "completion": completion, **columns, "rewardkit": block(math=math, **others)}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows into a file of JSON lines."""

    def write(rows: Iterable[Mapping[str, Any]], name: str = "scored.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return write
