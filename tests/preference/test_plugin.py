"""The plugin is light to list, and says what it lacks."""

import subprocess
import sys

import pytest

from rewardkit import ConfigError, RewardContext
from rewardkit_preference.reward_model import INSTALL, RewardModel, RewardModelParams, finding


def test_listing_the_rewards_imports_neither_torch_nor_transformers():
    code = (
        "import sys, rewardkit_preference as plugin\n"
        "names = [reward.name for reward in plugin.rewardkit_rewards()]; plugin.rewardkit_findings()\n"
        "print(*names, *({'torch', 'transformers', 'jinja2'} & set(sys.modules)))"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["reward_model", "reward_endpoint", "judge_model"]


@pytest.mark.parametrize("name", ["torch", "transformers"])
def test_what_is_not_installed_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not there
    assert finding().state == "missing"
    assert name in finding().found
    assert finding().fix == INSTALL
    with pytest.raises(ConfigError, match=name):
        RewardModel(RewardModelParams(model="m"), RewardContext())
