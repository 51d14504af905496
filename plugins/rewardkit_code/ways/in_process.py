"""Tests written in Python, run in the program's own process: a program that reads its tests can pass.

For tests that neither two processes can carry nor give up their expected values, and only where a rubric asks for it.
Two runs, in each of which another half of the assertions must fail, stop programs that make tests pass without knowing
them: objects that equal everything, failures that are suppressed. The sandbox holds as ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rewardkit_code.altered import Version, halves
from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict
from rewardkit_code.runner import Runner, limit_of, read_frames
from rewardkit_code.tests_model import CodeTests, FileTests, size
from rewardkit_code.ways.form import form_of, needs_pytest
from rewardkit_code.ways.separate import group_of, verdict_of
from rewardkit_sandbox import Reporting

SETUP = "test 0"
"""The name under which the text that comes before all tests reports."""


@dataclass
class _Test:
    """One test in one run."""

    passed: bool
    message: str = ""


def in_process(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """The tests as they report themselves. One has passed if each of its assertions held and failed as it must."""
    run.isolation = "in_process"
    request: dict[str, Any]
    if isinstance(tests, FileTests):
        texts = [tests.test_file]
        request = {"kind": "file", "module": tests.module, "form": form_of(tests.test_file)}
    else:
        texts = [tests.setup] if tests.entry_point else [tests.setup, *tests.tests]
        request = {"kind": "code", "candidate": tests.entry_point, "form": "pytest" if needs_pytest(*texts) else ""}
    versions = halves(texts)
    runs: list[dict[str, _Test]] = []
    for version in versions:
        result = run(Reporting(program.text, request | {"text": version.texts[0], "texts": version.texts}), size(tests))
        frames, missing = read_frames(result)
        ended = _ended_early(frames, limit_of(result) or missing, versions)
        if ended is not None:
            yield ended
            return
        runs.append(_by_test(frames, version.must_fail))
    for name in {**runs[0], **runs[1]}:
        if name == SETUP and all(ran[name].passed for ran in runs):
            continue
        found = [ran.get(name, _Test(passed=False, message="it ran once of two times")) for ran in runs]
        failed = next((test for test in found if not test.passed), None)
        verdict = Verdict.PASSED if failed is None else verdict_of(failed.message)
        yield TestOutcome(name, verdict, failed.message[:SHOWN] if failed else "", group_of(name))


def _ended_early(frames: list[list[Any]], missing: tuple[Verdict, str], versions: list[Version]) -> TestOutcome | None:
    """The outcome of a run that did not come to the end of the tests."""
    for frame in frames:
        match frame:
            case ["syntax" | "load" as kind, str(message)]:
                verdict = Verdict.COMPILE_ERROR if kind == "syntax" else Verdict.RUNTIME_ERROR
                return TestOutcome("the program", verdict, message[:SHOWN])
    if not frames or frames[-1] != ["done"]:
        return TestOutcome("the tests", *missing)
    if any(version.must_fail for version in versions) and not any(frame[0] in ("value", "raised") for frame in frames):
        return TestOutcome("the tests", Verdict.RUNTIME_ERROR, "no assertion of the tests was reached")
    return None


def _by_test(frames: list[list[Any]], must_fail: frozenset[int]) -> dict[str, _Test]:
    """The tests that reported, by name; their assertions report before them."""
    found: dict[str, _Test] = {}
    sites: dict[int, set[str]] = {}
    for frame in frames:
        match frame:
            case ["value", int(site), _]:
                sites.setdefault(site, set()).add("held")
            case ["raised", int(site), [*names], _]:
                sites.setdefault(site, set()).add("AssertionError" if "AssertionError" in names else str(names[:1]))
            case ["test", str(name), bool(passed), str(message)]:
                wrong = [at for at, ends in sites.items() if ends != {"AssertionError" if at in must_fail else "held"}]
                if passed and wrong:
                    passed, message = False, f"AssertionError: assertion {min(wrong) + 1} of the tests"
                found[name] = _Test(passed and found.get(name, _Test(passed=True)).passed, message)
                sites = {}
    return found
