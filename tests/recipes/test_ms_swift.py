"""ms-swift's own computation of rewards calls the recipe's classes."""

import pytest
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import compute_rewards_per_func


def test_ms_swift_pays_by_the_rubric_and_makes_no_zero_of_none(recipe, rubric):
    plugin = recipe("ms_swift_plugin")
    functions = [plugin.orms[name](args=None) for name in ("obedient", "constant")]
    assert [type(function).__name__ for function in functions] == ["obedient", "constant"]
    asked = {"role": "user", "content": "what is 1 + 1"}
    samples = [GRPOSample(messages=[asked, {"role": "assistant", "content": text}]) for text in ("ab", "raise", "abcd")]
    rewards = compute_rewards_per_func(samples, functions, None, "cpu")
    assert rewards.nansum(dim=1).tolist() == pytest.approx([2.5, 3.5, 4.5])
