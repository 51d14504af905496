"""`rewardkit serve-openrlhf`: a URL for OpenRLHF's `--reward.remote_url`.

It answers as OpenRLHF's own server does (openrlhf/cli/serve_rm.py): a POST to /get_reward with the lists `query`,
`prompts` and `labels` gets the lists `rewards` and `scores`, and the lists of `extra_logs`. Plain HTTP, for one machine
or a trusted network.

Idle and slow clients hold up nobody: a connection has a few seconds to send its request, connections and bytes of
bodies have bounds, and where all connections are taken the oldest one that has sent no request yet is closed. A page in
a browser cannot ask: bodies are `application/json` alone, and on loopback the Host header must name this machine. Off
loopback every request needs the token.
"""

import contextlib
import hmac
import ipaddress
import json
import logging
import os
import socket
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from rewardkit import ConfigError, RewardkitError

if TYPE_CHECKING:
    from rewardkit_trainers.openrlhf import Rewards

logger = logging.getLogger(__name__)

PATH = "/get_reward"
TOKEN_VARIABLE = "REWARDKIT_TOKEN"  # noqa: S105 - its name
"""Environment variable: the token that requests must bring, as a bearer token or as `?token=…` in the URL."""
MAX_BODY_BYTES = 64 * 1024**2
MAX_BODIES_BYTES = 256 * 1024**2
"""Bytes of all bodies that are being read or judged at one time."""
MAX_CONNECTIONS = 512
REQUEST_S = 10.0
"""Seconds that a client gets for each part of its request."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    rubric: Annotated[Path, typer.Argument(help="The rubric, YAML or TOML.")],
    host: Annotated[
        str, typer.Option(help="The address to listen on. Off loopback set REWARDKIT_TOKEN, which requests must bring.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    on_none: Annotated[
        str, typer.Option(help="Number for a completion without a reward: mean, raise, or a number.")
    ] = "mean",
    plugins: Annotated[
        list[Path], typer.Option("--plugin", help="A Python file that brings rewards. May be repeated.")
    ] = [],  # noqa: B006 - typer reads defaults
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that judge. Default: one a processor.")] = None,
) -> None:
    """Serve RUBRIC's rewards to OpenRLHF's --reward.remote_url."""
    from rewardkit_trainers.imputation import checked  # noqa: PLC0415 - judging, for those who serve
    from rewardkit_trainers.openrlhf import Rewards  # noqa: PLC0415

    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token and not is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached by others; set the environment variable {TOKEN_VARIABLE} to a secret "
            f"and name the URL with ?token=SECRET, or listen on 127.0.0.1"
        )
    rewards = Rewards(rubric, on_none=checked(on_none), plugins=plugins, workers=workers)
    with server(rewards, host, port, token) as serving:
        secret = "?token=…" if token else ""
        typer.echo(f"--reward.remote_url http://{host}:{serving.server_port}{PATH}{secret}")
        try:
            serving.serve_forever()
        finally:
            rewards.close()


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a batch of rollouts ends at once, and each opens a connection

    def __init__(self, *args: Any) -> None:
        self._lock = threading.Lock()
        self._connections = 0
        self._waiting: OrderedDict[socket.socket, None] = OrderedDict()
        self._bytes = 0
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            oldest = next(iter(self._waiting), None) if self._connections >= MAX_CONNECTIONS else None
            full = self._connections >= MAX_CONNECTIONS and oldest is None
            if not full:
                self._connections += 1
                self._waiting[request] = None
            if oldest is not None:
                del self._waiting[oldest]
        if full:
            self.shutdown_request(request)
            return
        if oldest is not None:
            with contextlib.suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)  # its thread reads the end, and gives the connection back
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections -= 1
                self._waiting.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request
        error = sys.exc_info()[1]
        level = logging.DEBUG if isinstance(error, OSError) else logging.ERROR  # a client that went away is no news
        logger.log(level, "the request of %s failed: %r", client_address, error)

    def heard(self, request: Any) -> None:
        """A client has sent the head of a request: it is not idle."""
        with self._lock:
            self._waiting.pop(request, None)

    @contextlib.contextmanager
    def room_for(self, length: int) -> Iterator[bool]:
        """True if a body of a length fits beside the others; it counts until the end of the block."""
        with self._lock:
            fits = self._bytes + length <= MAX_BODIES_BYTES
            self._bytes += length * fits
        try:
            yield fits
        finally:
            with self._lock:
                self._bytes -= length * fits


def server(rewards: "Rewards", host: str, port: int, token: str = "") -> ThreadingHTTPServer:
    """A server that has begun to listen; ConfigError where the address is taken or not ours.

    token  what every request must bring; empty: none, for loopback
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_S
        server: _Server

        def do_POST(self) -> None:
            self.server.heard(self.request)
            refusal = self.refusal()
            if refusal is not None:
                self.answer(*refusal)
                return
            try:
                length = self.length()
            except ValueError as error:
                self.answer(HTTPStatus.BAD_REQUEST, str(error))
                return
            with self.server.room_for(length) as fits:
                if not fits:
                    self.answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many bytes are being judged; ask again later")
                    return
                self.judge(length)

        def judge(self, length: int) -> None:
            try:
                asked = _asked(self.rfile.read(length))
            except TimeoutError:
                self.answer(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {REQUEST_S:g} s")
            except (ValueError, RecursionError) as error:
                self.answer(HTTPStatus.BAD_REQUEST, str(error))
            else:
                try:
                    self.reply(HTTPStatus.OK, rewards(*asked))
                except RewardkitError as error:
                    self.answer(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))

        def refusal(self) -> tuple[HTTPStatus, str] | None:
            """Why a request is not read; None where it is."""
            url = urlsplit(self.path)
            if url.path.rstrip("/") != PATH:
                return HTTPStatus.NOT_FOUND, f"nothing is here; post to {PATH}"
            if self.headers.get_content_type() != "application/json":
                return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wanted Content-Type: application/json"
            if token:
                given = self.headers.get("Authorization", "").removeprefix("Bearer ")
                given = given or parse_qs(url.query).get("token", [""])[0]
                if not hmac.compare_digest(given.encode(), token.encode()):
                    return HTTPStatus.UNAUTHORIZED, "wanted the token, as a bearer token or as ?token=… in the URL"
            elif not is_loopback(urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""):
                return HTTPStatus.FORBIDDEN, "the Host header does not name this machine"
            return None

        def length(self) -> int:
            """The length of the body; ValueError if it is missing or unreasonable."""
            length = int(self.headers.get("Content-Length") or -1)
            if not 0 <= length <= MAX_BODY_BYTES:
                raise ValueError(f"a body of {length} bytes; wanted Content-Length, of at most {MAX_BODY_BYTES}")
            return length

        def answer(self, status: HTTPStatus, error: str) -> None:
            self.close_connection = True  # the rest of its body is not read
            self.reply(status, {"error": error})

        def reply(self, status: HTTPStatus, reply: Any) -> None:
            body = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            logger.debug(format, *args)

    try:
        return _Server((host, port), Handler)
    except OSError as error:
        raise ConfigError(f"{host}:{port}: {error.strerror or error}; name another --host or --port") from error


def _asked(body: bytes) -> tuple[list[str], list[str], list[Any]]:
    """The three lists of a request; ValueError that names what is wrong with it."""
    data = json.loads(body)
    if not isinstance(data, dict):
        raise ValueError(f"found a {type(data).__name__}, wanted the lists query, prompts and labels")  # noqa: TRY004
    lists = [data.get(name) for name in ("query", "prompts", "labels")]
    for name, found in zip(("query", "prompts", "labels"), lists, strict=True):
        if not isinstance(found, list) or len(found) != len(lists[0] or ()):
            raise ValueError(f"{name}: wanted a list as long as query is")
    queries, prompts, labels = lists
    if not all(isinstance(text, str) for text in [*(queries or ()), *(prompts or ())]):
        raise ValueError("query and prompts: wanted lists of texts")
    return queries or [], prompts or [], labels or []
