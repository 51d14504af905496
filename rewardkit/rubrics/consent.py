"""Consent of the user, which a rubric file needs to run code, spend secrets or weaken the sandbox.

A rubric comes from a paper, a colleague or a repository. Judging by it must be no more dangerous than reading it, so
these need `--trust` on the command line, or `Rubric.load(path, trust=True)`, or, for a trainer that has a place for
neither, the variable REWARDKIT_TRUST=1. What is written in Python, or given on the
command line itself, is the user's own word.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from rewardkit.errors import ConfigError

TRUST_VARIABLE = "REWARDKIT_TRUST"
"""Environment variable: `1` means consent."""

UNSAFE_BACKENDS = frozenset({"dangerous-subprocess"})
WEAKENS = "reduced_isolation"
EXECUTABLES = ("bwrap", "python")
"""Options of a sandbox that name a program of this machine to run."""
SECRET_SUFFIX = "_env"  # noqa: S105 - the end of a parameter's name
"""A parameter whose name ends so names an environment variable, whose value the reward sends somewhere."""


def require_consent(data: Mapping[Any, Any], where: str) -> None:
    """Refuses what needs consent.

    data    plain data of a rubric, which may still be wrong in every other way
    raises  ConfigError with a line for each thing that needs it
    """
    needs = [] if os.environ.get(TRUST_VARIABLE) == "1" else list(_needs(data))
    if needs:
        lines = "".join(f"\n  - {need}" for need in needs)
        fix = f"add --trust (Python: Rubric.load(path, trust=True); trainers: {TRUST_VARIABLE}=1)"
        raise ConfigError(f"{where}: it needs your consent:{lines}\nif you trust its author, {fix}")


def _needs(data: Mapping[Any, Any]) -> Iterator[str]:
    if files := data.get("plugins"):
        names = ", ".join(map(str, files)) if isinstance(files, list | tuple) else str(files)
        yield f"plugins: it runs the code in {names}"
    yield from _weak_sandbox("sandbox", data.get("sandbox"))
    rewards = data.get("rewards")
    for alias, config in rewards.items() if isinstance(rewards, Mapping) else ():
        params = config.get("params") if isinstance(config, Mapping) else None
        for name, value in params.items() if isinstance(params, Mapping) else ():
            place = f"rewards.{alias}.params.{name}"
            if str(name).endswith(SECRET_SUFFIX) and value is not None:
                yield f"{place}: it uses the environment variable {value}"
            if name == "sandbox":
                yield from _weak_sandbox(place, value)


def _weak_sandbox(place: str, sandbox: Any) -> Iterator[str]:
    settings = sandbox if isinstance(sandbox, Mapping) else {"backend": sandbox}
    if settings.get("backend") in UNSAFE_BACKENDS:
        yield f"{place}: it runs programs outside of any sandbox ({settings['backend']})"
    if settings.get(WEAKENS):
        yield f"{place}: it accepts a sandbox that separates less ({WEAKENS})"
    for option in EXECUTABLES:
        if settings.get(option):
            yield f"{place}.{option}: it runs {settings[option]}"
