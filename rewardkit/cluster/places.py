"""Where actors belong: one on each node with processors, or one for each GPU that a service asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewardkit.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """A place for one actor."""

    key: str
    """Unlike the key of every other place."""
    name: str
    """Its name in messages."""
    workers: int
    """Processes that judge there."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the actor, without its processors."""
    copy: int | None = None
    """Of a service, the index of the copy."""

    @property
    def demand(self) -> tuple[str, int]:
        """The resource of the cluster that the actor reserves, and how much of it."""
        return ("CPU", self.workers) if self.copy is None else ("GPU", 1)

    @property
    def num_cpus(self) -> int:
        """Processors that the actor reserves; a copy of a service has a GPU instead."""
        return self.workers if self.copy is None else 0


Places = Callable[[], Sequence[Place]]
"""The places that there are now."""


def node_places(ray: Any, workers: int | None) -> Places:
    """One place on each node that has processors, as the cluster is when it is asked: nodes come and go.

    workers  processes on each node; None: one for each processor that the cluster has free at first
    """

    def places() -> list[Place]:
        return [_on_node(node, workers) for node in ray.nodes() if node["Alive"] and _cpus(node) >= 1]

    if not places():
        raise ConfigError(
            "no node of the Ray cluster has a processor (num_cpus); start a worker node, or give the head one"
        )
    return places


def _on_node(node: Mapping[str, Any], workers: int | None) -> Place:
    # By the node's id: Ray's default packs actors on one node, and SPREAD is only a wish.
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - only where ray is

    pinned = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
    most = _cpus(node)
    address = node.get("NodeManagerAddress", "?")
    return Place(node["NodeID"], f"node {address}", min(workers or most, most), {"scheduling_strategy": pinned})


def _cpus(node: Mapping[str, Any]) -> int:
    return int(node["Resources"].get("CPU", 0))


def gpu_places(copies: int, alias: str) -> Places:
    """A place for each copy of a service, each with a GPU of its own."""
    options = {"num_gpus": 1, "scheduling_strategy": "SPREAD"}
    places = [Place(f"copy {copy}", f"{alias}, copy {copy}", 1, options, copy) for copy in range(copies)]
    return lambda: places
