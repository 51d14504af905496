"""Scored rows as `rewardkit score` writes them, in few words."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rewardkit.codec import to_block
from rewardkit.score import Result, Score


def scored(prompt: str, completion: str, elapsed_ms: float | None = None, **values: Any) -> dict[str, Any]:
    """A scored row: a value, or a Score, for each reward; the reward is their sum."""
    scores = {
        alias: value if isinstance(value, Score) else Score.scored(float(value), f"{alias} says {value}")
        for alias, value in values.items()
    }
    known = [score.value for score in scores.values() if score.value is not None]
    times = {} if elapsed_ms is None else dict.fromkeys(scores, elapsed_ms)
    reward = sum(known) if len(known) == len(scores) else None
    result = Result(reward=reward, scores=scores, weights=dict.fromkeys(scores, 1.0), elapsed_ms=times)
    return {"prompt": prompt, "completion": completion, "rewardkit": to_block(result)}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows into a file of JSON lines."""

    def write(rows: Iterable[Mapping[str, Any]], name: str) -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return write
