"""From a rubric to the steps of judging: each reward found, its parameters checked, in the order of asking."""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from pydantic import BaseModel

from rewardkit.errors import PluginError, UnknownRewardError
from rewardkit.registry.loading import InstalledReward
from rewardkit.registry.registry import Registry
from rewardkit.rubrics.rubric import RewardConfig, Rubric
from rewardkit.rubrics.validation import validated


@dataclass(frozen=True)
class Step:
    """One reward of a rubric, found and with its parameters checked."""

    alias: str
    config: RewardConfig
    installed: InstalledReward
    params: BaseModel


def resolve(rubric: Rubric, registry: Registry) -> tuple[Step, ...]:
    """The steps of judging a sample: gates before what they guard, and cheap rewards first.

    raises  ConfigError for a reward that is not installed or a parameter that does not fit
    """
    steps = {}
    for alias, config in rubric.rewards.items():
        place = f"{rubric.where}: rewards.{alias}"
        try:
            installed = registry.get(config.reward or alias)
        except (UnknownRewardError, PluginError) as error:
            raise type(error)(f"{place}: {error}") from None
        params = validated(installed.reward.Params, config.params, f"{place}.params")
        steps[alias] = Step(alias, config, installed, params)
    sorter = TopologicalSorter({alias: set(config.gate) for alias, config in rubric.rewards.items()})
    sorter.prepare()
    ready: list[str] = []
    ordered = []
    position = {alias: index for index, alias in enumerate(rubric.rewards)}
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=lambda alias: (steps[alias].installed.reward.cost_ms, position[alias]))
        first = ready.pop(0)
        ordered.append(steps[first])
        sorter.done(first)
    return tuple(ordered)
