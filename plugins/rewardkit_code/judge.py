"""Judges a program by its tests: chooses the way to run them, and counts."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.outcomes import Outcome, TestOutcome, Verdict
from rewardkit_code.runner import Kept, Runner
from rewardkit_code.taken_out import NotTakenOutError
from rewardkit_code.tests_model import (
    CodeTests,
    ExpressionTests,
    FileTests,
    FunctionTests,
    InteractiveTests,
    PredictionTests,
    StdinTests,
    Tests,
    TypedTests,
    count,
)
from rewardkit_code.ways.calls import expressions, function
from rewardkit_code.ways.in_process import in_process
from rewardkit_code.ways.interactive import interactive
from rewardkit_code.ways.prediction import prediction
from rewardkit_code.ways.reported import reported
from rewardkit_code.ways.separate import UncarriedTestsError, separate
from rewardkit_code.ways.stdin import stdin
from rewardkit_code.ways.typed import typed
from rewardkit_sandbox import Limits, Sandbox

Isolation = Literal["auto", "separate", "taken_out", "in_process"]


def judge(
    tests: Tests,
    program: Program,
    sandbox: Sandbox,
    limits: Limits,
    budget_s: float,
    *,
    stop_at_failure: bool,
    isolation: Isolation = "auto",
    kept: Kept | None = None,
) -> Outcome:
    """Runs the tests in order.

    limits          of one run
    budget_s        seconds for all runs together, but for those in which they wait for a processor
    isolation       how tests written in Python are kept from the program: `separate` processes, the expected values
                    `taken_out`, or `auto`: the first, and the second for what it cannot carry; `in_process`: not at all
    kept            what was made for tasks before, and is made once for all completions of one
    raises          SandboxBrokeError where the sandbox failed; UnsupportedTestsError for tests that cannot be run here;
                    BudgetError where `budget_s` did not suffice
    """
    run = Runner(sandbox, limits, budget_s, stop=stop_at_failure, kept=kept)
    ran: list[TestOutcome] = []
    first: TestOutcome | None = None
    for test in _way(tests, isolation)(tests, program, run):
        ran.append(test)
        if test.verdict is not Verdict.PASSED and first is None:
            first = test
            if stop_at_failure or test.verdict is Verdict.COMPILE_ERROR:
                break
    passed = sum(test.verdict is Verdict.PASSED for test in ran)
    total = run.assertions or max(count(tests) or 0, len(ran))
    if first is None and passed == total and passed > 0:
        return Outcome(Verdict.PASSED, passed, total, tests=tuple(ran), isolation=run.isolation)
    if first is None:
        first = TestOutcome("the tests", Verdict.RUNTIME_ERROR, "no test ran")
    failure = f"{first.name}: {first.message}" if first.message else first.name
    return Outcome(first.verdict, passed, total, failure, tuple(ran), run.isolation)


def _only_reported(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    run.isolation = "taken_out"
    try:
        yield from reported(tests, program, run)
    except NotTakenOutError as exc:
        raise UnsupportedTestsError(f"not all expected values can be taken out of the tests: {exc}") from exc


def _separate_or_reported(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """In a driver; without their expected values where the driver cannot carry what the tests do."""
    try:
        outcomes = list(separate(tests, program, run))
    except UncarriedTestsError as exc:
        run.isolation = "taken_out"
        try:
            outcomes = list(reported(tests, program, run))
        except NotTakenOutError as other:
            raise UnsupportedTestsError(f"{exc}; nor can their expected values be taken out: {other}") from exc
    yield from outcomes


Way = Callable[[Any, Program, Runner], Iterator[TestOutcome]]
_PYTHON: dict[Isolation, Way] = {
    "auto": _separate_or_reported,
    "separate": separate,
    "taken_out": _only_reported,
    "in_process": in_process,
}


def _way(tests: Tests, isolation: Isolation) -> Way:
    """The way to run tests of one kind."""
    if isinstance(tests, CodeTests | FileTests):
        return _PYTHON[isolation]
    ways: dict[type, Way] = {
        TypedTests: typed,
        InteractiveTests: interactive,
        StdinTests: stdin,
        FunctionTests: function,
        ExpressionTests: expressions,
        PredictionTests: prediction,
    }
    return ways[type(tests)]
