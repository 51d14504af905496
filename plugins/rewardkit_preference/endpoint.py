"""An HTTP endpoint that is asked in JSON: many requests at a time over kept connections, each within a deadline.

No redirect is followed (it would carry the key elsewhere), no proxy is read from the environment, and the key never
stands in a message: what the server says is shown without it. Requests run in an event loop of their own thread, so
that one that takes too long is cancelled, wherever it waits:

    score() ── submit ──▶ thread "endpoint": event loop ══ pool of connections ══ server
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from rewardkit_preference.pace import Pace

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES = 4 * 1024**2
SHOWN_CHARACTERS = 200
FaultKind = Literal["plugin_error", "unavailable", "rate_limited", "timeout"]

TOO_MANY_REQUESTS = 429
RETRIED = frozenset({408, 409, 425, 429})


class EndpointError(Exception):
    """The endpoint gave no answer that can be used.

    retry    true if the same request may succeed later
    wait_s   how long the server asked to be left alone
    status   of the HTTP response, None where there was none
    kind     of the failed score that this becomes
    """

    def __init__(
        self,
        message: str,
        *,
        retry: bool,
        wait_s: float = 0.0,
        status: int | None = None,
        kind: FaultKind | None = None,
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.wait_s = wait_s
        self.status = status
        self.kind: FaultKind = kind or ("rate_limited" if status == TOO_MANY_REQUESTS else "unavailable")


class Usage(NamedTuple):
    """Tokens of one or several requests, as the server counts them."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: object) -> "Usage":
        assert isinstance(other, Usage)
        return Usage(self.prompt + other.prompt, self.completion + other.completion)


