"""Judging samples in this process: each reward of the rubric asked in turn, cheap ones first, behind the gates.

This is the one boundary to a plugin's code: whatever a reward raises or returns wrongly ends here, as a `failed` score.
A hang, a crash or memory without end cannot be caught here. That is for the worker's parent, which reads from `mark`
what was being judged when the process had to be killed.
"""

import asyncio
import copy
import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from rewardkit.errors import ConfigError, InfrastructureError, RewardkitError
from rewardkit.prevalidated import prevalidated
from rewardkit.registry.built_in import DISTRIBUTION
from rewardkit.registry.requirements import fix_of
from rewardkit.rewards.frames import fault_of
from rewardkit.rewards.interface import Reward
from rewardkit.rewards.returned import ReturnedError, scores_of
from rewardkit.rubrics.compose import compose, unjudged
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import KINDS, Score, Weight
from rewardkit.text import one_line

REASON_CHARACTERS = 1000
DETAILS_BYTES = 64 * 1024

JSON_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS

_HOLDERS = ("columns", "renamed", "needed", "ground_truth", "prompt", "completion")
"""Fields of a sample whose values can be changed, or hold such."""
_UNCHANGEABLE = frozenset((str, int, float, bool, type(None)))
_CHANGEABLE = (list, dict, set, tuple, bytearray)
"""Types of values that can be changed, or hold such."""

Mark = Callable[[int, int], None]
"""Notes down a question before it is asked: the index of the sample and of the step."""


def _no_mark(sample: int, step: int) -> None:
    """Notes down nothing."""


class Unit(NamedTuple):
    """Samples that are judged together: one, or all of a group where a reward asks to see groups.

    known  scores that are settled beforehand, by (index of the sample, alias): those that killed a worker twice
    """

    samples: Sequence[Sample]
    known: Mapping[tuple[int, str], Score]


class Judged(NamedTuple):
    """The judgement of one sample: the parts of a Result, light enough to be sent by the million."""

    reward: float | None
    scores: list[Score]
    """In the rubric's order."""
    elapsed_ms: dict[str, float]


