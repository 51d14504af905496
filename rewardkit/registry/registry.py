"""Which rewards are installed, and what is wrong with the plugins that bring them.

Every plugin, ours or a stranger's, is a module named in the entry-point group `rewardkit`, or a local file that the
user names. A broken one is named and takes nobody else down.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pluggy

from rewardkit import hooks
from rewardkit.errors import PluginError, UnknownRewardError
from rewardkit.hooks import Command, Finding
from rewardkit.registry.loading import (
    BUILT_IN,
    LOCAL_FILE,
    InstalledReward,
    Problem,
    ask,
    entry_points,
    load_file,
    normalised,
    register,
    rewards_of,
    said,
    strangers_code,
)
from rewardkit.rubrics.validation import did_you_mean

PLUGINS_VARIABLE = "REWARDKIT_PLUGINS"
"""Environment variable: the distributions to load besides the built-ins, separated by commas; unset loads all."""


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
                with strangers_code():
                    found += ask(self.manager, plugin, "rewardkit_findings")
            except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is what doctor reports
                found.append(Finding(plugin_name, "broken", f"its findings raised {said(error)}", "report it there"))
        return found

    def commands(self) -> tuple[dict[str, Command], list[Problem]]:
        """What the plugins add to the command line, by name, and what was left out of it.

        Of two commands with one name the first that is loaded stays: the built-in before all.
        """
        found: dict[str, Command] = {}
        problems: list[Problem] = []
        for plugin_name, plugin in self.manager.list_name_plugin():
            try:
                with strangers_code():
                    commands = ask(self.manager, plugin, "rewardkit_commands")
            except Exception as error:  # noqa: BLE001 - a stranger's code: one broken plugin takes no command down
                problems.append(Problem(plugin_name, f"its hook rewardkit_commands raised {said(error)}", "update it"))
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
    for distribution, entry_point in entry_points():
        if wanted is not None and distribution not in wanted:
            continue
        plugin_name = f"{distribution}:{entry_point.name}"
        fix = f"update or uninstall {distribution!r}"
        try:
            with strangers_code():
                module = entry_point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - importing a stranger's module may raise anything
            problems.append(Problem(plugin_name, f"{entry_point.value!r} did not import: {said(error)}", fix))
            continue
        version = entry_point.dist.version if entry_point.dist else "?"
        problems += register(manager, plugin_name, module, fix)
        rewards += rewards_of(manager, plugin_name, module, (distribution, version), fix, problems)
    for file in files:
        module = load_file(file)
        faults = register(manager, str(file), module, "correct the file")
        found = list(rewards_of(manager, str(file), module, (str(file), LOCAL_FILE), "correct the file", faults))
        if not faults and not found:
            example = "@rewardkit.hookimpl\ndef rewardkit_rewards(): return [YourReward]"
            faults = [Problem(str(file), "it brings no reward", f"add this to it:\n{example}")]
        if faults:
            raise PluginError("; ".join(map(str, faults)))
        rewards += found
    rewards.sort(key=lambda reward: (reward.name, reward.distribution != BUILT_IN, reward.distribution))
    problems += _duplicates(rewards)
    return Registry(tuple(rewards), tuple(problems), manager)


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
