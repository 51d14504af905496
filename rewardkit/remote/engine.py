"""The engine that judges on a server: `Scorer(rubric, engine="http://…")`.

    Scorer ── Job ──▶ HttpEngine ── thread 1 … n ══ HTTP ══▶ rewardkit serve ── its own workers

The server judges by the rubric that it was started with. Each job brings the hash of the rubric here, and is refused
where no rubric there has it.
"""

import contextlib
import json
import threading
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from typing import Any

from rewardkit.errors import ConfigError, InfrastructureError
from rewardkit.remote.client import Client, RefusedError
from rewardkit.remote.identity import Identity, differences, hash_of
from rewardkit.remote.wire import job_to_json, result_from_json
from rewardkit.workers.engine import Job, JobResult

PATH = "/jobs"
_MOST_THREADS = 64


class HttpEngine:
    """Sends jobs to a server."""

    def __init__(self, url: str, identity: Identity, *, timings: bool) -> None:
        """Asks the server for its rubrics.

        identity  of the rubric here
        raises    ConfigError that says how the rubrics there differ, InfrastructureError where no server answers
        """
        self._client = Client(url)
        self._identity = identity
        self._hash = hash_of(identity)
        self._timings = timings
        served = self._client.rubrics()
        same = next((rubric for rubric in served if rubric["hash"] == self._hash), None)
        if same is None:
            self._client.close()
            raise ConfigError(self._difference(served))
        self.workers = int(same["workers"])
        """Processes that judge on the server."""
        self._threads = ThreadPoolExecutor(min(_MOST_THREADS, 3 * self.workers), "rewardkit-http")
        self._lock = threading.Lock()
        self._open: set[Future[JobResult]] = set()
        self._closed = False

    def submit(self, job: Job) -> "Future[JobResult]":
        """Sends a job as soon as a connection is free."""
        future: Future[JobResult] = Future()
        with self._lock:
            if self._closed:
                raise InfrastructureError("the scorer is closed")
            self._open.add(future)
            self._threads.submit(self._judge, job, future)
        future.add_done_callback(self._forget)
        return future

    def close(self) -> None:
        """Ends the engine; what has no answer yet gets an InfrastructureError."""
        with self._lock:
            self._closed, waiting = True, list(self._open)
        for future in waiting:
            with contextlib.suppress(InvalidStateError):
                future.set_exception(InfrastructureError("the scorer was closed"))
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _forget(self, future: "Future[JobResult]") -> None:
        with self._lock:
            self._open.discard(future)

    def _judge(self, job: Job, future: "Future[JobResult]") -> None:
        if future.done() or not future.set_running_or_notify_cancel():
            return
        try:
            written = self._client.request("POST", PATH, job_to_json(job, self._hash))
            done = result_from_json(written, timings=self._timings)
        except RefusedError as error:
            self._end(future, ConfigError(self._difference(error.content["rubrics"])))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
            self._end(future, error)
        else:
            with contextlib.suppress(InvalidStateError):
                future.set_result(done)

    def _end(self, future: "Future[JobResult]", error: Exception) -> None:
        with contextlib.suppress(InvalidStateError):
            future.set_exception(error)

    def _difference(self, served: list[dict[str, Any]]) -> str:
        """How the rubric here differs from the one of the server's that is nearest to it."""
        compared = [
            (list(differences(self._identity, rubric["identity"])), rubric["name"])
            for rubric in served
            if rubric["identity"] is not None
        ]
        if not compared:
            return f"{self._client.url} serves no rubric that can be compared; it is made of Python functions"
        lines, name = min(compared, key=lambda found: len(json.dumps(found[0])))
        listed = "".join(f"\n  - {line}" for line in lines)
        return f"{self._client.url} judges by another rubric ({name}); start it with this one. They differ in:{listed}"
