"""A judge behind an endpoint: one question, asked again until there is a verdict, and several votes. Effects only."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple

from rewardkit_preference.endpoint import Endpoint, EndpointError, FaultKind, Usage, chat_reply
from rewardkit_preference.judge_reply import BadReplyError, Question, verdict_in
from rewardkit_preference.spending import REPLY_TOKENS, Spending, tokens_of_messages

FIRST_WAIT_S = 0.5
"""Before the second attempt; twice as long before each further one."""

_DEFAULT_KIND: FaultKind = "plugin_error"


class NoVerdictError(Exception):
    """The judge gave no verdict; the message says why."""

    def __init__(self, message: str, kind: FaultKind) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


class Verdicts(NamedTuple):
    """The votes on one question."""

    votes: tuple[Any, ...]
    """Of each vote the verdict: a number, a list of truth values, or `A`, `B`, `tie`."""
    reason: str
    usage: Usage

    @property
    def mean(self) -> float:
        """The mean of grades."""
        return float(sum(self.votes)) / len(self.votes)

    @property
    def shares(self) -> list[float]:
        """Of each criterion the share of votes that call it met."""
        return [sum(column) / len(self.votes) for column in zip(*self.votes, strict=True)]

    @property
    def winner(self) -> str:
        """The answer that most votes prefer; `tie` where none has more than the other."""
        counts = Counter(self.votes)
        return "tie" if counts["A"] == counts["B"] else "A" if counts["A"] > counts["B"] else "B"


class Judge:
    """Asks one model."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        spending: Spending,
        *,
        attempts: int,
        votes: int,
        seed: int,
        extra_body: Mapping[str, Any],
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._spending = spending
        self._attempts = attempts
        self._votes = votes
        self._seed = seed
        self._extra_body = extra_body
        self._takes_schema = True

    async def verdicts(self, question: Question, until: float) -> Verdicts:
        """The votes on a question. NoVerdictError where one vote has none."""
        tasks = [asyncio.ensure_future(self._vote(question, vote, until)) for vote in range(self._votes)]
        try:
            found: Sequence[tuple[Any, str, Usage]] = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        usage = sum((one[2] for one in found[1:]), found[0][2])
        return Verdicts(tuple(one[0] for one in found), found[0][1], usage)

    async def _vote(self, question: Question, vote: int, until: float) -> tuple[Any, str, Usage]:
        """One vote; asked again until there is a verdict, or until time or attempts run out."""
        bad_replies = 0
        fault, kind = "", _DEFAULT_KIND
        used = Usage()
        for attempt in range(self._attempts):
            nonce = question.nonce(bad_replies, vote)
            pause = FIRST_WAIT_S * 2**attempt
            try:
                self._spending.check()
                reply, usage = await self._reply(question, nonce, vote, until)
                used += usage
                verdict, reason = verdict_in(reply, question, nonce)
            except BadReplyError as error:
                bad_replies += 1
                fault, pause, kind = f"the judge's reply holds no verdict: {error}", 0.0, _DEFAULT_KIND
            except EndpointError as error:
                fault, pause, kind = str(error), error.wait_s or pause, error.kind
                if not error.retry:
                    raise NoVerdictError(fault, kind) from None
            else:
                return verdict, reason, used
            if monotonic() + pause >= until:
                raise NoVerdictError(f"no time for attempt {attempt + 2}: {fault}", kind)
            if attempt + 1 < self._attempts:
                await self._endpoint.wait(pause)
        raise NoVerdictError(f"{self._attempts} attempts: {fault}", kind)

    async def _reply(self, question: Question, nonce: str, vote: int, until: float) -> tuple[str, Usage]:
        """The judge's reply; a server that refuses the schema is asked without it from then on.

        Servers refuse by any status from 400 to 499 and some by 500 or 501: what they answer without it decides.
        """
        body = self._body(question, nonce, vote)
        if self._takes_schema:
            try:
                return await self._chat(body | {"response_format": question.response_format()}, until)
            except EndpointError as error:
                if error.status is None or error.status in (401, 403, 404, 408, 409, 425, 429, 502, 503, 504):
                    raise
                if error.status < 400 or error.status > 501:
                    raise
        answer = await self._chat(body, until)
        self._takes_schema = False
        return answer

    async def _chat(self, body: Mapping[str, Any], until: float) -> tuple[str, Usage]:
        estimate = tokens_of_messages(body["messages"]) + REPLY_TOKENS
        answer = await self._endpoint.post("/chat/completions", body, until, estimate)
        content, usage = chat_reply(answer)
        if any(usage):
            self._endpoint.took(sum(usage), estimate)
        self._spending.add(usage)
        return content, usage

    def _body(self, question: Question, nonce: str, vote: int) -> dict[str, Any]:
        temperature = 0 if self._votes == 1 else 1
        fields: dict[str, Any] = {"temperature": temperature, "seed": self._seed + vote, "max_tokens": 1024}
        fields = {name: value for name, value in (fields | dict(self._extra_body)).items() if value is not None}
        return {"model": self._model, "messages": question.messages(nonce)} | fields
