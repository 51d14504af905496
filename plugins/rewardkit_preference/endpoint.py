"""An OpenAI-compatible endpoint: one chat completion at a time and thread, within a deadline.

No redirect is followed (it would carry the key elsewhere), no proxy is read from the environment, and the key never
stands in a message: what the server says is shown without it.
"""

import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, responses
from time import monotonic, time
from typing import Any, Literal
from urllib.parse import urlsplit

MAX_REPLY_BYTES = 4 * 1024**2
SHOWN_CHARACTERS = 200
FaultKind = Literal["plugin_error", "unavailable", "rate_limited", "timeout"]

TOO_MANY_REQUESTS = 429
RETRIED = frozenset({408, 409, 425, 429})


class EndpointError(Exception):
    """The endpoint gave no chat completion.

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
        kind: "FaultKind | None" = None,
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.wait_s = wait_s
        self.status = status
        self.kind: FaultKind = kind or ("rate_limited" if status == TOO_MANY_REQUESTS else "unavailable")


class Endpoint:
    """Where chat completions are asked for. May be used from many threads."""

    def __init__(self, base_url: str, *, api_key: str | None = None, requests_per_minute: float | None = None) -> None:
        """Nothing is sent yet.

        base_url             what stands before `/chat/completions`, as in `http://localhost:8000/v1`
        api_key              sent as a bearer token: printable ASCII
        requests_per_minute  requests are begun no faster than evenly at this rate
        """
        url = urlsplit(base_url)
        self._host, self._port = url.hostname or "", url.port
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._path = url.path.rstrip("/") + "/chat/completions"
        self._key = api_key
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "rewardkit"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._interval_s = 60 / requests_per_minute if requests_per_minute else 0.0
        self._next_s = 0.0
        self._lock = threading.Lock()
        self._open: set[HTTPConnection] = set()
        self._stopped = threading.Event()

    def chat(self, body: Mapping[str, Any], until: float) -> str:
        """The content of the one message that the endpoint answers with.

        until   by the monotonic clock; each wait for the network ends then at the latest
        raises  EndpointError
        """
        self.wait(self._turn(until))
        connection = self._connection(max(0.01, until - monotonic()))
        try:
            connection.request("POST", self._path, json.dumps(body).encode(), self._headers)
            response = connection.getresponse()
            text = response.read(MAX_REPLY_BYTES + 1)
        except TimeoutError:
            raise EndpointError("the endpoint did not answer in time", retry=True, kind="timeout") from None
        except (OSError, HTTPException) as error:
            raise EndpointError(f"the endpoint cannot be reached: {type(error).__name__}", retry=True) from None
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
        if response.status != 200:
            raise self._refusal(response, text)
        return self._content(text)

    def wait(self, seconds: float) -> None:
        """Sleeps, unless the endpoint is stopped."""
        if self._stopped.wait(seconds):
            raise EndpointError("the judge was stopped", retry=False)

    def break_off(self) -> None:
        """Ends every request that is under way; its thread gets an EndpointError."""
        with self._lock:
            for connection in self._open:
                if isinstance(connection.sock, socket.socket):
                    with suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Breaks off what is under way and lets nothing new begin."""
        self._stopped.set()
        self.break_off()

    def _turn(self, until: float) -> float:
        """Seconds until the next request may begin."""
        with self._lock:
            now = monotonic()
            begin = max(now, self._next_s)
            if begin >= until:
                raise EndpointError(
                    "the rate limit leaves no time before the deadline", retry=False, kind="rate_limited"
                )
            self._next_s = begin + self._interval_s
            return begin - now

    def _connection(self, timeout: float) -> HTTPConnection:
        if self._tls:
            connection: HTTPConnection = HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        else:
            connection = HTTPConnection(self._host, self._port, timeout=timeout)
        with self._lock:
            self._open.add(connection)
        return connection

    def _refusal(self, response: HTTPResponse, text: bytes) -> EndpointError:
        status = response.status
        said = f"HTTP {status} {responses.get(status, '')}".strip()
        if status not in (401, 403) and (why := self._why(text)):  # those two like to repeat the key
            said += f": {why}"
        retry = status in RETRIED or status >= 500
        return EndpointError(said, retry=retry, wait_s=_seconds(response.getheader("Retry-After")), status=status)

    def _why(self, text: bytes) -> str:
        """The message in an error's body, in the form of OpenAI's API or as text; without the key."""
        said: Any = text[:MAX_REPLY_BYTES].decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            said = json.loads(said)
            for key in ("error", "message", "detail"):
                said = said.get(key, said) if isinstance(said, dict) else said
        shown = said if isinstance(said, str) else json.dumps(said)
        return self._without_key(" ".join(shown.split()))[:SHOWN_CHARACTERS]

    def _content(self, text: bytes) -> str:
        """The content of a chat completion with one choice."""
        if len(text) > MAX_REPLY_BYTES:
            raise EndpointError("the endpoint's answer is too long", retry=False)
        try:
            (choice,) = json.loads(text)["choices"]
            content = choice["message"]["content"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EndpointError("the endpoint's answer is not a chat completion", retry=True) from None
        if not isinstance(content, str):
            raise EndpointError("the judge's message has no text", retry=True)
        return self._without_key(content)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "…") if self._key else text


def _seconds(retry_after: str | None) -> float:
    """The header Retry-After: seconds, or a date (RFC 9110, section 10.2.3); 0 where it says neither."""
    if retry_after is None:
        return 0.0
    with suppress(ValueError):
        return max(0.0, float(retry_after))
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    return 0.0
