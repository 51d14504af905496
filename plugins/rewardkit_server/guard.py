"""The first that sees a request: who may ask, and how much. Pure ASGI; what it lets pass has its whole body.

A page in a browser cannot ask: bodies are JSON alone, the Origin must be this server's, and without a token the Host
must name this machine. Bytes are counted while they arrive, one body and all together, and each body has its time.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rewardkit_server.answers import RequestError
from rewardkit_server.metrics import Metrics
from rewardkit_server.settings import TOKEN_VARIABLE, Settings, is_loopback

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset(("/", "/healthz", "/readyz"))
"""Answered without a token: they say nothing of rubrics or rows."""
JSON_TYPES = frozenset(("application/json", "application/x-ndjson"))
_BUSY_S = 1


class _GoneError(Exception):
    """The client has left before its body was whole."""


class Guard:
    """Refuses what may not be asked, before it is read."""

    def __init__(self, app: App, settings: Settings, metrics: Metrics) -> None:
        """Stands before an app."""
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._bytes = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(str(message["status"])).inc()
                self._metrics.seconds.observe(time.monotonic() - started)
            await send(message)

        body = _Body(self)
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            self._check(scope, headers)
            await body.read(receive, headers, self._settings)
        except RequestError as error:
            body.release()
            response = error.response()
            response.headers["Connection"] = "close"  # the rest of its body is not read
            await response(scope, receive, counted)
            return
        except _GoneError:
            body.release()
            return
        try:
            await self._app(scope, body.replay(receive), counted)
        finally:
            body.release()

    def take(self, count: int) -> None:
        """Counts bytes of a body.

        raises  RequestError where there are too many in all
        """
        if self._bytes + count > self._settings.bodies_bytes:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too many bytes are being judged; ask again later",
                retry_after_s=_BUSY_S,
            )
        self._bytes += count

    def give_back(self, count: int) -> None:
        """Takes bytes of a body that is answered off the count."""
        self._bytes -= count

    def _check(self, scope: Message, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if self._settings.token:
            if scope["path"] not in OPEN_PATHS:
                self._check_token(scope, headers)
        elif not is_loopback(urlsplit(f"//{host}").hostname or ""):
            raise RequestError(HTTPStatus.FORBIDDEN, "the Host header does not name this machine")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise RequestError(HTTPStatus.FORBIDDEN, "pages of other origins may not ask")
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        if has_body or "content-type" in headers:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind not in JSON_TYPES:
                raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wanted Content-Type: application/json")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wanted a body without Content-Encoding")

    def _check_token(self, scope: Message, headers: dict[str, str]) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            query = parse_qs(scope["query_string"].decode("latin-1"))
            given = query.get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self._settings.token.encode()):
            raise RequestError(
                HTTPStatus.UNAUTHORIZED,
                f"wanted the server's {TOKEN_VARIABLE}, as a bearer token or as ?token=… in the URL",
            )


class _Body:
    """The body of one request."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._parts: list[bytes] = []
        self._size = 0
        self._taken = 0

    async def read(self, receive: Receive, headers: dict[str, str], settings: Settings) -> None:
        """Reads it whole.

        raises  RequestError where it is too large, too slow, or too much beside the others
        """
        most = settings.body_bytes
        said = headers.get("content-length", "0")
        declared = int(said) if said.isdecimal() and len(said) < 20 else most + 1
        self._check(declared, most)
        self._take(declared)
        try:
            async with asyncio.timeout(settings.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    part = message.get("body", b"")
                    self._size += len(part)
                    self._check(self._size, most)
                    self._take(self._size - self._taken)
                    self._parts.append(part)
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            raise RequestError(
                HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {settings.body_s:g} s"
            ) from None

    def _check(self, size: int, most: int) -> None:
        if size > most:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of more than {most:,} bytes", max_body_bytes=most
            )

    def _take(self, count: int) -> None:
        if count > 0:
            self._guard.take(count)
            self._taken += count

    def release(self) -> None:
        """Says that the body is needed no more."""
        self._guard.give_back(self._taken)
        self._taken = 0

    def replay(self, receive: Receive) -> Receive:
        """A `receive` for the app: it gives the whole body, then the messages after it."""
        whole = b"".join(self._parts)
        self._parts = []
        sent = False

        async def replayed() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": whole, "more_body": False}

        return replayed
