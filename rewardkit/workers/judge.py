"""Judging samples in this process: each reward of the rubric asked in turn, cheap ones first, behind the gates.

This is the one boundary to a plugin's code: whatever a reward raises or returns wrongly ends here, as a `failed` score.
A hang, a crash or memory without end cannot be caught here. That is for the worker's parent, which reads from `mark`
what was being judged when the process had to be killed.
"""

import json
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from rewardkit.errors import InfrastructureError, RewardkitError
from rewardkit.reward import Reward
from rewardkit.rubrics.compose import compose, unjudged
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import KINDS, Score
from rewardkit.text import one_line

REASON_CHARACTERS = 1000
DETAILS_BYTES = 64 * 1024

JSON_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


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
        self._rubric = rubric
        self._steps = []
        for position, step in enumerate(steps):
            mark(0, position)
            self._steps.append((step, _build(step, rubric)))

    def judge(
        self,
        unit: Unit,
        weights: Mapping[str, float],
        *,
        timings: bool = False,
        mark: Mark = _no_mark,
    ) -> list[Judged]:
        """Judges each sample of a unit by the whole rubric.

        weights the weight of each reward, by alias
        mark    called before each question to a reward, with the index of the sample and of the step
        raises  MemoryError: the reward that was marked last ran out of the worker's memory
        """
        samples = unit.samples
        scores: list[dict[str, Score]] = [{} for _ in samples]
        elapsed: list[dict[str, float]] = [{} for _ in samples]
        for position, (step, reward) in enumerate(self._steps):
            alias = step.alias
            asked = []
            for index, sample in enumerate(samples):
                score = unjudged(self._rubric, step.config, sample, scores[index])
                score = score or unit.known.get((index, alias))
                if score is None:
                    asked.append(index)
                else:
                    scores[index][alias] = score
            together = [asked] if reward.sees == "group" and asked else [[index] for index in asked]
            for indices in together:
                mark(indices[0], position)
                started = perf_counter()
                answers = ask(reward, alias, [samples[index] for index in indices])
                for index, score in zip(indices, answers, strict=True):
                    scores[index][alias] = score
                    if timings:
                        elapsed[index][alias] = round((perf_counter() - started) * 1000 / len(indices), 3)
        return [
            Judged(
                compose(self._rubric, sample, given, weights),
                [given[alias] for alias in self._rubric.rewards],
                took,
            )
            for sample, given, took in zip(samples, scores, elapsed, strict=True)
        ]

    def ask_one(self, unit: Unit, position: int, *, mark: Mark) -> None:
        """Asks one reward about a unit, whatever conditions and gates say, to see if it comes back.

        position  the index of the reward's step
        raises    MemoryError as `judge` does
        """
        step, reward = self._steps[position]
        mark(0, position)
        ask(reward, step.alias, unit.samples)

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
        scores = reward.score(samples)
        if len(scores) != len(samples):
            return _failed(f"{alias!r} returned {len(scores)} scores for {len(samples)} samples", samples)
        return [_sound(score, alias) for score in scores]
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - the boundary: a plugin may raise anything; it is recorded
        return _failed(f"{alias!r} {_fault(error)}", samples)


def _fault(error: BaseException) -> str:
    """The plugin's fault in words: the error that it raised, and where; or why its Score is invalid."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        return f"made a {error.title} that is invalid: {fault['msg'].removeprefix('Value error, ')}"
    where = traceback.extract_tb(error.__traceback__)[-1]
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a third-party error may not even have a text
        text = "(its __str__ raises)"
    return f"raised {type(error).__name__}: {text} ({where.name}, line {where.lineno})"


def _failed(reason: str, samples: Sequence[Sample]) -> list[Score]:
    return [Score.failed(one_line(reason[:REASON_CHARACTERS]))] * len(samples)


def _sound(score: object, alias: str) -> Score:
    """A score as the output takes it: a reason of one bounded line, details that are JSON and bounded."""
    if not isinstance(score, Score):
        return Score.failed(f"{alias!r} returned {score!r:.80}, which is not a Score; return Score.scored(value)")
    if not _consistent(score):  # pydantic's model_construct checks nothing
        return Score.failed(
            f"{alias!r} made a Score with the status {score.status!r:.40} and value {score.value!r:.40}"
        )
    if not score.reason.isprintable():
        score = score.model_copy(update={"reason": one_line(score.reason[: REASON_CHARACTERS + 1])})
    if len(score.reason) > REASON_CHARACTERS:
        score = score.model_copy(update={"reason": score.reason[: REASON_CHARACTERS - 1] + "…"})
    if score.details:
        details, size = _plain(score.details)
        if size > DETAILS_BYTES:
            details = {"left_out": f"{size} bytes of details"}
        return score.model_copy(update={"details": details})
    return score


def _plain(details: Mapping[str, Any]) -> tuple[Any, int]:
    """Details as plain JSON values, and their size in bytes. TypeError for what is no JSON."""
    try:
        written = orjson.dumps(details, option=JSON_OPTIONS)
        return orjson.loads(written), len(written)
    except TypeError:  # orjson refuses integers beyond 64 bits
        text = json.dumps(details)
        return json.loads(text), len(text)


def _consistent(score: Score) -> bool:
    if not isinstance(score.reason, str) or score.kind not in KINDS.get(score.status, ()):
        return False
    if score.status == "scored":
        return isinstance(score.value, float | int) and math.isfinite(score.value)
    return score.value is None


def _build(step: Step, rubric: Rubric) -> Reward:
    try:
        return step.installed.reward(step.params, rubric.context)
    except RewardkitError:
        raise
    except (Exception, SystemExit) as error:
        raise InfrastructureError(
            f"reward {step.alias!r} ({step.installed.qualified_name}) did not start: {type(error).__name__}: {error}; "
            "see `rewardkit doctor`"
        ) from error
