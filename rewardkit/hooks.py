"""The whole plugin interface: implement a hook, and name the module in the entry-point group `rewardkit`.

    # my_package/__init__.py
    import rewardkit

    @rewardkit.hookimpl
    def rewardkit_rewards():
        from my_package.reward import Brevity
        return [Brevity]

    # pyproject.toml
    [project.entry-points.rewardkit]
    brevity = "my_package"

The built-in rewards register in just this way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pluggy

from rewardkit.reward import Reward

if TYPE_CHECKING:
    import typer

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
    """The one command or step that mends it."""


@dataclass(frozen=True)
class Command:
    """One command of the command line: `rewardkit NAME …`, with subcommands where the Typer has several."""

    name: str
    app: "typer.Typer"


@hookspec
def rewardkit_rewards() -> Sequence[type[Reward]]:
    """The reward classes that this plugin brings."""
    raise AssertionError("a specification is not called")


@hookspec
def rewardkit_findings() -> Sequence[Finding]:
    """What `rewardkit doctor` should say of this plugin's needs on this machine; only called by doctor."""
    raise AssertionError("a specification is not called")


@hookspec
def rewardkit_commands() -> Sequence[Command]:
    """The commands that this plugin adds to the command line; only called for help and for unknown names."""
    raise AssertionError("a specification is not called")
