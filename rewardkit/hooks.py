"""The plugin interface: implement a hook, and name the module in the entry-point group `rewardkit`.

    # my_package/__init__.py
    import rewardkit

    @rewardkit.hookimpl
    def rewardkit_rewards():
        from my_package.reward import Brevity
        return [Brevity]

    # pyproject.toml
    [project.entry-points.rewardkit]
    brevity = "my_package"  # one line for each reward, by its name: a rubric that names it loads the module

The built-in rewards are brought by the same hook. A command of the command line needs no hook: it is a `typer.Typer`,
named in the entry-point group `rewardkit.commands`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pluggy

from rewardkit.rewards.interface import Reward

PROJECT = "rewardkit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Finding:
    """One line of `rewardkit doctor`."""

    name: str
    state: Literal["ok", "missing", "broken"]
    """`missing` is a choice that was not installed or started; `broken` is there and does not work."""
    found: str
    fix: str = ""
    """The one command or step that fixes it."""


@hookspec
def rewardkit_rewards() -> Sequence[type[Reward]]:
    """The reward classes that this plugin brings."""
    raise AssertionError("a specification is not called")


@hookspec
def rewardkit_findings() -> Sequence[Finding]:
    """Findings about what this plugin needs on this machine; only `rewardkit doctor` calls it."""
    raise AssertionError("a specification is not called")


@hookspec
def rewardkit_attacks() -> Sequence[Any]:
    """Attacks for `rewardkit audit`, each a `rewardkit.auditing.Attack`; only an audit that names the plugin asks."""
    raise AssertionError("a specification is not called")
