"""Jobs in the hands of actors, in parts, and what follows when an actor is lost with some of them. Pure.

losses of a part  what follows
1                 it is judged again, wherever an actor is free: a node may end for many reasons
2                 it is a suspect, as everything that the actor had in hand: its units are judged again each by itself,
                  by an actor that has nothing else in hand
4                 that unit has `failed`: whatever ends its judge, it did so twice while alone

Judging changes nothing, so a part that was judged twice does no harm; the first results of a unit count.
"""

from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace

from rewardkit.cluster.messages import TOO_DEEP, job_to_bytes, result_from_bytes
from rewardkit.codec import ResultFields, score_fields
from rewardkit.score import Score
from rewardkit.workers.engine import Job, JobResult

SUSPECT = 2
"""Losses after which a unit is judged alone."""
MOST_LOSSES = 4
"""Losses after which a unit has failed."""


@dataclass(eq=False)
class OpenJob:
    """A job that has no result yet."""

    job: Job
    aliases: Sequence[str]
    """The rewards that its results have scores of."""
    future: "Future[JobResult]" = field(default_factory=Future)
    results: dict[int, list[ResultFields]] = field(default_factory=dict)
    """By unit."""
    busy_s: float = 0.0

    def take(self, units: Sequence[int], done: JobResult) -> None:
        """Takes in the results of some units; ends the job where they were the last."""
        self.busy_s += done.seconds
        for unit, results in zip(units, done.results, strict=True):
            self.results.setdefault(unit, results)
        self._end()

    def settle(self, units: Sequence[int], score: Score) -> None:
        """Gives one score from every reward to each sample of units that have no results."""
        fields = score_fields(score)
        for unit in units:
            self.results.setdefault(unit, [(None, [fields] * len(self.aliases), {}) for _ in self.job.units[unit]])
        self._end()

    def give_up(self, score: Score) -> None:
        """Ends the job: what is not judged gets this score from every reward."""
        self.settle(range(len(self.job.units)), score)

    def fail(self, error: BaseException) -> None:
        """Ends the job with an error."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)

    def _end(self) -> None:
        count = len(self.job.units)
        if len(self.results) == count:
            with suppress(InvalidStateError):  # somebody may have cancelled it just now
                self.future.set_result(JobResult([self.results[unit] for unit in range(count)], self.busy_s))


@dataclass(frozen=True, eq=False)
class Part:
    """Units of a job that are sent together."""

    opened: OpenJob
    units: Sequence[int]
    payload: bytes
    losses: int = 0

    @property
    def suspect(self) -> bool:
        """True for what an actor must have in hand alone."""
        return self.losses >= SUSPECT

    @property
    def wanted(self) -> bool:
        """False once nobody waits for the job any more."""
        return not self.opened.future.done()

    def take(self, written: bytes) -> None:
        """Takes in the results of its units."""
        self.opened.take(self.units, result_from_bytes(written))

    def fail(self, error: BaseException) -> None:
        """Ends the job with an error."""
        self.opened.fail(error)


def parts_of(opened: OpenJob, units: Sequence[int] | None = None, losses: int = 0) -> list[Part]:
    """Units as one part; a sample that is nested too deeply to be sent is settled, and the others go in parts.

    units   None: all of the job
    raises  InputError for a sample that cannot be sent
    """
    units = range(len(opened.job.units)) if units is None else units
    try:
        return [Part(opened, units, job_to_bytes(opened.job, units), losses)]
    except RecursionError:
        if len(units) == 1:
            opened.settle(units, Score.abstained(TOO_DEEP, kind="unreadable_ground_truth"))
            return []
        return [part for half in (units[::2], units[1::2]) for part in parts_of(opened, half, losses)]


def after_loss(part: Part, how: str) -> list[Part]:
    """The parts that follow when an actor was lost with a part in hand.

    how  the end of the actor, for the reason of a score
    """
    losses = part.losses + 1
    if losses >= MOST_LOSSES:
        found = f"the process that judges on a node of the cluster was lost with it, {losses} times: {how}"
        part.opened.settle(part.units, Score.failed(found, kind="crash"))
        return []
    if losses == SUSPECT and len(part.units) > 1:
        return [one for unit in part.units for one in parts_of(part.opened, [unit], losses)]
    return [replace(part, losses=losses)]
