"""A cluster to order, for tests of `ActorPool`: the few functions of ray that it calls, with actors in this process.

An actor's methods are answered when the test says so, or at once where nobody interferes. A completion `poison` ends
the actor that is asked about it, and all that the actor has in hand is lost.
"""

import pickle
import threading
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rewardkit.cluster.messages import job_from_bytes, result_to_bytes
from rewardkit.cluster.parcel import base_versions, versions
from rewardkit.codec import result_fields
from rewardkit.score import Score
from rewardkit.workers.engine import JobResult


class RayError(Exception):
    pass


class RayActorError(RayError):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        self.cause = cause


class ObjectLostError(RayError):
    pass


ERRORS = SimpleNamespace(
    RayTaskError=RayTaskError,
    TaskCancelledError=type("TaskCancelledError", (RayError,), {}),
    ObjectLostError=ObjectLostError,
    OutOfDiskError=type("OutOfDiskError", (RayError,), {}),
    ObjectStoreFullError=type("ObjectStoreFullError", (RayError,), {}),
    RuntimeEnvSetupError=type("RuntimeEnvSetupError", (RayError,), {}),
)


class Reference:
    def __init__(self) -> None:
        self.answer: Future[Any] = Future()

    def future(self) -> "Future[Any]":
        return self.answer


class Actor:
    """One actor: `hello`, `start`, `judge` and the others have a `remote`."""

    def __init__(self, ray: "FakeRay", options: dict[str, Any]) -> None:
        self.ray, self.options = ray, options
        pinned = getattr(options.get("scheduling_strategy"), "node_id", "")
        self.node = chr(int(pinned[:2], 16)) if pinned else "anywhere"
        self.in_hand: list[Reference] = []
        self.lives = True
        for name in ("hello", "start", "judge", "judge_part", "sees", "stop"):
            setattr(self, name, SimpleNamespace(remote=lambda *a, _name=name: self._call(_name, a)))

    def _call(self, name: str, args: tuple[Any, ...]) -> Reference:
        reference = Reference()
        self.in_hand.append(reference)
        reference.answer.add_done_callback(lambda _: self.in_hand.remove(reference))
        if not self.lives:
            reference.answer.set_exception(RayActorError("dead"))
        elif not self.has_room():
            return reference
        else:
            getattr(self.ray, f"on_{name}")(self, reference, *args)
        return reference

    def has_room(self) -> bool:
        return self.options["num_cpus"] <= self.ray.free.get(self.node, 10**6)

    def die(self) -> None:
        self.lives = False
        for reference in list(self.in_hand):
            if not reference.answer.done():
                reference.answer.set_exception(RayActorError("The actor died\nmore"))


class FakeRay:
    """Nodes by name, of one letter, with their processors."""

    exceptions = ERRORS

    def __init__(self, **cpus: int) -> None:
        self.cpus = dict(cpus)
        self.free = dict(cpus)
        self.actors: list[Actor] = []
        self.held: list[tuple[Actor, Reference, bytes]] = []
        self.hold = False
        """Jobs stay in hand until `release`."""
        self.judged: Counter[str] = Counter()
        self.changed = threading.Condition()
        self.refuses: dict[str, Exception] = {}
        self.there: dict[str, dict[str, str]] = {}
        self.lose_results = 0
        self.lose_first_part = False
        self.attempts: list[tuple[Actor, Path]] = []
        self.blind: set[str] = set()
        """Nodes that do not share the files of a run."""

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "NodeID": f"{ord(name[0]):02x}" * 28,
                "Alive": True,
                "Resources": {"CPU": float(cpus)},
                "NodeManagerAddress": name,
            }
            for name, cpus in self.cpus.items()
        ]

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": sum(self.cpus.values()), "GPU": 8}

    def available_resources(self) -> dict[str, float]:
        placed = [actor for actor in self.actors if actor.lives and actor.has_room()]
        gpus = 8 - sum(actor.options.get("num_gpus", 0) for actor in placed)
        return {"CPU": sum(self.free.values()) - sum(actor.options["num_cpus"] for actor in placed), "GPU": gpus}

    def remote(self, **given: Any) -> Any:
        def of(_: type) -> Any:
            return SimpleNamespace(
                options=lambda **more: SimpleNamespace(remote=lambda: self._new({**given, **more})),
            )

        return of

    def _new(self, options: dict[str, Any]) -> Actor:
        actor = Actor(self, options)
        with self.changed:
            self.actors.append(actor)
            self.changed.notify_all()
        return actor

    def kill(self, actor: Actor) -> None:
        actor.die()

    def cancel(self, reference: Reference) -> None:
        if not reference.answer.done():
            reference.answer.set_exception(ERRORS.TaskCancelledError())

    def wait(self, references: list[Reference], **_: Any) -> None:
        pass

    def lose(self, node: str) -> None:
        """A node ends, with all actors on it."""
        del self.cpus[node], self.free[node]
        for actor in [one for one in self.actors if one.node == node and one.lives]:
            actor.die()

    def on_hello(self, actor: Actor, reference: Reference, distributions: Any) -> None:
        found = versions(distributions), base_versions()
        reference.answer.set_result(({**found[0], **self.there.get(actor.node, {})}, found[1]))

    def on_start(self, actor: Actor, reference: Reference, *_: Any) -> None:
        reference.answer.set_result(self.refuses.get(actor.node))

    def on_stop(self, actor: Actor, reference: Reference) -> None:
        reference.answer.set_result(None)

    def get(self, references: list[Reference], timeout: float) -> list[Any]:
        return [reference.answer.result(timeout) for reference in references]

    def on_sees(self, actor: Actor, reference: Reference, probe: Any) -> None:
        reference.answer.set_result(actor.node not in self.blind and probe.seen_here())

    def on_judge_part(self, actor: Actor, reference: Reference, written: bytes) -> None:
        part = pickle.loads(written).part
        self.attempts.append((actor, Path(part.target)))
        with Path(part.target).open("a") as lines:
            lines.write(f"by {actor.node}\n")
        if len(self.attempts) == 1 and self.lose_first_part:
            actor.die()
        else:
            reference.answer.set_result(pickle.dumps(f"part {part.number}"))

    def on_judge(self, actor: Actor, reference: Reference, written: bytes, budget_s: float | None) -> None:
        with self.changed:
            if self.hold:
                self.held.append((actor, reference, written))
                self.changed.notify_all()
                return
        self.answer(actor, reference, written)

    def answer(self, actor: Actor, reference: Reference, written: bytes) -> None:
        if self.lose_results:
            self.lose_results -= 1
            reference.answer.set_exception(ObjectLostError("gone with its node"))
            return
        units = job_from_bytes(written, None).units
        if any(sample.completion_text == "poison" for unit in units for sample in unit):
            actor.die()
            return
        self.judged.update(sample.completion_text for unit in units for sample in unit)
        results = [[result_fields(1.0, [Score.scored(1.0)], {}) for _ in unit] for unit in units]
        reference.answer.set_result(result_to_bytes(JobResult(results, 0.001 * len(units))))

    def wait_held(self, count: int) -> list[tuple[Actor, Reference, bytes]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.held) >= count, 30)
            return list(self.held)

    def wait_actors(self, count: int) -> list[Actor]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.actors) >= count, 30)
            return list(self.actors)

    def release(self) -> None:
        """Answers what is in hand, and all that follows at once."""
        with self.changed:
            self.hold, held, self.held = False, self.held, []
        for actor, reference, written in held:
            if not reference.answer.done():
                self.answer(actor, reference, written)
