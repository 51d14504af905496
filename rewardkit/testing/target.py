"""The reward that somebody wants checked: a class, or a name, a file, a module or a distribution that brings it."""

import importlib
import importlib.util
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle

from rewardkit.errors import ConfigError, PluginError, UnknownRewardError
from rewardkit.registry.discovery import normalised
from rewardkit.registry.loading import IN_PYTHON, InstalledReward, fault_of, installed
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rewards.function import is_reward_function, name_of
from rewardkit.rewards.interface import Reward
from rewardkit.testing.child import NamedReward


class Target(NamedTuple):
    """A reward, found, and how another process finds it."""

    name: str
    """How messages call it."""
    reward: type[Reward]
    sent: bytes


def targets_of(what: str | Path | type[Reward] | Callable[..., Any], files: Sequence[Path] = ()) -> list[Target]:
    """The rewards that are meant.

    what    a class or function, the name of a reward, a `.py` file (`file.py:NAME`), a distribution, or a module
    files   local files that bring rewards
    raises  ConfigError if there is none
    """
    if not isinstance(what, str | os.PathLike):
        return [_brought(what)]
    registry = load_registry(files)
    name = os.fspath(what)
    file, _, short = name.rpartition(":")
    if name.endswith(".py") or file.endswith(".py"):
        path = Path(name if name.endswith(".py") else file)
        registry.load_file(path)
        found = [reward for reward in registry.rewards if reward.distribution == str(path)]
        if short and path == Path(file):
            found = [registry.get(name)]
        if not found:
            raise ConfigError(f"{path}: no function in it has @rewardkit.reward; name one of them: {path}:NAME")
        return [target_of(reward, (*files, path)) for reward in found]
    try:
        return [target_of(registry.get(name), tuple(files))]
    except UnknownRewardError as error:
        found = _of_distribution(registry, name)
        if found:
            return [target_of(reward, tuple(files)) for reward in found]
        if brought := _of_module(name):
            return [_brought(reward) for reward in brought]
        raise ConfigError(f"{error} No file, module or distribution is called so either.") from None


def _brought(reward: Any) -> Target:
    """A class or a function."""
    try:
        found = installed(reward, IN_PYTHON, "", name_of(reward))
    except PluginError as error:
        raise ConfigError(f"not a reward: {error}") from None
    return Target(found.name, found.reward, _pickled(reward))


def target_of(reward: InstalledReward, files: Sequence[Path]) -> Target:
    """A reward that a registry has found, which another process finds by its name."""
    return Target(reward.name, reward.reward, pickle.dumps(NamedReward(reward.qualified_name, tuple(files))))


def _of_distribution(registry: Registry, name: str) -> list[InstalledReward]:
    registry.load_distributions([name])
    problems = [str(problem) for problem in registry.problems if problem.plugin.startswith(f"{normalised(name)}:")]
    if problems:
        raise ConfigError("; ".join(problems))
    return [reward for reward in registry.rewards if reward.distribution == normalised(name)]


def _of_module(name: str) -> list[Any]:
    """The classes and functions that a module brings as rewards; none if there is no such module."""
    if not all(part.isidentifier() for part in name.split(".")):
        return []
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        if importlib.util.find_spec(name) is None:
            return []
    except ModuleNotFoundError:  # a package above it
        return []
    module = importlib.import_module(name)
    hook = getattr(module, "rewardkit_rewards", list)
    found = {id(one): one for one in [*hook(), *vars(module).values()]}
    return [one for one in found.values() if is_reward_function(one) or not fault_of(one)]


def _pickled(reward: Any) -> bytes:
    """The class or function, by reference if another process can import its module, else with its code."""
    module = sys.modules.get(reward.__module__)
    if module is None or _is_importable(reward.__module__, module.__file__):
        return cloudpickle.dumps(reward)  # type: ignore[no-any-return]
    cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(reward)  # type: ignore[no-any-return]
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _is_importable(name: str, file: str | None) -> bool:
    """True if another process that imports `name` finds the same file: looked for from the path on, as it would."""
    folders: Sequence[str] | None = sys.path
    spec = None
    found = ""
    for part in name.split("."):
        found = f"{found}.{part}".lstrip(".")
        spec = PathFinder.find_spec(found, folders) if folders is not None else None
        if spec is None:
            return False
        folders = spec.submodule_search_locations
    return spec is not None and spec.origin == file
