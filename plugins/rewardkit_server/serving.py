"""A server from rubrics to its end: it binds, judges, and on SIGTERM or Ctrl-C finishes what it accepted."""

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from rewardkit import ConfigError, Rubric, Scorer, default_workers
from rewardkit_server.app import make_app
from rewardkit_server.connections import protocol_class
from rewardkit_server.judging import RubricJudge, Rubrics
from rewardkit_server.metrics import Metrics
from rewardkit_server.protocols.sandbox_fusion import Runner
from rewardkit_server.settings import TOKEN_VARIABLE, Settings, is_loopback
from rewardkit_trainers.imputation import OnNone

GRACE_S = 10.0
"""Seconds beyond the deadline of requests in which a server that ends finishes what it accepted."""
_BACKLOG = 2048


def check_reachable(host: str, token: str) -> None:
    """Refuses an address that others reach, without a token.

    raises  ConfigError
    """
    if not token and not is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached by others; set the environment variable {TOKEN_VARIABLE} to a secret, which "
            "requests then must bring, or listen on 127.0.0.1"
        )


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    raises  ConfigError where the address is taken or not ours
    """
    with ExitStack() as stack:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(_BACKLOG)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host}:{port}: {error.strerror or error}; name another --port"
            ) from error
        stack.pop_all()  # it stays open
    return listening


class Server:
    """Scorers for some rubrics, and the web server before them."""

    def __init__(
        self,
        rubrics: Mapping[str, Rubric],
        settings: Settings,
        *,
        on_none: OnNone = "mean",
        plugins: Sequence[Path] = (),
        workers: int | None = None,
        mapping: Mapping[str, str] | None = None,
        run_code: bool = False,
        cache: Path | None = None,
    ) -> None:
        """Starts the workers.

        rubrics   by the name that requests use
        workers   processes for each rubric; None: one for each processor, shared out among the rubrics
        run_code  whether `/run_code` runs programs
        cache     a folder of scores that were given before
        raises    ConfigError for what is wrong with a rubric, InfrastructureError where no worker starts
        """
        self.settings = settings
        self.metrics = Metrics()
        each = workers or max(1, default_workers() // len(rubrics))
        self._scorers: list[Scorer] = []
        self._runner: Runner | None = None
        try:
            judges = []
            for name, rubric in rubrics.items():
                scorer = Scorer(rubric, workers=each, plugins=plugins, timings=True, cache=cache)
                self._scorers.append(scorer)
                judges.append(RubricJudge(name, scorer, each, settings, self.metrics, mapping))
            if run_code:
                self._runner = Runner(next(iter(rubrics.values())).sandbox, each)
        except BaseException:
            self.close()
            raise
        self.rubrics = Rubrics(judges)
        self.app = make_app(self.rubrics, settings, self.metrics, on_none=on_none, runner=self._runner)

    def close(self) -> None:
        """Ends the workers."""
        for scorer in self._scorers:
            scorer.close()
        if self._runner:
            self._runner.close()

    def web_server(self) -> uvicorn.Server:
        """The web server, for `run(sockets=[…])`."""
        config = uvicorn.Config(
            self.app,
            http=protocol_class(self.settings),
            ws="none",
            lifespan="off",
            access_log=False,  # URLs may hold the token
            log_level=logging.WARNING,
            backlog=_BACKLOG,
            timeout_keep_alive=max(1, int(self.settings.head_s)),
            timeout_graceful_shutdown=int(self.settings.deadline_s + GRACE_S),
            server_header=False,
            h11_max_incomplete_event_size=64 * 1024,
        )
        return uvicorn.Server(config)

    @contextmanager
    def in_background(self, host: str = "127.0.0.1") -> Iterator[str]:
        """Serves in a thread until the block ends; gives the URL."""
        listening = bound(host, 0)
        web = self.web_server()
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]}, name="rewardkit-serve")
        thread.start()
        try:
            while not web.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            web.should_exit = True
            thread.join()
            listening.close()

    def run(self, listening: socket.socket) -> None:
        """Serves until a signal says to end; then what was accepted is still answered."""
        # uvicorn sends itself the signal again when all is answered: the workers are to be closed then too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            self.web_server().run(sockets=[listening])
        finally:
            self.close()
