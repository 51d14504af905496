"""Outcomes of programs and of their tests."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SHOWN = 200
"""Characters of a value or a message that are shown."""
SHOWN_TESTS = 50
"""Tests whose outcomes are shown each, and groups of tests."""


class Verdict(StrEnum):
    """Outcome of a program in the sandbox."""

    PASSED = "passed"
    WRONG = "wrong"
    RUNTIME_ERROR = "runtime error"
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    COMPILE_ERROR = "compile error"
    NO_VERDICT = "no verdict"


@dataclass(frozen=True)
class Outcome:
    """Result for one program."""

    verdict: Verdict
    passed: int
    total: int
    failure: str = ""
    """The first test that failed and how, for a person."""
    tests: tuple["TestOutcome", ...] = ()
    """The tests that ran, in order."""
    isolation: str = "separate"
    """How the tests were kept from the program: in `separate` processes, with their expected values `taken_out`, or not
    at all (`in_process`)."""


@dataclass(frozen=True)
class TestOutcome:
    """Result of one test."""

    name: str
    verdict: Verdict
    message: str = ""
    group: str = ""
    """The tests that it belongs to: a class, a parametrized function, a group that the row names."""


def shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def by_test(outcome: Outcome) -> list[dict[str, Any]]:
    """The outcomes of the first tests that ran."""
    shown_tests = outcome.tests[:SHOWN_TESTS]
    return [
        {"name": test.name[:SHOWN], "verdict": test.verdict.value}
        | ({"message": test.message[:SHOWN]} if test.message else {})
        for test in shown_tests
    ]


def by_group(outcome: Outcome) -> dict[str, dict[str, int]]:
    """How many tests of each group ran and passed; empty where there are no groups."""
    found: dict[str, dict[str, int]] = {}
    for test in outcome.tests:
        if test.group and (test.group in found or len(found) < SHOWN_TESTS):
            counts = found.setdefault(test.group[:SHOWN], {"passed": 0, "tests": 0})
            counts["tests"] += 1
            counts["passed"] += test.verdict is Verdict.PASSED
    return found
