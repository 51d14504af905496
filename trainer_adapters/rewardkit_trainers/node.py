"""One set of judging processes for all ranks of a machine: `workers="node"`.

    rank 0:  Scorer ─▶ Pool (workers) ◀─ _serve ◀─── local socket ───┐
    rank 1:  Scorer ─▶ NodeEngine ── Job ──▶ JobResult ──────────────┤
    rank 2:  Scorer ─▶ NodeEngine ── Job ──▶ JobResult ──────────────┘

Rank 0 of the machine owns the workers: a worker that dies is replaced there as anywhere, and all ranks share the
breaker's memory of what hangs. The others read rows and compose results by themselves and send jobs. A model that
judges is loaded once, and a rank with slow completions uses all processors.

The socket lies in a folder of this user's alone (mode 0700), under a name that only this run has. Jobs are pickled:
the ranks of one run trust each other, as torch.distributed does.
"""

import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from time import monotonic, sleep

from rewardkit import InfrastructureError, Rubric, Scorer
from rewardkit.adapters import Engine, Job, JobResult, local_world_size, usable_processors

START_S = 600.0
"""Seconds that the other ranks wait until the workers of rank 0 are ready; a large model may have to be loaded."""
AGAIN_S = 10.0
"""Seconds that a rank tries to reach rank 0 again after a connection has ended."""
RETRY_S = 0.1
"""Seconds between two attempts to connect."""
GRACE_S = 10.0
"""Seconds past the end of a batch's budget after which an answer is not waited for any more."""
_LOCAL_RANK = ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID")
"""Environment variables that number the ranks of a machine: torchrun, Open MPI, MPICH, Slurm."""
_RUN = ("MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID", "SLURM_JOB_ID")
"""Environment variables that tell one run from another."""


def node_scorer(rubric: Rubric, *, plugins: Sequence[str | Path] = (), nice: int = 0) -> Scorer:
    """The scorer of this rank: it owns the workers of the machine on local rank 0, and asks that rank on the others.

    raises  ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
    """
    workers = usable_processors()
    if local_world_size() == 1:
        return Scorer(rubric, workers=workers, plugins=plugins, timings=True, nice=nice)
    path = _socket_path(rubric)
    engine: Engine
    if any(int(os.environ.get(name) or 0) for name in _LOCAL_RANK):
        engine = RemoteEngine(path, workers)
    else:
        owner = Scorer(rubric, workers=workers, plugins=plugins, timings=True, nice=nice)
        engine = ServedEngine(owner, path)
    return Scorer(rubric, workers=workers, plugins=plugins, timings=True, engine=engine)


class ServedEngine:
    """The engine of a scorer's workers, offered on a socket."""

    def __init__(self, owner: Scorer, path: str) -> None:
        """Listens at once. `owner` has the workers, and is closed with this."""
        self._owner = owner
        with suppress(FileNotFoundError):  # of a run that was killed
            Path(path).unlink()
        self._listener = Listener(path, "AF_UNIX", backlog=64)
        threading.Thread(target=self._accept, name="rewardkit-node", daemon=True).start()

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job of this rank."""
        return self._owner.engine.submit(job)

    def close(self) -> None:
        """Ends the workers and the socket."""
        self._owner.close()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), name="rewardkit-node", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        """Answers the jobs of one connection; one that the workers cannot take ends it."""
        with connection, suppress(EOFError, OSError, InfrastructureError):
            while True:
                job: Job = connection.recv()
                try:
                    answer: JobResult | Exception = self._owner.engine.submit(job).result()
                except InfrastructureError:  # no worker is left, or this is closed: the other end may try again
                    raise
                except Exception as error:  # noqa: BLE001 - of a sample that cannot be sent to a worker, say
                    answer = error
                connection.send(answer)


class RemoteEngine:
    """The engine of rank 0, as the other ranks of its machine see it."""

    def __init__(self, path: str, at_once: int) -> None:
        """Waits for rank 0.

        at_once  jobs that are on their way at the same time
        raises   InfrastructureError where rank 0 does not come
        """
        self._path = path
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="rewardkit-node")
        self._of_thread = threading.local()
        self._closed = threading.Event()
        self._connect(monotonic() + START_S).close()

    def submit(self, job: Job) -> "Future[JobResult]":
        """Sends a job to rank 0."""
        if self._closed.is_set():
            raise InfrastructureError("this scorer is closed")
        return self._threads.submit(self._ask, job)

    def close(self) -> None:
        """Ends the connections; rank 0 is not touched."""
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, job: Job) -> JobResult:
        """The result of a job. A connection that ended is made anew: judging a job again does no harm."""
        last = min(job.until or float("inf"), monotonic() + AGAIN_S)
        while True:
            try:
                answer = self._answer(job)
            except (EOFError, OSError) as error:
                self._of_thread.connection = None
                if monotonic() > last or self._closed.is_set():
                    raise InfrastructureError(f"the workers of this machine's rank 0 cannot be had: {error}") from error
                sleep(RETRY_S)
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer

    def _answer(self, job: Job) -> JobResult | Exception:
        connection: Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = self._connect(monotonic() + AGAIN_S)
        connection.send(job)
        if job.until is not None and not connection.poll(max(0.0, job.until - monotonic()) + GRACE_S):
            self._of_thread.connection = None
            connection.close()
            raise InfrastructureError("rank 0 of this machine did not answer within the budget of the batch")
        answer: JobResult | Exception = connection.recv()
        return answer

    def _connect(self, until: float) -> Connection:
        while True:
            try:
                return Client(self._path, "AF_UNIX")
            except OSError as error:
                if monotonic() > until or self._closed.is_set():
                    raise InfrastructureError(
                        f"no worker: rank 0 of this machine offers none at {self._path} ({error}); is its run alive?"
                    ) from error
                sleep(RETRY_S)


def _socket_path(rubric: Rubric) -> str:
    """The path of this run's socket, in a folder that only this user can enter.

    raises  InfrastructureError where that folder is somebody else's, or the system has no such sockets
    """
    if not hasattr(os, "getuid"):
        raise InfrastructureError("workers='node' needs Unix sockets; give a number of workers")
    folder = Path(tempfile.gettempdir()) / f"rewardkit-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise InfrastructureError(f"{folder}: it is not a folder of this user's alone (mode 0700); remove it")
    run = repr(([os.environ.get(name) for name in _RUN], rubric))
    return str(folder / f"{hashlib.sha256(run.encode()).hexdigest()[:16]}.sock")
