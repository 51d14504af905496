"""The engine behind `engine="ray"`: parts of jobs to whichever actor is free, and actors where there are nodes.

    Scorer ── submit ──▶ events ──▶ one thread: all decisions ── judge ──▶ actors
                           ▲                                               │
                           └──────── results, losses: Ray's futures ◀──────┘

Everything is an event for one thread, which therefore needs no lock. Ray is told never to restart an actor or to repeat
a call: it would send the call to the same actor again, and wait where no node has room for it. Here a part that was
lost goes to another actor at once, and a lost actor gets a successor where its node lives, or on the node that takes
its place. Both are tried a limited number of times.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from rewardkit.cluster.messages import result_from_bytes
from rewardkit.cluster.node_judge import THREADS, NodeJudge
from rewardkit.cluster.open_jobs import OpenJob, Part, after_loss, parts_of
from rewardkit.cluster.parcel import base_versions, difference, needed, packed, versions, with_params
from rewardkit.cluster.places import Place, Places
from rewardkit.errors import ConfigError, InfrastructureError, RewardkitError
from rewardkit.score import Score
from rewardkit.workers.engine import Job, JobResult
from rewardkit.workers.pool import WorkerConfig
from rewardkit.workers.task_queue import CLOSED

AHEAD = 3
"""Parts in the hands of an actor, for each of its workers."""
TICK_S = 0.25
LOOK_S = 2.0
"""Seconds between two looks at the nodes of the cluster."""
ROOM_S = 20.0
"""Seconds until a node without room for an actor is asked for half as much; a refusal where a number was named."""
PATIENCE_S = 120.0
"""Seconds that jobs wait for any actor; a node that was lost may be replaced by then."""
PAUSE_S = 2.0
"""Seconds until a lost actor gets a successor at its place; doubled with each that is lost with no result between."""
LOSSES_IN_A_ROW = 5
"""Actors that a place may lose with no result between, until it is left out."""
GRACE_S = 5.0
"""Seconds past the end of a job's time after which its actor is not waited for any more."""
STOP_S = 5.0
"""Seconds that actors get to close their rewards."""

log = logging.getLogger("rewardkit")


class _Lane:
    """An actor and what it has in hand."""

    def __init__(self, place: Place, actor: Any) -> None:
        self.place = place
        self.actor = actor
        self.began_s = monotonic()
        self.has_room = False
        self.ready = False
        self.parts: dict[Part, Any] = {}
        """What it has in hand, with the reference to its result."""

    @property
    def load(self) -> float:
        """Parts in hand for each worker."""
        return len(self.parts) / self.place.workers


