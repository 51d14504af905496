"""One plugin: imported, registered, and asked what it brings, each with what can be wrong with it.

pluggy's bulk loading stops at the first plugin that does not import, drops a second one of the same name in silence,
and lets an implementation of an unknown hook pass; so each is loaded and asked on its own.
"""

import importlib.util
import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, cast, get_args

import pluggy
from pydantic import BaseModel

from rewardkit import hooks
from rewardkit.errors import PluginError
from rewardkit.registry.discovery import Problem
from rewardkit.registry.requirements import fix_of
from rewardkit.rewards.function import is_reward_function, reward_of
from rewardkit.rewards.interface import API_VERSION, Reward, Runs, Sees
from rewardkit.suggestions import nearest
from rewardkit.tracing import timed

LOCAL_FILE = "local file"
"""Stands for the version of a reward in a local file."""

IN_PYTHON = "python"
"""Stands for the distribution of a function or class that a rubric holds itself."""

VERSION_NAME = "REWARDKIT_API_VERSION"
"""Name in a plugin's module: the version of the interface that it was written for."""

HOOKS = tuple(name for name in vars(hooks) if name.startswith(f"{hooks.PROJECT}_"))


@dataclass(frozen=True)
class InstalledReward:
    """A reward and where it comes from."""

    name: str
    distribution: str
    """Normalised name of the distribution, or the path of a local file."""
    version: str
    reward: type[Reward]

    @property
    def qualified_name(self) -> str:
        """The name that no other distribution can take: `dist-name:reward`."""
        return f"{self.distribution}:{self.name}"

    @property
    def description(self) -> str:
        """The first line of the reward's docstring."""
        return (inspect.getdoc(self.reward) or "").partition("\n")[0]


@dataclass(frozen=True)
class Plugin:
    """A module that implements hooks, imported, and how messages name it."""

    name: str
    module: object
    distribution: str
    version: str
    fix: str


_STREAMS = RLock()


@contextmanager
def third_party_code() -> Iterator[None]:
    """Sends what a plugin prints while it loads to standard error: standard output is for rows.

    Both what it prints by Python and what it writes to descriptor 1.
    The lock keeps two threads that load plugins from giving back each other's stream.
    """
    with _STREAMS, redirect_stdout(sys.stderr):
        saved = None
        with suppress(OSError):  # a program without standard streams has nothing to protect
            saved = os.dup(1)
            os.dup2(2, 1)
        try:
            yield
        finally:
            if saved is not None:
                os.dup2(saved, 1)
                os.close(saved)


def load_file(file: Path) -> ModuleType:
    """A local plugin file as a module; PluginError if it does not load.

    Modules beside the file can be imported, like those beside a script; what is installed goes before them.
    """
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    name = f"rewardkit_local_{re.sub(r'[^0-9A-Za-z]', '_', str(file.resolve()))}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError(f"plugin {file}: not a Python file; name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pickle and dataclasses look the module up while it runs
    try:
        with third_party_code(), timed(f"import of {file}"):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        fix = fix_of(error) or "correct the file"
        raise PluginError(f"plugin {file}: it did not load: {message_of(error)}; {fix}") from error
    return module


def register(manager: pluggy.PluginManager, plugin: Plugin) -> list[Problem]:
    """Registers a plugin; returns what pluggy would pass over: unknown hooks, hooks without their decorator."""
    if (owner := manager.get_name(plugin.module)) is not None:
        return [Problem(plugin.name, f"its module is the plugin {owner}, which is loaded already", plugin.fix)]
    try:
        with third_party_code():
            names = dir(plugin.module)
            hooked = [name for name in names if manager.parse_hookimpl_opts(plugin.module, name) is not None]
            manager.register(plugin.module, name=plugin.name)
    except BaseException as error:  # noqa: BLE001 - pluggy's own errors, or a third party's `__getattr__`
        return [Problem(plugin.name, f"its hooks do not fit: {message_of(error)}", plugin.fix)]
    unknown = [name for name in hooked if name not in HOOKS]
    bare = [name for name in HOOKS if name in names and name not in hooked]
    faults = [f"it implements {name!r}, which is not a hook{nearest(name, HOOKS)}" for name in unknown]
    faults += [f"its {name} lacks the decorator @rewardkit.hookimpl" for name in bare]
    return [Problem(plugin.name, fault, plugin.fix) for fault in faults]


def rewards_of(manager: pluggy.PluginManager, plugin: Plugin) -> tuple[list[InstalledReward], list[Problem]]:
    """The rewards that a registered plugin brings, by its hook and as decorated functions, and what does not fit."""
    if fault := version_fault(plugin.module):
        return [], [Problem(plugin.name, fault, plugin.fix)]
    try:
        with third_party_code():
            found = ask(manager, plugin.module, "rewardkit_rewards")
    except BaseException as error:  # noqa: BLE001 - a third party's hook may raise anything
        fault = f"its hook rewardkit_rewards raised {message_of(error)}"
        return [], [Problem(plugin.name, fault, plugin.fix)]
    rewards, problems = [], []
    for brought in {id(one): one for one in [*found, *_decorated(plugin.module)]}.values():
        try:
            reward = installed(brought, plugin.distribution, plugin.version)
        except PluginError as error:
            problems.append(Problem(plugin.name, str(error), plugin.fix))
        else:
            rewards.append(reward)
    return rewards, problems


