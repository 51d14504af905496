"""The rules by which a job gets its results, whatever its samples do to the workers. Pure: no process, no clock.

A job becomes tasks, each for one worker. A worker either finishes its task or dies at it, and then new tasks follow:

    a worker died at                       what follows
    several samples, asked together        each of them alone
    nothing yet (tried three times)        the task in halves; a unit alone: `failed: crash`
    nothing: it is nested too deeply       the task in halves; a unit alone: `abstained: unreadable_ground_truth`
    a sample, for the first time           that sample's unit alone; its neighbours in parts, for all idle workers
    the same, overloaded                   that unit alone, when the queue is empty; again: `failed: overloaded`
    the same reward and sample again:
        a crash                            `failed: crash`
        blocked                            `failed: timeout`
        out of time or memory              the control completion in the sample's place
    the control completion:
        judged                             `scored` 0.0: it was the completion's doing
        out of time or memory too          `failed`: it was not

What is settled for one reward is handed to the worker with the unit, so that its other rewards are judged on. Of a
reward that sees groups the whole group is settled: from outside nobody can tell which completion it hung on.
"""

import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from rewardkit.codec import ResultFields, SampleFields, sample_fields, score_fields
from rewardkit.rubrics.resolution import Step
from rewardkit.sample import Sample
from rewardkit.score import Kind, Score
from rewardkit.workers.breaker import Breaker, Key
from rewardkit.workers.cpu_time import CAP

ATTEMPTS = 3
"""Workers that may die before they have judged anything of a task, until that is the task's fault."""

_STATUS = list(Score.model_fields).index("status")

Cause = Literal["time_limit", "memory_limit", "timeout", "overloaded", "crash", "unsendable"]
TOGETHER = 0xFFFFFFFF
"""The unit of a question about all units of a request at once."""
_HANGS = ("time_limit", "memory_limit", "timeout")

Known = Mapping[tuple[int, str], Score]
"""Scores that are settled beforehand, by index of the sample in its unit and alias."""


class Place(NamedTuple):
    """A question: a reward, asked about a sample."""

    unit: int
    """Index of the unit in its job."""
    sample: int
    """Index of the sample in its unit."""
    step: int
    """Index of the reward among the rubric's steps."""


class WorkerExit(NamedTuple):
    """The end of a worker process that did not finish its task."""

    cause: Cause
    how: str
    """The end as it was seen, for a person."""
    at: Place | None
    """The question that it was judging; None where it was judging nothing."""


class UnitFields(NamedTuple):
    """A unit, as it is sent to a worker."""

    place: int
    """Index of the unit in its job."""
    samples: list[SampleFields]
    known: Known
    only: int | None = None
    """Index of the one step to ask, whatever its gates say, as a control; None: judge by the whole rubric."""
    asks: tuple[int, ...] | None = None
    """Indices of the steps to ask where other processes ask the others, whose scores are known; None: all."""


class Task(NamedTuple):
    """Work for one worker."""

    units: tuple[int, ...]
    """Indices of units in the job."""
    late: bool = False
    """True for a task that waits until the queue is empty."""
    lost: int = 0
    """Workers that died at it before they had judged anything."""
    control: Place | None = None
    """The question to ask about the control completion instead of judging the unit."""
    cause: Cause = "crash"
    """Of a control: the limit that the completion ran into."""


