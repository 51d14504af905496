"""The engine of a rubric on a cluster: actors on the nodes, and actors with a GPU for the services that want one.

    Scorer ─▶ ActorPool (nodes)                                                        no services
    Scorer ─▶ StagedEngine ─▶ ActorPool (nodes) ─▶ ActorPool (GPUs), or a process here ─▶ compose

A service that wants no GPU, such as a client of an endpoint, stays beside the driver: its limits and its secrets, which
are environment variables, are those of the whole run.
"""

from typing import Any

from rewardkit.cluster.actor_pool import ActorPool
from rewardkit.cluster.connection import connect
from rewardkit.cluster.places import gpu_places, node_places
from rewardkit.workers.engine import Engine
from rewardkit.workers.phases import is_service
from rewardkit.workers.pool import Pool, WorkerConfig
from rewardkit.workers.staged import StagedEngine


def cluster_engine(config: WorkerConfig, workers: int | None) -> ActorPool | StagedEngine:
    """The engine of a configuration, on the cluster that this process is connected to, or is now.

    workers  processes on each node; None: one for each of its processors
    raises   ConfigError for what a node refuses, InfrastructureError where there is no cluster or no actor starts
    """
    ray = connect()

    def start(part: WorkerConfig, count: int) -> Engine:
        if not is_service(part.steps[0]):
            return ActorPool(ray, part, node_places(ray, workers), fixed=workers is not None)
        if _wants_gpu(part) and ray.cluster_resources().get("GPU", 0):
            return ActorPool(ray, part, gpu_places(count, part.steps[0].alias), fixed=True)
        return Pool(part, count)

    if any(is_service(step) for step in config.steps):
        return StagedEngine(config, workers or 1, start)
    return ActorPool(ray, config, node_places(ray, workers), fixed=workers is not None)


def workers_of(engine: Any) -> int:
    """Processes that judge on all nodes, as many as there are now."""
    nodes = engine.pool if isinstance(engine, StagedEngine) else engine
    return nodes.workers if isinstance(nodes, ActorPool) else 1


def _wants_gpu(config: WorkerConfig) -> bool:
    (step,) = config.steps
    reward = step.installed.reward
    return all(reward.own_gpu(params) is not None for params in reward.copies(step.params))