class Endpoint:
    """A server that is asked. May be used from many threads."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        concurrency: int = 8,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        """Nothing is sent yet.

        base_url             what stands before the path of each request, as in `http://localhost:8000/v1`
        api_key              sent as a bearer token: printable ASCII
        concurrency          most requests at a time, and most connections that are kept
        requests_per_minute  requests are begun no faster than evenly at this rate
        tokens_per_minute    the same for their tokens, by `tokens` of `post` and then by what the server counts
        """
        import httpx  # noqa: PLC0415 - 0.3 s, and listing rewards needs none of it

        self._errors: type[Exception] = httpx.HTTPError
        self._base_url = base_url.rstrip("/")
        self._key = api_key
        self._headers = {"Accept": "application/json", "User-Agent": "rewardkit"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._requests = Pace(requests_per_minute)
        self._tokens = Pace(tokens_per_minute)
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(
            headers=self._headers,
            limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
            timeout=None,  # noqa: S113 - each request has a deadline of its own
            trust_env=False,
            follow_redirects=False,
            verify=ssl.create_default_context() if base_url.startswith("https:") else False,
        )
        self._places = asyncio.Semaphore(concurrency)
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        """Runs a coroutine in the endpoint's loop; it may call `post` and `wait`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def post(self, path: str, body: Mapping[str, Any], until: float, tokens: int = 0) -> Any:
        """The JSON value that the server answers with.

        path    below the base URL, as in `/chat/completions`
        until   by the monotonic clock; the request is cancelled then at the latest
        tokens  about how many it takes; `took` corrects it
        raises  EndpointError
        """
        async with self._places:
            await self.wait(self._turn(until, tokens))
            try:
                async with asyncio.timeout(max(0.01, until - monotonic())):
                    return await self._sent(path, json.dumps(body).encode())
            except TimeoutError:
                raise EndpointError("the endpoint did not answer in time", retry=True, kind="timeout") from None
            except self._errors as error:
                raise EndpointError(f"the endpoint cannot be reached: {type(error).__name__}", retry=True) from None

    def took(self, tokens: int, estimate: int) -> None:
        """Counts the tokens that the server counted for a request, in place of the estimate."""
        self._tokens.correct(tokens - estimate)

    async def wait(self, seconds: float) -> None:
        """Sleeps, unless the endpoint is stopped."""
        if seconds > 0:
            await asyncio.sleep(seconds)
        if self._stopped:
            raise EndpointError("the judge was stopped", retry=False)

    def stop(self) -> None:
        """Cancels what is under way and lets nothing new begin."""
        self._stopped = True
        if self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2)

    def _run(self) -> None:
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        if pending:
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    async def _sent(self, path: str, body: bytes) -> Any:
        headers = {"Content-Type": "application/json"}
        async with self._client.stream("POST", self._base_url + path, content=body, headers=headers) as response:
            text = bytearray()
            async for chunk in response.aiter_bytes():
                text += chunk
                if len(text) > MAX_REPLY_BYTES:
                    raise EndpointError("the endpoint's answer is too long", retry=False)
        if response.status_code != 200:
            raise self._refusal(response, bytes(text))
        try:
            return json.loads(self.without_key(text.decode("utf-8")))
        except (ValueError, RecursionError):
            raise EndpointError("the endpoint's answer is not JSON", retry=True) from None

    def _turn(self, until: float, tokens: int) -> float:
        """Seconds until the next request may begin."""
        now = monotonic()
        begin = max(self._requests.next_s(now), self._tokens.next_s(now))
        if begin >= until:
            raise EndpointError("the rate limit leaves no time before the deadline", retry=False, kind="rate_limited")
        self._requests.begin(begin)
        self._tokens.begin(begin, tokens)
        return begin - now

    def _refusal(self, response: "httpx.Response", text: bytes) -> EndpointError:
        status = response.status_code
        said = f"HTTP {status} {response.reason_phrase}".strip()
        if status not in (401, 403) and (why := self._why(text)):  # those two like to repeat the key
            said += f": {why}"
        retry = status in RETRIED or status >= 500
        return EndpointError(said, retry=retry, wait_s=waiting_time(response.headers), status=status)

    def _why(self, text: bytes) -> str:
        """The message in an error's body, in the form of OpenAI's API or as text; without the key."""
        said: Any = text.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            said = json.loads(said)
            for key in ("error", "message", "detail"):
                said = said.get(key, said) if isinstance(said, dict) else said
        shown = said if isinstance(said, str) else json.dumps(said)
        return self.without_key(" ".join(shown.split()))[:SHOWN_CHARACTERS]

    def without_key(self, text: str) -> str:
        """A text in which the key does not stand."""
        return text.replace(self._key, "…") if self._key else text


def chat_reply(answer: Any) -> tuple[str, Usage]:
    """The content of a chat completion with one choice, and the tokens that it took.

    raises  EndpointError
    """
    try:
        (choice,) = answer["choices"]
        content = choice["message"]["content"]
    except (ValueError, KeyError, TypeError):
        raise EndpointError("the endpoint's answer is not a chat completion", retry=True) from None
    if not isinstance(content, str):
        raise EndpointError("the judge's message has no text", retry=True)
    usage = answer.get("usage")
    counts = [usage.get(key) if isinstance(usage, dict) else 0 for key in ("prompt_tokens", "completion_tokens")]
    return content, Usage(*(count if isinstance(count, int) else 0 for count in counts))


def waiting_time(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to be left alone: `retry-after-ms`, else `Retry-After` in seconds or as a date.

    RFC 9110, section 10.2.3. 0 where the headers say neither.
    """
    with suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    written = headers.get("retry-after")
    if written is None:
        return 0.0
    with suppress(ValueError):
        return max(0.0, float(written))
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(written).timestamp() - time())
    return 0.0


def checked_url(base_url: str) -> str:
    """The URL of an endpoint, as it may stand in a rubric. ValueError for any other."""
    url = urlsplit(base_url)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ValueError("write it as http://host:port/v1 or https://host/v1")
    if url.username or url.password:
        raise ValueError("it holds a password, which would be shown; name an environment variable in api_key_env")
    if url.port == 0:
        raise ValueError("no server listens at port 0")
    return base_url
