"""The actors of a pool: one at each place, replaced when it ends, left out where it cannot be.

    place ─▶ an actor ─ hello ─▶ has room, same versions ─ start ─▶ ready ──▶ ended: a successor, after a pause
                 │                        │                   │
                 └ no room: half of it    └ refused           └ refused: left out

Everything here happens in the thread of events of an `ActorPool`. Ray is told never to restart an actor or to repeat a
call: it would send the call to the same actor again, and wait where no node has room for it.
"""

import logging
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from rewardkit.cluster.file_parts import FilePart
from rewardkit.cluster.node_judge import THREADS, NodeJudge
from rewardkit.cluster.open_jobs import Part
from rewardkit.cluster.parcel import base_versions, difference, needed, packed, versions, with_params
from rewardkit.cluster.places import Place, Places
from rewardkit.errors import ConfigError, InfrastructureError
from rewardkit.workers.pool import WorkerConfig

AHEAD = 3
"""Parts in the hands of an actor, for each of its workers."""
ROOM_S = 20.0
"""Seconds until a node without room for an actor is asked for half as much; a refusal where a number was named."""
PAUSE_S = 2.0
"""Seconds until a lost actor gets a successor at its place; doubled with each that is lost with no result between."""
LOSSES_IN_A_ROW = 5
"""Actors that a place may lose with no result between, until it is left out."""
STOP_S = 5.0
"""Seconds that actors get to close their rewards."""

log = logging.getLogger("rewardkit")

Work = Part | FilePart
When = Callable[[Any, "Callable[[Future[Any]], None]"], None]
"""Calls a function in the thread of events once Ray has the result that a reference stands for."""


class Lane:
    """An actor and what it has in hand."""

    def __init__(self, place: Place, actor: Any) -> None:
        """An actor that was asked for just now."""
        self.place = place
        self.actor = actor
        self.began_s = monotonic()
        self.has_room = False
        self.ready = False
        self.shares: bool | None = None
        """True where it sees the files of a run that is judged in parts; None where nobody has asked it."""
        self.in_hand: dict[Work, Any] = {}
        """The work in hand, with the reference to its result."""

    @property
    def load(self) -> float:
        """Work in hand for each worker."""
        return len(self.in_hand) / self.place.workers


