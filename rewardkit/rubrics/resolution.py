"""From a rubric to the steps of judging: each reward found, its parameters checked, in the order of asking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import BaseModel

from rewardkit.errors import ConfigError, PluginError, UnknownRewardError
from rewardkit.registry.loading import IN_PYTHON, LOCAL_FILE, InstalledReward, installed
from rewardkit.registry.registry import Registry
from rewardkit.registry.requirements import require
from rewardkit.rewards.interface import Sees
from rewardkit.rubrics.rubric import Limits, RewardConfig, Rubric
from rewardkit.rubrics.validation import validated
from rewardkit.suggestions import nearest


@dataclass(frozen=True)
class Step:
    """One reward of a rubric, found and with its parameters checked."""

    alias: str
    config: RewardConfig
    installed: InstalledReward
    params: BaseModel
    limits: Limits = field(default_factory=Limits)
    """The reward's own limits, else the rubric's."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Aliases, or values (`ifeval.strict`), of the rewards whose scores it needs, by the names that it calls them."""

    @property
    def sees(self) -> Sees:
        """The samples its reward sees at once with its parameters."""
        return self.installed.reward.sees_with(self.params)

    @property
    def values(self) -> tuple[str, ...]:
        """The names of the values that its reward gives with its parameters."""
        return self.installed.reward.values_with(self.params)


def _found(registry: Registry, reward: str | Callable[..., Any], alias: str) -> InstalledReward:
    """The reward that a rubric names, or holds itself as a function or class."""
    return registry.get(reward) if isinstance(reward, str) else installed(reward, IN_PYTHON, LOCAL_FILE, alias)


def resolve(rubric: Rubric, registry: Registry) -> tuple[Step, ...]:
    """The steps of judging a sample: gates before what they guard, and cheap rewards first.

    raises  ConfigError for a reward that is not installed or a parameter that does not fit
    """
    require((f"{name}{wanted}" for name, wanted in rubric.requires.items()), f"{rubric.where}: requires: it")
    registry.disable(rubric.disable)
    steps = {}
    for alias, config in rubric.rewards.items():
        place = f"{rubric.where}: rewards.{alias}"
        try:
            found = _found(registry, config.reward or alias, alias)
            require(found.reward.requires, f"{place}: the reward")
        except (UnknownRewardError, PluginError) as error:
            raise type(error)(f"{place}: {error}") from None
        params = validated(found.reward.Params, config.params, f"{place}.params")
        steps[alias] = Step(alias, config, found, params, rubric.limits_of(alias))
    for step in steps.values():
        _check_values(rubric, step, steps)
    steps = {alias: replace(step, needs=_needs(rubric, step, steps)) for alias, step in steps.items()}
    sorter = TopologicalSorter(_before(rubric, steps))
    try:
        sorter.prepare()
    except CycleError as error:
        raise ConfigError(f"{rubric.where}: gates and needs in a circle: {' -> '.join(error.args[1])}") from None
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


def _before(rubric: Rubric, steps: Mapping[str, Step]) -> dict[str, set[str]]:
    """The aliases of the rewards that must be judged before each one: its gates, and what it needs."""
    return {
        alias: {rubric.named(name)[0] for name in (*step.config.gate, *step.needs.values())}
        for alias, step in steps.items()
    }


def _check_values(rubric: Rubric, step: Step, steps: Mapping[str, Step]) -> None:
    """Checks that named values of the rubric are ones that their rewards declare.

    raises  ConfigError
    """
    config, place = step.config, f"{rubric.where}: rewards.{step.alias}"
    asked = [(step, name, f"{place}.weight") for name in config.weight] if isinstance(config.weight, Mapping) else []
    asked += [(step, name, f"{place}.clip") for name in config.clip] if isinstance(config.clip, Mapping) else []
    for gate in config.gate:
        alias, value = rubric.named(gate)
        asked += [(steps[alias], value, f"{place}.gate")] if value else []
    for other, value, where in asked:
        known = other.values
        if value not in known:
            has = f"its values are {', '.join(known)}" if known else "it has one value; write a number"
            raise ConfigError(f"{where}: {other.alias!r} has no value {value!r}{nearest(value, known)}; {has}")


def _needs(rubric: Rubric, step: Step, steps: Mapping[str, Step]) -> dict[str, str]:
    """The alias of each reward that a reward needs: the alias of that name, else the one alias of that reward.

    raises  ConfigError where there is none, or more than one
    """
    found = {}
    for name in step.installed.reward.needs:
        alias, _ = rubric.named(name)
        if alias in steps:
            found[name] = name
            continue
        same = [alias for alias, other in steps.items() if name in (other.installed.name, other.config.reward)]
        if len(same) != 1:
            fault = f"which are {', '.join(same)}; call one of them {name!r}" if same else "which is not in this rubric"
            fix = "" if same else f"; add `{name}: {{weight: 0}}`, which judges it and pays nothing"
            raise ConfigError(f"{rubric.where}: rewards.{step.alias}: it needs {name!r}, {fault}{fix}")
        found[name] = same[0]
    return found
