"""The tests of a task, in one form for each way to test: what `layouts` reads and `judge` runs."""

from dataclasses import dataclass, field
from typing import Any, Literal

from rewardkit_code.compare import Rules


@dataclass(frozen=True)
class StdinTests:
    """Inputs and the outputs that they must give."""

    cases: tuple[tuple[str, str], ...]
    compare: str = "tokens"
    """`exact`, `text` (blanks at line ends aside) or `tokens` (white space aside)."""
    float_tol: float | None = None
    integers_exact: bool = False
    any_order: str = ""
    """`lines` or `tokens` where their order does not count; empty where it does."""
    groups: tuple[str, ...] = ()
    """For each case the group that it belongs to; empty for none."""
    others: tuple[tuple[str, ...], ...] = ()
    """For each case, further outputs that are right; empty for none."""
    checker: str | None = None
    """A program that judges an output that differs from the expected one: in Python, `checker.py input.txt answer.txt
    output.txt`, which prints 1 if it is right, or in C++ with testlib.h."""
    time_limit_s: float | None = None
    """CPU seconds that the task gives to a case."""
    memory_limit_mb: float | None = None
    """Megabytes that the task gives to a case."""
    other_outputs: bool = False
    """True if other outputs may be right too, and no checker that can be run here tells which."""


@dataclass(frozen=True)
class Case:
    """One call: what it must give, and, where that counts, what it must make of its arguments."""

    args: list[Any]
    expected: Any
    after: list[Any] | None = None
    group: str = ""
    others: tuple[Any, ...] = ()
    """Further values that are right."""
    text: str | None = None
    """Another expected value: the text that `expected` was read from, where it may be meant as it stands."""


@dataclass(frozen=True)
class FunctionTests:
    """Calls of one function, compared outside of the sandbox."""

    fn_name: str
    cases: tuple[Case, ...]
    rules: Rules = field(default_factory=Rules)
    wrapped: bool = False
    """True if every expected value may stand in a list of one, as APPS writes them: all of them or none."""
    before: str = ""
    """Text of the task's own to run before the program, in the same names: the usual imports."""
    after: str = ""
    """Likewise to run after it; defines `entry`."""
    entry: str = ""
    """The function to call in place of `fn_name`, with the same cases; empty to call `fn_name` itself."""
    prompt: str = ""
    """The start of the program, where the task gives one that a completion may continue."""


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
    before: str = ""
    """Text of the task's own to run before the program, in the same names: the imports and helpers of its prompt."""


@dataclass(frozen=True)
class FileTests:
    """A file of unittest.TestCases, or of pytest's functions, that imports the program as a module."""

    module: str
    test_file: str


@dataclass(frozen=True)
class TypedTests:
    """Tests in another language than Python, as text that follows the program."""

    language: str
    prompt: str
    """The start of the program, or any other text."""
    text: str
    entry_point: str


@dataclass(frozen=True)
class InteractiveTests:
    """A program of the task's own that talks with the program and judges it, for each input."""

    cases: tuple[tuple[str, str], ...]
    """Inputs of the interactor, and answers that only it may read."""
    interactor: str
    """In Python or in C++ with testlib.h: `interactor input.txt output.txt answer.txt`; exit status as testlib's."""


@dataclass(frozen=True)
class PredictionTests:
    """A program and one of its calls, of which a completion predicts the output or the arguments (CRUXEval)."""

    code: str
    given: str
    """The arguments of the call, as they are written."""
    output: str
    """Its value, as a literal."""
    asks: Literal["output", "input"] = "output"
    fn_name: str = "f"


Tests = (
    PredictionTests
    | TypedTests
    | InteractiveTests
    | StdinTests
    | FunctionTests
    | ExpressionTests
    | CodeTests
    | FileTests
)


def size(tests: Tests) -> int:
    """About how many tests there are, of which each may take its time: cases, or as many as assertions."""
    if isinstance(tests, FileTests):
        return max(1, tests.test_file.count("assert"))
    if isinstance(tests, CodeTests):
        return max(1, sum(text.count("assert") for text in (tests.setup, *tests.tests)))
    return 1 if isinstance(tests, PredictionTests | TypedTests) else len(tests.cases)


def count(tests: Tests) -> int | None:
    """Number of tests; None where only running them shows it."""
    if isinstance(tests, FileTests | TypedTests):
        return None
    if isinstance(tests, PredictionTests):
        return 1
    return len(tests.tests) if isinstance(tests, CodeTests) else len(tests.cases)
