"""Tests in another language than Python: values of calls from one run, what they must be from another."""

import re
from collections.abc import Iterator

from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.outcomes import TestOutcome, Verdict, shown
from rewardkit_code.programs import failure, prepare
from rewardkit_code.runner import Runner
from rewardkit_code.tests_model import TypedTests
from rewardkit_code.typed import OtherFormError, Source, expected_text, program_text

_REPORT = re.compile(r"^@rk@ (\d+) (.*)$", re.MULTILINE)
_SORTED = re.compile(r"\{([^{}]*)\}")
Reports = dict[int, list[str]]


def typed(tests: TypedTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """One run of the program with the tests' calls; what they must give comes from a run without the program."""
    run.isolation = "taken_out"
    try:
        source = program_text(program.text, tests.prompt, tests.text, tests.entry_point, tests.language)
    except OtherFormError as exc:
        raise UnsupportedTestsError(str(exc)) from exc
    expected = run.once(("expected", tests), lambda: _expected(tests, run))
    if not expected:
        raise UnsupportedTestsError("the tests report nothing that they expect")
    job = prepare(program._replace(text=source.text), run, source.files)
    if isinstance(job, TestOutcome):
        yield job
        return
    result = run(job(b""), len(expected))
    failed = failure(program, result) or (Verdict.RUNTIME_ERROR, "the program ended before this test")
    found = _reports(result.stdout, tests.language)
    for number, values in expected.items():
        name = f"assertion {number + 1}"
        got = found.get(number, [])
        if got == values:
            yield TestOutcome(name, Verdict.PASSED)
        elif len(got) < len(values):
            yield TestOutcome(name, *failed)
        else:
            differs = next((pair for pair in zip(got, values, strict=False) if pair[0] != pair[1]), ("more", "fewer"))
            yield TestOutcome(name, Verdict.WRONG, f"gave {shown(differs[0])}, expected {shown(differs[1])}")


def _expected(tests: TypedTests, run: Runner) -> Reports:
    """The values that the tests expect, as a run without the program reports them.

    raises  UnsupportedTestsError where that run fails: then the fault is the tests'
    """
    source: Source = expected_text(tests.prompt, tests.text, tests.entry_point, tests.language)
    alone = Program(tests.language, source.text)
    job = prepare(alone, run, source.files)
    if isinstance(job, TestOutcome):
        raise UnsupportedTestsError(f"expected values that do not compile apart from the program: {job.message}")
    result = run.aside(job(b""))
    failed = failure(alone, result)
    if failed:
        raise UnsupportedTestsError(f"expected values that cannot be computed apart from the program: {failed[1]}")
    return _reports(result.stdout, tests.language)


def _reports(stdout: bytes, language: str) -> Reports:
    found: Reports = {}
    for number, value in _REPORT.findall(stdout.decode(errors="replace")):
        found.setdefault(int(number), []).append(_in_order(value) if language == "rust" else value)
    return found


def _in_order(value: str) -> str:
    """A value of Rust with the entries of each map and set in order: `{:?}` gives them in any."""
    return _SORTED.sub(lambda braces: "{" + ", ".join(sorted(braces[1].split(", "))) + "}", value)
