"""The reward of a reward model behind a URL: vLLM's `/pooling` and `/classify`, Text Embeddings Inference.

Each API is one row of `APIS`: its path, the request, and where the score stands in the answer.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from time import monotonic
from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_preference.conversation import Conversation, NotJudgeable, Part, conversation_of
from rewardkit_preference.endpoint import Endpoint, EndpointError, checked_url
from rewardkit_preference.judge import FIRST_WAIT_S
from rewardkit_preference.judge_model import BUDGET, api_key
from rewardkit_preference.judge_reply import without_control_tokens


class Api(NamedTuple):
    """How one server is asked for the score of one answer."""

    path: str
    body: Callable[[str, Conversation], Mapping[str, Any]]
    score: Callable[[Any], Any]
    source: str


def _messages(conversation: Conversation) -> list[dict[str, str]]:
    """The conversation with its answer, as a chat template takes it; no text in it can end its turn."""
    asked = [{"role": one["role"], "content": without_control_tokens(one["content"])} for one in conversation.messages]
    return [*asked, {"role": "assistant", "content": without_control_tokens(conversation.answer)}]


def _pair(conversation: Conversation) -> list[str]:
    prompt = "\n\n".join(one["content"] for one in conversation.messages)
    return [without_control_tokens(prompt), without_control_tokens(conversation.answer)]


APIS: Mapping[str, Api] = {
    "vllm_pooling": Api(
        "/pooling",
        lambda model, asked: {"model": model, "messages": _messages(asked)},
        lambda answer: answer["data"][0]["data"],
        "vLLM, pooling models: /pooling",
    ),
    "vllm_classify": Api(
        "/classify",
        lambda model, asked: {"model": model, "messages": _messages(asked)},
        lambda answer: answer["data"][0]["probs"],
        "vLLM, pooling models: /classify",
    ),
    "tei": Api(
        "/predict",
        lambda _, asked: {"inputs": _pair(asked), "raw_scores": True, "truncate": True},
        lambda answer: answer[0]["score"] if isinstance(answer[0], Mapping) else answer[0][0]["score"],
        "Text Embeddings Inference: /predict",
    ),
}


class RewardEndpointParams(RewardParams):
    """Which server is asked, and how."""

    base_url: str
    """The part of the URL before the path: `http://localhost:8000`."""
    api: Literal["vllm_pooling", "vllm_classify", "tei"] = "vllm_pooling"
    """The server's API."""
    model: str = ""
    """The model's name at the server; a server with one model needs none."""
    api_key_env: str | None = None
    """The environment variable that holds the key; none is sent where this is left out."""
    part: Part = "answer"
    """`answer`: what follows the reasoning. `whole`: all of the completion, the reasoning too."""
    normalise: Literal["none", "sigmoid"] = "none"
    """`none`: the server's number. `sigmoid`: 1 / (1 + exp(-number)), from 0 to 1."""
    max_characters: int = Field(default=32_000, ge=100)
    """Most characters of the answer, whose end is left out, and of the prompt; a longer prompt abstains."""
    concurrency: int = Field(default=8, ge=1)
    """Most requests at a time."""
    attempts: int = Field(default=4, ge=1)
    """Most requests for one sample: after 429, 5xx or a broken connection."""

    _url = field_validator("base_url")(checked_url)


class RewardEndpoint(Reward):
    """The number that a reward model behind a URL gives to the answer: vLLM or Text Embeddings Inference."""

    name = "reward_endpoint"
    Params = RewardEndpointParams
    cost_ms = 200.0
    sees = "batch"
    runs = "service"  # its limits are the run's

    params: RewardEndpointParams

    @classmethod
    def deterministic(cls, params: Any) -> bool:
        """False where no model is named: the server may have another one the next time."""
        return bool(params.model)

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        key = api_key("reward_endpoint", self.params.api_key_env)
        self._endpoint = Endpoint(self.params.base_url, api_key=key, concurrency=self.params.concurrency)
        self._api = APIS[self.params.api]

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        until = monotonic() + BUDGET * self.context.deadline_s * len(samples)
        asked = [self._conversation(sample) for sample in samples]
        future = self._endpoint.submit(self._all(asked, until))
        try:
            scores: list[Score] = future.result(timeout=until - monotonic() + 1.0)
        except (TimeoutError, CancelledError):
            future.cancel()
            late = Score.failed("the server was not done in time; raise limits.deadline_s", kind="timeout")
            scores = [one if isinstance(one, Score) else late for one in asked]
        return scores

    def close(self) -> None:
        self._endpoint.stop()

    async def _all(self, asked: Sequence[Conversation | Score], until: float) -> list[Score]:
        texts = {_key(one): one for one in asked if isinstance(one, Conversation)}
        found = dict(zip(texts, await asyncio.gather(*(self._one(one, until) for one in texts.values())), strict=True))
        return [one if isinstance(one, Score) else found[_key(one)] for one in asked]

    async def _one(self, asked: Conversation, until: float) -> Score:
        """The score of one conversation; asked again until there is one, or until time or attempts run out."""
        body = {key: value for key, value in self._api.body(self.params.model, asked).items() if value != ""}
        for attempt in range(self.params.attempts):
            try:
                return self._score(await self._endpoint.post(self._api.path, body, until))
            except EndpointError as error:
                pause = error.wait_s or FIRST_WAIT_S * 2**attempt
                last = attempt + 1 == self.params.attempts
                if last or not error.retry or monotonic() + pause >= until:
                    return Score.failed(str(error), kind=error.kind)
            await self._endpoint.wait(pause)
        raise AssertionError("the last attempt returns")

    def _score(self, answer: Any) -> Score:
        try:
            number = self._api.score(answer)
            number = number[0] if isinstance(number, list) and len(number) == 1 else number
            number = float(number)
        except (KeyError, IndexError, TypeError, ValueError):
            return Score.failed(f"the answer of {self._api.path} holds no score; is the model one with one label?")
        if not math.isfinite(number):
            return Score.failed(f"the server gave {number}")
        value = number if self.params.normalise == "none" else 0.5 * (1.0 + math.tanh(0.5 * number))
        return Score.scored(value, score=number)

    def _conversation(self, sample: Sample) -> Conversation | Score:
        try:
            found = conversation_of(sample, self.params.part)
        except NotJudgeable as reason:
            return Score.abstained(str(reason))
        most = self.params.max_characters
        if sum(len(message["content"]) for message in found.messages) > most:
            return Score.abstained(f"the prompt has more than {most} characters", kind="unsupported")
        return found._replace(answer=found.answer[:most])


def _key(asked: Conversation) -> str:
    return repr((asked.messages, asked.answer))