class Judge:
    """The rewards of a rubric, built, and ready to judge."""

    def __init__(self, rubric: Rubric, steps: Sequence[Step], *, mark: Mark = _no_mark) -> None:
        """Builds the rewards.

        mark    called before each reward is built, with 0 and the index of its step
        raises  InfrastructureError that names the reward whose `__init__` raised
        """
        self.rubric = rubric
        self._steps = []
        for position, step in enumerate(steps):
            mark(0, position)
            self._steps.append((step, _build(step, rubric)))
        self._conditional = [bool(step.config.when or step.config.gate or step.needs) for step in steps]

    def judge(
        self,
        unit: Unit,
        weights: Mapping[str, Weight],
        *,
        timings: bool = False,
        mark: Mark = _no_mark,
        asks: Sequence[int] | None = None,
    ) -> list[Judged]:
        """Judges each sample of a unit by the whole rubric.

        weights the weight of each reward, by alias
        asks    indices of the steps to ask, where other processes ask the others, whose scores the unit knows: their
                scores are returned in this order, and no reward; None: all
        mark    called before each question to a reward, with the index of the sample and of the step
        raises  MemoryError: the reward that was marked last ran out of the worker's memory
        """
        samples = unit.samples
        if len(samples) == 1 and not unit.known and asks is None:
            return [self.judge_one(samples[0], weights, timings=timings, mark=mark)]
        scores = _known(unit)
        elapsed: list[dict[str, float]] = [{} for _ in samples]
        for position in range(len(self._steps)) if asks is None else asks:
            step, reward = self._steps[position]
            alias = step.alias
            asked = []
            for index, sample in enumerate(samples):
                score = without_asking(self.rubric, step, sample, scores[index]) or unit.known.get((index, alias))
                if score is None:
                    asked.append(index)
                else:
                    scores[index][alias] = score
            together = [asked] if step.sees != "sample" and asked else [[index] for index in asked]
            for indices in together:
                mark(indices[0], position)
                started = perf_counter()
                seen = [_as_seen(self.rubric, step, samples[index], scores[index]) for index in indices]
                answers = ask(reward, alias, seen)
                for index, score in zip(indices, answers, strict=True):
                    scores[index][alias] = score
                    if timings:
                        elapsed[index][alias] = round((perf_counter() - started) * 1000 / len(indices), 3)
        if asks is not None:
            aliases = [self._steps[position][0].alias for position in asks]
            return [
                Judged(None, [given[alias] for alias in aliases], took)
                for given, took in zip(scores, elapsed, strict=True)
            ]
        return [
            Judged(
                compose(self.rubric, sample, given, weights),
                [given[alias] for alias in self.rubric.rewards],
                took,
            )
            for sample, given, took in zip(samples, scores, elapsed, strict=True)
        ]

    def judge_one(self, sample: Sample, weights: Mapping[str, Weight], *, timings: bool, mark: Mark) -> Judged:
        """Judges one sample of which nothing is known: what `judge` does, for most of the samples of this world."""
        scores: dict[str, Score] = {}
        elapsed: dict[str, float] = {}
        for position, (step, reward) in enumerate(self._steps):
            alias = step.alias
            if self._conditional[position]:
                score = without_asking(self.rubric, step, sample, scores)
                if score is not None:
                    scores[alias] = score
                    continue
            mark(0, position)
            started = perf_counter()
            (scores[alias],) = ask(reward, alias, (_as_seen(self.rubric, step, sample, scores),))
            if timings:
                elapsed[alias] = round((perf_counter() - started) * 1000, 3)
        given = [scores[alias] for alias in self.rubric.rewards]
        return Judged(compose(self.rubric, sample, scores, weights), given, elapsed)

    @property
    def steps(self) -> list[Step]:
        """The rewards, in the order in which they are asked."""
        return [step for step, _ in self._steps]

    def alias(self, position: int) -> str:
        """The name of the reward at a step; of the worker itself between two questions."""
        return self._steps[position][0].alias if position < len(self._steps) else "a reward"

    @property
    def sees_batches(self) -> bool:
        """True for the one reward of a service that is asked about all samples of a request at once."""
        return len(self._steps) == 1 and self._steps[0][0].sees == "batch"

    def judge_together(self, units: Sequence[Unit], *, timings: bool, mark: Mark) -> list[list[Judged]]:
        """Judges all samples of several units by the only reward, in one question.

        raises  MemoryError as `judge` does
        """
        step, reward = self._steps[0]
        known = [scores for unit in units for scores in _known(unit)]
        samples = [sample for unit in units for sample in unit.samples]
        settled = [scores.get(step.alias) for scores in known]
        asked = [index for index, score in enumerate(settled) if score is None]
        mark(0, 0)
        started = perf_counter()
        seen = [_as_seen(self.rubric, step, samples[index], known[index]) for index in asked]
        answers = iter(ask(reward, step.alias, seen) if seen else ())
        took = {step.alias: round((perf_counter() - started) * 1000 / max(1, len(asked)), 3)} if timings else {}
        judged = iter([Judged(None, [score or next(answers)], took) for score in settled])
        return [[next(judged) for _ in unit.samples] for unit in units]

    def ask_one(self, unit: Unit, position: int, *, mark: Mark) -> None:
        """Asks one reward about a unit, whatever conditions and gates say, to see if it comes back.

        position  the index of the reward's step
        raises    MemoryError as `judge` does
        """
        step, reward = self._steps[position]
        wrong = dict.fromkeys(self.rubric.rewards, Score.scored(0.0))
        samples = [_as_seen(self.rubric, step, sample, wrong) for sample in unit.samples]
        mark(0, position)
        ask(reward, step.alias, samples)

    def failure(self, score: Score) -> Judged:
        """The judgement of a sample when something outside the rewards went wrong: `score` from each of them."""
        return Judged(None, [score] * len(self._steps), {})

    def close(self) -> None:
        """Closes every reward."""
        for _, reward in self._steps:
            reward.close()


def ask(reward: Reward, alias: str, samples: Sequence[Sample]) -> Sequence[Score]:
    """Asks a reward and checks its scores: as many as samples, each a Score whose parts fit an output row.

    raises  MemoryError alone: everything else that the reward raises becomes a `failed` score for each sample
    """
    try:
        values = reward.values_with(getattr(reward, "params", None))
        returned = _answer(reward, samples)
        single = type(returned) is list and len(returned) == len(samples) == 1
        if single and type(returned[0]) is Score and not (values or returned[0].values):
            return (_sound(returned[0], alias),)  # the commonest case of `scores_of`
        return [_sound(score, alias) for score in scores_of(returned, len(samples), values)]
    except MemoryError:
        raise
    except ReturnedError as error:
        return _failed(f"{alias!r} {error}", samples)
    except BaseException as error:  # noqa: BLE001 - the boundary: a plugin may raise anything; it is recorded
        return _failed(f"{alias!r} {fault_of(error, type(reward).__module__)}", samples)


def _known(unit: Unit) -> list[dict[str, Score]]:
    """The scores of each sample that are settled beforehand, by alias."""
    scores: list[dict[str, Score]] = [{} for _ in unit.samples]
    for (index, alias), score in unit.known.items():
        scores[index][alias] = score
    return scores


def without_asking(rubric: Rubric, step: Step, sample: Sample, scores: Mapping[str, Score]) -> Score | None:
    """The score of a reward that need not be asked, None where it must be: conditions, gates, and what it needs."""
    return unjudged(rubric, step.config, sample, scores) or _lacks(rubric, step, scores)


def _lacks(rubric: Rubric, step: Step, scores: Mapping[str, Score]) -> Score | None:
    """The score of a reward that needs one which failed: it cannot know."""
    for name, needed in needed_scores(rubric, step, scores).items():
        if needed.status == "failed":
            return Score.failed(f"not judged: {name!r}, which it needs, failed", kind=needed.kind)
    return None


