"""Checks of a reward from end to end: `examine` reports, `check_reward` raises."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from rewardkit.errors import ConfigError
from rewardkit.registry.requirements import require
from rewardkit.rewards.interface import Reward
from rewardkit.rubrics.validation import validated
from rewardkit.sample import Sample
from rewardkit.suggestions import nearest
from rewardkit.testing.cases import cases_of, ordinary_rows, with_needed
from rewardkit.testing.checks import CHECKS, START
from rewardkit.testing.child import Work
from rewardkit.testing.isolation import run_checks
from rewardkit.testing.report import CheckResult, Report
from rewardkit.testing.target import Target, targets_of


def examine(
    target: Target,
    samples: Iterable[Sample | Mapping[str, Any]] = (),
    *,
    params: Mapping[str, Any] | None = None,
    skip: Mapping[str, str] | None = None,
    idle_reward: float = 0.0,
    deadline_s: float = 10.0,
    only: Collection[str] = (),
) -> Report:
    """The report of all checks on a reward; the parameters are those of `check_reward`, and

    only    names of the checks to run; all if empty
    raises  ConfigError for a parameter that does not fit, InputError for a row that does not
    """
    skip = skip or {}
    for name in (*skip, *only):
        if name not in CHECKS:
            raise ConfigError(f"no check is called {name!r}{nearest(name, CHECKS)}")
    params = dict(params or {})
    if not only or START in only:
        validated(target.reward.Params, params, f"{target.name}.params")
    require(target.reward.requires, f"{target.name}: the reward")
    cases = cases_of(samples, target.name) or cases_of(ordinary_rows(), target.name)
    names = [name for name in CHECKS if name not in skip and (not only or name in only)]
    cases = [with_needed(case, target.reward.needs) for case in cases]
    work = Work(target.sent, params, cases, names, idle_reward, deadline_s, frozenset())
    found = {result.check: result for result in run_checks(work)}
    for name, reason in skip.items():
        found[name] = CheckResult(name, CHECKS[name].about, "not checked", f"left out: {reason}")
    return Report(target.name, tuple(found[name] for name in CHECKS if name in found))


def check_reward(
    reward: str | Path | type[Reward] | Callable[..., Any],
    samples: Iterable[Sample | Mapping[str, Any]] = (),
    *,
    params: Mapping[str, Any] | None = None,
    skip: Mapping[str, str] | None = None,
    idle_reward: float = 0.0,
    deadline_s: float = 10.0,
) -> tuple[Report, ...]:
    """Runs all checks on a reward, in a process of its own.

    reward       a class or function, the name of an installed reward, or a file, module or distribution with several
    samples      Samples or rows; `expected` of a row says what it should get: `full`, `zero`, `malformed`, a value,
                 two bounds, or None for abstaining. None: some ordinary samples
    params       the reward's parameters
    skip         checks that are left out: by name the reason, for the reader of the test
    idle_reward  the most that a completion without any work may earn; more than 0 for measures of similarity
    deadline_s   processor seconds for a sample
    returns      a report for each reward
    raises       AssertionError that lists the faults; ConfigError, InputError
    """
    rows = list(samples)
    reports = tuple(
        examine(target, rows, params=params, skip=skip, idle_reward=idle_reward, deadline_s=deadline_s)
        for target in targets_of(reward)
    )
    if any(report.faults for report in reports):
        raise AssertionError("\n".join(str(report) for report in reports if report.faults))
    return reports