class Lanes:
    """The actors, by the keys of their places."""

    def __init__(
        self,
        ray: Any,
        config: WorkerConfig,
        places: Places,
        *,
        fixed: bool,
        when: When,
        lost: Callable[[Lane, str], None],
    ) -> None:
        """Starts nothing yet.

        fixed   the places' number of workers was asked for: where there is no room for it, that is an error
        lost    told of each actor that has ended, and how
        raises  ConfigError for what cannot be sent to a node
        """
        self._ray = ray
        self._config = config
        self._places = places
        self._fixed = fixed
        self._when = when
        self._tell_lost = lost
        self._distributions = needed(config.steps)
        self._versions = versions(self._distributions)
        self._parcels: dict[int | None, bytes] = {None: packed(config)}
        self._lanes: dict[str, Lane] = {}
        self._known: dict[str, Place] = {}
        self._room: dict[str, int] = {}
        self._losses: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._left_out: dict[str, Exception] = {}
        self._used_before = 0.0
        self._warned: set[str] = set()
        self.started: Future[None] = Future()
        """Done once each actor is ready; or the reason why there is none."""

    @property
    def ready(self) -> list[Lane]:
        """Those that judge."""
        return [lane for lane in self._all if lane.ready]

    @property
    def workers(self) -> int:
        """Processes of all actors, also of those that are about to be ready."""
        return sum(lane.place.workers for lane in self._all)

    @property
    def _all(self) -> list[Lane]:
        # A list in one step: whoever asks may be another thread than the one that starts and ends them.
        return list(self._lanes.values())

    @property
    def all_left_out(self) -> bool:
        """True where no place is left for an actor."""
        return bool(self._left_out) and self._left_out.keys() >= self._known.keys()

    @property
    def faults(self) -> Iterable[Exception]:
        """Reasons why places were left out."""
        return self._left_out.values()

    def look(self) -> None:
        """Starts an actor at each place that has none, and sees what has become of the others."""
        places = self._known = {place.key: place for place in self._places()}
        if not self._lanes and not self.started.done() and places:
            self._used_before = self._used(next(iter(places.values())).demand[0])
        for lane in list(self._lanes.values()):
            if lane.place.key not in places:
                self.lose(lane, "its node is gone")
            elif not lane.has_room and monotonic() > lane.began_s + ROOM_S:
                self._no_room(lane)
        for key, place in places.items():
            if key not in self._lanes and key not in self._left_out and monotonic() >= self._not_before.get(key, 0.0):
                self._start(place)
        self._check_started()

    def lose(self, lane: Lane, how: str) -> None:
        """Takes in that an actor has ended, or cannot be reached."""
        if not self._drop(lane):
            return
        key = lane.place.key
        lost = self._losses[key] = self._losses.get(key, 0) + 1
        self._not_before[key] = monotonic() + PAUSE_S * 2 ** (lost - 1)
        if lost >= LOSSES_IN_A_ROW:
            self._left_out[key] = InfrastructureError(f"{lane.place.name}: its actors end one after the other: {how}")
        log.warning("%s was lost (%s); its %d jobs are judged elsewhere", lane.place.name, how, len(lane.in_hand))
        self._tell_lost(lane, how)

    def works(self, lane: Lane) -> None:
        """Takes in that an actor has given a result."""
        self._losses.pop(lane.place.key, None)

    def close(self) -> None:
        """Ends all actors."""
        stopped = [lane.actor.stop.remote() for lane in self.ready]
        if stopped:
            self._ray.wait(stopped, num_returns=len(stopped), timeout=STOP_S)
        for lane in self._lanes.values():
            self._ray.kill(lane.actor)

    def _start(self, place: Place) -> None:
        place = replace(place, workers=self._room.get(place.key, place.workers))
        remote = self._ray.remote(num_cpus=place.num_cpus, max_restarts=0, max_task_retries=0)(NodeJudge)
        at_once = AHEAD * place.workers + 10  # besides jobs, an actor is asked to stop
        lane = Lane(place, remote.options(max_concurrency=at_once, **place.options).remote())
        self._lanes[place.key] = lane
        self._when(lane.actor.hello.remote(self._distributions), partial(self._has_room, lane))

    def _has_room(self, lane: Lane, done: "Future[Any]") -> None:
        """An actor has said hello."""
        if not self._is_here(lane):
            return
        if error := done.exception():
            if isinstance(error, self._ray.exceptions.RuntimeEnvSetupError) or "No module named" in str(error):
                self._leave_out(lane, ConfigError(f"{lane.place.name}: rewardkit does not load there: {error}"))
            else:
                self.lose(lane, how(error))
            return
        lane.has_room = True
        must, should = done.result()
        place = lane.place
        if differs := difference(self._versions, must):
            fix = "install the same versions on all nodes"
            self._leave_out(lane, ConfigError(f"{place.name} would judge differently: {differs}; {fix}"))
            return
        if (differs := difference(base_versions(), should)) and differs not in self._warned:
            self._warned.add(differs)
            log.warning("%s may judge differently: %s", place.name, differs)
        started = lane.actor.start.remote(self._parcel(place.copy), place.workers, place.name, os.environ.get(THREADS))
        self._when(started, partial(self._is_ready, lane))

    def _is_ready(self, lane: Lane, done: "Future[Any]") -> None:
        """An actor has started its workers, or not."""
        if not self._is_here(lane):
            return
        if error := done.exception():
            self.lose(lane, how(error))
        elif (refused := done.result()) is not None:
            self._leave_out(lane, refused)
        else:
            lane.ready = True
            self._check_started()

    def _is_here(self, lane: Lane) -> bool:
        return self._lanes.get(lane.place.key) is lane

    def _parcel(self, copy: int | None) -> bytes:
        if copy not in self._parcels:
            (step,) = self._config.steps
            reward = step.installed.reward
            params = reward.own_gpu(reward.copies(step.params)[copy or 0])
            self._parcels[copy] = packed(with_params(self._config, params))
        return self._parcels[copy]

    def _check_started(self) -> None:
        if self.started.done() or not all(lane.ready for lane in self._lanes.values()):
            return
        if self._lanes:
            self.started.set_result(None)
        elif self.all_left_out:
            self.started.set_exception(next(iter(self._left_out.values())))

    def _no_room(self, lane: Lane) -> None:
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

    def _used(self, resource: str) -> float:
        """How much of a resource everybody uses on the cluster."""
        whole, free = self._ray.cluster_resources(), self._ray.available_resources()
        return float(whole.get(resource, 0) - free.get(resource, 0))

    def _leave_out(self, lane: Lane, error: Exception) -> None:
        self._drop(lane)
        self._left_out[lane.place.key] = error
        if isinstance(error, ConfigError) and not self.started.done():
            self.started.set_exception(error)
            return
        log.warning("rewardkit leaves a node out: %s", error)
        self._check_started()

    def _drop(self, lane: Lane) -> bool:
        """Forgets an actor and ends it; False where that was done before."""
        if not self._is_here(lane):
            return False
        del self._lanes[lane.place.key]
        with suppress(Exception):  # it may be gone already
            self._ray.kill(lane.actor)
        return True


def how(error: BaseException) -> str:
    """An error of Ray's in one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]:.200}"
