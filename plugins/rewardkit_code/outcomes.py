"""Outcomes of programs and of their tests."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SHOWN = 200
"""Characters of a value or a message that are shown."""


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
    isolation: str = "separate"
    """How the tests were kept from the program: in `separate` processes, or with their expected values `taken_out`."""


@dataclass(frozen=True)
class TestOutcome:
    """Result of one test."""

    name: str
    verdict: Verdict
    message: str = ""


def shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
