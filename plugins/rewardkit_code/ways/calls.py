"""Calls of a function, and expressions: one process answers all of them, and the answers are compared here."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict, shown
from rewardkit_code.runner import Runner, read_frames
from rewardkit_code.tests_model import ExpressionTests, FunctionTests
from rewardkit_sandbox import Answers, RunResult


def _answers(job: Answers, run: Runner) -> Iterator[tuple[str, list[Any] | tuple[Verdict, str]]]:
    """For each case its name and its frame, or the verdict on it. After a case that is too slow the rest runs anew."""
    done = 0
    while done < len(job.cases):
        rest = replace(job, cases=job.cases[done:])
        result = run(rest, len(rest.cases))
        found = _run_once(rest, result)
        slow = next((n for n, answer in enumerate(found) if isinstance(answer, tuple)), len(found) - 1)
        if run.goes_on_after(result):
            found = found[: slow + 1]
        for number, answer in enumerate(found, done + 1):
            yield f"case {number}", answer
        done += len(found)


def _run_once(job: Answers, result: RunResult) -> list[list[Any] | tuple[Verdict, str]]:
    """The frame of each case of a run, or the verdict on it."""
    frames, missing = read_frames(result)
    loaded = frames[0] if frames else None
    if loaded is not None and loaded[0] in ("syntax", "load"):
        verdict = Verdict.COMPILE_ERROR if loaded[0] == "syntax" else Verdict.RUNTIME_ERROR
        message = loaded[1][:SHOWN] if len(loaded) > 1 and isinstance(loaded[1], str) else ""
        missing = (Verdict.MEMORY if message.startswith("MemoryError") else verdict, message)
        frames = []
    answers = frames[1:] if loaded == ["loaded"] else []
    if len(answers) > len(job.cases):
        # Whatever wrote more than one frame for each call wrote them by itself: none is an answer.
        return [(Verdict.WRONG, "the program wrote more than one answer to a call")] * len(job.cases)
    return [*answers, *[missing] * (len(job.cases) - len(answers))]


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


def function(tests: FunctionTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """Calls of one function. Where the expected values may stand in lists of one, all of them do or none."""
    after = any(case.after is not None for case in tests.cases)
    job = Answers(program.text, [case.args for case in tests.cases], tests.entry or tests.fn_name, after=after)
    answers = list(_answers(job, run))
    plain = [_call(tests, number, name, frame, unwrap=False) for number, (name, frame) in enumerate(answers)]
    if tests.wrapped and any(test.verdict is not Verdict.PASSED for test in plain):
        bare = [_call(tests, number, name, frame, unwrap=True) for number, (name, frame) in enumerate(answers)]
        if all(test.verdict is Verdict.PASSED for test in bare):
            return iter(bare)
    return (replace(test, group=case.group) for test, case in zip(plain, tests.cases, strict=True))


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
    right = len(answer) > 1 and (
        any(tests.rules.same(answer[1], one) for one in (expected, *case.others))
        or (case.text is not None and answer[1] == case.text)
    )
    if not right:
        found = answer[1] if len(answer) > 1 else None
        return TestOutcome(name, Verdict.WRONG, f"gave {shown(found)}, expected {shown(expected)}")
    if case.after is not None and (len(answer) < 3 or not tests.rules.same(answer[2], case.after)):
        found = answer[2] if len(answer) > 2 else None
        return TestOutcome(name, Verdict.WRONG, f"left its arguments as {shown(found)}, expected {shown(case.after)}")
    return TestOutcome(name, Verdict.PASSED)


def expressions(tests: ExpressionTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """The text of each expression's value."""
    job = Answers(program.text, [expression for expression, _ in tests.cases], prelude=tests.prelude)
    for (name, answer), (_, expected) in zip(_answers(job, run), tests.cases, strict=True):
        failed = answer if isinstance(answer, tuple) else _failed(answer)
        if failed:
            yield TestOutcome(name, *failed)
        elif len(answer) > 1 and isinstance(answer[1], str) and answer[1].strip() == expected.strip():
            yield TestOutcome(name, Verdict.PASSED)
        else:
            found = answer[1] if len(answer) > 1 else None
            yield TestOutcome(name, Verdict.WRONG, f"gave {shown(found)}, expected {shown(expected)}")
