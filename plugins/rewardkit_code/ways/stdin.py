"""Tests on standard input: one run for each case, and the output compared here."""

from collections.abc import Iterator

from rewardkit_code.compare import lines_of, same_in_any_order, same_text, same_tokens
from rewardkit_code.extract import Program
from rewardkit_code.outcomes import TestOutcome, Verdict, shown
from rewardkit_code.programs import failure, prepare
from rewardkit_code.runner import Runner
from rewardkit_code.tests_model import StdinTests
from rewardkit_code.ways.checker import accepted


def stdin(tests: StdinTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """One run for each case."""
    job = prepare(program, run)
    if isinstance(job, TestOutcome):
        yield job
        return
    limits = {"time_limit_s": tests.time_limit_s, "memory_limit_mb": tests.memory_limit_mb}
    with run.cases(job(b""), len(tests.cases), **limits) as run_on:
        for number, (given, expected) in enumerate(tests.cases, 1):
            name, group = f"case {number}", tests.groups[number - 1] if tests.groups else ""
            result = run_on(given.encode("utf-8", "surrogatepass"))
            failed = failure(program, result)
            if failed:
                yield TestOutcome(name, *failed, group)
            elif _right(result.stdout.decode(errors="surrogateescape"), number, tests) or (
                tests.checker is not None and accepted(tests.checker, given, expected, result.stdout, run)
            ):
                yield TestOutcome(name, Verdict.PASSED, group=group)
            else:
                found = result.stdout.decode(errors="replace")
                yield TestOutcome(name, Verdict.WRONG, f"printed {shown(found)}, expected {shown(expected)}", group)


def _right(found: str, number: int, tests: StdinTests) -> bool:
    """True if the output of a case, counted from 1, is one that is expected."""
    others = tests.others[number - 1] if tests.others else ()
    return any(_same(found, expected, tests) for expected in (tests.cases[number - 1][1], *others))


def _same(found: str, expected: str, tests: StdinTests) -> bool:
    def tokens(one: str, other: str) -> bool:
        return same_tokens(one, other, tests.float_tol, integers_exact=tests.integers_exact)

    if tests.any_order:
        split = lines_of if tests.any_order == "lines" else str.split
        return same_in_any_order(split(found), split(expected), tokens if tests.compare == "tokens" else str.__eq__)
    if tests.compare == "tokens":
        return tokens(found, expected)
    return same_text(found, expected) if tests.compare == "text" else found == expected
