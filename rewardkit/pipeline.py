"""The line that every sample walks: samples in, judged in worker processes, results out in the same order.

    with Scorer("rubric.yaml") as scorer:
        results = scorer.score(rows)

The command line, the trainers' adapters and the Python API all use `Scorer`; there is no second path.
"""

import asyncio
import hashlib
import itertools
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from rewardkit.codec import result_from
from rewardkit.errors import ConfigError, InputError
from rewardkit.input.row_format import Place
from rewardkit.input.samples import samples_of
from rewardkit.output.results import Results
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.rubric import Rubric, resolve
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.workers.pool import Job, Pool, WorkerConfig
from rewardkit.workers.processors import default_workers

T = TypeVar("T")

JOB_S = 0.05
"""A job should take about this long: long enough to hide its transport, short enough to share the work."""
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
        mapping: Mapping[str, Place] | None = None,
    ) -> None:
        """Checks the rubric and starts the workers.

        rubric   a Rubric, the path of its file, or its content
        workers  number of processes; None: one for each processor
        plugins  local Python files that bring rewards, besides the installed plugins
        timings  whether results tell how long each reward took
        mapping  where rows keep a field of a Sample, by its name: `{"ground_truth": "extra_info.answer"}`
        raises   ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
        """
        if isinstance(rubric, str | Path):
            rubric = Rubric.load(Path(rubric))
        elif not isinstance(rubric, Rubric):
            rubric = Rubric.of(rubric)
        workers = default_workers() if workers is None else workers
        if workers < 1:
            raise ConfigError(f"workers: found {workers}, wanted 1 or more")
        self.rubric = rubric
        files = tuple(Path(file) for file in plugins)
        self.steps = steps = resolve(rubric, load_registry(files))
        """The rewards of the rubric, found, in the order in which they are asked."""
        self.sees_groups = any(step.installed.reward.sees == "group" for step in steps)
        """Whether a reward of the rubric asks to see whole groups."""
        self._mapping = mapping
        self._workers = workers
        self._sample_s = JOB_S / 4  # until something is measured
        self._pool = Pool(WorkerConfig(rubric, steps, files, timings, str(Path.cwd())), workers)
        self.close = weakref.finalize(self, self._pool.close)
        """Ends the workers; also done when the scorer is forgotten, and at the end of the program."""

    def score(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Results:
        """One Result for each sample, in order.

        samples   Samples, or rows in a known format (see `rewardkit.input.row_format`), whose other columns are kept;
                  also a table of pandas, Polars, pyarrow or `datasets`
        progress  how far training has come, from 0 to 1: what weight schedules read
        raises    InputError for a row that does not fit; InfrastructureError where no worker can be had
        """
        return self._score(list(samples_of(samples, self._mapping)), progress, deque())

    async def score_async(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Results:
        """`score` for an event loop, which goes on meanwhile; what is cancelled is judged no further."""
        ahead: deque[Job] = deque()
        try:
            return await asyncio.to_thread(self._score, list(samples_of(samples, self._mapping)), progress, ahead)
        except asyncio.CancelledError:
            for job in list(ahead):
                job.abandon()
            raise

    def _score(self, built: Sequence[Sample], progress: float, ahead: deque[Job]) -> Results:
        units = [[index] for index in range(len(built))]
        if self.sees_groups:
            together: dict[object, list[int]] = {}
            for index, sample in enumerate(built):
                together.setdefault(sample.group_key or index, []).append(index)
            units = list(together.values())
        most = max(1, len(units) // (self._workers * JOBS_AHEAD))
        results: list[Result | None] = [None] * len(built)
        judged = self._judged(([built[index] for index in unit] for unit in units), progress, most, ahead)
        for index, result in zip((index for unit in units for index in unit), judged, strict=True):
            results[index] = result
        return Results(result for result in results if result is not None)

    def stream(self, samples: Iterable[Sample | Mapping[str, Any]], *, progress: float = 1.0) -> Iterator[Result]:
        """The results of a stream of samples, in order and in bounded memory.

        raises  InputError where a reward sees groups and a group's samples do not stand beside each other
        """
        built = samples_of(samples, self._mapping)
        alone = ([sample] for sample in built)
        units = adjacent_groups(built, lambda sample: sample.group_key) if self.sees_groups else alone
        return self._judged(units, progress, JOB_SAMPLES, deque())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _judged(
        self, units: Iterable[Sequence[Sample]], progress: float, most: int, ahead: deque[Job]
    ) -> Iterator[Result]:
        """Results in order. A few jobs for each worker are on their way at any time: they stand in `ahead`."""
        if not 0 <= progress <= 1:
            raise ConfigError(f"progress: found {progress}, wanted a number from 0 to 1")
        weights = weights_at(self.rubric, progress)
        try:
            for chunk in self._chunks(units, most):
                job = Job(chunk, weights)
                self._pool.submit(job)
                ahead.append(job)
                if len(ahead) >= self._workers * JOBS_AHEAD:
                    yield from self._results(ahead, weights)
            while ahead:
                yield from self._results(ahead, weights)
        finally:  # where the reader stopped early, nobody waits for the rest
            for job in ahead:
                job.abandon()

    def _chunks(self, units: Iterable[Sequence[Sample]], most: int) -> Iterator[list[Sequence[Sample]]]:
        """Units in jobs of a size that takes about JOB_S, by what the last jobs took."""
        chunk: list[Sequence[Sample]] = []
        samples = characters = 0
        for unit in units:
            chunk.append(unit)
            samples += len(unit)
            characters += sum(len(sample.completion_text) + len(sample.prompt_text) for sample in unit)
            if samples >= min(most, JOB_S / self._sample_s) or characters >= JOB_CHARACTERS:
                yield chunk
                chunk, samples, characters = [], 0, 0
        if chunk:
            yield chunk

    def _results(self, ahead: deque[Job], weights: Mapping[str, float]) -> Iterator[Result]:
        """The results of the first job that is on its way."""
        job = ahead[0]
        done = job.future.result()
        ahead.popleft()
        samples = sum(map(len, job.units))
        self._sample_s = max(1e-6, 0.5 * (self._sample_s + done.seconds / samples))
        for unit in done.results:
            for fields in unit:
                yield result_from(fields, weights)


def adjacent_groups(items: Iterable[T], key: Callable[[T], str | None]) -> Iterator[list[T]]:
    """Runs of items of one group; an item without a key is a group of its own.

    raises  InputError where a group comes back after another: its items cannot be seen together
    """
    seen: set[bytes] = set()
    for group, run in itertools.groupby(items, key=key):
        if group is None:
            yield from ([item] for item in run)
            continue
        digest = hashlib.blake2b(group.encode("utf-8", "replace"), digest_size=16).digest()
        if digest in seen:
            raise InputError(f"group {group!r:.80} comes back after another group; sort the rows by group")
        seen.add(digest)
        yield list(run)