class ActorPool:
    """Actors that judge by the steps of a configuration. Every method may be called from any thread."""

    def __init__(self, ray: Any, config: WorkerConfig, places: Places, *, fixed: bool) -> None:
        """Starts an actor at each place and waits until they are ready.

        fixed   the places' number of workers was asked for: where there is no room for it, that is an error
        raises  ConfigError for what a node refuses; InfrastructureError where no actor starts
        """
        self._ray = ray
        self._config = config
        self._aliases = list(config.rubric.rewards)
        self._places = places
        self._fixed = fixed
        self._distributions = needed(config.steps)
        self._versions = versions(self._distributions)
        self._parcels: dict[int | None, bytes] = {None: packed(config)}
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lanes: dict[str, _Lane] = {}
        self._queue: deque[Part] = deque()
        self._suspects: deque[Part] = deque()
        self._alone: _Lane | None = None
        self._open: set[OpenJob] = set()
        self._losses: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._left_out: dict[str, Exception] = {}
        self._known: dict[str, Place] = {}
        self._room: dict[str, int] = {}
        self._used_before = 0.0
        self._without_s: float | None = None
        self._next_look_s = 0.0
        self._warned: set[str] = set()
        self._closing = threading.Event()
        self._started: Future[None] = Future()
        self.workers = 1
        """Processes that judge, on all nodes together."""
        self._thread = threading.Thread(target=self._run, name="rewardkit-ray", daemon=True)
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self.close()
            raise

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job for the next free actor."""
        if self._closing.is_set():
            raise InfrastructureError(CLOSED)
        opened = OpenJob(job, self._aliases if job.asks is None else job.asks)
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

    def _done(self, opened: OpenJob, future: "Future[JobResult]") -> None:
        if future.cancelled():
            self._events.put(partial(self._forget, opened))

    def close(self) -> None:
        """Ends the actors; jobs that were not finished get an InfrastructureError."""
        if not self._closing.is_set():
            self._closing.set()
            self._events.put(lambda: None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if monotonic() >= self._next_look_s:
                    self._look()
                    self._expire()
                self._hand_out()
                with suppress(Empty):
                    self._events.get(timeout=TICK_S)()
        except Exception as error:  # noqa: BLE001 - handed to all who wait: Ray's own end, most likely
            self._closing.set()
            self._end_all(InfrastructureError(f"the Ray cluster does not answer: {type(error).__name__}: {error}"))
        else:
            self._end_all(InfrastructureError(CLOSED))
        with suppress(Exception):  # the cluster may be gone
            self._stop_actors()

    def _end_all(self, error: Exception) -> None:
        if not self._started.done():
            self._started.set_exception(error)
        while not self._events.empty():  # jobs that were submitted meanwhile
            with suppress(Exception):
                self._events.get()()
        for opened in self._open:
            opened.fail(error)
        self._open.clear()

    def _stop_actors(self) -> None:
        stopped = [lane.actor.stop.remote() for lane in self._lanes.values() if lane.ready]
        if stopped:
            self._ray.wait(stopped, num_returns=len(stopped), timeout=STOP_S)
        for lane in self._lanes.values():
            self._ray.kill(lane.actor)

    # Actors

    def _look(self) -> None:
        """Starts an actor at each place that has none, and sees what has become of the others."""
        self._next_look_s = monotonic() + LOOK_S
        places = self._known = {place.key: place for place in self._places()}
        if not self._lanes and not self._started.done() and places:
            self._used_before = self._used(next(iter(places.values())).demand[0])
        for lane in list(self._lanes.values()):
            if lane.place.key not in places:
                self._lost(lane, "its node is gone")
            elif not lane.has_room and monotonic() > lane.began_s + ROOM_S:
                self._no_room(lane)
        for key, place in places.items():
            if key not in self._lanes and key not in self._left_out and monotonic() >= self._not_before.get(key, 0.0):
                self._start(place)
        self.workers = max(1, sum(lane.place.workers for lane in self._lanes.values()))
        self._check_started()
        if any(lane.ready for lane in self._lanes.values()):
            self._without_s = None
        elif self._started.done():
            self._without_s = self._without_s or monotonic()
            if self._all_left_out or monotonic() > self._without_s + PATIENCE_S:
                why = "; ".join(str(error) for error in self._left_out.values()) or "all were lost"
                for opened in self._open:
                    opened.fail(InfrastructureError(f"no node of the Ray cluster judges any more: {why}"))
                self._open.clear()

    def _start(self, place: Place) -> None:
        most = self._room.get(place.key, place.workers)
        place = replace(place, workers=most)
        remote = self._ray.remote(num_cpus=place.num_cpus, max_restarts=0, max_task_retries=0)(NodeJudge)
        at_once = AHEAD * place.workers + 10  # besides jobs, an actor is asked to stop
        lane = _Lane(place, remote.options(max_concurrency=at_once, **place.options).remote())
        self._lanes[place.key] = lane
        self._when(lane.actor.hello.remote(self._distributions), partial(self._has_room, lane))

    def _when(self, reference: Any, then: "Callable[[Future[Any]], None]") -> None:
        """Calls `then` in the thread of events once a result is there."""
        reference.future().add_done_callback(lambda done: self._events.put(partial(then, done)))

    def _has_room(self, lane: _Lane, done: "Future[Any]") -> None:
        """An actor has said hello."""
        if self._lanes.get(lane.place.key) is not lane:
            return
        if error := done.exception():
            if isinstance(error, self._ray.exceptions.RuntimeEnvSetupError) or "No module named" in str(error):
                self._leave_out(lane, ConfigError(f"{lane.place.name}: rewardkit does not load there: {error}"))
            else:
                self._lost(lane, _how(error))
            return
        lane.has_room = True
        must, should = done.result()
        if differs := difference(self._versions, must):
            fix = "install the same versions on all nodes"
            self._leave_out(lane, ConfigError(f"{lane.place.name} would judge differently: {differs}; {fix}"))
            return
        if (differs := difference(base_versions(), should)) and differs not in self._warned:
            self._warned.add(differs)
            log.warning("%s may judge differently: %s", lane.place.name, differs)
        place = lane.place
        started = lane.actor.start.remote(self._parcel(place.copy), place.workers, place.name, os.environ.get(THREADS))
        self._when(started, partial(self._is_ready, lane))

    def _parcel(self, copy: int | None) -> bytes:
        if copy not in self._parcels:
            (step,) = self._config.steps
            reward = step.installed.reward
            self._parcels[copy] = packed(
                with_params(self._config, reward.own_gpu(reward.copies(step.params)[copy or 0]))
            )
        return self._parcels[copy]

    def _is_ready(self, lane: _Lane, done: "Future[Any]") -> None:
        """An actor has started its workers, or not."""
        if self._lanes.get(lane.place.key) is not lane:
            return
        if error := done.exception():
            self._lost(lane, _how(error))
        elif (refused := done.result()) is not None:
            self._leave_out(lane, refused)
        else:
            lane.ready = True
            self._check_started()

    def _check_started(self) -> None:
        """Ends the wait of `__init__`: each actor is ready, or there will be none."""
        if self._started.done() or not all(lane.ready for lane in self._lanes.values()):
            return
        if self._lanes:
            self._started.set_result(None)
        elif self._all_left_out:
            self._started.set_exception(next(iter(self._left_out.values())))

    @property
    def _all_left_out(self) -> bool:
        return bool(self._left_out) and self._left_out.keys() >= self._known.keys()

    def _no_room(self, lane: _Lane) -> None:
        """Asks for half of a node's processors, where others hold some of them."""
        place = lane.place
        name, _ = place.demand
        wanted = sum(one.place.demand[1] for one in self._lanes.values())
        if self._used(name) - self._used_before >= wanted:  # it has its room, and something else takes long
            lane.began_s = monotonic()
            return
        if self._fixed or place.workers == 1:
            free = self._ray.available_resources().get(name, 0)
            lacks = f"{place.workers} free processors" if place.copy is None else "a free GPU"
            found = f"{place.name} has not {lacks} (the whole cluster has {free:g} free)"
            found += "; name fewer with workers" if place.copy is None else ""
            self._leave_out(lane, InfrastructureError(found))
            return
        self._drop(lane)
        self._room[place.key] = place.workers // 2
        self._next_look_s = 0.0

    def _used(self, resource: str) -> float:
        """How much of a resource everybody uses on the cluster."""
        whole, free = self._ray.cluster_resources(), self._ray.available_resources()
        return float(whole.get(resource, 0) - free.get(resource, 0))

    def _leave_out(self, lane: _Lane, error: Exception) -> None:
        self._drop(lane)
        self._left_out[lane.place.key] = error
        if isinstance(error, ConfigError) and not self._started.done():
            self._started.set_exception(error)
            return
        log.warning("rewardkit leaves a node out: %s", error)
        self._check_started()

    def _drop(self, lane: _Lane) -> None:
        if self._lanes.get(lane.place.key) is lane:
            del self._lanes[lane.place.key]
        if self._alone is lane:
            self._alone = None
        with suppress(Exception):  # it may be gone already
            self._ray.kill(lane.actor)

    def _lost(self, lane: _Lane, how: str) -> None:
        """An actor has ended, or cannot be reached: what it had in hand is judged elsewhere."""
        if self._lanes.get(lane.place.key) is not lane:
            return
        self._drop(lane)
        key = lane.place.key
        lost = self._losses[key] = self._losses.get(key, 0) + 1
        self._not_before[key] = monotonic() + PAUSE_S * 2 ** (lost - 1)
        if lost >= LOSSES_IN_A_ROW:
            self._left_out[key] = InfrastructureError(f"{lane.place.name}: its actors end one after the other: {how}")
        log.warning("%s was lost (%s); its %d jobs are judged elsewhere", lane.place.name, how, len(lane.parts))
        for part in reversed(lane.parts):  # the oldest first: a reader waits for it
            self._requeue(part, how)
        lane.parts.clear()

    # Jobs

    def _take_in(self, opened: OpenJob, parts: Sequence[Part]) -> None:
        if not opened.future.done():
            self._open.add(opened)
            self._queue += parts

    def _forget(self, opened: OpenJob) -> None:
        """Nobody waits for a job any more."""
        self._open.discard(opened)
        for lane in self._lanes.values():
            for part, reference in lane.parts.items():
                if part.opened is opened:
                    self._ray.cancel(reference)

    def _expire(self) -> None:
        """Ends jobs whose actor did not end them in time."""
        now = monotonic()
        for opened in [one for one in self._open if one.job.until is not None and one.job.until + GRACE_S < now]:
            found = f"no node judged it before the batch's {self._config.rubric.limits.batch_s:g} s were over"
            opened.give_up(Score.failed(f"{found} (limits.batch_s)", kind="timeout"))
            self._forget(opened)

    def _hand_out(self) -> None:
        """Sends parts to the actors with the least in hand; a suspect to one that has nothing else."""
        ready = [lane for lane in self._lanes.values() if lane.ready]
        if self._suspects and self._alone is None and ready:
            self._alone = min(ready, key=lambda lane: lane.load)
        if self._alone and not self._alone.parts:
            if self._suspects:
                self._send(self._alone, self._suspects.popleft())
            else:
                self._alone = None
        while self._queue:
            free = [lane for lane in ready if lane is not self._alone and lane.load < AHEAD]
            if not free:
                return
            self._send(min(free, key=lambda lane: lane.load), self._queue.popleft())

    def _send(self, lane: _Lane, part: Part) -> None:
        if part.opened.future.done():
            self._open.discard(part.opened)
            return
        until = part.opened.job.until
        reference = lane.actor.judge.remote(part.payload, None if until is None else max(0.0, until - monotonic()))
        lane.parts[part] = reference
        self._when(reference, partial(self._judged, lane, part))

    def _judged(self, lane: _Lane, part: Part, done: "Future[Any]") -> None:
        """Takes in how a part ended."""
        if lane.parts.pop(part, None) is None:  # its actor was given up before
            return
        errors = self._ray.exceptions
        error = done.exception()
        if error is None:
            self._losses.pop(lane.place.key, None)
            part.opened.take(part.units, result_from_bytes(done.result()))
        elif isinstance(error, errors.TaskCancelledError):
            part.opened.fail(InfrastructureError("cancelled"))
        elif isinstance(error, errors.RayTaskError):
            self._refused(lane, part, error.cause)
        elif isinstance(error, errors.ObjectLostError | errors.OutOfDiskError | errors.ObjectStoreFullError):
            self._requeue(part, _how(error))  # the result was lost on its way, the actor was not
        else:
            lane.parts[part] = None  # lost with the others
            self._lost(lane, _how(error))
        if part.opened.future.done():
            self._open.discard(part.opened)

    def _refused(self, lane: _Lane, part: Part, cause: BaseException) -> None:
        """An actor that lives gave an error for a part: about its samples, or its workers do not start any more."""
        if isinstance(cause, InfrastructureError):
            lane.parts[part] = None
            self._lost(lane, str(cause))
        elif isinstance(cause, RewardkitError):
            part.opened.fail(cause)
        else:
            part.opened.fail(InfrastructureError(f"{lane.place.name}: {type(cause).__name__}: {cause}"))

    def _requeue(self, part: Part, how: str) -> None:
        if part.opened.future.done():
            return
        for again in reversed(after_loss(part, how)):
            if again.suspect:
                self._suspects.append(again)
            else:
                self._queue.appendleft(again)
        if part.opened.future.done():
            self._open.discard(part.opened)


def _how(error: BaseException) -> str:
    """An error of Ray's in one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]:.200}"
