"""Runs a program against its tests in a sandbox, and compares here, where no program can reach."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from rewardkit_code.compare import same_text, same_tokens
from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.taken_out import NotTakenOutError, holds, take_out
from rewardkit_code.tests_model import (
    CodeTests,
    ExpressionTests,
    FileTests,
    FunctionTests,
    StdinTests,
    Tests,
    count,
)
from rewardkit_sandbox import (
    EX_DATAERR,
    EX_UNAVAILABLE,
    Answers,
    Compile,
    Driven,
    Image,
    Limits,
    Reporting,
    RunResult,
    Sandbox,
    SandboxUnavailableError,
    Script,
    WireError,
    decode,
    split_frames,
)

SHOWN = 200
Isolation = Literal["auto", "separate", "taken_out"]
_PYTEST = re.compile(r"\b(?:pytest|approx|raises)\b")
_PYTEST_FILE = re.compile(r"(?m)^(?:async )?def test|^class Test\w*(?:\(object\)|\(\))?:|^(?:import|from) pytest\b")


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


class UncarriedTestsError(UnsupportedTestsError):
    """Tests that cannot be run with the program in another process."""


def judge(
    tests: Tests,
    program: Program,
    sandbox: Sandbox,
    limits: Limits,
    budget_s: float,
    *,
    stop_at_failure: bool,
    isolation: Isolation = "auto",
) -> Outcome:
    """Runs the tests in order.

    limits          of one run
    budget_s        seconds for all runs together, but for those in which they wait for a processor
    isolation       how tests written in Python are kept from the program: `separate` processes, the expected values
                    `taken_out`, or `auto`: the first, and the second for what it cannot carry
    raises          SandboxBrokeError where the sandbox failed; UnsupportedTestsError for tests that cannot be run here;
                    BudgetError where `budget_s` did not suffice
    """
    run = _Runner(sandbox, limits, budget_s, stop=stop_at_failure)
    way = _KINDS[type(tests)]
    if isinstance(tests, (CodeTests, FileTests)) and isolation == "taken_out":
        way = _only_reported
    elif isinstance(tests, (CodeTests, FileTests)) and isolation == "auto":
        way = _driven_or_reported
    passed, seen = 0, 0
    first: TestOutcome | None = None
    for test in way(tests, program, run):
        seen += 1
        if test.verdict is Verdict.PASSED:
            passed += 1
        elif first is None:
            first = test
            if stop_at_failure or test.verdict is Verdict.COMPILE_ERROR:
                break
    total = max(count(tests) or 0, seen)
    if first is None and passed == total and passed > 0:
        return Outcome(Verdict.PASSED, passed, total, isolation=run.isolation)
    if first is None:
        first = TestOutcome("the tests", Verdict.RUNTIME_ERROR, "no test ran")
    failure = f"{first.name}: {first.message}" if first.message else first.name
    return Outcome(first.verdict, passed, total, failure, run.isolation)


class BudgetError(Exception):
    """The time for a sample ran out through no slow test; `kind` is that of the failed Score."""

    def __init__(self, message: str, kind: Literal["timeout", "overloaded"]) -> None:
        super().__init__(message)
        self.kind = kind


class _Runner:
    """The sandbox, with what is left of the time."""

    def __init__(self, sandbox: Sandbox, limits: Limits, budget_s: float, *, stop: bool) -> None:
        self.stop = stop
        self.isolation = "separate"
        self._sandbox = sandbox
        self._limits = limits
        self._left_s = budget_s
        self._slowest_s = 0.0

    def __call__(self, job: Any, tests: int = 1) -> RunResult:
        """Runs one job.

        tests     how many tests it runs, each of which may take the CPU time of the limits
        raises    BudgetError where the time for the sample is used up, though no test was slow
        """
        if self._left_s <= 0:
            raise self._late()
        cpu_s = max(self._limits.cpu_s, min(self._limits.cpu_s * tests, math.ceil(self._left_s)))
        wall_s = min(max(self._limits.wall_s, self._limits.wall_s * tests), self._left_s)
        result = self._sandbox.run(job, replace(self._limits, cpu_s=cpu_s, wall_s=wall_s))
        usage = result.usage
        self._left_s -= max(0.0, usage.wall_s - usage.waited_s)
        own = 1.0 - min(1.0, usage.waited_s / max(usage.wall_s, 1e-3))
        self._slowest_s = max(self._slowest_s, (usage.quiet_s if tests > 1 else usage.wall_s) * own)
        ends = {result.end, result.program.end if result.program else ""}
        if "wall" in ends and usage.wall_s - usage.waited_s < 0.8 * wall_s:
            raise BudgetError("the program waited for a processor most of the time", "overloaded")
        if ends & {"wall", "cpu"} and self._slowest_s < 0.5 * self._limits.cpu_s:
            raise self._late()
        return result

    def _late(self) -> BudgetError:
        return BudgetError("the tests take more time than the rubric's deadline leaves for a sample", "timeout")


def _stopped(result: RunResult) -> tuple[Verdict, str] | None:
    """The verdict of a run that a limit ended."""
    return {
        "cpu": (Verdict.TIME, "CPU time ran out"),
        "wall": (Verdict.TIME, "time ran out"),
        "memory": (Verdict.MEMORY, "memory ran out"),
        "processes": (Verdict.RUNTIME_ERROR, "too many processes"),
        "disk": (Verdict.RUNTIME_ERROR, "too many files, or too much in them"),
        "output": (Verdict.OUTPUT, "too much output"),
    }.get(result.end)


def _died(result: RunResult, message: str = "") -> tuple[Verdict, str]:
    """The verdict of a program that ended by itself where it should not have."""
    how = f"signal {result.code}" if result.end == "signal" else f"exit status {result.code}"
    text = message or result.stderr.decode(errors="replace").strip().splitlines()[-1:] or how
    text = text if isinstance(text, str) else text[0]
    return (Verdict.MEMORY if text.startswith("MemoryError") else Verdict.RUNTIME_ERROR), text[:SHOWN]


def _stdin(tests: StdinTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    same: dict[str, Callable[[str, str], bool]] = {
        "exact": lambda found, expected: found == expected,
        "text": same_text,
        "tokens": lambda found, expected: same_tokens(
            found, expected, tests.float_tol, integers_exact=tests.integers_exact
        ),
    }
    job = _job(program, run)
    if isinstance(job, TestOutcome):
        yield job
        return
    for number, (given, expected) in enumerate(tests.cases, 1):
        name = f"case {number}"
        result = run(job(given.encode("utf-8", "surrogatepass")))
        stopped = _stopped(result)
        if stopped:
            yield TestOutcome(name, *stopped)
            continue
        if program.language == "python" and result.code == EX_DATAERR and result.end == "exit" and not result.stdout:
            yield TestOutcome(name, Verdict.COMPILE_ERROR, _died(result)[1])
        elif program.language == "javascript" and result.code == EX_UNAVAILABLE:
            raise SandboxUnavailableError("the sandbox has no node", "install nodejs into /usr on this machine")
        elif result.end != "exit" or result.code != 0:
            yield TestOutcome(name, *_died(result))
        elif same[tests.compare](result.stdout.decode(errors="surrogateescape"), expected) or (
            tests.checker is not None and _accepted(tests.checker, given, expected, result.stdout, run)
        ):
            yield TestOutcome(name, Verdict.PASSED)
        else:
            found = result.stdout.decode(errors="replace")
            yield TestOutcome(name, Verdict.WRONG, f"printed {_shown(found)}, expected {_shown(expected)}")


_CHECK = """
import json, sys
texts = json.loads(sys.stdin.read())
for name, text in zip(("input.txt", "answer.txt", "output.txt"), texts):
    with open(name, "w") as file:
        file.write(text)
