"""`rewardkit score --repeat N`: every row judged again, and what was judged differently."""

from typing import Any

from rewardkit.commands import console
from rewardkit.commands.judging import Judging
from rewardkit.errors import ConfigError
from rewardkit.pipeline import Scorer
from rewardkit.workers.repeated import RepeatedEngine

SHOWN = 5
"""Rows that are shown for each run."""


def repeated(scorer: Judging, times: int) -> RepeatedEngine | None:
    """Makes a scorer judge every sample several times; None for once.

    raises  ConfigError where the command judges in this process
    """
    if times == 1:
        return None
    if not isinstance(scorer, Scorer):
        raise ConfigError(f"--repeat {times}: --debug and --pdb judge in this process; use one or the other")
    scorer.engine = engine = RepeatedEngine(scorer.engine, times, scorer.rubric.rewards)
    return engine


def as_dict(engine: RepeatedEngine) -> dict[str, Any]:
    """The differences, for machines; rows by their number in the run, from 1."""
    return {
        "times": engine.times,
        "differing": dict(engine.counts),
        "rows": [
            {
                "row": found.sample + 1,
                "reward": found.alias,
                "scores": [dict(zip(("value", "status", "kind"), score, strict=True)) for score in found.scores],
            }
            for found in engine.differences
        ],
    }


def tell(engine: RepeatedEngine) -> None:
    """Says which rewards gave different scores, and on which rows."""
    if not engine.counts:
        console.note(f"judged {engine.times} times: every score was the same")
        return
    for alias, count in engine.counts.items():
        console.warning(f"judged {engine.times} times: {alias!r} gave different scores on {count} rows")
    for found in engine.differences[:SHOWN]:
        shown = ", ".join(
            console.number(value) if status == "scored" else f"{status}: {kind}" for value, status, kind in found.scores
        )
        console.warning(f"  row {found.sample + 1}, {found.alias}: {shown}")
