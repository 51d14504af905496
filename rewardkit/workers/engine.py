"""The interface between `Scorer` and whatever judges for it: submit a job, get a future; close.

    Scorer ── Job ──▶ Engine.submit ──▶ Future[JobResult] ──▶ Scorer

`Scorer` cuts a stream of samples into jobs, keeps a few of them on the way and puts the results in order. An engine
judges a job, whatever its samples do to a judge. `rewardkit.workers.pool.Pool` is the engine of this machine.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rewardkit.codec import ResultFields
from rewardkit.sample import Sample
from rewardkit.score import Score, Weight


@dataclass(frozen=True)
class Job:
    """Units to judge together."""

    units: Sequence[Sequence[Sample]]
    """Each unit is one sample, or all samples of a group where a reward sees groups."""
    weights: Mapping[str, Weight]
    """The weight of each reward, by alias."""
    until: float | None = None
    """Moment of `time.monotonic` after which what is not judged yet is `failed: timeout`."""
    asks: tuple[str, ...] | None = None
    """Aliases of the rewards to ask where other processes ask the others: a result has their scores in this order, and
    no reward. None: all."""
    known: Sequence[Mapping[tuple[int, str], Score]] = ()
    """For each unit the scores of those others that are known, by index of the sample and alias."""


class JobResult(NamedTuple):
    """The results of a job."""

    results: list[list[ResultFields]]
    """One for each sample of each unit, in order."""
    seconds: float
    """Time that workers were busy with the job."""


class Engine(Protocol):
    """Judges jobs. Every method may be called from any thread."""

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job; cancelling the future says that nobody waits for it any more.

        raises  InfrastructureError once the engine is closed
        """
        ...

    def close(self) -> None:
        """Ends the engine; futures that are not done get an InfrastructureError."""
        ...
