"""One plugin: imported, registered, and asked what it brings, each with what can be wrong with it.

pluggy's bulk loading stops at the first plugin that does not import, drops a second one of the same name in silence,
and lets an implementation of an unknown hook pass; so each is loaded and asked on its own.
"""

import importlib.util
import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel

from rewardkit import hooks
from rewardkit.errors import PluginError
from rewardkit.reward import Reward
from rewardkit.rubrics.validation import nearest

BUILT_IN = "rewardkit"
"""The distribution whose plugins are always loaded, and whose short names no other plugin takes over."""

LOCAL_FILE = "local file"
"""What stands for the version of a reward in a local file."""


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
        return (self.reward.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True)
class Problem:
    """A plugin, or one thing in it, that was left out."""

    plugin: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.found}; {self.fix}"


def normalised(distribution: str) -> str:
    """The name of a distribution in the spelling that the package index compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def entry_points() -> list[tuple[str, metadata.EntryPoint]]:
    """Every plugin that is installed, with its distribution.

    The built-ins come first: whoever names a module that is loaded already is the one that is refused.
    """
    named = [
        (normalised(point.dist.name) if point.dist else "?", point)
        for point in metadata.entry_points(group=hooks.PROJECT)
    ]
    return sorted(named, key=lambda pair: (pair[0] != BUILT_IN, pair[1].name, pair[1].value, pair[0]))


_STREAMS = RLock()


@contextmanager
def strangers_code() -> Iterator[None]:
    """What a plugin prints as it loads goes to standard error: standard output is for rows.

    The lock keeps two threads that load plugins from giving back each other's stream.
    """
    with _STREAMS, redirect_stdout(sys.stderr):
        yield


def load_file(file: Path) -> ModuleType:
    """A local plugin file as a module; PluginError where it does not load.

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
        with strangers_code():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(f"plugin {file}: it did not load: {said(error)}; correct the file") from error
    return module


def register(manager: pluggy.PluginManager, plugin_name: str, module: object, fix: str) -> list[Problem]:
    """Registers a plugin, and says what pluggy would pass over: hooks that nobody specified."""
    known = [name for name, _ in vars(hooks).items() if name.startswith(f"{hooks.PROJECT}_")]
    if (owner := manager.get_name(module)) is not None:
        return [Problem(plugin_name, f"its module is the plugin {owner}, which is loaded already", fix)]
    try:
        with strangers_code():
            hooked = [name for name in dir(module) if manager.parse_hookimpl_opts(module, name) is not None]
            manager.register(module, name=plugin_name)
    except Exception as error:  # noqa: BLE001 - pluggy's own errors, or a stranger's `__getattr__`
        return [Problem(plugin_name, f"its hooks do not fit: {said(error)}", fix)]
    unknown = [name for name in hooked if name not in known]
    return [
        Problem(plugin_name, f"it implements {name!r}, which is no hook{nearest(name, known)}", fix) for name in unknown
    ]


def rewards_of(
    manager: pluggy.PluginManager,
    plugin_name: str,
    module: object,
    origin: tuple[str, str],
    fix: str,
    problems: list[Problem],
) -> Iterator[InstalledReward]:
    """The rewards that one plugin brings; what does not fit is added to `problems`."""
    if manager.get_name(module) != plugin_name:
        return
    try:
        with strangers_code():
            classes = ask(manager, module, "rewardkit_rewards")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's hook may raise anything
        problems.append(Problem(plugin_name, f"its hook rewardkit_rewards raised {said(error)}", fix))
        return
    for reward in classes:
        fault = _fault(reward)
        if fault:
            problems.append(Problem(plugin_name, fault, fix))
        else:
            yield InstalledReward(reward.name, *origin, reward)


def ask(manager: pluggy.PluginManager, module: object, hook: str) -> list[Any]:
    """What the hook of one plugin returns, empty where it does not implement it."""
    others = [plugin for plugin in manager.get_plugins() if plugin is not module]
    answers = manager.subset_hook_caller(hook, remove_plugins=others)()
    return [item for answer in answers for item in answer]


def _fault(reward: object) -> str:
    """What keeps an object that a plugin returned from being a reward; empty where nothing does."""
    if not (isinstance(reward, type) and issubclass(reward, Reward)):
        return f"it returned {reward!r}, which is no subclass of rewardkit.Reward"
    name = getattr(reward, "name", None)
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z][\w-]*", name)):
        return f"{reward.__name__}.name is {name!r}; a name is a letter, then letters, digits, - and _"
    if not (isinstance(reward.Params, type) and issubclass(reward.Params, BaseModel)):
        return f"{reward.__name__}.Params is {reward.Params!r}, which is no pydantic model"
    try:
        reward.Params.model_json_schema()
    except Exception as error:  # noqa: BLE001 - a model may bring its own code for this
        return f"{reward.__name__}.Params has no JSON Schema: {said(error)}"
    cost = reward.cost_ms
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost):
        return f"{reward.__name__}.cost_ms is {cost!r}; it is a number of milliseconds"
    if reward.sees not in ("sample", "group"):
        return f"{reward.__name__}.sees is {reward.sees!r}; it is 'sample' or 'group'"
    if missing := sorted(getattr(reward, "__abstractmethods__", ())):
        return f"{reward.__name__} lacks {', '.join(missing)}"
    return ""


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
