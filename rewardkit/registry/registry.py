"""Which rewards there are, and what is wrong with the plugins that bring them.

A plugin is a package of ours, a module that another distribution names in the entry-point group `rewardkit`, or a local
file. It is imported when something names it: a rubric its reward, the command line its file or its distribution. A
broken plugin is named, and stops nothing else.

    a rubric names            is looked for in
    math                      the built-ins; then entry points called `math`
    rewardkit-brevity:brevity the entry points of that distribution
    rewards.py:brevity        that file, which `--plugin` or the rubric's `plugins` names
"""

import logging
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pluggy

from rewardkit import hooks
from rewardkit.errors import PluginError, UnknownRewardError
from rewardkit.hooks import Finding
from rewardkit.registry import built_in
from rewardkit.registry.built_in import DISTRIBUTION
from rewardkit.registry.disabling import VARIABLE, disabled
from rewardkit.registry.discovery import PLUGINS, Offer, Problem, normalised, offers
from rewardkit.registry.loading import (
    LOCAL_FILE,
    InstalledReward,
    Plugin,
    ask,
    has_functions,
    installed,
    load_file,
    message_of,
    plain_function,
    register,
    rewards_of,
    third_party_code,
    version_fault,
)
from rewardkit.registry.requirements import fix_of, is_installed
from rewardkit.suggestions import did_you_mean
from rewardkit.tracing import note, timed, trace_hooks

LOG = logging.getLogger("rewardkit")

PLUGINS_VARIABLE = "REWARDKIT_PLUGINS"
"""Environment variable: distributions whose plugins are loaded although no rubric names them, separated by commas."""


