"""`rewardkit check`: the checks of `rewardkit.testing` from the command line."""

from typing import Any

import yaml

from rewardkit.commands import console
from rewardkit.commands.options import CheckOptions
from rewardkit.errors import ConfigError
from rewardkit.input.files import read_rows
from rewardkit.testing.checks import CHECKS
from rewardkit.testing.examine import examine
from rewardkit.testing.report import Report
from rewardkit.testing.target import targets_of

STYLES = {"passed": "green", "fault": "red", "not checked": "dim"}


def run(options: CheckOptions) -> int:
    """Checks the rewards and prints what was found; returns the exit code."""
    console.set_up_logging(quiet=False, verbose=False)
    if options.list:
        _print_checks()
        return 0
    if options.name is None:
        raise ConfigError("name a reward, a file.py, a module or a distribution: `rewardkit check rewards.py`")
    targets = targets_of(options.name, options.plugins)
    rows = [] if options.data is None else [row.data for row in read_rows(options.data)]
    reports = []
    for target in targets:
        report = examine(
            target,
            rows,
            params=_params(options.param),
            skip=dict.fromkeys(options.skip, "--skip"),
            idle_reward=options.idle_reward,
            deadline_s=options.deadline,
        )
        reports.append(report)
        if not options.json:
            _print(report, given=bool(rows))
    if options.json:
        console.json([report.as_dict() for report in reports])
    return int(any(report.faults for report in reports))


def _params(given: list[str]) -> dict[str, Any]:
    params = {}
    for argument in given:
        name, equals, value = argument.partition("=")
        if not (name and equals):
            raise ConfigError(f"--param {argument}: write NAME=VALUE, such as words=30")
        try:
            params[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            params[name] = value
    return params


def _print(report: Report, *, given: bool) -> None:
    screen = console.console()
    screen.print(f"[bold]{console.safe(report.reward)}[/]")
    table = console.table("", "check", "found")
    for result in report.results:
        style = STYLES[result.outcome]
        found = result.found or result.about
        table.add_row(f"[{style}]{result.outcome}[/]", result.check, f"[{style}]{console.safe(found)}[/]")
    screen.print(table)
    passed = sum(result.outcome == "passed" for result in report.results)
    screen.print(f"{passed} passed, {len(report.faults)} found a fault, of {len(report.results)} checks\n")
    if not given:
        console.note("checked on ordinary samples: name a file of rows with `expected` for those of your task")


def _print_checks() -> None:
    table = console.table("check", "what should hold")
    for check in CHECKS.values():
        table.add_row(check.name, console.safe(check.about))
    console.console().print(table)
