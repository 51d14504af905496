"""The reward of a generative judge: a language model behind an OpenAI-compatible endpoint.

It grades an answer, says which criteria of a row are met, or compares the answers of a group. Sources: Zheng et al.
2023, arXiv:2306.05685; rubrics as rewards, arXiv:2507.17746. What the endpoint does wrong is `failed`, never 0.0.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from time import monotonic
from typing import Any, Literal

from rewardkit import ConfigError, Reward, RewardContext, Sample, Score
from rewardkit_preference.asked import COMPARE, Asked, asked_of
from rewardkit_preference.criteria import WEIGHTED, criteria_of, value_of
from rewardkit_preference.endpoint import Endpoint, Usage
from rewardkit_preference.judge import Judge, NoVerdictError, Verdicts
from rewardkit_preference.judge_params import JudgeModelParams
from rewardkit_preference.judge_reply import Question
from rewardkit_preference.spending import REPLY_TOKENS, Spending, tokens_of
from rewardkit_preference.tournament import outcome, pairs, shares

BUDGET = 0.9
"""The share of a deadline that the endpoint may take: past the whole of it the worker would be killed, and the
endpoint's slowness would be taken for the completion's."""

REASON_CHARACTERS = 300
REMEMBERED = 1024
"""Verdicts that are remembered, so that identical completions of a group cost one request."""


class JudgeModel(Reward):
    """The verdict of a language model behind an OpenAI-compatible endpoint on the answer, from 0 to 1."""

    name = "judge_model"
    Params = JudgeModelParams
    cost_ms = 2000.0
    sees = "batch"
    runs = "service"  # its limits are the run's
    value_range = (0.0, 1.0)

    params: JudgeModelParams

    @classmethod
    def sees_with(cls, params: Any) -> Literal["group", "batch"]:
        """Whole groups where answers are compared, else as many as there are."""
        return "group" if params.mode == "rank" else "batch"

    @classmethod
    def values_with(cls, params: Any) -> tuple[str, ...]:
        """The weighted share and each criterion, where the rubric names them; rows have criteria of their own."""
        if params.mode != "criteria" or not params.items:
            return ()
        return (WEIGHTED, *(one.name for one in criteria_of(list(params.items))))

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        told = self.params
        key = api_key("judge_model", told.api_key_env)
        self.spending = Spending(told.prices, told.max_cost)
        self._endpoint = Endpoint(
            told.base_url,
            api_key=key,
            concurrency=told.concurrency,
            requests_per_minute=told.requests_per_minute,
            tokens_per_minute=told.tokens_per_minute,
        )
        self._known: OrderedDict[Question, Verdicts] = OrderedDict()
        self._turns = asyncio.Semaphore(told.concurrency)
        self._judge = Judge(
            self._endpoint,
            told.model,
            self.spending,
            attempts=told.attempts,
            votes=told.votes,
            seed=told.seed,
            extra_body=told.extra_body,
        )

    @classmethod
    def estimate(cls, samples: Sequence[Sample], params: Any) -> Mapping[str, float]:
        """Requests, tokens and cost of judging a group, if each question is answered at once."""
        told: JudgeModelParams = params
        found = [one for one in (asked_of(sample, told) for sample in samples) if isinstance(one, Asked)]
        questions = list(dict.fromkeys(one.question for one in found))
        if told.mode == "rank":
            questions = list(_comparisons(questions, told).values())
        usage = Usage(
            told.votes * sum(tokens_of(question) for question in questions), told.votes * REPLY_TOKENS * len(questions)
        )
        cost = Spending(told.prices, None).cost(usage)
        figures = {"requests": told.votes * len(questions)} | {
            f"{name}_tokens": n for name, n in usage._asdict().items()
        }
        return figures if cost is None else {**figures, "cost": cost}

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        each_s = BUDGET * self.context.deadline_s
        asked = [asked_of(sample, self.params) for sample in samples]
        until = monotonic() + each_s * len(samples)
        rank = self.params.mode == "rank"
        work = (
            self._ranked(asked, until) if rank else self._judged(asked, min(until, monotonic() + 20 * each_s), each_s)
        )
        future = self._endpoint.submit(work)
        try:
            scores: list[Score] = future.result(timeout=until - monotonic() + 1.0)
        except (TimeoutError, CancelledError):
            future.cancel()
            scores = [_late() if isinstance(one, Asked) else one for one in asked]
        return scores

    def close(self) -> None:
        self._endpoint.stop()

    async def _judged(self, asked: Sequence[Asked | Score], until: float, each_s: float) -> list[Score]:
        """A score for each sample, judged alone; identical questions are asked once."""

        async def one(question: Question) -> Verdicts | NoVerdictError:
            if (known := self._known.get(question)) is not None:
                return known
            async with self._turns:  # the deadline of a question begins when its turn comes
                found = await _caught(self._judge.verdicts(question, min(until, monotonic() + each_s)))
            if isinstance(found, Verdicts):  # the same completion again, in another batch, has the same verdict
                self._known[question] = found._replace(usage=Usage())
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            return found

        verdicts = await _each(dict.fromkeys(found.question for found in asked if isinstance(found, Asked)), one)
        paid: set[Question] = set()
        scores = []
        for found in asked:
            if isinstance(found, Score):
                scores.append(found)
                continue
            verdict = verdicts[found.question]
            if isinstance(verdict, Verdicts) and found.question in paid:
                verdict = verdict._replace(usage=Usage())  # asked once, so paid once
            paid.add(found.question)
            scores.append(self._score(found, verdict))
        return scores

    async def _ranked(self, asked: Sequence[Asked | Score], until: float) -> list[Score]:
        """A score for each sample: the share of points that its answer won against the others of the group."""
        answers = list(dict.fromkeys(found.question.answers[0] for found in asked if isinstance(found, Asked)))
        if len(answers) < 2:
            alone = Score.abstained(
                "all answers of the group are the same, or there is one alone", kind="not_applicable"
            )
            return [found if isinstance(found, Score) else alone for found in asked]
        first = [found.question for found in asked if isinstance(found, Asked)]
        questions = _comparisons(list(dict.fromkeys(first)), self.params)
        meeting = pairs(len(answers), self.params.opponents)

        async def one(question: Question) -> Verdicts | NoVerdictError:
            return await _caught(self._judge.verdicts(question, until))

        verdicts = await _each(dict.fromkeys(questions.values()), one)
        winners = {pair: _winner(verdicts[question]) for pair, question in questions.items()}
        won = shares(len(answers), {(a, b): outcome(winners[a, b], winners[b, a]) for a, b in meeting})
        faults = [fault for fault in verdicts.values() if isinstance(fault, NoVerdictError)]
        usage = sum((one.usage for one in verdicts.values() if isinstance(one, Verdicts)), Usage())
        share_of_usage = Usage(usage.prompt // len(asked), usage.completion // len(asked))
        scores = []
        for found in asked:
            value = won[answers.index(found.question.answers[0])] if isinstance(found, Asked) else None
            if isinstance(found, Score):
                scores.append(found)
            elif value is None:
                scores.append(Score.failed(str(faults[0]), kind=faults[0].kind))
            else:
                spent = self._spent(share_of_usage)
                scores.append(Score.scored(value, "", answers=len(answers), unjudged=len(faults), **spent))
        return scores

    def _score(self, asked: Asked, found: Verdicts | NoVerdictError) -> Score:
        if isinstance(found, NoVerdictError):
            return Score.failed(str(found), kind=found.kind)
        reason = found.reason[:REASON_CHARACTERS]
        more: dict[str, Any] = {"truncated": asked.truncated} | self._spent(found.usage)
        if self.params.votes > 1:
            more["votes"] = list(found.votes)
        if asked.criteria:
            met = {one.name: share for one, share in zip(asked.criteria, found.shares, strict=True)}
            value = value_of(asked.criteria, found.shares)
            if self.params.items:
                return Score.scored({WEIGHTED: value} | met, reason, **more)
            return Score.scored(value, reason, criteria=met, **more)
        low, high = self.params.scale
        grade = found.mean
        return Score.scored((grade - low) / (high - low), reason, score=grade, scale=[low, high], **more)

    def _spent(self, usage: Usage) -> dict[str, Any]:
        """The tokens of a score and their price, for its details."""
        spent: dict[str, Any] = (
            {"tokens": {"prompt": usage.prompt, "completion": usage.completion}} if any(usage) else {}
        )
        cost = self.spending.cost(usage)
        return spent if cost is None else spent | {"cost": cost}


def _comparisons(questions: Sequence[Question], params: JudgeModelParams) -> dict[tuple[int, int], Question]:
    """The questions of a tournament between the answers of these questions, by pair, each in both orders."""
    answers = list(dict.fromkeys(question.answers[0] for question in questions))
    criteria = params.criteria or COMPARE
    return {
        (a, b): questions[0]._replace(answers=(answers[a], answers[b]), criteria=criteria)
        for pair in pairs(len(answers), params.opponents)
        for a, b in (pair, pair[::-1])
    }


async def _each(
    questions: Iterable[Question], ask: Callable[[Question], Awaitable[Verdicts | NoVerdictError]]
) -> dict[Question, Verdicts | NoVerdictError]:
    listed = list(questions)
    return dict(zip(listed, await asyncio.gather(*map(ask, listed)), strict=True))


async def _caught(asked: Awaitable[Verdicts]) -> Verdicts | NoVerdictError:
    try:
        return await asked
    except NoVerdictError as fault:
        return fault


def _winner(found: Verdicts | NoVerdictError) -> str | None:
    return found.winner if isinstance(found, Verdicts) else None


def _late() -> Score:
    return Score.failed("no verdict in time; raise limits.deadline_s or concurrency", kind="timeout")


def api_key(reward: str, name: str | None) -> str | None:
    """The key in an environment variable. ConfigError where it is not there or cannot be sent."""
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        raise ConfigError(f"{reward}: the environment variable {name} that api_key_env names is not set")
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{reward}: the key in {name} holds letters that no HTTP header can carry")
    return key
