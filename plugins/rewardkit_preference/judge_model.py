"""The reward of a generative judge: a language model behind an OpenAI-compatible endpoint that grades the answer.

Source: Zheng et al. 2023, arXiv:2306.05685. What the endpoint does wrong is `failed`, never 0.0.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from rewardkit import ConfigError, Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_preference.conversation import Conversation, NotJudgeable, Part, conversation_of
from rewardkit_preference.endpoint import Endpoint, EndpointError, FaultKind
from rewardkit_preference.judge_reply import BadReplyError, nonce_of, parse, question, response_format

BUDGET = 0.9
"""The share of a deadline that the endpoint may take: past the whole of it the worker would be killed, and the
endpoint's slowness would be taken for the completion's."""

FIRST_WAIT_S = 0.5
"""Before the second attempt; twice as long before each further one."""

REASON_CHARACTERS = 300

_DEFAULT_KIND: FaultKind = "plugin_error"
_OURS = ("model", "messages", "response_format", "stream", "n")


class JudgeModelParams(RewardParams):
    """Who judges, by what, and how hard the endpoint may be pressed."""

    base_url: str
    """The part of the URL before `/chat/completions`, as in `http://localhost:8000/v1`."""
    model: str = Field(min_length=1)
    """The model's name at the endpoint."""
    api_key_env: str | None = None
    """The environment variable that holds the key; none is sent where this is left out."""
    criteria: str = Field(
        default="Judge how well the answer helps the user: whether it is right, to the point, complete and clear.",
        min_length=1,
    )
    """Description of a good answer, in words to the judge."""
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
    """Most requests for one sample: after 429, 5xx, a broken connection, or a reply without a grade."""
    seed: int = 0
    extra_body: Mapping[str, Any] = Field(default_factory=dict)
    """More fields of the request, or others than `temperature: 0` and `max_tokens: 1024`; null leaves a field out."""

    @field_validator("base_url")
    @classmethod
    def _is_plain_url(cls, base_url: str) -> str:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("write it as http://host:port/v1 or https://host/v1")
        if url.username or url.password:
            raise ValueError("it holds a password, which would be shown; name an environment variable in api_key_env")
        if url.port == 0:
            raise ValueError("no server listens at port 0")
        return base_url

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


class JudgeModel(Reward):
    """The grade that a language model behind an OpenAI-compatible endpoint gives to the answer, from 0 to 1."""

    name = "judge_model"
    Params = JudgeModelParams
    cost_ms = 2000.0
    sees = "group"  # a whole group is asked about at the same time

    params: JudgeModelParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        self._endpoint = Endpoint(
            self.params.base_url, api_key=self._key(), requests_per_minute=self.params.requests_per_minute
        )
        self._threads = ThreadPoolExecutor(self.params.concurrency, thread_name_prefix="judge-model")
        self._takes_schema = True

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        until = monotonic() + BUDGET * self.context.deadline_s * len(samples)
        asked = [self._threads.submit(self._score, sample, until) for sample in samples]
        wait(asked, timeout=until - monotonic())
        if late := [future for future in asked if not future.done() and not future.cancel()]:
            self._endpoint.break_off()
            wait(late, timeout=0.05)
        return [_result(future) for future in asked]

    def close(self) -> None:
        self._endpoint.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _key(self) -> str | None:
        name = self.params.api_key_env
        if name is None:
            return None
        key = os.environ.get(name, "").strip()
        if not key:
            raise ConfigError(f"judge_model: the environment variable {name} that api_key_env names is not set")
        if not (key.isascii() and key.isprintable()):
            raise ConfigError(f"judge_model: the key in {name} holds letters that no HTTP header can carry")
        return key

    def _score(self, sample: Sample, until: float) -> Score:
        try:
            whole = conversation_of(sample, self.params.part)
        except NotJudgeable as reason:
            return Score.abstained(str(reason))
        most = self.params.max_characters
        if sum(len(message["content"]) for message in whole.messages) > most:
            return Score.abstained(f"the prompt has more than {most} characters", kind="unsupported")
        if not whole.answer:
            return Score.scored(0.0, f"the {self.params.part} is empty", kind="no_answer")
        truncated = len(whole.answer) > most
        if truncated and self.params.too_long == "abstain":
            return Score.abstained(f"the {self.params.part} has more than {most} characters", kind="unsupported")
        cut = whole._replace(answer=whole.answer[:most])
        return self._judged(cut, min(until, monotonic() + BUDGET * self.context.deadline_s), truncated=truncated)

    def _judged(self, asked: Conversation, until: float, *, truncated: bool) -> Score:
        """The judge's grade; asked again until there is one, or until time or attempts run out."""
        low, high = self.params.scale
        bad_replies = 0
        fault, kind = "", _DEFAULT_KIND
        for attempt in range(self.params.attempts):
            nonce = nonce_of(asked, self.params.criteria, bad_replies)
            pause = FIRST_WAIT_S * 2**attempt
            try:
                grade = parse(self._reply(asked, nonce, until), nonce, self.params.scale)
            except BadReplyError as error:
                bad_replies += 1
                fault, pause, kind = f"the judge's reply holds no grade: {error}", 0.0, _DEFAULT_KIND
            except EndpointError as error:
                fault, pause, kind = str(error), max(pause, error.wait_s), error.kind
                if not error.retry:
                    return Score.failed(fault, kind=kind)
            else:
                details: dict[str, Any] = {"score": grade.score, "scale": [low, high], "truncated": truncated}
                value = (grade.score - low) / (high - low)
                return Score.scored(value, grade.reason[:REASON_CHARACTERS], **details)
            if monotonic() + pause >= until:
                return Score.failed(f"no time for attempt {attempt + 2}: {fault}", kind=kind)
            if attempt + 1 < self.params.attempts:
                self._endpoint.wait(pause)
        return Score.failed(f"{self.params.attempts} attempts: {fault}", kind=kind)

    def _reply(self, asked: Conversation, nonce: str, until: float) -> str:
        """The judge's reply to one question; a server that refuses the schema is asked without it from then on."""
        body = self._body(asked, nonce)
        if not self._takes_schema:
            return self._endpoint.chat(body, until)
        try:
            return self._endpoint.chat(body | {"response_format": response_format(self.params.scale)}, until)
        except EndpointError as error:
            if error.status not in (400, 422):
                raise
        reply = self._endpoint.chat(body, until)
        self._takes_schema = False
        return reply

    def _body(self, asked: Conversation, nonce: str) -> dict[str, Any]:
        fields: dict[str, Any] = {"temperature": 0, "seed": self.params.seed, "max_tokens": 1024}
        fields = {name: value for name, value in (fields | dict(self.params.extra_body)).items() if value is not None}
        messages = question(asked, self.params.criteria, self.params.scale, nonce)
        return {"model": self.params.model, "messages": messages} | fields


def _result(future: "Future[Score]") -> Score:
    if future.cancelled() or not future.done():
        return Score.failed("no grade in time; raise limits.deadline_s or concurrency", kind="timeout")
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - one sample's fault is not its group's
        return Score.failed(f"{type(error).__name__}: {error}")
