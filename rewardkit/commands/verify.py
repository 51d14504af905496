"""`rewardkit plugins --verify`: every plugin is loaded, and each of its rewards goes through checks without samples."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rewardkit.commands import console
from rewardkit.commands.options import PluginsOptions
from rewardkit.registry.loading import VERSION_NAME, InstalledReward
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rewards.interface import API_VERSION
from rewardkit.testing.examine import examine
from rewardkit.testing.target import target_of

QUICK = ("starts_and_closes", "imports_nothing_heavy", "documented", "params_round_trip")
WITHOUT_PARAMS = ("imports_nothing_heavy", "documented")
"""Checks of a reward whose parameters must be given, so that it cannot be built here."""


def run(options: PluginsOptions) -> int:
    """Prints a line for each reward, and what is wrong with its plugin; returns the exit code."""
    registry = load_registry(options.plugins)
    registry.load_built_ins()
    registry.load_distributions(None)
    rows = list(_verified(registry, options))
    problems = [{"plugin": p.plugin, "found": p.found, "fix": p.fix} for p in registry.problems]
    if options.json:
        console.json({"rewards": rows, "problems": problems})
    else:
        _print(rows)
        for problem in registry.problems:
            console.warning(str(problem))
    return int(bool(problems) or any(row["faults"] for row in rows))


def _verified(registry: Registry, options: PluginsOptions) -> Iterator[dict[str, Any]]:
    for installed in registry.rewards:
        only = QUICK if _needs_no_params(installed) else WITHOUT_PARAMS
        report = examine(target_of(installed, options.plugins), only=only)
        yield {
            "name": installed.name,
            "distribution": installed.distribution,
            "version": installed.version,
            "api_version": _api_version(installed),
            "file": _file(installed),
            "faults": [f"{fault.check}: {fault.found}" for fault in report.faults],
        }


def _needs_no_params(installed: InstalledReward) -> bool:
    try:
        installed.reward.Params()
    except ValidationError:
        return False
    return True


def _api_version(installed: InstalledReward) -> int:
    """The version of the interface that its module says it was written for; ours where it says none."""
    package = sys.modules.get(installed.reward.__module__.partition(".")[0])
    return int(getattr(package, VERSION_NAME, API_VERSION))


def _file(installed: InstalledReward) -> str:
    """The file that holds the reward."""
    module = sys.modules.get(installed.reward.__module__)
    return str(Path(getattr(module, "__file__", None) or "?"))


def _print(rows: list[dict[str, Any]]) -> None:
    table = console.table("", "reward", "from", "API", "found, file")
    for row in rows:
        state = "[red]fault[/]" if row["faults"] else "[green]ok[/]"
        found = "; ".join([*row["faults"], row["file"]])
        origin = f"{row['distribution']} {row['version']}"
        table.add_row(state, *map(console.safe, (row["name"], origin, str(row["api_version"]), found)))
    console.console().print(table)