def version_fault(module: object) -> str:
    """The reason why a module does not fit this version of the interface; empty where it does or does not say."""
    written_for = getattr(module, VERSION_NAME, API_VERSION)
    if written_for == API_VERSION:
        return ""
    return f"it was written for version {written_for!r:.40} of the reward interface, and this is {API_VERSION}"


def installed(brought: object, distribution: str, version: str, name: str | None = None) -> InstalledReward:
    """A reward that was brought as a class or as a function.

    name    how a function is called that does not say it
    raises  PluginError for what cannot be a reward
    """
    if is_reward_function(brought) or (callable(brought) and name is not None and not isinstance(brought, type)):
        brought = reward_of(cast("Callable[..., Any]", brought), name)
    if fault := fault_of(brought):
        raise PluginError(fault)
    reward = cast(type[Reward], brought)
    return InstalledReward(reward.name, distribution, version, reward)


def _decorated(module: object) -> list[Any]:
    """The decorated functions of a module that are written in it or below it."""
    return [value for value in _own(module) if is_reward_function(value)]


def plain_function(module: object, name: str) -> Any:
    """A public function of a module by its name, decorated or not; None where it has none."""
    return next((one for one in _own(module) if inspect.isfunction(one) and one.__name__ == name), None)


def has_functions(module: object) -> bool:
    """True where a module has public functions of its own, which a rubric may name."""
    return any(inspect.isfunction(one) and one.__name__ not in HOOKS for one in _own(module))


def _own(module: object) -> Iterator[Any]:
    """The public values of a module that were made in its package."""
    root = getattr(module, "__name__", "").partition(".")[0]
    for name, value in list(vars(module).items() if isinstance(module, ModuleType) else ()):
        if not name.startswith("_") and str(getattr(value, "__module__", "")).partition(".")[0] == root:
            yield value


def ask(manager: pluggy.PluginManager, module: object, hook: str) -> list[Any]:
    """The list that a hook of one plugin returns, empty if the plugin does not implement it.

    raises  TypeError if the hook returns None or something else that is not a list
    """
    others = [plugin for plugin in manager.get_plugins() if plugin is not module]
    caller = manager.subset_hook_caller(hook, remove_plugins=others)
    answers = caller()
    if caller.get_hookimpls() and not answers:
        raise TypeError("nothing: it returned None; return a list")
    return [item for answer in answers for item in answer]


def fault_of(reward: object) -> str:
    """The reason why an object that a plugin returned is not a reward; empty if it is one."""
    if not (isinstance(reward, type) and issubclass(reward, Reward)):
        return f"it returned {reward!r:.200}, which is not a subclass of rewardkit.Reward, nor a function"
    name = getattr(reward, "name", None)
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z][\w-]*", name)):
        return f"{reward.__name__}.name is {name!r}; a name is a letter, then letters, digits, - and _"
    if not (isinstance(reward.Params, type) and issubclass(reward.Params, BaseModel)):
        return f"{reward.__name__}.Params is {reward.Params!r}, which is not a pydantic model"
    try:
        reward.Params.model_json_schema()
    except Exception as error:  # noqa: BLE001 - a model may bring its own code for this
        return f"{reward.__name__}.Params has no JSON Schema: {message_of(error)}"
    cost = reward.cost_ms
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost):
        return f"{reward.__name__}.cost_ms is {cost!r}; it is a number of milliseconds"
    for attribute, kind in (("sees", Sees), ("runs", Runs)):
        if (value := getattr(reward, attribute)) not in get_args(kind):
            return f"{reward.__name__}.{attribute} is {value!r}; it is {' or '.join(map(repr, get_args(kind)))}"
    for attribute in ("values", "needs", "reads"):
        names = getattr(reward, attribute)
        if not (isinstance(names, tuple) and all(isinstance(one, str) and one for one in names)):
            return f"{reward.__name__}.{attribute} is {names!r:.80}; it is a tuple of names, such as ('math',)"
    if odd := [name for name in reward.values if not name.isidentifier() or name in ("status", "reason")]:
        return f"{reward.__name__}.values holds {odd[0]!r}; a value's name is letters, digits and _, not status, reason"
    if missing := sorted(getattr(reward, "__abstractmethods__", ())):
        return f"{reward.__name__} lacks {', '.join(missing)}"
    return ""


def message_of(error: BaseException) -> str:
    """An error as one line: its type and its text."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - a third party's error may not even be able to say what it is
        return type(error).__name__
