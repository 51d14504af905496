"""The engine behind `engine="ray"`: parts of jobs to whichever actor is free, and again where one was lost.

    Scorer ── submit ──▶ events ──▶ one thread: all decisions ── judge ──▶ actors (`Lanes`)
                           ▲                                               │
                           └──────── results, losses: Ray's futures ◀──────┘

Everything is an event for one thread, which therefore needs no lock. A part that was lost goes to another actor at
once, a limited number of times (`open_jobs`).
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from rewardkit.cluster.file_parts import FilePart, Probe
from rewardkit.cluster.lanes import AHEAD, Lane, Lanes, Work, how
from rewardkit.cluster.open_jobs import OpenJob, Part, after_loss, parts_of
from rewardkit.cluster.places import Places
from rewardkit.errors import InfrastructureError, RewardkitError
from rewardkit.score import Score
from rewardkit.shards.part import PartRequest, PartResult
from rewardkit.workers.engine import Job, JobResult
from rewardkit.workers.pool import WorkerConfig
from rewardkit.workers.retry import WorkerExit
from rewardkit.workers.task_queue import CLOSED

TICK_S = 0.25
LOOK_S = 2.0
"""Seconds between two looks at the nodes of the cluster."""
PATIENCE_S = 120.0
"""Seconds that jobs wait for any actor; a node that was lost may be replaced by then."""
GRACE_S = 5.0
"""Seconds past the end of a job's time after which its actor is not waited for any more."""
PROBE_S = 30.0
"""Seconds that actors get to look at files."""


