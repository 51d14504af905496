"""Tests on standard input: one run for each case, and the output compared here."""

from collections.abc import Callable, Iterator

from rewardkit_code.compare import same_text, same_tokens
from rewardkit_code.extract import Program
from rewardkit_code.outcomes import TestOutcome, Verdict, shown
from rewardkit_code.programs import failure, prepare
from rewardkit_code.runner import Runner
from rewardkit_code.tests_model import StdinTests
from rewardkit_code.ways.checker import accepted


def stdin(tests: StdinTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """One run for each case."""
    same: dict[str, Callable[[str, str], bool]] = {
        "exact": lambda found, expected: found == expected,
        "text": same_text,
        "tokens": lambda found, expected: same_tokens(
            found, expected, tests.float_tol, integers_exact=tests.integers_exact
        ),
    }
    job = prepare(program, run)
    if isinstance(job, TestOutcome):
        yield job
        return
    with run.cases(job(b""), len(tests.cases)) as run_on:
        for number, (given, expected) in enumerate(tests.cases, 1):
            name = f"case {number}"
            result = run_on(given.encode("utf-8", "surrogatepass"))
            failed = failure(program, result)
            if failed:
                yield TestOutcome(name, *failed)
            elif same[tests.compare](result.stdout.decode(errors="surrogateescape"), expected) or (
                tests.checker is not None and accepted(tests.checker, given, expected, result.stdout, run)
            ):
                yield TestOutcome(name, Verdict.PASSED)
            else:
                found = result.stdout.decode(errors="replace")
                yield TestOutcome(name, Verdict.WRONG, f"printed {shown(found)}, expected {shown(expected)}")
