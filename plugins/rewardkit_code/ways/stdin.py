"""Tests on standard input: one run for each case, and the output compared here."""

from collections.abc import Callable, Iterator

from rewardkit_code.compare import same_text, same_tokens
from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict, shown
from rewardkit_code.runner import Runner, end_of, limit_of
from rewardkit_code.tests_model import StdinTests
from rewardkit_code.ways.checker import accepted
from rewardkit_sandbox import EX_DATAERR, EX_UNAVAILABLE, Compile, Image, SandboxUnavailableError, Script


def stdin(tests: StdinTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """One run for each case."""
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
        stopped = limit_of(result)
        if stopped:
            yield TestOutcome(name, *stopped)
            continue
        if program.language == "python" and result.code == EX_DATAERR and result.end == "exit" and not result.stdout:
            yield TestOutcome(name, Verdict.COMPILE_ERROR, end_of(result)[1])
        elif program.language == "javascript" and result.code == EX_UNAVAILABLE:
            raise SandboxUnavailableError("the sandbox has no node", "install nodejs into /usr on this machine")
        elif result.end != "exit" or result.code != 0:
            yield TestOutcome(name, *end_of(result))
        elif same[tests.compare](result.stdout.decode(errors="surrogateescape"), expected) or (
            tests.checker is not None and accepted(tests.checker, given, expected, result.stdout, run)
        ):
            yield TestOutcome(name, Verdict.PASSED)
        else:
            found = result.stdout.decode(errors="replace")
            yield TestOutcome(name, Verdict.WRONG, f"printed {shown(found)}, expected {shown(expected)}")


def _job(program: Program, run: Runner) -> Callable[[bytes], Script | Image] | TestOutcome:
    """The job for an input; a program that must be compiled is compiled here, once, or fails as a whole."""
    text, language = program.text, program.language
    if language == "python" or language == "javascript":  # noqa: PLR1714 - narrows the type
        return lambda stdin: Script(text, stdin, language)
    result = run(Compile(text, language))
    stopped = limit_of(result)
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
