"""One rubric that is served: rows to Samples, and Samples to Results, whatever number of requests asks at once.

    request ─┐                       ┌─ batch ─▶ Scorer.score_async
    request ─┼─▶ waiting, bounded ─▶ ┤
    request ─┘   (429 beyond it)     └─ batch ─▶ Scorer.score_async        at most two batches for each worker

Requests that wait while all batches are under way are judged together, as many as take about JOB_S by what the last
ones took: cheap rewards share the cost of a job, and nobody waits for a stranger's expensive one. A reward that sees
groups gets each request alone, or completions of different requests would be one group.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from rewardkit import ConfigError, InputError, Result, RewardkitError, Sample, Score, Scorer
from rewardkit.adapters import Row, RowReader, detect, hash_of, weights_at
from rewardkit_server.answers import RequestError
from rewardkit_server.metrics import Metrics
from rewardkit_server.settings import Settings

JOB_S = 0.05
"""A batch should take about this long."""
_READERS = 256
_MAX_RETRY_AFTER_S = 60


class _Asked:
    """The samples of one request."""

    def __init__(self, samples: Sequence[Sample], progress: float) -> None:
        self.samples = samples
        self.progress = progress
        self.results: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()


class RubricJudge:
    """Judges by one rubric. Belongs to one event loop."""

    def __init__(
        self,
        name: str,
        scorer: Scorer,
        workers: int,
        settings: Settings,
        metrics: Metrics,
        mapping: Mapping[str, str] | None = None,
    ) -> None:
        """Takes a scorer, made with timings.

        name     what requests call the rubric
        workers  processes of the scorer
        mapping  where rows keep a field of a Sample
        """
        self.name = name
        self.scorer = scorer
        self.rubric = scorer.rubric
        self.workers = workers
        self._settings = settings
        self._metrics = metrics
        self._mapping = dict(mapping or {})
        self._readers: OrderedDict[tuple[str, ...], RowReader] = OrderedDict()
        self._waiting: deque[_Asked] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sample_s = JOB_S / 4  # until something is measured
        self.rows = 0
        """Rows accepted and not answered yet."""
        self.identity: Mapping[str, Any] | None
        """All that decides a judgement; None where a reward is a Python function, which cannot be compared."""
        try:
            self.identity = scorer.identity
        except ConfigError:
            self.identity = None
        self.hash = None if self.identity is None else hash_of(self.identity)

    def read(self, rows: Sequence[Mapping[str, Any]]) -> list[Sample]:
        """A Sample for each completion of the rows.

        raises  RequestError that names the row
        """
        samples: list[Sample] = []
        for number, data in enumerate(rows, 1):
            row = Row(dict(data), "rows", number)
            try:
                reader = self.reader(row)
                samples += [reader.sample(part) for part in reader.split(row)]
            except RewardkitError as error:
                raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        self.check_size(len(samples))
        return samples

    def reader(self, row: Row) -> RowReader:
        """How rows with these columns are read; the last ones are remembered.

        raises  ConfigError, InputError
        """
        columns = tuple(row.data)
        reader = self._readers.pop(columns, None) or detect(row, self._mapping)
        self._readers[columns] = reader
        if len(self._readers) > _READERS:
            self._readers.popitem(last=False)
        return reader

    def check_size(self, rows: int) -> None:
        """Refuses more rows than one request may bring."""
        if rows > self._settings.rows:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{rows:,} rows; at most {self._settings.rows:,} in one request",
                max_rows=self._settings.rows,
            )

    def accept(self, rows: int) -> None:
        """Takes rows into the queue; whoever calls it says `answered` in the end.

        raises  RequestError where the queue is full
        """
        self.check_size(rows)
        if self.rows and self.rows + rows > self._settings.queue_rows:
            wait_s = min(_MAX_RETRY_AFTER_S, math.ceil(self.rows * self._sample_s / self.workers))
            raise RequestError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self.rows:,} rows wait already, of at most {self._settings.queue_rows:,}; ask again later",
                retry_after_s=max(1, wait_s),
            )
        self.rows += rows
        self._metrics.rows.inc(rows)

    def answered(self, rows: int) -> None:
        """Takes rows off the queue again."""
        self.rows -= rows
        self._metrics.rows.dec(rows)

    @property
    def is_full(self) -> bool:
        """True where the next row would be refused."""
        return self.rows >= self._settings.queue_rows

    def deadline_s(self, wanted_s: float | None) -> float:
        """Seconds that a request gets."""
        return min(self._settings.deadline_s, wanted_s or math.inf)

    async def judge(
        self, samples: Sequence[Sample], *, progress: float = 1.0, deadline_s: float | None = None
    ) -> Sequence[Result]:
        """One Result for each sample, in order; what the deadline or our own machinery cuts off has `failed`.

        raises  RequestError where the queue is full
        """
        if not samples:
            return []
        self.accept(len(samples))
        asked = _Asked(samples, progress)
        self._waiting.append(asked)
        self._start_batches()
        limit_s = self.deadline_s(deadline_s)
        try:
            async with asyncio.timeout(limit_s):
                results = await asked.results
        except TimeoutError:
            results = self.failed(f"not judged within {limit_s:g} s", "timeout", len(samples), progress)
        finally:
            self.answered(len(samples))
        self._metrics.count(results)
        return results

    def failed(self, reason: str, kind: Any, count: int, progress: float = 1.0) -> list[Result]:
        """Results of samples that nobody could judge."""
        score = Score.failed(reason, kind=kind)
        weights = weights_at(self.rubric, progress)
        return [Result(reward=None, scores=dict.fromkeys(self.rubric.rewards, score), weights=weights)] * count

    def _start_batches(self) -> None:
        while self._waiting and len(self._tasks) < 2 * self.workers:
            batch = self._next_batch()
            if batch:
                task = asyncio.create_task(self._judge_batch(batch))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
                for asked in batch:
                    asked.results.add_done_callback(partial(_cancel_unwanted, task, batch))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._start_batches()

    def _next_batch(self) -> list[_Asked]:
        """Requests that wait and are still wanted, at one progress of training."""
        most = 1.0 if self.scorer.sees_groups else JOB_S / self._sample_s
        batch: list[_Asked] = []
        rows = 0
        while self._waiting:
            asked = self._waiting[0]
            if batch and (rows + len(asked.samples) > most or asked.progress != batch[0].progress):
                break
            self._waiting.popleft()
            if not asked.results.done():
                batch.append(asked)
                rows += len(asked.samples)
        return batch

    async def _judge_batch(self, batch: Sequence[_Asked]) -> None:
        samples = [sample for asked in batch for sample in asked.samples]
        progress = batch[0].progress
        self._metrics.batches.inc()
        results: Sequence[Result]
        try:
            results = await self.scorer.score_async(samples, progress=progress)
        except InputError as error:  # of the caller's making; `read` has let it pass
            results = self.failed(str(error), "plugin_error", len(samples), progress)
        except RewardkitError as error:
            results = self.failed(str(error), "unavailable", len(samples), progress)
        spent_ms = sum(sum(result.elapsed_ms.values()) for result in results)
        self._sample_s = max(1e-5, 0.5 * (self._sample_s + spent_ms / 1000 / len(samples)))
        rest = iter(results)
        for asked in batch:
            own = [next(rest) for _ in asked.samples]
            if not asked.results.done():
                asked.results.set_result(own)


def _cancel_unwanted(task: "asyncio.Task[None]", batch: Sequence[_Asked], _: object) -> None:
    """Ends a batch that nobody waits for any more."""
    if all(asked.results.done() for asked in batch):
        task.cancel()


class Rubrics:
    """The rubrics of a server, by name."""

    def __init__(self, judges: Sequence[RubricJudge]) -> None:
        """Takes one judge for each rubric."""
        self._judges = {judge.name: judge for judge in judges}

    def __iter__(self) -> Any:
        return iter(self._judges.values())

    def get(self, name: str | None = None) -> RubricJudge:
        """The judge of a rubric; where there is one rubric, it needs no name.

        raises  RequestError
        """
        if name is None and len(self._judges) == 1:
            return next(iter(self._judges.values()))
        if name not in self._judges:
            status = HTTPStatus.UNPROCESSABLE_ENTITY if name is None else HTTPStatus.NOT_FOUND
            said = "no rubric was named" if name is None else f"no rubric of the name {name!r:.80}"
            raise RequestError(status, f"{said}; here are {', '.join(self._judges)}", rubrics=list(self._judges))
        return self._judges[name]
