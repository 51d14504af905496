"""The actor of a node: a pool of worker processes, asked from elsewhere.

    driver ── hello, start, judge, judge, … ──▶ NodeJudge ── Job ──▶ Pool ══ pipes ══ workers

Every method is a coroutine, so that many jobs are in hand at once and one that nobody waits for can be cancelled. This
module does not import ray: the class is an actor only where `ActorPool` makes it one.
"""

import asyncio
import os
import pickle
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rewardkit.cluster.file_parts import Probe
from rewardkit.cluster.messages import job_from_bytes, result_to_bytes
from rewardkit.cluster.parcel import Versions, base_versions, unpacked, versions
from rewardkit.errors import InfrastructureError, RewardkitError
from rewardkit.shards.part import PartRequest
from rewardkit.workers.pool import Pool

THREADS = "OMP_NUM_THREADS"
"""Environment variable that Ray sets to the processors of the whole actor, and each worker would take for its own."""


class NodeJudge:
    """Judges the jobs that it is sent, in worker processes of its own."""

    def __init__(self) -> None:
        """Takes no time: whether there is room on the node shows at once."""
        self._pool: Pool | None = None
        self._folder: Path | None = None

    async def hello(self, distributions: Sequence[str]) -> tuple[Versions, Versions]:
        """The versions here that must be the same as the driver's, and those that should be."""
        return versions(distributions), base_versions()

    async def start(self, parcel: bytes, workers: int, node: str, threads: str | None) -> RewardkitError | None:
        """Starts the workers and waits for the first; returns the reason where none starts.

        node     name of this node in messages
        threads  the driver's OMP_NUM_THREADS; None: one for each worker of a node, all for the only worker
        """
        if threads is not None:
            os.environ[THREADS] = threads
        elif workers > 1:
            os.environ[THREADS] = "1"
        try:
            await asyncio.to_thread(self._start, parcel, workers, node)
        except RewardkitError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything when it is imported
            return InfrastructureError(f"{node}: the workers did not start: {type(error).__name__}: {error}")
        return None

    async def judge(self, written: bytes, budget_s: float | None) -> bytes:
        """The results of a job.

        budget_s  seconds after which what is not judged yet is `failed: timeout`
        raises    InputError, InfrastructureError
        """
        if self._pool is None:
            raise InfrastructureError("this actor has not been started")
        job = job_from_bytes(written, budget_s)
        return result_to_bytes(await asyncio.wrap_future(self._pool.submit(job)))

    async def sees(self, probe: Probe) -> bool:
        """True where this node shares the files of a run."""
        return await asyncio.to_thread(probe.seen_here)

    async def judge_part(self, written: bytes) -> bytes:
        """How a part of a file ended: its result, or the end of the worker that had it.

        raises  what is wrong with the part's rows, or with the file that collects its lines
        """
        if self._pool is None:
            raise InfrastructureError("this actor has not been started")
        request: PartRequest = pickle.loads(written)  # noqa: S301 - the driver's own
        return pickle.dumps(await asyncio.wrap_future(self._pool.submit_part(request)))

    async def stop(self) -> None:
        """Ends the workers, which close their rewards."""
        pool, self._pool = self._pool, None
        if pool:
            await asyncio.to_thread(pool.close)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, parcel: bytes, workers: int, node: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rewardkit-ray-"))
        self._pool = Pool(unpacked(parcel, self._folder, node), workers)