class Retry:
    """The tasks and the results of one job."""

    def __init__(
        self,
        units: Sequence[Sequence[Sample]],
        aliases: Sequence[str],
        steps: Sequence[Step],
        breaker: Breaker,
        known: Sequence[Known] = (),
        asks: Sequence[int] | None = None,
    ) -> None:
        """Takes the units of a job.

        aliases  of the scores that are wanted, in their order
        steps    the pool's, in the order in which they are asked
        known    for each unit, scores that other processes gave
        asks     indices of the steps to ask; None: all of them
        """
        self._units = units
        self._aliases = aliases
        self._steps = steps
        self._given = known
        self._asks = None if asks is None else tuple(asks)
        self._breaker = breaker
        self._known: dict[int, dict[tuple[int, str], Score]] = {}
        self._killed_once: set[Place] = set()
        self._overloaded_once: set[Place] = set()
        self._trials: dict[int, set[str]] = {}
        self.results: dict[int, list[ResultFields]] = {}

    @property
    def finished(self) -> bool:
        """True once every unit has its results."""
        return len(self.results) == len(self._units)

    def first(self) -> Task:
        """The task to begin with."""
        return Task(tuple(range(len(self._units))))

    def request(self, task: Task) -> list[UnitFields]:
        """The units to send to the worker that takes a task now."""
        if task.control:
            place = task.control
            control = self._steps[place.step].installed.reward.control_completion
            samples = [self._units[place.unit][index] for index in self._together(place)]
            fields = [sample_fields(sample.model_copy(update={"completion": control})) for sample in samples]
            return [UnitFields(0, fields, {}, only=place.step)]
        return [
            UnitFields(
                unit,
                [sample_fields(sample) for sample in self._units[unit]],
                self._settled_before(unit),
                asks=self._asks,
            )
            for unit in task.units
        ]

    def report(
        self, task: Task, done: Mapping[int, list[ResultFields]], died: WorkerExit | None, idle: int = 0
    ) -> list[Task]:
        """The tasks that follow from how a worker ended a task.

        done  the results of the units that it finished
        died  how its process ended, None where the task is finished
        idle  workers that have nothing to do: a hanging sample's neighbours are shared out among them
        """
        if task.control:
            return self._after_control(task, task.control, died)
        self.results |= done
        if not self._breaker.quiet:
            self._tell_breaker(done)
        if died is None:
            return []
        left = [unit for unit in task.units if unit not in done]
        for unit in left:
            if died.at is None or unit != died.at.unit:
                self._end_trials(unit)
        if died.at is None or died.at.unit not in left:
            return self._after_idle_death(task, left, died)
        unit = died.at.unit
        left.remove(unit)
        return [self._after_death(unit, died.at, died), *_parts(left, idle)]

    def give_up(self, score: Score) -> None:
        """Gives every sample that has no result yet this score from each reward."""
        for unit in range(len(self._units)):
            if unit not in self.results:
                self._end_trials(unit)
                self._fail(unit, score)

    def _after_idle_death(self, task: Task, left: Sequence[int], died: WorkerExit) -> list[Task]:
        if died.at is not None and died.at.unit == TOGETHER:  # nobody knows on which of them: each for itself
            return [Task((unit,)) for unit in left]
        if died.cause == "unsendable":
            if len(left) == 1:
                self._fail(left[0], Score.abstained(died.how, kind="unreadable_ground_truth"))
                return []
            return [task._replace(units=tuple(half)) for half in (left[::2], left[1::2])]
        lost = task.lost + 1
        if len(left) == 1 and lost >= ATTEMPTS:
            found = f"the worker process died when it was handed the sample, tried {lost} times: {died.how}"
            self._fail(left[0], Score.failed(found, kind="crash"))
            return []
        return [Task(tuple(half), lost=lost) for half in (left[::2], left[1::2]) if half]

    def _after_death(self, unit: int, at: Place, died: WorkerExit) -> Task:
        """The task for a unit whose sample killed a worker."""
        alias = self._steps[at.step].alias
        if alias in self._trials.get(unit, ()) and died.cause in _HANGS:
            self._breaker.hung(alias, None)
        self._end_trials(unit)
        again = Task((unit,))
        if died.cause == "overloaded":
            if at not in self._overloaded_once:
                self._overloaded_once.add(at)
                return again._replace(late=True)
            cap_s = CAP * self._steps[at.step].limits.deadline_s
            found = f"not judged within {cap_s:g} s, tried twice: the machine gave it too little processor time"
            self._settle(at, Score.failed(found, kind="overloaded"))
        elif self._breaker.is_open(alias):
            pass  # `request` settles it
        elif at not in self._killed_once:
            self._killed_once.add(at)
        elif died.cause == "crash":
            self._settle(at, Score.failed(f"the process that judged it died, tried twice: {died.how}", kind="crash"))
        elif died.cause == "timeout":
            self._breaker.hung(alias, self._key(unit, self._together(at)[0]))
            deadline_s = self._steps[at.step].limits.deadline_s
            found = f"no answer within {deadline_s:g} s, tried twice: it waited for something else than a processor, "
            self._settle(at, Score.failed(f"{found}which is not the completion's doing", kind="timeout"))
        else:
            return again._replace(control=at, cause=died.cause)
        return again

    def _after_control(self, task: Task, at: Place, died: WorkerExit | None) -> list[Task]:
        """The tasks that follow from what the control completion did to a worker."""
        step = self._steps[at.step]
        control = step.installed.reward.control_completion
        found = f"out of time: not judged within {step.limits.deadline_s:g} s, tried twice"
        kind: Kind = "time_limit"
        if task.cause == "memory_limit":
            found = f"out of memory: judging takes more than {step.limits.memory_mb} MB, tried twice"
            kind = "memory_limit"
        if died is None:
            self._breaker.scored(step.alias)
            self._settle(at, Score.scored(0.0, found, kind=kind))
        elif died.at is None and task.lost + 1 < ATTEMPTS:
            return [task._replace(lost=task.lost + 1)]
        elif died.cause == "overloaded":
            if not task.late:
                return [task._replace(late=True)]
            self._settle(
                at, Score.failed(f"{found}; {control!r} in its place got too little processor time", kind="overloaded")
            )
        elif died.cause == "crash":
            self._settle(
                at, Score.failed(f"{found}; {control!r} in its place ends the process: {died.how}", kind="crash")
            )
        else:
            key = self._key(at.unit, self._together(at)[0])
            self._breaker.hung(step.alias, key, hopeless=died.cause != "timeout")
            found = f"{found}; {control!r} in its place takes as much, so it is not the completion's doing"
            self._settle(at, Score.failed(found, kind="crash" if died.cause == "memory_limit" else "timeout"))
        return [Task((at.unit,))]

    def _together(self, at: Place) -> Sequence[int]:
        """The samples that a reward was asked about at once."""
        grouped = self._steps[at.step].sees != "sample"
        return range(len(self._units[at.unit])) if grouped else (at.sample,)

    def _settle(self, at: Place, score: Score) -> None:
        alias = self._steps[at.step].alias
        self._known.setdefault(at.unit, {}).update({(sample, alias): score for sample in self._together(at)})

    def _fail(self, unit: int, score: Score) -> None:
        fields = score_fields(score)
        self.results[unit] = [(None, [fields] * len(self._aliases), {}) for _ in self._units[unit]]

    def _settled_before(self, unit: int) -> Known:
        """The scores of a unit that need not be asked for: settled here, or by what the breaker remembers."""
        known = self._known.get(unit, {})
        if not self._breaker.quiet:
            known = dict(self._breakers_scores(unit)) | known
        return {**self._given[unit], **known} if self._given else known

    def _breakers_scores(self, unit: int) -> Iterator[tuple[tuple[int, str], Score]]:
        samples = range(len(self._units[unit]))
        for step in self._steps:
            alias = step.alias
            if self._breaker.is_open(alias):
                if self._breaker.takes_trial(alias):
                    self._trials.setdefault(unit, set()).add(alias)
                    continue
                found = (
                    "the judge hung on one sample after the other, whatever the completion was; it rests for a while"
                )
                for sample in samples:
                    yield (sample, alias), Score.failed(found, kind="breaker_open")
                continue
            grouped = step.sees != "sample"
            for sample in samples:
                if self._breaker.is_hopeless(alias, self._key(unit, 0 if grouped else sample)):
                    found = "the judge hangs on this ground truth, whatever the completion is"
                    yield (sample, alias), Score.failed(found, kind="timeout")

    def _tell_breaker(self, done: Mapping[int, list[ResultFields]]) -> None:
        """Tells which rewards gave scores of their own."""
        for unit, results in done.items():
            known = self._known.get(unit, {})
            for sample, (_, scores, _) in enumerate(results):
                for alias, fields in zip(self._aliases, scores, strict=True):
                    if fields[_STATUS] == "scored" and (sample, alias) not in known:
                        self._breaker.scored(alias)
            self._end_trials(unit)

    def _end_trials(self, unit: int) -> None:
        for alias in self._trials.pop(unit, ()):
            self._breaker.trial_ended(alias)

    def _key(self, unit: int, sample: int) -> Key:
        """The identity of a sample's ground truth; of its prompt, where it has none."""
        judged = self._units[unit][sample]
        told = judged.prompt_text or None if judged.ground_truth is None else judged.ground_truth
        if told is None:
            return None
        try:
            return hashlib.blake2b(pickle.dumps(told), digest_size=16).digest()
        except (TypeError, AttributeError, RecursionError, pickle.PicklingError):  # it cannot be sent either
            return None


def _parts(units: Sequence[int], idle: int) -> list[Task]:
    """Units in as many tasks as there are workers for them: the idle ones, and the one that comes free now."""
    parts = min(len(units), idle + 1)
    return [Task(tuple(units[part::parts])) for part in range(parts)]
