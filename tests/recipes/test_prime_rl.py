"""prime-rl's GRPO over rollouts that verifiers has scored by a rubric: one without a reward is not trained on.

prime-rl is no package of PyPI's: REWARDKIT_PRIME_RL names a checkout. Its trainer needs GPUs; its orchestrator, which
makes advantages of rewards, does not.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
import verifiers.v1 as vf

CHECKOUT = os.environ.get("REWARDKIT_PRIME_RL")
pytestmark = pytest.mark.skipif(not CHECKOUT, reason="REWARDKIT_PRIME_RL names no checkout")


@pytest.fixture
def grpo(monkeypatch):
    """prime-rl's algorithm, from its own source."""
    for folder in ("src", "packages/prime-rl-configs/src"):
        monkeypatch.syspath_prepend(Path(CHECKOUT, folder))
    from prime_rl.configs.algorithm import GRPOAlgoConfig
    from prime_rl.orchestrator.algo.grpo import GRPOAlgorithm

    return GRPOAlgorithm(GRPOAlgoConfig(), policy_pool=None)


def episode_of(task: Any, said: str) -> Any:
    """A rollout of one turn, as verifiers records and scores it."""
    asked = vf.MessageNode(parent=None, message=vf.UserMessage(content=task.data.prompt), sampled=False)
    reply = vf.MessageNode(
        parent=0, message=vf.AssistantMessage(content=said), sampled=True, token_ids=[1, 2], mask=[True, True]
    )
    described = vf.TraceTask(type="RowTask", data=task.data, key=task.key, hash=task.hash)
    agent = vf.AgentInfo.model_construct(trainable=True)
    fields = vf.Trace.model_fields
    defaults = {k: f.get_default(call_default_factory=True) for k, f in fields.items() if not f.is_required()}
    trace = vf.Trace.model_construct(
        **defaults | {"task": described, "nodes": [asked, reply], "agent": agent, "ok": True}
    )
    try:
        asyncio.run(task.score(trace))
    except vf.TaskError as error:
        trace.errors = [vf.Error(type="TaskError", message=str(error))]
        trace.ok = False
    return vf.Episode.model_construct(traces=[trace], ok=trace.ok, errors=[])


def test_advantages_are_those_of_the_rewards_and_a_rollout_without_one_has_none(recipe, rubric, grpo):
    taskset = recipe("verifiers_taskset")
    task = taskset.RowTask(taskset.RowData(prompt="what is 1 + 1", answer="2"))
    episodes = [episode_of(task, said) for said in ("a", "abc", "raise")]
    asyncio.run(grpo.score_group(episodes))
    traces = [episode.traces[0] for episode in episodes]
    assert [trace.reward for trace in traces[:2]] == [1.5, 3.5]
    assert traces[2].has_error
    assert [{value for node in trace.nodes if node.sampled for value in node.advantages or ()} for trace in traces] == [
        {-1.0},
        {1.0},
        set(),
    ]
