"""The reward that somebody wants checked: a class, or a name, a file, a module or a distribution that brings it."""

import importlib
import importlib.util
import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cloudpickle

from rewardkit.errors import ConfigError, UnknownRewardError
from rewardkit.registry.discovery import normalised
from rewardkit.registry.loading import InstalledReward, fault_of
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rewards.interface import Reward
from rewardkit.testing.child import NamedReward


class Target(NamedTuple):
    """A reward, found, and how another process finds it."""

    name: str
    """How messages call it."""
    reward: type[Reward]
    sent: bytes


def targets_of(what: str | Path | type[Reward], files: Sequence[Path] = ()) -> list[Target]:
    """The rewards that are meant.

    what    a class; the name of a reward, short or `dist-name:reward`; a `.py` file; a distribution; or a module
    files   local files that bring rewards
    raises  ConfigError if there is none
    """
    if isinstance(what, type):
        if fault := fault_of(what):
            raise ConfigError(f"not a reward: {fault}")
        return [Target(what.name, what, _pickled(what))]
    registry = load_registry(files)
    name = os.fspath(what)
    if name.endswith(".py"):
        registry.load_file(Path(name))
        found = [reward for reward in registry.rewards if reward.distribution == name]
        return [_named(reward, (*files, Path(name))) for reward in found]
    try:
        return [_named(registry.get(name), tuple(files))]
    except UnknownRewardError as error:
        found = _of_distribution(registry, name)
        if found:
            return [_named(reward, tuple(files)) for reward in found]
        if classes := _of_module(name):
            return [Target(reward.name, reward, _pickled(reward)) for reward in classes]
        raise ConfigError(f"{error} No file, module or distribution is called so either.") from None


def _named(reward: InstalledReward, files: tuple[Path, ...]) -> Target:
    return Target(reward.name, reward.reward, pickle.dumps(NamedReward(reward.qualified_name, files)))


def _of_distribution(registry: Registry, name: str) -> list[InstalledReward]:
    registry.load_distributions([name])
    problems = [str(problem) for problem in registry.problems if problem.plugin.startswith(f"{normalised(name)}:")]
    if problems:
        raise ConfigError("; ".join(problems))
    return [reward for reward in registry.rewards if reward.distribution == normalised(name)]


def _of_module(name: str) -> list[type[Reward]]:
    """The reward classes that a module defines or returns from its hook; none if there is no such module."""
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
    hook = getattr(module, "rewardkit_rewards", None)
    return [reward for reward in (hook() if hook else vars(module).values()) if not fault_of(reward)]


def _pickled(reward: type[Reward]) -> bytes:
    """The class, by reference if another process can import its module, else with its code."""
    module = sys.modules.get(reward.__module__)
    if module is None or _is_importable(reward.__module__, module.__file__):
        return cloudpickle.dumps(reward)  # type: ignore[no-any-return]
    cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(reward)  # type: ignore[no-any-return]
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _is_importable(name: str, file: str | None) -> bool:
    """True if importing `name` anew finds the same file."""
    try:
        spec = importlib.machinery.PathFinder.find_spec(name.rpartition(".")[2], _folders(name))
    except (ImportError, AttributeError):
        return False
    return spec is not None and spec.origin == file


def _folders(name: str) -> list[str]:
    """Where the module of that name would be looked for."""
    package = name.rpartition(".")[0]
    return list(sys.modules[package].__path__) if package else sys.path
