"""The line that every sample walks: samples in, judged in worker processes, results out in the same order.

    with Scorer("rubric.yaml") as scorer:
        results = scorer.score(rows)

The command line, the trainers' adapters and the Python API all use `Scorer`; there is no second path.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Self

from rewardkit import tracing
from rewardkit.adjacent_groups import adjacent_groups
from rewardkit.codec import result_from
from rewardkit.errors import ConfigError, InfrastructureError
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row_format import ColumnPath
from rewardkit.input.samples import samples_of
from rewardkit.output.results import Results
from rewardkit.output.unjudged import watched
from rewardkit.registry.registry import load_registry
from rewardkit.remote.identity import Identity, identity_of
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result, Weight, is_paid
from rewardkit.tracing import RewardTimes
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.pool import Pool, WorkerConfig
from rewardkit.workers.processors import default_workers
from rewardkit.workers.staged import StagedEngine

JOB_S = 0.05
"""A job should take about this long: long enough to hide its transport, short enough to share the work."""
REMOTE_JOB_S = 0.25
"""The same for jobs that travel to another machine: a driver sends some thousands in a second."""
JOB_SAMPLES = 2048
JOB_CHARACTERS = 2_000_000
JOBS_AHEAD = 3
"""Jobs on the way for each worker: what bounds the memory of a stream."""


class Scorer:
    """Judges samples by a rubric, in worker processes that stay warm until `close`.

    Every method may be called from any thread, and from several at once.
    """

    def __init__(
        self,
        rubric: Rubric | Mapping[str, Any] | str | Path,
        *,
        workers: int | None = None,
        plugins: Sequence[str | Path] = (),
        timings: bool = False,
        mapping: Mapping[str, ColumnPath] | None = None,
        trust: bool = False,
        nice: int = 0,
        engine: Engine | str = "local",
        cache: str | Path | None = None,
    ) -> None:
        """Checks the rubric and starts the workers.

        rubric   a Rubric, its content, the path of its file, or the name of one that comes with rewardkit
        workers  number of processes, on a cluster for each node; None: one for each processor
        plugins  local Python files that bring rewards, besides the installed plugins
        timings  whether results tell how long each reward took
        mapping  where rows keep a field of a Sample, by its name: `{"ground_truth": "extra_info.answer"}`
        trust    a rubric file may name plugin files, secrets and weaker sandboxes
        nice     how much lower than this process's the priority of the workers is, as for `os.nice`
        engine   what judges: `local`, workers of this scorer's own; `ray`, workers on all nodes of the Ray cluster that
                 this process is connected to (see docs/ray.md); the URL of a `rewardkit serve` that was started with
                 the same rubric; or an Engine. `workers` then only cuts the jobs
        cache    a folder of scores that were given before: what is known is not judged again
        raises   ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
        """
        if isinstance(rubric, str | Path):
            rubric = Rubric.load(rubric, trust=trust)
        elif not isinstance(rubric, Rubric):
            rubric = Rubric.of(rubric)
        if workers is not None and workers < 1:
            raise ConfigError(f"workers: found {workers}, wanted 1 or more")
        self.rubric = rubric
        self.files = files = tuple(dict.fromkeys(Path(file) for file in (*rubric.plugins, *plugins)))
        """Local files that bring rewards."""
        self.steps = steps = resolve(rubric, load_registry(files))
        """The rewards of the rubric, found, in the order in which they are asked."""
        self.sees_groups = any(step.sees == "group" for step in steps)
        """True if a reward of the rubric asks to see whole groups."""
        self._mapping = mapping
        self._reads_ground_truth = [
            step.alias
            for step in steps
            if "ground_truth" in step.installed.reward.reads and is_paid(step.config.weight_at(1.0))
        ]
        self._count: int | Callable[[], int] = workers or default_workers()
        self._job_s = JOB_S
        self._sample_s = JOB_S / 4  # until something is measured
        self._times = RewardTimes() if tracing.enabled() else None
        timings = timings or tracing.enabled()
        self._samples_ahead = 0
        self.engine: Engine
        """The engine that judges the jobs."""
        config = WorkerConfig(rubric, steps, files, timings, str(Path.cwd()), nice)
        if engine == "local":
            staged = any(step.installed.reward.runs == "service" for step in steps)
            self.engine = StagedEngine(config, self._workers) if staged else Pool(config, self._workers)
        elif engine == "ray":
            from rewardkit.cluster.engine import cluster_engine, workers_of  # noqa: PLC0415 - ray, for those who use it

            self.engine = cluster_engine(config, workers)
            self._count = partial(workers_of, self.engine)  # nodes come and go
            self._job_s = REMOTE_JOB_S
        elif isinstance(engine, str):
            from rewardkit.remote.engine import HttpEngine  # noqa: PLC0415 - httpx, for those who use it

            self.engine = remote = HttpEngine(engine, self.identity, timings=timings)
            self._count = remote.workers
        else:
            self.engine = engine
        if isinstance(self.engine, StagedEngine):
            self._samples_ahead = self.engine.capacity
        if cache is not None:
            self.engine = self._cached(cache)
        # Also done when the scorer is forgotten, and at the end of the program.
        self._end = weakref.finalize(self, self.engine.close)

    def _cached(self, folder: str | Path) -> Engine:
        """The engine of this scorer behind a cache."""
        from rewardkit.cache.engine import CachedEngine  # noqa: PLC0415 - sqlite3, for those who use it
        from rewardkit.cache.store import Store  # noqa: PLC0415

        try:
            return CachedEngine(self.engine, Store.shared(folder), self.rubric, self.steps)
        except BaseException:
            self.engine.close()
            raise

    @property
    def _workers(self) -> int:
        """Processes that judge, as many as there are now."""
        return self._count if isinstance(self._count, int) else self._count()

    def __reduce__(self) -> Any:
        """Says why a scorer cannot be sent to another process, to an actor of Ray's, say."""
        raise InfrastructureError(
            "a Scorer cannot be sent to another process: it has processes of its own; make one there, or let "
            'Scorer(…, engine="ray") judge on the cluster'
        )

    @property
    def identity(self) -> Identity:
        """All that decides a judgement by this rubric, as plain data.

        raises  ConfigError where a reward is a Python function or class
        """
        return identity_of(self.rubric, self.steps, self.files)

    def close(self) -> None:
        """Ends the workers. What is being judged ends with an InfrastructureError; a second call does nothing."""
        self._end()
        if self._times is not None:
            self._times.note()

    def score(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Results:
        """One Result for each sample, in order.

        samples   Samples, or rows in a known format (see `rewardkit.input.row_format`), whose other columns are kept;
                  also a table of pandas, Polars, pyarrow or `datasets`
        progress  how far training has come, from 0 to 1: what weight schedules read
        raises    InputError for a row that does not fit; InfrastructureError where no worker can be had
        """
        reader = InputReader(self._mapping, caller=Caller.PYTHON)
        units, indices, most = self._split(list(self._read(samples, reader)))
        judged = self._judged(units, progress, most, self._until())
        return _in_order(indices, watched(judged, self._reads_ground_truth, reader))

    async def score_async(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Results:
        """`score` for an event loop, which goes on meanwhile; what is cancelled is judged no further."""
        reader = InputReader(self._mapping, caller=Caller.PYTHON)
        units, indices, most = self._split(list(self._read(samples, reader)))
        weights = self._weights(progress)
        judged: list[Result] = []
        with closing(self._futures(units, weights, most, self._until())) as futures:
            for job, future in futures:
                judged += self._results(job, await asyncio.wrap_future(future), weights)
        return _in_order(indices, watched(judged, self._reads_ground_truth, reader))

    def stream(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Iterator[Result]:
        """The results of a stream of samples, in order and in bounded memory.

        raises  InputError where a reward sees groups and a group's samples do not stand beside each other
        """
        reader = InputReader(self._mapping, caller=Caller.PYTHON)
        built = self._read(samples, reader)
        alone = ([sample] for sample in built)
        units = adjacent_groups(built, lambda sample: sample.group_key) if self.sees_groups else alone
        most = min(JOB_SAMPLES, self._samples_ahead // 2) if self._samples_ahead else JOB_SAMPLES
        return watched(self._judged(units, progress, most), self._reads_ground_truth, reader)

    def _read(self, samples: Any, reader: InputReader) -> Iterator[Sample]:
        """Samples with the rubric's word on how their reasoning is written."""
        return (sample.in_format(self.rubric.reasoning) for sample in samples_of(samples, reader))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _split(self, samples: Sequence[Sample]) -> tuple[Iterator[list[Sample]], list[int], int]:
        """Samples as units, the index of each sample in the units' order, and the samples of a job at most."""
        units = [[index] for index in range(len(samples))]
        if self.sees_groups:
            together: dict[object, list[int]] = {}
            for index, sample in enumerate(samples):
                together.setdefault(sample.group_key or index, []).append(index)
            units = list(together.values())
        most = max(1, len(units) // (self._workers * JOBS_AHEAD))
        return ([samples[index] for index in unit] for unit in units), [i for unit in units for i in unit], most

    def _until(self) -> float | None:
        """The moment at which a call that begins now must be over."""
        batch_s = self.rubric.limits.batch_s
        return None if batch_s is None else monotonic() + batch_s

    def _weights(self, progress: float) -> dict[str, Weight]:
        if not 0 <= progress <= 1:
            raise ConfigError(f"progress: found {progress}, wanted a number from 0 to 1")
        return weights_at(self.rubric, progress)

    def _judged(
        self, units: Iterable[Sequence[Sample]], progress: float, most: int, until: float | None = None
    ) -> Iterator[Result]:
        """Results in the units' order."""
        weights = self._weights(progress)
        with closing(self._futures(units, weights, most, until)) as futures:
            for job, future in futures:
                yield from self._results(job, future.result(), weights)

    def _futures(
        self, units: Iterable[Sequence[Sample]], weights: Mapping[str, Weight], most: int, until: float | None
    ) -> Generator[tuple[Job, "Future[JobResult]"]]:
        """Jobs and their futures, each to be waited for in turn; a few for each worker are on their way at any time."""
        ahead: deque[tuple[Job, Future[JobResult]]] = deque()
        samples = 0
        try:
            for chunk in self._chunks(units, most):
                job = Job(chunk, weights, until)
                ahead.append((job, self.engine.submit(job)))
                samples += sum(map(len, chunk))
                if len(ahead) >= self._workers * JOBS_AHEAD and samples >= self._samples_ahead:
                    yield ahead[0]
                    samples -= sum(map(len, ahead.popleft()[0].units))
            while ahead:
                yield ahead[0]
                ahead.popleft()
        finally:  # where the reader stopped early, nobody waits for the rest
            for _, future in ahead:
                future.cancel()

    def _chunks(self, units: Iterable[Sequence[Sample]], most: int) -> Iterator[list[Sequence[Sample]]]:
        """Units in jobs of a size that takes about JOB_S, by what the last jobs took."""
        chunk: list[Sequence[Sample]] = []
        samples = characters = 0
        for unit in units:
            chunk.append(unit)
            samples += len(unit)
            characters += sum(len(sample.completion_text) + len(sample.prompt_text) for sample in unit)
            if samples >= min(most, self._job_s / self._sample_s) or characters >= JOB_CHARACTERS:
                yield chunk
                chunk, samples, characters = [], 0, 0
        if chunk:
            yield chunk

    def _results(self, job: Job, done: JobResult, weights: Mapping[str, Weight]) -> Iterator[Result]:
        """The results of a job that is done; how long it took decides the size of the next ones."""
        samples = sum(map(len, job.units))
        self._sample_s = max(1e-6, 0.5 * (self._sample_s + done.seconds / samples))
        for unit in done.results:
            for fields in unit:
                result = result_from(fields, weights)
                if self._times is not None:
                    self._times.add(result.elapsed_ms)
                yield result


def _in_order(indices: Sequence[int], judged: Iterable[Result]) -> Results:
    """Results in the order of their samples: the first of `judged` belongs to the sample `indices[0]`."""
    by_index = dict(zip(indices, judged, strict=True))
    return Results(by_index[index] for index in range(len(by_index)))
