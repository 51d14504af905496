"""`rewardkit serve-openrlhf`: a URL for OpenRLHF's `--reward.remote_url`.

It answers as OpenRLHF's own server does (openrlhf/cli/serve_rm.py): a POST to /get_reward with the lists `query`,
`prompts` and `labels` gets the lists `rewards` and `scores`, and the lists of `extra_logs`. Plain HTTP, for one machine
or a trusted network: anyone who reaches the port can have completions judged, and there is no password.
"""

import json
import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rewardkit import ConfigError, RewardkitError

if TYPE_CHECKING:
    from rewardkit_trainers.openrlhf import Rewards

logger = logging.getLogger(__name__)

PATH = "/get_reward"
MOST_BYTES = 256 * 1024**2

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    rubric: Annotated[Path, typer.Argument(help="The rubric, YAML or TOML.")],
    host: Annotated[str, typer.Option(help="The address to listen on; nobody is asked for a password.")] = "127.0.0.1",
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

    rewards = Rewards(rubric, on_none=checked(on_none), plugins=plugins, workers=workers)
    with server(rewards, host, port) as serving:
        typer.echo(f"--reward.remote_url http://{host}:{serving.server_port}{PATH}")
        try:
            serving.serve_forever()
        finally:
            rewards.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a batch of rollouts ends at once, and each opens a connection


def server(rewards: "Rewards", host: str, port: int) -> ThreadingHTTPServer:
    """A server that has begun to listen; ConfigError where the address is taken or not ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path.rstrip("/") != PATH:
                self.answer(HTTPStatus.NOT_FOUND, {"error": f"nothing is here; post to {PATH}"})
                return
            try:
                asked = _asked(self.rfile.read(self.length()))
            except (ValueError, RecursionError) as error:
                self.answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
                return
            try:
                reply = rewards(*asked)
            except RewardkitError as error:
                self.answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)})
                return
            self.answer(HTTPStatus.OK, reply)

        def length(self) -> int:
            """The length of the body; ValueError if it is missing or unreasonable."""
            length = int(self.headers.get("Content-Length") or -1)
            if not 0 <= length <= MOST_BYTES:
                raise ValueError(f"a body of {length} bytes; wanted Content-Length, of at most {MOST_BYTES}")
            return length

        def answer(self, status: HTTPStatus, reply: Any) -> None:
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
