"""Interactive problems: the program talks with an interactor of the task's own, whose verdict counts."""

from collections.abc import Iterator

from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict
from rewardkit_code.programs import failure, prepare
from rewardkit_code.runner import Runner, limit_of
from rewardkit_code.tests_model import InteractiveTests
from rewardkit_code.ways.checker import compile_testlib, is_cpp, verdict_of
from rewardkit_sandbox import Image, Interactive, RunResult, Script

_FILES = ("input.txt", "output.txt", "answer.txt")
_INTERACT = """
import sys
for name, text in {texts!r}.items():
    with open(name, "w") as file:
        file.write(text)
sys.argv = ["interactor.py", "input.txt", "output.txt", "answer.txt"]
exec(compile({interactor!r}, "interactor.py", "exec"), {{"__name__": "__main__"}})
"""
FLOOD = 0.1
"""A program that used this part of the time that its interactor used up, or more, wrote without end."""


def interactive(tests: InteractiveTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """One conversation for each case."""
    job = prepare(program, run)
    if isinstance(job, TestOutcome):
        yield job
        return
    for number, (given, answer) in enumerate(tests.cases, 1):
        interactor = _interactor(tests.interactor, given, answer, run)
        result = run(Interactive(job(b""), interactor))
        if result.end == "signal" and not _survives_silence(interactor, run):
            raise UnsupportedTestsError("the task's interactor crashes, whatever the program does")
        yield TestOutcome(f"case {number}", *_verdict(program, result))


def _interactor(source: str, given: str, answer: str, run: Runner) -> Script | Image:
    """The interactor with its files, which the program cannot reach."""
    if not is_cpp(source):
        texts = {"input.txt": given, "output.txt": "", "answer.txt": answer}
        return Script(_INTERACT.format(texts=texts, interactor=source))
    image = run.once(("testlib", source), lambda: compile_testlib(source, run))
    files = {"input.txt": given.encode(), "answer.txt": answer.encode()}
    return Image(image, "c++", b"", _FILES, files)


def _survives_silence(interactor: Script | Image, run: Runner) -> bool:
    """True if the interactor does not crash where the program ends at once: then a crash was the program's doing."""
    return run.aside(Interactive(Script("pass"), interactor)).end != "signal"


def _verdict(program: Program, result: RunResult) -> tuple[Verdict, str]:
    """The verdict of a conversation. A program that broke a limit or died is judged by that, whatever followed.

    raises  UnsupportedTestsError where the interactor failed by itself
    """
    its = result.program
    assert its is not None
    own = failure(program, its) if its.end != "cancel" else None
    said = result.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
    if result.end == "exit":
        judged = verdict_of(result.code, result.stderr)
        if own:
            return own
        return (Verdict.PASSED, "") if judged == "accepted" else (Verdict.WRONG, f"the interactor: {said[0][:SHOWN]}")
    if own:
        return own
    if result.end == "signal":
        return Verdict.WRONG, "the program made its interactor crash"
    if result.end == "wall":
        return Verdict.TIME, "the program and its interactor waited for each other"
    if its.usage.cpu_s < FLOOD * result.usage.cpu_s:
        raise UnsupportedTestsError(f"the task's interactor: {(limit_of(result) or ('', result.end))[1]}")
    return Verdict.OUTPUT, "the program wrote to its interactor without end"
