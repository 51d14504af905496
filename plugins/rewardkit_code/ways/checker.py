"""Checkers: programs of a task's own that judge an output."""

import json

from rewardkit_code.runner import Runner
from rewardkit_sandbox import Script

_CHECK = """
import json, sys
texts = json.loads(sys.stdin.read())
for name, text in zip(("input.txt", "answer.txt", "output.txt"), texts):
    with open(name, "w") as file:
        file.write(text)
sys.argv = ["checker.py", "input.txt", "answer.txt", "output.txt"]
exec(compile({checker!r}, "checker.py", "exec"), {{"__name__": "__main__"}})
"""


def accepted(checker: str, given: str, expected: str, output: bytes, run: Runner) -> bool:
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
