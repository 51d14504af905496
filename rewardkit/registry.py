"""Which rewards are installed, and what is wrong with the plugins that bring them.

Every plugin, ours or a stranger's, is a module named in the entry-point group `rewardkit`, or a local file that the
user names. Each is loaded, checked and asked on its own, so that a broken one is named and takes nobody else down:
pluggy's bulk loading stops at the first plugin that does not import, drops a second one of the same name in silence,
and lets an implementation of an unknown hook pass.
"""

import importlib.util
import math
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel

from rewardkit import hooks
from rewardkit.errors import PluginError, UnknownRewardError
from rewardkit.hooks import Command, Finding
from rewardkit.reward import Reward
from rewardkit.validation import did_you_mean, nearest

BUILT_IN = "rewardkit"
"""The distribution whose plugins are always loaded, and whose short names no other plugin takes over."""

LOCAL_FILE = "local file"
"""What stands for the version of a reward in a local file."""

PLUGINS_VARIABLE = "REWARDKIT_PLUGINS"
"""Environment variable: the distributions to load besides the built-ins, separated by commas; unset loads all."""


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


@dataclass(frozen=True)
class Registry:
    """The rewards that are installed, in order of their names, and the problems met while loading them."""

    rewards: tuple[InstalledReward, ...]
    problems: tuple[Problem, ...]
    manager: pluggy.PluginManager

    def get(self, name: str) -> InstalledReward:
        """The reward that a rubric calls `name`, short or qualified.

        A short name that several distributions claim means the built-in one. Between strangers it must be qualified,
        and also where a local file claims it: a file that was asked for is not passed over in silence.

        raises  UnknownRewardError where no reward is called so, PluginError where several are
        """
        found = [reward for reward in self.rewards if name in (reward.name, reward.qualified_name)]
        built_in = [reward for reward in found if reward.distribution == BUILT_IN]
        if not found:
            raise UnknownRewardError(self._unknown(name))
        lost = [problem for problem in self.problems if problem.plugin == f"{BUILT_IN}:{name}"]
        if lost and not built_in and name == found[0].name:
            raise PluginError(f"the built-in {name!r} did not load, and no other takes its name: {lost[0]}")
        if len(found) > 1 and (not built_in or any(reward.version == LOCAL_FILE for reward in found)):
            names = ", ".join(repr(reward.qualified_name) for reward in found)
            raise PluginError(f"several plugins have a reward named {name!r}; say which: {names}")
        return (built_in or found)[0]

    @property
    def by_name(self) -> Mapping[str, InstalledReward]:
        """Each name that `get` knows, short or qualified."""
        known = {}
        for name in sorted({name for reward in self.rewards for name in (reward.name, reward.qualified_name)}):
            with suppress(PluginError):
                known[name] = self.get(name)
        return known

    def _unknown(self, name: str) -> str:
        names = sorted({reward.name for reward in self.rewards})
        hint = did_you_mean(name, [*names, *(reward.qualified_name for reward in self.rewards)]) or "."
        broken = f" Plugins that did not load: {'; '.join(map(str, self.problems))}." if self.problems else ""
        return f"no reward named {name!r}{hint} Installed: {', '.join(names)}.{broken}"

    def findings(self) -> list[Finding]:
        """What the plugins say of this machine, for `rewardkit doctor`; a plugin that raises is a finding too."""
        found: list[Finding] = []
        for plugin_name, plugin in self.manager.list_name_plugin():
            try:
                with _strangers_code():
                    found += _ask(self.manager, plugin, "rewardkit_findings")
            except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is what doctor reports
                found.append(Finding(plugin_name, "broken", f"its findings raised {_said(error)}", "report it there"))
        return found

    def commands(self) -> tuple[dict[str, Command], list[Problem]]:
        """What the plugins add to the command line, by name, and what was left out of it.

        Of two commands with one name the first that is loaded stays: the built-in before all.
        """
        found: dict[str, Command] = {}
        problems: list[Problem] = []
        for plugin_name, plugin in self.manager.list_name_plugin():
            try:
                with _strangers_code():
                    commands = _ask(self.manager, plugin, "rewardkit_commands")
            except Exception as error:  # noqa: BLE001 - a stranger's code: one broken plugin takes no command down
                problems.append(Problem(plugin_name, f"its hook rewardkit_commands raised {_said(error)}", "update it"))
                continue
            for command in commands:
                if found.setdefault(command.name, command) is not command:
                    taken = f"its command {command.name!r} has the name of another plugin's"
                    problems.append(Problem(plugin_name, taken, "rename it there"))
        return found, problems


