"""The reward of a generative judge: a language model behind an OpenAI-compatible endpoint.

It grades an answer, says which criteria of a row are met, or compares the answers of a group. Sources: Zheng et al.
2023, arXiv:2306.05685; rubrics as rewards, arXiv:2507.17746. What the endpoint does wrong is `failed`, never 0.0.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from time import monotonic
from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from rewardkit import ConfigError, Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_preference.conversation import Conversation, NotJudgeable, Part, conversation_of
from rewardkit_preference.criteria import COLUMNS, Criterion, UnreadableCriteriaError, criteria_of, value_of
from rewardkit_preference.endpoint import Endpoint, Usage, checked_url
from rewardkit_preference.judge import Judge, NoVerdictError, Verdicts
from rewardkit_preference.judge_reply import Question, question_of
from rewardkit_preference.spending import Spending
from rewardkit_preference.tournament import outcome, pairs, shares

BUDGET = 0.9
"""The share of a deadline that the endpoint may take: past the whole of it the worker would be killed, and the
endpoint's slowness would be taken for the completion's."""

REASON_CHARACTERS = 300
_OURS = ("model", "messages", "response_format", "stream", "n")
_GRADE = "Judge how well the answer helps the user: whether it is right, to the point, complete and clear."
_COMPARE = (
    "Judge which answer helps the user more: which is right, to the point, complete and clear. Length earns nothing."
)
_MEET = "Say of each criterion whether the answer meets it. Judge each alone, by what the answer says and nothing else."


class JudgeModelParams(RewardParams):
    """Who judges, by what, and how hard the endpoint may be pressed."""

    base_url: str
    """The part of the URL before `/chat/completions`, as in `http://localhost:8000/v1`."""
    model: str = Field(min_length=1)
    """The model's name at the endpoint."""
    api_key_env: str | None = None
    """The environment variable that holds the key; none is sent where this is left out."""
    mode: Literal["grade", "criteria", "rank"] = "grade"
    """`grade`: a grade on a scale. `criteria`: which of the row's criteria are met. `rank`: the answers of a group are
    compared, two at a time and in both orders."""
    criteria: str | None = Field(default=None, min_length=1)
    """Description of a good answer, in words to the judge."""
    criteria_column: str | None = None
    """For `mode: criteria`, the column that holds them; left out: `rubric`, `rubrics` or `criteria`."""
    items: tuple[str | Mapping[str, Any], ...] = ()
    """For `mode: criteria`, the criteria of all rows, as texts or with `name`, `weight` and `required`."""
    show: tuple[str, ...] = ()
    """Columns of the row that the judge sees, such as `ground_truth`, which it is told is a reference answer."""
    opponents: int | None = Field(default=None, ge=1)
    """For `mode: rank`, how many others each answer is compared with; left out: all of them."""
    votes: int = Field(default=1, ge=1, le=32)
    """How often each question is asked, with other seeds and, unless `extra_body` says otherwise, at temperature 1."""
    scale: tuple[int, int] = (1, 10)
    """The worst and the best score that the judge may give; the reward's value is 0 to 1 between them."""
    part: Part = "answer"
    """`answer`: what follows the reasoning. `whole`: all of the completion, the reasoning too."""
    max_characters: int = Field(default=32_000, ge=100)
    """Most characters of the answer, and of the prompt; a longer prompt abstains."""
    too_long: Literal["truncate", "abstain"] = "truncate"
    """`truncate`: judge the beginning of an answer that is longer. `abstain`: say nothing of it."""
    concurrency: int = Field(default=8, ge=1)
    """Most requests at a time, from one worker process."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most requests begun in a minute, evenly spread, by one worker process."""
    attempts: int = Field(default=4, ge=1)
    """Most requests for one vote: after 429, 5xx, a broken connection, or a reply without a verdict."""
    prices: tuple[float, float] | None = None
    """Of a million tokens of prompt and of completion; with them the details hold what each score cost."""
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """What one worker process may spend, in the currency of `prices`; then the reward is `failed: unavailable`."""
    seed: int = 0
    """Sent to the server with each question."""
    extra_body: Mapping[str, Any] = Field(default_factory=dict)
    """More fields of the request, or others than `temperature` and `max_tokens: 1024`; null leaves a field out."""

    _url = field_validator("base_url")(checked_url)

    @field_validator("scale")
    @classmethod
    def _rises(cls, scale: tuple[int, int]) -> tuple[int, int]:
        if scale[0] >= scale[1]:
            raise ValueError("the first is the worst score, the second the best: they must rise")
        return scale

    @field_validator("extra_body")
    @classmethod
    def _leaves_ours_alone(cls, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        if taken := [name for name in _OURS if name in extra]:
            raise ValueError(f"{', '.join(taken)} cannot be set here")
        return extra

    @model_validator(mode="after")
    def _fits_together(self) -> "JudgeModelParams":
        if self.max_cost is not None and self.prices is None:
            raise ValueError("max_cost needs prices: [of a million tokens of prompt, of completion]")
        if self.items:
            criteria_of(list(self.items))
        return self


class _Asked(NamedTuple):
    """One sample's question."""

    question: Question
    criteria: tuple[Criterion, ...]
    truncated: bool


class JudgeModel(Reward):
    """The verdict of a language model behind an OpenAI-compatible endpoint on the answer, from 0 to 1."""

    name = "judge_model"
    Params = JudgeModelParams
    cost_ms = 2000.0
    sees = "group"  # a whole group is asked about at the same time
    value_range = (0.0, 1.0)

    params: JudgeModelParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        told = self.params
        key = api_key("judge_model", told.api_key_env)
        self.spending = Spending(told.prices, told.max_cost)
        self._endpoint = Endpoint(
            told.base_url, api_key=key, concurrency=told.concurrency, requests_per_minute=told.requests_per_minute
        )
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

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        each_s = BUDGET * self.context.deadline_s
        asked = [self._question(sample) for sample in samples]
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
            scores = [_late() if isinstance(one, _Asked) else one for one in asked]
        return scores

    def close(self) -> None:
        self._endpoint.stop()

    async def _judged(self, asked: Sequence[_Asked | Score], until: float, each_s: float) -> list[Score]:
        """A score for each sample, judged alone; identical questions are asked once."""

        async def one(question: Question) -> Verdicts | NoVerdictError:
            async with self._turns:  # the deadline of a question begins when its turn comes
                return await _caught(self._judge.verdicts(question, min(until, monotonic() + each_s)))

        verdicts = await _each({found.question for found in asked if isinstance(found, _Asked)}, one)
        return [found if isinstance(found, Score) else self._score(found, verdicts[found.question]) for found in asked]

    async def _ranked(self, asked: Sequence[_Asked | Score], until: float) -> list[Score]:
        """A score for each sample: the share of points that its answer won against the others of the group."""
        answers = list(dict.fromkeys(found.question.answers[0] for found in asked if isinstance(found, _Asked)))
        if len(answers) < 2:
            alone = Score.abstained(
                "all answers of the group are the same, or there is one alone", kind="not_applicable"
            )
            return [found if isinstance(found, Score) else alone for found in asked]
        first = next(found.question for found in asked if isinstance(found, _Asked))
        meeting = pairs(len(answers), self.params.opponents)
        orders = [(a, b) for pair in meeting for a, b in (pair, pair[::-1])]
        questions = {
            (a, b): first._replace(answers=(answers[a], answers[b]), criteria=self.params.criteria or _COMPARE)
            for a, b in orders
        }

        async def one(question: Question) -> Verdicts | NoVerdictError:
            return await _caught(self._judge.verdicts(question, until))

        verdicts = await _each(set(questions.values()), one)
        winners = {pair: _winner(verdicts[question]) for pair, question in questions.items()}
        won = shares(len(answers), {(a, b): outcome(winners[a, b], winners[b, a]) for a, b in meeting})
        faults = [fault for fault in verdicts.values() if isinstance(fault, NoVerdictError)]
        usage = sum((one.usage for one in verdicts.values() if isinstance(one, Verdicts)), Usage())
        share_of_usage = Usage(usage.prompt // len(asked), usage.completion // len(asked))
        scores = []
        for found in asked:
            value = won[answers.index(found.question.answers[0])] if isinstance(found, _Asked) else None
            if isinstance(found, Score):
                scores.append(found)
            elif value is None:
                scores.append(Score.failed(str(faults[0]), kind=faults[0].kind))
            else:
                spent = self._spent(share_of_usage)
                scores.append(Score.scored(value, "", answers=len(answers), unjudged=len(faults), **spent))
        return scores

    def _score(self, asked: _Asked, found: Verdicts | NoVerdictError) -> Score:
        if isinstance(found, NoVerdictError):
            return Score.failed(str(found), kind=found.kind)
        reason = found.reason[:REASON_CHARACTERS]
        more: dict[str, Any] = {"truncated": asked.truncated} | self._spent(found.usage)
        if self.params.votes > 1:
            more["votes"] = list(found.votes)
        if asked.criteria:
            met = {one.name: share for one, share in zip(asked.criteria, found.shares, strict=True)}
            return Score.scored(value_of(asked.criteria, found.shares), reason, criteria=met, **more)
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

    def _question(self, sample: Sample) -> _Asked | Score:
        """The question about a sample, or its score where there is nothing to ask."""
        try:
            whole = conversation_of(sample, self.params.part)
            criteria = self._criteria(sample) if self.params.mode == "criteria" else ()
        except NotJudgeable as reason:
            return Score.abstained(str(reason))
        except UnreadableCriteriaError as reason:
            return Score.abstained(str(reason), kind="unreadable_ground_truth")
        if criteria is None:
            return Score.abstained("the row has no criteria", kind="no_ground_truth")
        most = self.params.max_characters
        if sum(len(message["content"]) for message in whole.messages) > most:
            return Score.abstained(f"the prompt has more than {most} characters", kind="unsupported")
        if not whole.answer:
            return Score.scored(0.0, f"the {self.params.part} is empty", kind="no_answer")
        truncated = len(whole.answer) > most
        if truncated and self.params.too_long == "abstain":
            return Score.abstained(f"the {self.params.part} has more than {most} characters", kind="unsupported")
        return _Asked(self._put(whole._replace(answer=whole.answer[:most]), criteria, sample), criteria, truncated)

    def _put(self, conversation: Conversation, criteria: Sequence[Criterion], sample: Sample) -> Question:
        shown = [(_shown_name(path), _text_of(sample.column(path))) for path in self.params.show]
        return question_of(
            conversation,
            self.params.criteria or (_MEET if criteria else _GRADE),
            shown=tuple((name, text) for name, text in shown if text),
            items=tuple(one.text for one in criteria),
            scale=self.params.scale,
        )

    def _criteria(self, sample: Sample) -> tuple[Criterion, ...] | None:
        if self.params.items:
            return tuple(criteria_of(list(self.params.items)))
        paths = COLUMNS if self.params.criteria_column is None else (self.params.criteria_column,)
        written = next((value for path in paths if (value := sample.column(path)) is not None), None)
        return None if written is None else tuple(criteria_of(written))


async def _each(
    questions: "set[Question]", ask: Callable[[Question], Awaitable[Verdicts | NoVerdictError]]
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


def _shown_name(path: str) -> str:
    return "reference answer" if path == "ground_truth" else path


def _text_of(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, default=str)


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