class Registry:
    """The plugins that are loaded, and those that can be: a reward is loaded when `get` names it."""

    def __init__(self) -> None:
        """A registry with nothing loaded yet."""
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        trace_hooks(self._manager)
        self._offers, self._faults = offers(PLUGINS)
        self._tried: set[str] = set()
        self._rewards: list[InstalledReward] = []
        self._files: dict[str, ModuleType] = {}
        self._disabled = disabled()

    @property
    def rewards(self) -> tuple[InstalledReward, ...]:
        """The loaded rewards in order of their names, a built-in before others of its name."""
        there = (reward for reward in self._rewards if not self._is_off(reward.distribution, reward.name))
        return tuple(sorted(there, key=lambda r: (r.name, r.distribution != DISTRIBUTION, r.distribution)))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that was left out, and why."""
        return (*self._faults, *_duplicates(self.rewards))

    @property
    def not_loaded(self) -> tuple[Offer, ...]:
        """The plugins of other distributions that nothing has named."""
        untried = (offer for offer in self._offers if offer.plugin_name not in self._tried)
        return tuple(offer for offer in untried if not self._is_off(offer.distribution, offer.point.name))

    def disable(self, names: Collection[str]) -> None:
        """Switches plugins off, besides those of the environment.

        names  of distributions, of rewards, or `dist-name:reward`
        """
        self._disabled = disabled(names)

    def _is_off(self, distribution: str, name: str) -> bool:
        """True for a reward, or an entry point of that name, that is switched off."""
        off = self._disabled
        return bool(off) and (
            name in off or f"{distribution}:{name}" in off or normalised(distribution) in set(map(normalised, off))
        )

    def load_built_ins(self) -> None:
        """Loads every plugin of ours."""
        for package in sorted({reward.package for reward in built_in.REWARDS.values()}):
            self._load_built_in(package)

    def load_distributions(self, names: Collection[str] | None) -> None:
        """Loads the plugins of these distributions; None: of all that are installed."""
        wanted = None if names is None else {normalised(name) for name in names}
        for offer in self._offers:
            if wanted is None or offer.distribution in wanted:
                self._load_offer(offer)

    def load_file(self, file: Path) -> None:
        """Loads a local plugin file.

        raises  PluginError if it does not load whole: it was named
        """
        module = load_file(file)
        plugin = Plugin(str(file), module, str(file), LOCAL_FILE, "correct the file")
        faults = register(self._manager, plugin)
        found: list[InstalledReward] = []
        if not faults:
            found, faults = rewards_of(self._manager, plugin)
        if not faults and not found and not has_functions(module):
            example = "@rewardkit.reward\ndef my_reward(completion): return 1.0"
            faults = [Problem(str(file), "it brings no reward", f"add this to it:\n{example}")]
        if faults:
            raise PluginError("; ".join(map(str, faults)))
        self._rewards += found
        self._files[str(file)] = module

    def get(self, name: str) -> InstalledReward:
        """The reward that a rubric calls `name`, short or qualified; its plugin is loaded if it is not yet.

        A short name of a built-in means the built-in. Between other distributions it must be qualified, and also where
        a local file claims it: a file that was named is not passed over in silence.

        raises  UnknownRewardError if no reward has that name, PluginError if several have
        """
        distribution, _, short = name.rpartition(":")
        if self._is_off(distribution or (DISTRIBUTION if short in built_in.REWARDS else ""), short):
            raise PluginError(f"the reward {name!r} is switched off, by `disable`, --no-plugin or {VARIABLE}")
        self._load_named(name)
        found = [reward for reward in self.rewards if name in (reward.name, reward.qualified_name)]
        ours = [reward for reward in found if reward.distribution == DISTRIBUTION]
        if name in built_in.REWARDS and not ours:
            lost = [str(problem) for problem in self._faults if problem.plugin.startswith(f"{DISTRIBUTION}:")]
            raise PluginError(f"the built-in {name!r} did not load, and no other takes its name: {'; '.join(lost)}")
        if not found:
            raise UnknownRewardError(self._unknown(name))
        if len(found) > 1 and (not ours or any(reward.version == LOCAL_FILE for reward in found)):
            names = ", ".join(repr(reward.qualified_name) for reward in found)
            raise PluginError(f"several plugins have a reward named {name!r}; name one of them: {names}")
        return (ours or found)[0]

    @property
    def by_name(self) -> Mapping[str, InstalledReward]:
        """Each name of a loaded reward that `get` knows, short or qualified."""
        known = {}
        for name in sorted({name for reward in self.rewards for name in (reward.name, reward.qualified_name)}):
            with suppress(PluginError):
                known[name] = self.get(name)
        return known

    def findings(self) -> list[Finding]:
        """Findings of the loaded plugins about this machine, for `rewardkit doctor`; a plugin that raises is one."""
        found: list[Finding] = []
        for plugin_name, module in self._manager.list_name_plugin():
            try:
                with third_party_code():
                    found += ask(self._manager, module, "rewardkit_findings")
            except Exception as error:  # noqa: BLE001 - whatever a plugin raises is what doctor reports
                fault = f"its findings raised {message_of(error)}"
                found.append(Finding(plugin_name, "broken", fault, "report it to the plugin's author"))
        return found

    def _load_named(self, name: str) -> None:
        distribution, _, short = name.rpartition(":")
        if short in built_in.REWARDS and distribution in ("", DISTRIBUTION):
            self._load_built_in(built_in.REWARDS[short].package)
        elif distribution:
            self.load_distributions([distribution])
        elif not any(reward.name == name for reward in self._rewards):
            for offer in self._offers:
                if offer.point.name == name:
                    self._load_offer(offer)
        if not any(name in (reward.name, reward.qualified_name) for reward in self._rewards):
            self._load_plain_function(name)

    def _load_plain_function(self, name: str) -> None:
        """Takes a function of a local file that no decorator was put on: a rubric names it, and nothing else does."""
        of_file, _, short = name.rpartition(":")
        for file, module in self._files.items():
            if of_file in ("", file) and (function := plain_function(module, short)):
                self._rewards.append(installed(function, file, LOCAL_FILE, short))

    def _load_built_in(self, package: str) -> None:
        plugin_name = f"{DISTRIBUTION}:{package}"
        if plugin_name in self._tried:
            return
        self._tried.add(plugin_name)
        fix = f"reinstall {DISTRIBUTION!r}"
        try:
            with third_party_code(), timed(f"import of {plugin_name}"):
                module = built_in.load(package)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken installation breaks in many ways
            self._faults.append(Problem(plugin_name, f"it did not import: {message_of(error)}", fix))
            return
        self._add(Plugin(plugin_name, module, DISTRIBUTION, built_in.version(), fix))

    def _load_offer(self, offer: Offer) -> None:
        if offer.plugin_name in self._tried or self._is_off(offer.distribution, offer.point.name):
            return
        self._tried.add(offer.plugin_name)
        if offer.point.module.partition(".")[0] in built_in.PACKAGES:
            fault = f"its module {offer.point.module!r} belongs to {DISTRIBUTION}"
            self._faults.append(Problem(offer.plugin_name, fault, offer.fix))
            return
        try:
            with third_party_code(), timed(f"import of {offer.plugin_name} {offer.version}"):
                module = offer.point.load()
        except BaseException as error:  # noqa: BLE001 - a third party's module may raise anything, KeyboardInterrupt too
            fault = f"{offer.point.value!r} did not import: {message_of(error)}"
            self._faults.append(Problem(offer.plugin_name, fault, fix_of(error) or offer.fix))
            return
        if not isinstance(module, ModuleType):
            self._add_object(offer, module)
            return
        same = [plugin for plugin in self._manager.get_plugins() if plugin is module]
        if same and str(self._manager.get_name(module)).startswith(f"{offer.distribution}:"):
            return  # one module, an entry point for each of its rewards
        self._add(Plugin(offer.plugin_name, module, offer.distribution, offer.version, offer.fix))

    def _add_object(self, offer: Offer, brought: object) -> None:
        """Takes an entry point that names a function or a class: `brevity = "rewardkit_brevity:brevity"`."""
        if fault := version_fault(sys.modules.get(offer.point.module)):
            self._faults.append(Problem(offer.plugin_name, fault, offer.fix))
            return
        try:
            self._rewards.append(installed(brought, offer.distribution, offer.version, offer.point.name))
        except PluginError as error:
            self._faults.append(Problem(offer.plugin_name, str(error), offer.fix))

    def _add(self, plugin: Plugin) -> None:
        self._faults += register(self._manager, plugin)
        if self._manager.get_name(plugin.module) == plugin.name:
            rewards, faults = rewards_of(self._manager, plugin)
            self._rewards += rewards
            self._faults += faults
            names = ", ".join(reward.name for reward in rewards) or "no rewards"
            note(f"plugin {plugin.name} {plugin.version}: {names}, from {getattr(plugin.module, '__file__', '?')}")
            LOG.debug("plugin %s: %s, from %s", plugin.name, names, getattr(plugin.module, "__file__", "?"))

    def _unknown(self, name: str) -> str:
        known = sorted({*built_in.REWARDS, *(r.name for r in self._rewards), *(o.point.name for o in self._offers)})
        hint = did_you_mean(name, [*known, *(reward.qualified_name for reward in self._rewards)]) or "."
        broken = f" Plugins that did not load: {'; '.join(map(str, self._faults))}." if self._faults else ""
        others = sorted({offer.distribution for offer in self.not_loaded})
        distribution = name.rpartition(":")[0]
        if re.fullmatch(r"[\w-]+", distribution) and not is_installed(distribution):
            return f"no reward named {name!r}: {distribution} is not installed. Fix: pip install {distribution}"
        more = f" Not looked into: {', '.join(others)}; write `dist-name:reward` for one of those." if others else ""
        return f"no reward named {name!r}{hint} Installed: {', '.join(known)}.{broken}{more}"


def load_registry(files: Sequence[Path] = (), distributions: Collection[str] = ()) -> Registry:
    """A registry with local `files` loaded; everything else is loaded when it is named.

    distributions  loads the plugins of these as well, and those that the variable REWARDKIT_PLUGINS names
    raises         PluginError if one of `files` does not load
    """
    registry = Registry()
    named = os.environ.get(PLUGINS_VARIABLE, "").split(",")
    registry.load_distributions([*distributions, *(name.strip() for name in named if name.strip())])
    for file in files:
        registry.load_file(file)
    return registry


def _duplicates(rewards: Sequence[InstalledReward]) -> Iterator[Problem]:
    """One problem for each reward whose short name another distribution has too."""
    by_name: dict[str, list[InstalledReward]] = {}
    for reward in rewards:
        by_name.setdefault(reward.name, []).append(reward)
    for name, same in by_name.items():
        taken_by_ours = name in built_in.REWARDS
        owners = {other.distribution for other in same} | ({DISTRIBUTION} if taken_by_ours else set())
        for reward in same:
            others = ", ".join(sorted(owners - {reward.distribution}))
            if others and not (taken_by_ours and reward.distribution == DISTRIBUTION):
                found = f"its reward {name!r} has the name of one in {others}"
                yield Problem(reward.distribution, found, f"name it {reward.qualified_name!r} in rubrics")