def load_registry(files: Sequence[Path] = (), distributions: Collection[str] | None = None) -> Registry:
    """Loads the installed plugins and the local `files`.

    distributions  load these besides the built-ins; None: as the environment variable REWARDKIT_PLUGINS says, else all
    raises         PluginError where one of `files` does not load: it was asked for by name
    """
    if distributions is None and PLUGINS_VARIABLE in os.environ:
        distributions = [name for name in os.environ[PLUGINS_VARIABLE].split(",") if name.strip()]
    wanted = None if distributions is None else {normalised(name) for name in distributions} | {BUILT_IN}
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    rewards: list[InstalledReward] = []
    problems: list[Problem] = []
    for distribution, entry_point in _entry_points():
        if wanted is not None and distribution not in wanted:
            continue
        plugin_name = f"{distribution}:{entry_point.name}"
        fix = f"update or uninstall {distribution!r}"
        try:
            with _strangers_code():
                module = entry_point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - importing a stranger's module may raise anything
            problems.append(Problem(plugin_name, f"{entry_point.value!r} did not import: {_said(error)}", fix))
            continue
        version = entry_point.dist.version if entry_point.dist else "?"
        problems += _register(manager, plugin_name, module, fix)
        rewards += _rewards(manager, plugin_name, module, (distribution, version), fix, problems)
    for file in files:
        module = _load_file(file)
        faults = _register(manager, str(file), module, "correct the file")
        found = list(_rewards(manager, str(file), module, (str(file), LOCAL_FILE), "correct the file", faults))
        if not faults and not found:
            example = "@rewardkit.hookimpl\ndef rewardkit_rewards(): return [YourReward]"
            faults = [Problem(str(file), "it brings no reward", f"add this to it:\n{example}")]
        if faults:
            raise PluginError("; ".join(map(str, faults)))
        rewards += found
    rewards.sort(key=lambda reward: (reward.name, reward.distribution != BUILT_IN, reward.distribution))
    problems += _duplicates(rewards)
    return Registry(tuple(rewards), tuple(problems), manager)


def normalised(distribution: str) -> str:
    """The name of a distribution in the spelling that the package index compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _entry_points() -> list[tuple[str, metadata.EntryPoint]]:
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
def _strangers_code() -> Iterator[None]:
    """What a plugin prints as it loads goes to standard error: standard output is for rows.

    The lock keeps two threads that load plugins from giving back each other's stream.
    """
    with _STREAMS, redirect_stdout(sys.stderr):
        yield


def _load_file(file: Path) -> ModuleType:
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
        with _strangers_code():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(f"plugin {file}: it did not load: {_said(error)}; correct the file") from error
    return module


def _register(manager: pluggy.PluginManager, plugin_name: str, module: object, fix: str) -> list[Problem]:
    """Registers a plugin, and says what pluggy would pass over: hooks that nobody specified."""
    known = [name for name, _ in vars(hooks).items() if name.startswith(f"{hooks.PROJECT}_")]
    if (owner := manager.get_name(module)) is not None:
        return [Problem(plugin_name, f"its module is the plugin {owner}, which is loaded already", fix)]
    try:
        with _strangers_code():
            hooked = [name for name in dir(module) if manager.parse_hookimpl_opts(module, name) is not None]
            manager.register(module, name=plugin_name)
    except Exception as error:  # noqa: BLE001 - pluggy's own errors, or a stranger's `__getattr__`
        return [Problem(plugin_name, f"its hooks do not fit: {_said(error)}", fix)]
    unknown = [name for name in hooked if name not in known]
    return [
        Problem(plugin_name, f"it implements {name!r}, which is no hook{nearest(name, known)}", fix) for name in unknown
    ]


def _rewards(
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
        with _strangers_code():
            classes = _ask(manager, module, "rewardkit_rewards")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's hook may raise anything
        problems.append(Problem(plugin_name, f"its hook rewardkit_rewards raised {_said(error)}", fix))
        return
    for reward in classes:
        fault = _fault(reward)
        if fault:
            problems.append(Problem(plugin_name, fault, fix))
        else:
            yield InstalledReward(reward.name, *origin, reward)


def _ask(manager: pluggy.PluginManager, module: object, hook: str) -> list[Any]:
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
        return f"{reward.__name__}.Params has no JSON Schema: {_said(error)}"
    cost = reward.cost_ms
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost):
        return f"{reward.__name__}.cost_ms is {cost!r}; it is a number of milliseconds"
    if reward.sees not in ("sample", "group"):
        return f"{reward.__name__}.sees is {reward.sees!r}; it is 'sample' or 'group'"
    if missing := sorted(getattr(reward, "__abstractmethods__", ())):
        return f"{reward.__name__} lacks {', '.join(missing)}"
    return ""


def _duplicates(rewards: Sequence[InstalledReward]) -> Iterator[Problem]:
    """One problem for each reward whose short name another distribution has too."""
    by_name: dict[str, list[InstalledReward]] = {}
    for reward in rewards:
        by_name.setdefault(reward.name, []).append(reward)
    for name, same in by_name.items():
        owner = same[0].distribution if same[0].distribution == BUILT_IN else None
        for reward in same if len(same) > 1 else ():
            if reward.distribution != owner:
                others = ", ".join(other.distribution for other in same if other is not reward)
                found = f"its reward {name!r} has the name of one in {others}"
                yield Problem(reward.distribution, found, f"call it {reward.qualified_name!r} in rubrics")


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