class ActorPool:
    """Actors that judge by the steps of a configuration. Every method may be called from any thread."""

    def __init__(self, ray: Any, config: WorkerConfig, places: Places, *, fixed: bool) -> None:
        """Starts an actor at each place and waits until they are ready.

        fixed   the places' number of workers was asked for: where there is no room for it, that is an error
        raises  ConfigError for what a node refuses; InfrastructureError where no actor starts
        """
        self._ray = ray
        self._rubric = config.rubric
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._queue: deque[Part] = deque()
        self._suspects: deque[Part] = deque()
        self._files: deque[FilePart] = deque()
        self._alone: Lane | None = None
        self._open: set[OpenJob] = set()
        self._open_files: set[FilePart] = set()
        self._without_s: float | None = None
        self._next_look_s = 0.0
        self._closing = threading.Event()
        self._probe: Probe | None = None
        errors = ray.exceptions
        self._of_results = (
            errors.TaskCancelledError, errors.ObjectLostError, errors.OutOfDiskError, errors.ObjectStoreFullError
        )  # fmt: skip
        """Errors of a result alone: its actor is well."""
        self._lanes = Lanes(ray, config, places, fixed=fixed, when=self._when, lost=self._lost)
        self._thread = threading.Thread(target=self._run, name="rewardkit-ray", daemon=True)
        self._thread.start()
        try:
            self._lanes.started.result()
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> int:
        """Processes that judge, on all nodes together."""
        return max(1, self._lanes.workers)

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job for the next free actor."""
        if self._closing.is_set():
            raise InfrastructureError(CLOSED)
        opened = OpenJob(job, list(self._rubric.rewards) if job.asks is None else job.asks)
        try:
            parts = parts_of(opened)
        except RewardkitError as error:
            opened.fail(error)
        else:
            self._events.put(partial(self._take_in, opened, parts))
            if self._closing.is_set():  # the thread may have looked for the last time just before
                opened.fail(InfrastructureError(CLOSED))
        opened.future.add_done_callback(partial(self._done, opened))
        return opened.future

    def submit_part(self, request: PartRequest) -> "Future[PartResult | WorkerExit]":
        """Queues a part of a file for the next free actor that `sees` the file; as `Pool.submit_part` does.

        raises  OutputError
        """
        if self._closing.is_set():
            raise InfrastructureError(CLOSED)
        part = FilePart(request)
        self._events.put(partial(self._take_in_file, part))
        if self._closing.is_set():
            part.fail(InfrastructureError(CLOSED))
        return part.future

    def sees(self, probe: Probe) -> bool:
        """True where every node shares the files of a run with this machine, so that it can be judged in parts."""
        self._probe = probe
        lanes = self._lanes.ready
        try:
            seen = self._ray.get([lane.actor.sees.remote(probe) for lane in lanes], timeout=PROBE_S)
        except self._ray.exceptions.RayError:
            return False
        for lane, shares in zip(lanes, seen, strict=True):
            lane.shares = shares
        return bool(seen) and all(seen)

    def close(self) -> None:
        """Ends the actors; jobs that were not finished get an InfrastructureError."""
        if not self._closing.is_set():
            self._closing.set()
            self._events.put(lambda: None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _done(self, opened: OpenJob, future: "Future[JobResult]") -> None:
        if future.cancelled():
            self._events.put(partial(self._forget, opened))

    def _when(self, reference: Any, then: "Callable[[Future[Any]], None]") -> None:
        """Calls `then` in the thread of events once a result is there."""
        reference.future().add_done_callback(lambda done: self._events.put(partial(then, done)))

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if monotonic() >= self._next_look_s:
                    self._look()
                self._hand_out()
                with suppress(Empty):
                    self._events.get(timeout=TICK_S)()
        except Exception as error:  # noqa: BLE001 - handed to all who wait: Ray's own end, most likely
            self._closing.set()
            self._end_all(InfrastructureError(f"the Ray cluster does not answer: {type(error).__name__}: {error}"))
        else:
            self._end_all(InfrastructureError(CLOSED))
        with suppress(Exception):  # the cluster may be gone
            self._lanes.close()

    def _end_all(self, error: Exception) -> None:
        if not self._lanes.started.done():
            self._lanes.started.set_exception(error)
        while not self._events.empty():  # jobs that were submitted meanwhile
            with suppress(Exception):
                self._events.get()()
        self._fail_all(error)

    def _fail_all(self, error: Exception) -> None:
        for opened in self._open:
            opened.fail(error)
        for part in self._open_files:
            part.fail(error)
        self._open.clear()
        self._open_files.clear()

    def _look(self) -> None:
        """Looks after the actors, and after jobs that nobody can judge."""
        self._next_look_s = monotonic() + LOOK_S
        self._lanes.look()
        self._expire()
        for lane in self._lanes.ready if self._probe else ():
            if lane.shares is None:  # it has come since
                lane.shares = False
                self._when(lane.actor.sees.remote(self._probe), partial(self._has_seen, lane))
        able = [lane for lane in self._lanes.ready if lane.shares or not self._open_files]
        if able or not self._lanes.started.done():
            self._without_s = None
            return
        self._without_s = self._without_s or monotonic()
        if self._lanes.all_left_out or monotonic() > self._without_s + PATIENCE_S:
            why = "; ".join(map(str, self._lanes.faults)) or "all were lost"
            self._fail_all(InfrastructureError(f"no node of the Ray cluster judges any more: {why}"))

    def _has_seen(self, lane: Lane, done: "Future[Any]") -> None:
        lane.shares = done.exception() is None and done.result()

    def _take_in(self, opened: OpenJob, parts: Sequence[Part]) -> None:
        if not opened.future.done():
            self._open.add(opened)
            self._queue += parts

    def _take_in_file(self, part: FilePart) -> None:
        if part.wanted:
            self._open_files.add(part)
            self._files.append(part)

    def _forget(self, opened: OpenJob) -> None:
        """Nobody waits for a job any more."""
        self._open.discard(opened)
        for lane in self._lanes.ready:
            for work, reference in lane.in_hand.items():
                if isinstance(work, Part) and work.opened is opened:
                    self._ray.cancel(reference)

    def _expire(self) -> None:
        """Ends jobs whose actor did not end them in time."""
        now = monotonic()
        for opened in [one for one in self._open if one.job.until is not None and one.job.until + GRACE_S < now]:
            found = f"no node judged it before the batch's {self._rubric.limits.batch_s:g} s were over"
            opened.give_up(Score.failed(f"{found} (limits.batch_s)", kind="timeout"))
            self._forget(opened)

    def _hand_out(self) -> None:
        """Sends work to the actors with the least in hand; a suspect to one that has nothing else."""
        ready = self._lanes.ready
        if self._alone not in ready:
            self._alone = min(ready, key=lambda lane: lane.load) if self._suspects and ready else None
        if self._alone and not self._alone.in_hand:
            if self._suspects:
                self._send(self._alone, self._suspects.popleft())
            else:
                self._alone = None
        others = [lane for lane in ready if lane is not self._alone]
        self._hand_out_of(self._queue, others)
        self._hand_out_of(self._files, [lane for lane in others if lane.shares])

    def _hand_out_of(self, queue: "deque[Part] | deque[FilePart]", lanes: Sequence[Lane]) -> None:
        while queue and (free := [lane for lane in lanes if lane.load < AHEAD]):
            self._send(min(free, key=lambda lane: lane.load), queue.popleft())

    def _send(self, lane: Lane, work: Work) -> None:
        if not work.wanted:
            self._close_books(work)
            return
        if isinstance(work, FilePart):
            reference = lane.actor.judge_part.remote(work.payload)
        else:
            until = work.opened.job.until
            reference = lane.actor.judge.remote(work.payload, None if until is None else max(0.0, until - monotonic()))
        lane.in_hand[work] = reference
        self._when(reference, partial(self._judged, lane, work))

    def _judged(self, lane: Lane, work: Work, done: "Future[Any]") -> None:
        """Takes in how work ended."""
        if work not in lane.in_hand:  # its actor was given up before
            return
        errors = self._ray.exceptions
        error = done.exception()
        cause = error.cause if isinstance(error, errors.RayTaskError) else None
        if isinstance(cause, InfrastructureError):  # its workers do not start any more
            self._lanes.lose(lane, str(cause))
            return
        if error is not None and cause is None and not isinstance(error, self._of_results):
            self._lanes.lose(lane, how(error))
            return
        del lane.in_hand[work]
        if error is None:
            self._lanes.works(lane)
            work.take(done.result())
        elif isinstance(cause, RewardkitError):
            work.fail(cause)
        elif cause is not None:
            work.fail(InfrastructureError(f"{lane.place.name}: {type(cause).__name__}: {cause}"))
        else:
            self._again(work, how(error))
        self._close_books(work)

    def _lost(self, lane: Lane, found: str) -> None:
        """Judges elsewhere what an actor had in hand when it ended."""
        for work in reversed(lane.in_hand):  # the oldest first: a reader waits for it
            self._again(work, found)
            self._close_books(work)
        lane.in_hand.clear()

    def _again(self, work: Work, found: str) -> None:
        if isinstance(work, FilePart):
            work.lose(found)
        elif work.wanted:
            for again in reversed(after_loss(work, found)):
                if again.suspect:
                    self._suspects.append(again)
                else:
                    self._queue.appendleft(again)

    def _close_books(self, work: Work) -> None:
        """Forgets what is done."""
        if work.wanted:
            return
        if isinstance(work, FilePart):
            self._open_files.discard(work)
        else:
            self._open.discard(work.opened)