sys.argv = ["checker.py", "input.txt", "answer.txt", "output.txt"]
exec(compile({checker!r}, "checker.py", "exec"), {{"__name__": "__main__"}})
"""


def _accepted(checker: str, given: str, expected: str, output: bytes, run: _Runner) -> bool:
    """True if a task's own checker accepts an output: it prints a number of at least 1 first, and ends well.

    It runs apart from the program, which has ended. One that fails on an output does not accept it: otherwise an
    output that breaks the checker would be worth more than a wrong one.
    """
    texts = [given, expected, output.decode(errors="replace")]
    result = run(Script(_CHECK.format(checker=checker), json.dumps(texts).encode()))
    if result.end != "exit" or result.code != 0:
        return False
    words = result.stdout.split()
    try:
        return bool(words) and float(words[0]) >= 1
    except ValueError:
        return words[0].lower() in {b"ok", b"true", b"ac", b"accepted"}


def _job(program: Program, run: _Runner) -> Callable[[bytes], Script | Image] | TestOutcome:
    """The job for an input; a program that must be compiled is compiled here, once, or fails as a whole."""
    text, language = program.text, program.language
    if language == "python" or language == "javascript":  # noqa: PLR1714 - narrows the type
        return lambda stdin: Script(text, stdin, language)
    result = run(Compile(text, language))
    stopped = _stopped(result)
    if stopped:
        return TestOutcome("compiling", Verdict.COMPILE_ERROR, stopped[1])
    if result.code == EX_UNAVAILABLE:
        raise SandboxUnavailableError(
            f"the sandbox has no compiler for {language}", "install gcc and g++ into /usr on this machine"
        )
    if result.end != "exit" or result.code != 0 or not result.channel:
        words = [line for line in result.stderr.decode(errors="replace").splitlines() if "error" in line]
        return TestOutcome("compiling", Verdict.COMPILE_ERROR, (words or ["the compiler failed"])[0][:SHOWN])
    image = result.channel
    return lambda stdin: Image(image, stdin)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _frames(result: RunResult) -> tuple[list[list[Any]], tuple[Verdict, str]]:
    """The frames of an answering program, and what to say of the cases that have none."""
    texts, rest = split_frames(result.channel)
    frames: list[list[Any]] = []
    missing = _stopped(result) or (_died(result) if result.code else (Verdict.RUNTIME_ERROR, "the program ended early"))
    for text in texts:
        try:
            frame = decode(text)
        except WireError as exc:
            return frames, (Verdict.WRONG, f"the program wrote {exc}")
        if not isinstance(frame, list) or not frame or not isinstance(frame[0], str):
            return frames, (Verdict.WRONG, "the program wrote a frame of no known kind")
        frames.append(frame)
    if rest and not _stopped(result):
        missing = (Verdict.WRONG, "the program wrote bytes that are no frame")
    return frames, missing


def _answers(job: Answers, run: _Runner) -> Iterator[tuple[str, list[Any] | tuple[Verdict, str]]]:
    """For each case its name and its frame, or the verdict on it."""
    result = run(job, len(job.cases))
    frames, missing = _frames(result)
    loaded = frames[0] if frames else None
    if loaded is not None and loaded[0] in ("syntax", "load"):
        verdict = Verdict.COMPILE_ERROR if loaded[0] == "syntax" else Verdict.RUNTIME_ERROR
        message = loaded[1][:SHOWN] if len(loaded) > 1 and isinstance(loaded[1], str) else ""
        missing = (Verdict.MEMORY if message.startswith("MemoryError") else verdict, message)
        frames = []
    answers = frames[1:] if loaded == ["loaded"] else []
    excess = len(answers) > len(job.cases)
    for number in range(len(job.cases)):
        name = f"case {number + 1}"
        if excess:
            # Whatever wrote more than one frame for each call wrote them by itself: none is an answer.
            yield name, (Verdict.WRONG, "the program wrote more than one answer to a call")
        elif number >= len(answers):
            yield name, missing
        else:
            yield name, answers[number]


def _failed(frame: list[Any]) -> tuple[Verdict, str] | None:
    """The verdict on a frame that is no answer."""
    if frame[0] == "ok":
        return None
    message = frame[1][:SHOWN] if len(frame) > 1 and isinstance(frame[1], str) else ""
    if frame[0] == "error":
        return (Verdict.MEMORY if message.startswith("MemoryError") else Verdict.RUNTIME_ERROR), message
    if frame[0] == "unfit":
        return Verdict.WRONG, f"the program gave {message}"
    return Verdict.WRONG, "the program wrote a frame of no known kind"


def _function(tests: FunctionTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    after = any(case.after is not None for case in tests.cases)
    job = Answers(program.text, [case.args for case in tests.cases], tests.entry or tests.fn_name, after=after)
    answers = list(_answers(job, run))
    plain = [_call(tests, number, name, frame, unwrap=False) for number, (name, frame) in enumerate(answers)]
    if tests.wrapped and any(test.verdict is not Verdict.PASSED for test in plain):
        bare = [_call(tests, number, name, frame, unwrap=True) for number, (name, frame) in enumerate(answers)]
        if all(test.verdict is Verdict.PASSED for test in bare):
            return iter(bare)
    return iter(plain)


def _call(
    tests: FunctionTests, number: int, name: str, answer: list[Any] | tuple[Verdict, str], *, unwrap: bool
) -> TestOutcome:
    if isinstance(answer, tuple):
        return TestOutcome(name, *answer)
    failed = _failed(answer)
    if failed:
        return TestOutcome(name, *failed)
    case = tests.cases[number]
    expected = case.expected[0] if unwrap else case.expected
    if len(answer) < 2 or not (tests.rules.same(answer[1], expected) or (case.text and answer[1] == case.text)):
        found = answer[1] if len(answer) > 1 else None
        return TestOutcome(name, Verdict.WRONG, f"gave {_shown(found)}, expected {_shown(expected)}")
    if case.after is not None and (len(answer) < 3 or not tests.rules.same(answer[2], case.after)):
        found = answer[2] if len(answer) > 2 else None
        return TestOutcome(name, Verdict.WRONG, f"left its arguments as {_shown(found)}, expected {_shown(case.after)}")
    return TestOutcome(name, Verdict.PASSED)


def _expressions(tests: ExpressionTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    job = Answers(program.text, [expression for expression, _ in tests.cases], prelude=tests.prelude)
    for (name, answer), (_, expected) in zip(_answers(job, run), tests.cases, strict=True):
        failed = answer if isinstance(answer, tuple) else _failed(answer)
        if failed:
            yield TestOutcome(name, *failed)
        elif len(answer) > 1 and isinstance(answer[1], str) and answer[1].strip() == expected.strip():
            yield TestOutcome(name, Verdict.PASSED)
        else:
            found = answer[1] if len(answer) > 1 else None
            yield TestOutcome(name, Verdict.WRONG, f"gave {_shown(found)}, expected {_shown(expected)}")


def _code(tests: CodeTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    request = {
        "kind": "code",
        "setup": tests.setup,
        "tests": list(tests.tests),
        "entry_point": tests.entry_point,
        "trusted": tests.trusted,
        "runner": "pytest" if _PYTEST.search("\n".join([tests.setup, *tests.tests])) else "",
    }
    return _driven(request, program, run)


def _file(tests: FileTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    form = "pytest" if _PYTEST_FILE.search(tests.test_file) else "unittest"
    runner = "pytest" if form == "pytest" or _PYTEST.search(tests.test_file) else ""
    request = {"kind": "file", "module": tests.module, "test_file": tests.test_file, "form": form, "runner": runner}
    return _driven(request, program, run)


def _driven(request: dict[str, Any], program: Program, run: _Runner) -> Iterator[TestOutcome]:
    """The tests as the driver reports them. The driver runs no code of the program's, so it is taken at its word."""
    result = run(Driven(program.text, request | {"stop": run.stop}), _how_many(request))
    frames, _ = _frames(result)
    stopped = _stopped(result) or (_stopped(result.program) if result.program else None)
    for kind, error in (("unsupported", UnsupportedTestsError), ("uncarried", UncarriedTestsError)):
        why = next((str(frame[1]) for frame in frames if frame[0] == kind), None)
        if why is not None and result.end == "exit":
            raise error(why)
    ended = False
    failed = False
    for frame in frames:
        kind, *rest = frame
        if kind in ("syntax", "load"):
            verdict = Verdict.COMPILE_ERROR if kind == "syntax" else Verdict.RUNTIME_ERROR
            yield TestOutcome("the program", *(stopped or (verdict, str(rest[0])[:SHOWN])))
            return
        if kind == "test":
            name, passed, message = rest
            failed = failed or not passed
            if passed:
                yield TestOutcome(name, Verdict.PASSED)
            else:
                yield TestOutcome(name, *(stopped or (_verdict_of(message), message[:SHOWN])))
        ended = ended or kind == "done"
    if not ended and not failed:
        # The driver was stopped, or the program was gone: tests that never ran did not pass.
        gone = next((frame[1] for frame in frames if frame[0] == "gone"), "the tests did not come to their end")
        yield TestOutcome("the tests", *(stopped or (Verdict.RUNTIME_ERROR, str(gone)[:SHOWN])))


