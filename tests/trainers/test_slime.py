"""slime's custom reward: what its samples become, what they get, and what its logs show.

slime is no package of PyPI's: REWARDKIT_SLIME names a checkout, whose own code then calls us. Without it, what slime
hands over was written down from its commit 624b824 (2026-08-21).
"""

import asyncio
import enum
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError
from rewardkit_trainers.slime import custom_rm, log_values

CHECKOUT = os.environ.get("REWARDKIT_SLIME")


@dataclass
class WrittenDown:
    """The fields of slime's Sample that are read or set."""

    group_index: int | None = None
    prompt: Any = ""
    response: str = ""
    response_length: int = 0
    label: str | None = None
    reward: Any = None
    remove_sample: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    custom_rm_path: str | None = None

    class Status(enum.Enum):
        COMPLETED = "completed"
        TRUNCATED = "truncated"

    status: Status = Status.COMPLETED


if CHECKOUT:
    sys.path.insert(0, CHECKOUT)
    from slime.rollout.rm_hub import async_rm, batched_async_rm
    from slime.utils.types import Sample
else:
    Sample = WrittenDown

    async def async_rm(args: Namespace, sample: Any) -> Any:
        return await custom_rm(args, sample)

    batched_async_rm = async_rm


@pytest.fixture
def arguments(tmp_path: Path, misbehaving: Path) -> Callable[..., Namespace]:
    """Slime's arguments, with those of `--custom-config-path`."""

    def make(rubric: str = "rewards: {obedient: {}, constant: {weight: 0.5}}", **said: Any) -> Namespace:
        path = tmp_path / "rubric.yaml"
        path.write_text(rubric)
        ours = {"rewardkit_rubric": str(path), "rewardkit_plugins": [str(misbehaving)], "rewardkit_workers": 1}
        usual = {"custom_rm_path": "rewardkit_trainers.slime.custom_rm", "reward_key": None, "group_rm": False}
        return Namespace(**{**usual, **ours, **said})

    return make


def sample(response: str, **said: Any) -> Any:
    usual = {"group_index": 0, "prompt": "what is 1 + 1", "label": "2", "response_length": 3}
    return Sample(**{**usual, "response": response, **said})


def test_a_sample_gets_the_rubrics_reward(arguments):
    one = sample("ab")
    assert asyncio.run(async_rm(arguments(), one)) == 2.5
    assert one.remove_sample is False


def test_a_sample_without_a_reward_is_left_out_of_the_loss_and_gets_its_groups_mean(arguments):
    group = [sample("ab"), sample("raise"), sample("abcd")]
    assert asyncio.run(batched_async_rm(arguments(group_rm=True), group)) == [2.5, 3.5, 4.5]
    assert [one.remove_sample for one in group] == [False, True, False]


def test_a_reward_key_gets_all_values_by_name(arguments):
    numbers = asyncio.run(async_rm(arguments(reward_key="score"), sample("ab")))
    assert numbers == {
        "score": 2.5,
        "rewardkit/obedient": 2.0,
        "rewardkit/constant": 1.0,
        "rewardkit/unrewarded": 0.0,
    }


def test_named_values_reach_slimes_logs(arguments):
    group = [sample("ab"), sample("raise"), sample("abcd")]
    asyncio.run(batched_async_rm(arguments(group_rm=True), group))
    metrics: dict[str, Any] = {"rollout/theirs": 1.0}
    assert log_values(0, arguments(), group, metrics, 1.0) is False  # slime goes on with its own logging
    assert metrics == {
        "rollout/theirs": 1.0,
        "rewardkit/obedient": 3.0,
        "rewardkit/constant": 1.0,
        "rewardkit/unrewarded": pytest.approx(1 / 3),
    }


def test_labels_metadata_lengths_and_truncation_are_known_to_the_rewards(arguments):
    rubric = "rewards: {math: {}, truncation: {weight: 0}, length_target: {weight: 0, params: {target: 3}}}"
    made = arguments(rubric, reward_key="score")
    one = sample("\\boxed{2}", status=Sample.Status.TRUNCATED, metadata={"difficulty": 1})
    numbers = asyncio.run(async_rm(made, one))
    assert numbers["rewardkit/math"] == 1.0
    assert numbers["rewardkit/length_target"] == 0.0
    assert numbers["rewardkit/truncation"] < 1.0
    assert one.metadata["difficulty"] == 1


def test_rewards_that_see_groups_need_slimes_group_rewards(arguments):
    rubric = "rewards: {length_relative: {}}"
    with pytest.raises(ConfigError, match="--group-rm"):
        asyncio.run(async_rm(arguments(rubric), sample("x")))
    group = [sample("x", response_length=3), sample("x", response_length=9)]
    values = asyncio.run(batched_async_rm(arguments(rubric, group_rm=True), group))
    assert values[0] != values[1] or all(one.remove_sample for one in group)
