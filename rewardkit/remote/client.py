"""A client of `rewardkit serve`, for programs that want a Result and not HTTP.

    with Client("http://127.0.0.1:8000") as client:
        results = client.score([{"prompt": "1 + 1?", "completion": "2", "ground_truth": "2"}])

    results = await client.score_async(rows)

Judging changes nothing on the server, so what failed on the way is asked again: after the time that the server names
(`Retry-After`), else after a pause of random length that doubles with each try. Connections are kept and shared.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Self

import httpx

from rewardkit.codec import from_block
from rewardkit.errors import ConfigError, InfrastructureError, InputError
from rewardkit.score import Result

TOKEN_VARIABLE = "REWARDKIT_TOKEN"  # noqa: S105 - its name
"""Environment variable: the server's token, where none is given."""
ROWS = 1000
"""Rows of one request."""
_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 30.0
_AGAIN = frozenset((408, 429, 500, 502, 503, 504))
"""Answers after which the same request may succeed."""
_REFUSALS: dict[int, type[ConfigError | InputError]] = {400: InputError, 413: InputError, 422: InputError}


class Client:
    """Asks a server. Its methods may be called from any thread; those named `…_async` belong to an event loop each."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout_s: float = 330.0,
        tries: int = 6,
        connections: int = 64,
    ) -> None:
        """Connects when it is first asked.

        url          `http://host:port`
        token        the server's token; None: of the environment variable REWARDKIT_TOKEN
        timeout_s    seconds that a server may take for an answer
        tries        how often a request is sent at most
        connections  open connections at most
        raises       ConfigError for what is not the URL of a server
        """
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConfigError(f"{url!r}: wanted the URL of a server, such as http://127.0.0.1:8000")
        self.url = str(parsed).rstrip("/")
        self._tries = max(1, tries)
        token = os.environ.get(TOKEN_VARIABLE, "") if token is None else token
        self._options: dict[str, Any] = {
            "base_url": self.url,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "timeout": httpx.Timeout(timeout_s, connect=10.0),
            "limits": httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        }
        self._sync = httpx.Client(**self._options)
        self._async: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def score(
        self, rows: Iterable[Mapping[str, Any]], *, rubric: str | None = None, progress: float = 1.0
    ) -> list[Result]:
        """One Result for each row, in order.

        rows      rows as `rewardkit score` reads them; a row with several completions is one for each
        rubric    its name on the server; not needed where that has one
        progress  how far training has come, from 0 to 1
        raises    InputError, ConfigError for what the server refuses; InfrastructureError where it cannot be reached
        """
        results: list[Result] = []
        for some in _pieces(rows):
            results += _results(self.request("POST", "/score", _asked(some, rubric, progress)))
        return results

    async def score_async(
        self, rows: Iterable[Mapping[str, Any]], *, rubric: str | None = None, progress: float = 1.0
    ) -> list[Result]:
        """`score` for an event loop."""
        results: list[Result] = []
        for some in _pieces(rows):
            results += _results(await self.request_async("POST", "/score", _asked(some, rubric, progress)))
        return results

    def explain(self, row: Mapping[str, Any], *, rubric: str | None = None, progress: float = 1.0) -> dict[str, Any]:
        """How a row got its reward: its parts, the judgement, and what each reward adds."""
        asked = json.dumps({"row": dict(row), "rubric": rubric, "progress": progress}).encode()
        return _object(self.request("POST", "/explain", asked))

    def rubrics(self) -> list[dict[str, Any]]:
        """The rubrics of the server: name, rewards, hash, identity."""
        found = json.loads(self.request("GET", "/rubrics"))
        return list(found)

    def close(self) -> None:
        """Closes the connections; those of an event loop by `aclose`."""
        self._sync.close()

    async def aclose(self) -> None:
        """Closes all connections."""
        self._sync.close()
        if self._async:
            await self._async[1].aclose()
            self._async = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of an answer.

        raises  as `score`
        """
        attempts = _Attempts(self.url, self._tries)
        while True:
            try:
                answer = self._sync.request(method, path, content=body, headers=_headers(body))
            except httpx.TransportError as error:
                time.sleep(attempts.pause_after(error))
                continue
            if not attempts.wants_again(answer):
                return answer.content
            time.sleep(attempts.pause_after(answer))

    async def request_async(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """`request` for an event loop."""
        attempts = _Attempts(self.url, self._tries)
        client = self._client_of_loop()
        while True:
            try:
                answer = await client.request(method, path, content=body, headers=_headers(body))
            except httpx.TransportError as error:
                await asyncio.sleep(attempts.pause_after(error))
                continue
            if not attempts.wants_again(answer):
                return answer.content
            await asyncio.sleep(attempts.pause_after(answer))

    def _client_of_loop(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._async is None or self._async[0] is not loop:
            self._async = (loop, httpx.AsyncClient(**self._options))
        return self._async[1]


class RefusedError(ConfigError):
    """The server judges by another rubric."""

    def __init__(self, message: str, content: Mapping[str, Any]) -> None:
        """Keeps the server's answer."""
        super().__init__(message)
        self.content = content


class _Attempts:
    """The decision after each try of one request; pure except for the random pause."""

    def __init__(self, url: str, tries: int) -> None:
        self._url = url
        self._left = tries
        self._pause_s = _PAUSE_S

    def wants_again(self, answer: httpx.Response) -> bool:
        """True for an answer after which the request is sent again; raises for one that refuses it for good."""
        if answer.status_code == HTTPStatus.OK:
            return False
        if answer.status_code in _AGAIN:
            return True
        content = _content(answer)
        message = f"{self._url} refuses with {answer.status_code}: {content['error']}"
        if answer.status_code == HTTPStatus.CONFLICT:
            raise RefusedError(message, content)
        raise _REFUSALS.get(answer.status_code, ConfigError)(message)

    def pause_after(self, ended: httpx.Response | httpx.TransportError) -> float:
        """Seconds to wait before the next try; raises InfrastructureError after the last one."""
        self._left -= 1
        answered = isinstance(ended, httpx.Response)
        if not self._left:
            said = (
                f"{ended.status_code}: {_content(ended)['error']}"
                if isinstance(ended, httpx.Response)
                else f"{type(ended).__name__} {ended}".strip()
            )
            fix = "it has too much to do" if answered else "is the server running?"
            raise InfrastructureError(f"{self._url} gives no judgement ({said}); {fix}")
        longest, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        pause_s = random.uniform(0, longest)  # noqa: S311 - jitter
        wanted = ended.headers.get("Retry-After", "") if isinstance(ended, httpx.Response) else ""
        return min(float(wanted), _LONGEST_PAUSE_S) + pause_s if wanted.isdecimal() else pause_s


def _pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(rows)
    while some := list(islice(rest, ROWS)):
        yield some


def _headers(body: bytes | None) -> dict[str, str]:
    return {} if body is None else {"Content-Type": "application/json"}


def _asked(rows: Sequence[Mapping[str, Any]], rubric: str | None, progress: float) -> bytes:
    return json.dumps({"rows": [dict(row) for row in rows], "rubric": rubric, "progress": progress}).encode()


def _results(written: bytes) -> Iterator[Result]:
    return (from_block(block) for block in json.loads(written)["results"])


def _object(written: bytes) -> dict[str, Any]:
    return dict(json.loads(written))


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    return content if isinstance(content, dict) and "error" in content else {"error": f"{answer.text:.200}"}