def _reported(tests: CodeTests | FileTests, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    """The tests in the program's process, without what they expect. Raises NotTakenOutError where that cannot be."""
    if isinstance(tests, FileTests):
        form = "pytest" if _PYTEST_FILE.search(tests.test_file) else "unittest"
        taken = take_out([tests.test_file], is_test=lambda name: name.startswith("test"), module=tests.module)
        request: dict[str, Any] = {"kind": "file", "module": tests.module, "text": taken.texts[0], "form": form}
    else:
        texts = [tests.setup] if tests.entry_point else [tests.setup, *tests.tests]
        taken = take_out(texts, is_test=lambda name: name == "check" and tests.entry_point is not None)
        form = "pytest" if _PYTEST.search("\n".join(texts)) else ""
        request = {"kind": "code", "texts": taken.texts, "candidate": tests.entry_point, "form": form}
    result = run(Reporting(program.text, request), len(taken.expected))
    frames, missing = _frames(result)
    reports: dict[int, list[tuple[str, Any]]] = {}
    failure = ""
    for frame in frames:
        match frame:
            case ["syntax" | "load" as kind, *rest]:
                verdict = Verdict.COMPILE_ERROR if kind == "syntax" else Verdict.RUNTIME_ERROR
                yield TestOutcome("the program", verdict, str(rest[0])[:SHOWN] if rest else "")
                return
            case ["value", int(site), value]:
                reports.setdefault(site, []).append(("value", value))
            case ["raised", int(site), [*names], str(text)]:
                reports.setdefault(site, []).append(("raised", (names, text)))
            case ["test", str(name), False, str(message)]:
                failure = failure or f"{name}: {message}"
    for site, expected in taken.expected.items():
        found = reports.get(site, [])
        name = f"assertion {site + 1}"
        if found and not failure and all(holds(expected, report) for report in found):
            yield TestOutcome(name, Verdict.PASSED)
        elif not found or failure:
            stopped = _stopped(result)
            yield TestOutcome(name, *(stopped or (Verdict.RUNTIME_ERROR, failure[:SHOWN] or missing[1])))
        else:
            yield TestOutcome(name, Verdict.WRONG, f"gave {_shown(found[-1][1])}")


def _how_many(request: dict[str, Any]) -> int:
    """About how many tests there are: as many as assertions."""
    texts: list[str] = [request.get("test_file", ""), request.get("setup", ""), *request.get("tests", ())]
    return max(1, sum(text.count("assert") for text in texts))


def _verdict_of(message: str) -> Verdict:
    """A test that failed because the program raised is a runtime error; all that it found wrong is wrong."""
    if message.startswith(("AssertionError", "TypeError: arithmetic", "TypeError: plain data")):
        return Verdict.WRONG
    return Verdict.MEMORY if message.startswith("MemoryError") else Verdict.RUNTIME_ERROR


def _only_reported(tests: Any, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    run.isolation = "taken_out"
    try:
        yield from _reported(tests, program, run)
    except NotTakenOutError as exc:
        raise UnsupportedTestsError(f"not all expected values can be taken out of the tests: {exc}") from exc


def _driven_or_reported(tests: Any, program: Program, run: _Runner) -> Iterator[TestOutcome]:
    """In a driver; without their expected values where the driver cannot carry what the tests do."""
    try:
        outcomes = list(_KINDS[type(tests)](tests, program, run))
    except UncarriedTestsError as exc:
        run.isolation = "taken_out"
        try:
            outcomes = list(_reported(tests, program, run))
        except NotTakenOutError as other:
            raise UnsupportedTestsError(f"{exc}; nor can their expected values be taken out: {other}") from exc
    yield from outcomes


_KINDS: dict[type, Callable[[Any, Program, _Runner], Iterator[TestOutcome]]] = {
    StdinTests: _stdin,
    FunctionTests: _function,
    ExpressionTests: _expressions,
    CodeTests: _code,
    FileTests: _file,
}
