"""A rubric as TRL's reward functions: named, weighed, judged once, and None where nobody may be paid."""

from collections.abc import Iterator
from typing import Any

import pytest

from rewardkit_trainers.trl import RewardFuncs, reward_funcs

SUM = {"rewards": {"math": {}, "format": {"weight": 0.1}}}
PROMPTS = ["what is 1 and 1"] * 4
COMPLETIONS = ["<think>a</think>\\boxed{2}", "<think>a</think>\\boxed{3}", "\\boxed{2}", ""]


@pytest.fixture(scope="module")
def funcs() -> Iterator[RewardFuncs]:
    made = reward_funcs(SUM, workers=1)
    yield made
    made.close()


def ask(funcs: RewardFuncs, completions: list[Any] = COMPLETIONS, **said: Any) -> dict[str, list[float | None]]:
    """The values of all functions for one batch, as TRL asks for them."""
    said.setdefault("answer", ["2"] * len(completions))
    said.setdefault("prompts", PROMPTS[:1] * len(completions))
    return {func.__name__: func(completions=completions, **said) for func in funcs}


def test_each_reward_is_a_function_of_its_name_with_its_weight(funcs: RewardFuncs):
    assert isinstance(funcs, list)
    assert [func.__name__ for func in funcs] == ["math", "format"]
    assert funcs.weights == [1.0, 0.1]
    assert ask(funcs) == {"math": [1.0, 0.0, 1.0, 0.0], "format": [1.0, 1.0, 0.0, 0.0]}
