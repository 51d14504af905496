"""Tests written in Python, run by a driver in a process of their own, which calls the program in another."""

from collections.abc import Iterator
from typing import Any

from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict
from rewardkit_code.runner import Runner, limit_of, read_frames
from rewardkit_code.tests_model import CodeTests, FileTests, size
from rewardkit_code.ways.form import form_of, needs_pytest
from rewardkit_sandbox import Driven, RunResult


class UncarriedTestsError(UnsupportedTestsError):
    """Tests that cannot be run with the program in another process."""


def separate(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """The tests as the driver reports them. The driver runs no code of the program's, so it is taken at its word.

    raises  UnsupportedTestsError for tests that no run could judge; UncarriedTestsError, one of them, for those that
            the driver cannot carry to another process
    """
    request = _request_of(tests) | {"stop": run.stop, "done": []}
    while True:
        result = run(Driven(program.text, request), size(tests))
        frames, _ = read_frames(result)
        slow = next((at for at, frame in enumerate(frames) if _is_cut_off(frame)), None)
        if slow is None or not run.goes_on_after(result):
            break
        yield from _outcomes(frames[: slow + 1], result)
        request["done"] += [frame[1] for frame in frames[: slow + 1] if frame[0] == "test"]
    yield from _outcomes(frames, result)


def _is_cut_off(frame: list[Any]) -> bool:
    """True for the report on a test in which the program was ended."""
    return frame[0] == "test" and str(frame[3]).startswith("ProgramGone")


def _outcomes(frames: list[list[Any]], result: RunResult) -> Iterator[TestOutcome]:
    """The outcomes that a run reported. Raises as `separate`."""
    stopped = limit_of(result) or (limit_of(result.program) if result.program else None)
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
            how = (Verdict.PASSED, "") if passed else stopped or (verdict_of(message), str(message)[:SHOWN])
            yield TestOutcome(name, *how, group_of(name))
        ended = ended or kind == "done"
    if not ended and not failed:
        # The driver was stopped, or the program was gone: tests that never ran did not pass.
        gone = next((frame[1] for frame in frames if frame[0] == "gone"), "the tests did not come to their end")
        yield TestOutcome("the tests", *(stopped or (Verdict.RUNTIME_ERROR, str(gone)[:SHOWN])))


def _request_of(tests: CodeTests | FileTests) -> dict[str, Any]:
    """The request of `guest/tests/driver.py`."""
    if isinstance(tests, FileTests):
        form = form_of(tests.test_file)
        runner = "pytest" if form == "pytest" or needs_pytest(tests.test_file) else ""
        return {"kind": "file", "module": tests.module, "test_file": tests.test_file, "form": form, "runner": runner}
    return {
        "kind": "code",
        "setup": tests.setup,
        "tests": list(tests.tests),
        "entry_point": tests.entry_point,
        "trusted": tests.trusted,
        "runner": "pytest" if needs_pytest(tests.setup, *tests.tests) else "",
    }


def group_of(name: str) -> str:
    """The class of a test, or the function that is parametrized: of `T::test_a[1]`, `test_a[1]` or `file.T.test_a`."""
    owner, _, _ = name.partition("[")
    if "::" in owner:
        return owner.rpartition("::")[0]
    return owner if owner != name else owner.split(".")[-2] if owner.count(".") >= 2 else ""


def verdict_of(message: str) -> Verdict:
    """A test that failed because the program raised is a runtime error; all that it found wrong is wrong."""
    if message.startswith(("AssertionError", "TypeError: arithmetic", "TypeError: plain data")):
        return Verdict.WRONG
    return Verdict.MEMORY if message.startswith("MemoryError") else Verdict.RUNTIME_ERROR
