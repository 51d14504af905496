"""`rewardkit plugins`: which rewards there are, from where, and with which parameters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewardkit.commands import console
from rewardkit.registry.loading import InstalledReward
from rewardkit.registry.registry import load_registry


def run(files: Sequence[Path], *, as_json: bool) -> None:
    """Prints the rewards; what is wrong with a plugin goes to standard error."""
    registry = load_registry(files)
    for problem in registry.problems:
        console.warning(str(problem))
    rewards = [_as_dict(reward) for reward in registry.rewards]
    if as_json:
        problems = [
            {"plugin": problem.plugin, "found": problem.found, "fix": problem.fix} for problem in registry.problems
        ]
        content = {"rewards": rewards, "problems": problems}
        console.json(content)
    else:
        console.plugins(rewards)


def _as_dict(installed: InstalledReward) -> dict[str, Any]:
    params = installed.reward.Params.model_json_schema()
    return {
        "name": installed.name,
        "distribution": installed.distribution,
        "version": installed.version,
        "qualified_name": installed.qualified_name,
        "description": installed.description,
        "params": params.get("properties", {}),
    }
