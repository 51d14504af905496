"""One RowScorer for each process and setting, for trainers that call a function and keep no object."""

import os
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rewardkit_trainers.imputation import OnNone
from rewardkit_trainers.row_scorer import RUBRIC_VARIABLE, RowScorer, Workers

_STARTING = threading.Lock()
"""Trainers call from many threads at once, and `cache` lets all that come before the first is done start one."""


def shared_scorer(
    rubric: str | Path | None,
    *,
    on_none: OnNone = "mean",
    plugins: Sequence[str | Path] = (),
    workers: Workers = None,
    alone: str | None = None,
    engine: str | None = None,
) -> RowScorer:
    """The scorer of this process for these settings, started when it is first asked for.

    alone   why completions are judged one at a time, where they are, as for `RowScorer.check_alone`
    raises  ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
    """
    named = None if rubric is None else str(rubric)
    with _STARTING:
        named = named or os.environ.get(RUBRIC_VARIABLE)
        return _scorer(named, on_none, tuple(map(str, plugins)), workers, alone, engine)


@cache
def _scorer(
    rubric: str | None,
    on_none: OnNone,
    plugins: tuple[str, ...],
    workers: Workers,
    alone: str | None,
    engine: str | None,
) -> RowScorer:
    scorer = RowScorer(rubric, on_none=on_none, plugins=plugins, workers=workers, engine=engine)
    if alone:
        scorer.check_alone(alone)
    return scorer
