"""Judging a part whatever its rows do to a judge.

    Part ──▶ a worker ──▶ PartResult
               └─ died at a row ──▶ that row by the pool, as any sample ──▶ the part again, behind that row
                                    the third death: all rows that are left by the pool

The pool has the rules for what kills a worker (`rewardkit.workers.retry`); here are none.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Protocol

from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.shards.judge_part import judge_part
from rewardkit.shards.part import Part, PartRequest, PartResult, PartSettings
from rewardkit.workers.retry import WorkerExit

DEATHS = 3
"""Deaths of workers from which on a part is left to the pool."""


class PartPool(Protocol):
    """The engine of this machine, as far as parts need it."""

    def submit_part(self, request: PartRequest) -> "Future[PartResult | WorkerExit]":
        """Queues a part for one worker."""


class SampleJudge(Protocol):
    """The part of a Scorer that is needed here."""

    rubric: Rubric
    steps: tuple[Step, ...]

    def stream(self, samples: Iterator[Sample], *, progress: float = 1.0) -> Iterator[Result]:
        """The results of samples, in order."""


def judge_with_pool(scorer: SampleJudge, pool: PartPool, settings: PartSettings, part: Part) -> PartResult:
    """Judges a part; may be called from several threads at once.

    raises  what is wrong with the part's rows, or with the file that collects its lines
    """

    def ask(first: int, units: Sequence[Sequence[Sample]]) -> Iterator[Sequence[Result]]:
        del first
        results = scorer.stream((sample for unit in units for sample in unit), progress=settings.progress)
        for unit in units:
            yield list(islice(results, len(unit)))

    for _ in range(DEATHS):
        outcome = pool.submit_part(PartRequest(settings, part)).result()
        if isinstance(outcome, PartResult):
            return outcome
        if outcome.at is not None:
            judge_part(scorer.rubric, scorer.steps, settings, part, ask, last=outcome.at.unit)
    done = judge_part(scorer.rubric, scorer.steps, settings, part, ask)
    assert done is not None
    return done