def needed_scores(rubric: Rubric, step: Step, scores: Mapping[str, Score]) -> dict[str, Score]:
    """The scores that a reward needs, by the names that it calls them; of `ifeval.strict` with that value alone."""
    found = {}
    for name, needed in step.needs.items():
        alias, value_name = rubric.named(needed)
        score = scores[alias]
        if value_name and score.values is not None:
            value = score.value_of(value_name)
            score = (
                Score.abstained(f"{needed} has no value")
                if value is None
                else score.model_copy(update={"value": value, "values": None})
            )
        found[name] = score
    return found


def _as_seen(rubric: Rubric, step: Step, sample: Sample, scores: Mapping[str, Score]) -> Sample:
    """The sample as a reward gets it: with the scores that it needs; a third party's has a copy, so that it changes
    nothing for the next one.
    """
    if step.needs:
        sample = sample.model_copy(update={"needed": needed_scores(rubric, step, scores)})
    return sample if step.installed.distribution == DISTRIBUTION else own_copy(sample)


def own_copy(sample: Sample) -> Sample:
    """A sample that shares nothing with another one that can be changed."""
    values = dict(sample.__dict__)  # with what was worked out of them already
    for name in _HOLDERS:
        value = values[name]
        if type(value) is str or not value:
            continue
        if type(value) is not dict or not _UNCHANGEABLE.issuperset(map(type, value.values())):
            values[name] = copy.deepcopy(value) if isinstance(value, _CHANGEABLE) else value
        else:
            values[name] = dict(value)
    for name in ("columns", "renamed"):
        if not values[name]:
            values[name] = {}
    return prevalidated(Sample, values)


def _answer(reward: Reward, samples: Sequence[Sample]) -> Any:
    """The return value of the reward; `async def score` is run to its end."""
    returned: Any = reward.score(samples)
    if type(returned) is not list and inspect.iscoroutine(returned) and inspect.iscoroutinefunction(reward.score):
        return asyncio.run(returned)
    return returned


def _failed(reason: str, samples: Sequence[Sample]) -> list[Score]:
    return [Score.failed(one_line(reason[:REASON_CHARACTERS]))] * len(samples)


def _sound(score: Score, alias: str) -> Score:
    """A score as the output takes it: a reason of one bounded line, details that are JSON and bounded."""
    if _is_plain(score):
        return score
    if not _consistent(score):  # pydantic's model_construct checks nothing
        return Score.failed(
            f"{alias!r} made a Score with the status {score.status!r:.40} and value {score.value!r:.40}"
        )
    if type(score.value) is not float and score.value is not None:
        score = score.model_copy(update={"value": float(score.value)})
    if not score.reason.isprintable():
        score = score.model_copy(update={"reason": one_line(score.reason[: REASON_CHARACTERS + 1])})
    if len(score.reason) > REASON_CHARACTERS:
        score = score.model_copy(update={"reason": score.reason[: REASON_CHARACTERS - 1] + "…"})
    if score.details:
        details, size = _plain(score.details)
        if size > DETAILS_BYTES:
            details = {"left_out": f"{size} bytes of details"}
        return prevalidated(Score, {**score.__dict__, "details": details})
    return score


def _is_plain(score: Score) -> bool:
    """True for the commonest score, about which there is nothing to say."""
    return (
        score.status == "scored"
        and score.kind == "judged"
        and score.reason == ""
        and not score.details
        and score.turns is None
        and score.values is None
        and type(score.details) is dict
        and type(score.value) is float
        and math.isfinite(score.value)
    )


def _plain(details: Mapping[str, Any]) -> tuple[Any, int]:
    """Details as plain JSON values, and their size in bytes. TypeError for what is no JSON."""
    try:
        written = orjson.dumps(details, option=JSON_OPTIONS)
        return orjson.loads(written), len(written)
    except TypeError:  # orjson refuses integers beyond 64 bits
        text = json.dumps(details)
        return json.loads(text), len(text)


def _consistent(score: Score) -> bool:
    """True for a score as pydantic would make it: what it holds is never validated again."""
    if not isinstance(score.reason, str) or score.kind not in KINDS.get(score.status, ()):
        return False
    if type(score.details) is not dict and not isinstance(score.details, Mapping):
        return False
    if score.turns is not None or score.values is not None:
        try:
            Score(**{name: getattr(score, name) for name in Score.model_fields})
        except ValidationError:
            return False
    if score.status == "scored":
        return isinstance(score.value, float | int) and math.isfinite(score.value)
    return score.value is None


def _build(step: Step, rubric: Rubric) -> Reward:
    try:
        return step.installed.reward(step.params, rubric.context_of(step.alias))
    except RewardkitError:
        raise
    except (Exception, SystemExit) as error:
        if fix := fix_of(error):
            name = f"reward {step.alias!r} ({step.installed.qualified_name})"
            raise ConfigError(f"{name} needs a package that is not installed ({error}). Fix: {fix}") from error
        raise InfrastructureError(
            f"reward {step.alias!r} ({step.installed.qualified_name}) did not start: {type(error).__name__}: {error}; "
            "see `rewardkit doctor`"
        ) from error
