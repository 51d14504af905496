"""Checkers: programs of a task's own that judge an output, in Python or in C++ with testlib.h.

They run apart from the program, which has ended, on three files: input, output and answer.
"""

import json
from importlib import resources
from typing import Literal

from rewardkit_code.extract import Program
from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.outcomes import TestOutcome
from rewardkit_code.programs import prepare
from rewardkit_code.runner import Runner
from rewardkit_sandbox import Image, Script

LIMITS = {"cpu_s": 20, "memory_bytes": 1024 * 1024 * 1024}
"""Limits of a checker or an interactor; they are the task's, not the program's."""
_CHECK = """
import json, sys
texts = json.loads(sys.stdin.read())
for name, text in zip(("input.txt", "answer.txt", "output.txt"), texts):
    with open(name, "w") as file:
        file.write(text)
sys.argv = ["checker.py", "input.txt", "answer.txt", "output.txt"]
exec(compile({checker!r}, "checker.py", "exec"), {{"__name__": "__main__"}})
"""
OK, FAIL, POINTS, PARTIAL = 0, 3, 7, 50
"""Exit statuses of testlib that do not say that an output is wrong."""
Judged = Literal["accepted", "rejected", "broken"]


def is_cpp(checker: str) -> bool:
    """True for a checker in C++; any other is Python."""
    return "#include" in checker


def accepted(checker: str, given: str, expected: str, output: bytes, run: Runner) -> bool:
    """True if a task's own checker accepts an output.

    A checker that breaks on an output does not accept it, since an output that breaks the checker must not be worth
    more than a wrong one; unless it breaks on the expected output too.

    raises  UnsupportedTestsError for a checker that fails by itself
    """
    ask = _by_testlib if is_cpp(checker) else _by_python
    found = ask(checker, given, expected, output, run)
    if found == "broken" and ask(checker, given, expected, expected.encode("utf-8", "surrogatepass"), run) == "broken":
        raise UnsupportedTestsError("the task's checker breaks, on the expected output too")
    return found == "accepted"


def _by_python(checker: str, given: str, expected: str, output: bytes, run: Runner) -> Judged:
    """Python: it prints a number of at least 1 first, or a word such as `ok`."""
    texts = [given, expected, output.decode(errors="replace")]
    result = run.aside(Script(_CHECK.format(checker=checker), json.dumps(texts).encode()), **LIMITS)
    if result.end != "exit" or result.code != 0:
        return "broken"
    words = result.stdout.split()
    try:
        return "accepted" if words and float(words[0]) >= 1 else "rejected"
    except ValueError:
        return "accepted" if words[0].lower() in {b"ok", b"true", b"ac", b"accepted"} else "rejected"


def _by_testlib(checker: str, given: str, expected: str, output: bytes, run: Runner) -> Judged:
    """C++: its exit status is testlib's."""
    image = run.once(("testlib", checker), lambda: compile_testlib(checker, run))
    texts = {"input.txt": given.encode(), "output.txt": output, "answer.txt": expected.encode("utf-8", "surrogatepass")}
    result = run.aside(Image(image, "c++", b"", tuple(texts), texts), **LIMITS)
    if result.end != "exit":
        return "broken"
    return verdict_of(result.code, result.stderr)


def verdict_of(code: int, stderr: bytes) -> Judged:
    """The verdict behind an exit status of testlib: points are a share, and only all of them are right.

    raises  UnsupportedTestsError for a checker that reports its own failure, and for points of an unknown scale
    """
    said = stderr.decode(errors="replace").strip()[:200]
    if code == FAIL:
        raise UnsupportedTestsError(f"the task's checker fails: {said}")
    if code != POINTS:
        return "accepted" if code == OK else "rejected"
    try:
        points = float(said.split()[1])
    except (IndexError, ValueError):
        points = 2.0
    if points > 1:
        raise UnsupportedTestsError(f"the task's checker gives points on an unknown scale: {said}")
    return "accepted" if points == 1 else "rejected"


def compile_testlib(source: str, run: Runner) -> bytes:
    """A checker or an interactor, compiled. Raises UnsupportedTestsError where it does not compile here."""
    header = resources.files("rewardkit_code").joinpath("interfaces", "testlib.h").read_text("utf-8")
    job = prepare(Program("c++", source, "gnu++17"), run, {"testlib.h": header})
    if isinstance(job, TestOutcome):
        raise UnsupportedTestsError(f"the task's checker does not compile: {job.message}")
    made = job(b"")
    assert isinstance(made, Image)
    return made.image
