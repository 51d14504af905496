"""The tests of a task, in one form for each way to test: what `ground_truth` reads and `judge` runs."""

from dataclasses import dataclass, field
from typing import Any

from rewardkit_code.compare import Rules


@dataclass(frozen=True)
class StdinTests:
    """Inputs and the outputs that they must give."""

    cases: tuple[tuple[str, str], ...]
    compare: str = "tokens"
    """`exact`, `text` (blanks at line ends aside) or `tokens` (white space aside)."""
    float_tol: float | None = None
    integers_exact: bool = False


@dataclass(frozen=True)
class Case:
    """One call: what it must give, and, where that counts, what it must make of its arguments."""

    args: list[Any]
    expected: Any
    after: list[Any] | None = None


@dataclass(frozen=True)
class FunctionTests:
    """Calls of one function."""

    fn_name: str
    cases: tuple[Case, ...]
    rules: Rules = field(default_factory=Rules)
    wrapped: bool = False
    """True if every expected value may stand in a list of one, as APPS writes them: all of them or none."""


@dataclass(frozen=True)
class ExpressionTests:
    """Expressions over what the program defines, and their str()."""

    prelude: str
    cases: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CodeTests:
    """Python statements that raise unless the program is right: asserts, or HumanEval's `check(candidate)`."""

    setup: str
    tests: tuple[str, ...]
    entry_point: str | None = None
    trusted: str = ""
    """Code of the task's own whose names win over the program's: helpers that the prompt defines."""
    prompt: str = ""
    """The start of the program, where the task gives one that a completion may continue."""


@dataclass(frozen=True)
class FileTests:
    """A file of unittest.TestCases, or of pytest's functions, that imports the program as a module."""

    module: str
    test_file: str


Tests = StdinTests | FunctionTests | ExpressionTests | CodeTests | FileTests


def count(tests: Tests) -> int | None:
    """Number of tests; None where only running them shows it."""
    if isinstance(tests, FileTests):
        return None
    return len(tests.tests) if isinstance(tests, CodeTests) else len(tests.cases)
