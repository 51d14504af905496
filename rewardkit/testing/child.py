"""The process in which a reward is checked: it may hang or crash there.

    parent (isolation.py)                  this process
      Work ────────── standard input ───▶  imports the reward, runs the checks
      ◀──────────── standard output ────   a line of JSON for each question (`at`) and for each result

What the reward prints goes to standard error, which the parent keeps.
"""

import json
import os
import pickle
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rewardkit.registry.loading import IN_PYTHON, installed
from rewardkit.registry.registry import load_registry
from rewardkit.rewards.function import name_of
from rewardkit.rewards.interface import Reward
from rewardkit.testing import checks
from rewardkit.testing.cases import Case
from rewardkit.testing.interface_checks import HEAVY
from rewardkit.testing.report import CheckResult
from rewardkit.testing.subject import Subject

IMPORTING = "importing it"
"""The question before the first check."""


class NamedReward(NamedTuple):
    """A reward by the name that a registry knows, and the local files that bring it."""

    name: str
    files: tuple[Path, ...] = ()


class Work(NamedTuple):
    """Everything that the process is told."""

    reward: bytes
    """A pickled `NamedReward`, or the class itself."""
    params: Mapping[str, Any]
    cases: Sequence[Case]
    checks: Sequence[str]
    idle_reward: float
    deadline_s: float
    hanging: frozenset[str]


def main() -> None:
    """Runs the checks that the parent asks for."""
    work: Work = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)

        def tell(**message: Any) -> None:
            answers.write(json.dumps(message) + "\n")
            answers.flush()

        before, started_s = set(sys.modules), time.process_time()
        reward = pickle.loads(work.reward)  # noqa: S301 - from our own parent
        if isinstance(reward, NamedReward):
            reward = load_registry(reward.files).get(reward.name).reward
        else:
            reward = installed(reward, IN_PYTHON, "", name_of(reward)).reward
        import_s = time.process_time() - started_s
        heavy = [name for name in set(sys.modules) - before if name in HEAVY]
        subject = _subject(work, reward, heavy, import_s)
        subject.announce = lambda name, limit_s: tell(at=name, limit_s=limit_s)
        starts = True
        for name in work.checks:
            tell(check=name)
            result = checks.run(checks.CHECKS[name], subject) if starts else _not_started(name)
            starts = starts and not (name == checks.START and result.outcome == "fault")
            tell(result=result)


def _not_started(name: str) -> CheckResult:
    """The result of a check of a reward that cannot be built."""
    return CheckResult(name, checks.CHECKS[name].about, "not checked", "it does not start")


def _subject(work: Work, reward: type[Reward], heavy: Sequence[str], import_s: float) -> Subject:
    return Subject(
        reward=reward,
        params=work.params,
        cases=work.cases,
        idle_reward=work.idle_reward,
        deadline_s=work.deadline_s,
        heavy_imports=heavy,
        import_s=import_s,
        hanging=work.hanging,
    )
