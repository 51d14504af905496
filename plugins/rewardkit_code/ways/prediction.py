"""Predictions of what a program gives, or of arguments for which it gives a value: CRUXEval.

A prediction is a value, written as a literal; an expression that computes it, such as the call itself, is none. Its
text is read in a sandbox, where the task's program runs too; the values are compared here.
"""

import re
from collections.abc import Iterator
from typing import Any

from rewardkit import fenced_blocks
from rewardkit_code.compare import Rules
from rewardkit_code.extract import Program
from rewardkit_code.layouts import GroundTruthError
from rewardkit_code.layouts.values import literal
from rewardkit_code.outcomes import TestOutcome, Verdict, shown
from rewardkit_code.runner import Runner, read_frames
from rewardkit_code.tests_model import PredictionTests
from rewardkit_sandbox import Answers, Opaque

MAX_CHARS = 100_000
"""The longest text that is read as a prediction."""

_READER = """
import ast
def value(text, name):
    tree = ast.parse(text.strip().removeprefix("assert ").strip(), mode="eval").body
    if isinstance(tree, ast.Compare) and [type(op) for op in tree.ops] == [ast.Eq] and called(tree.left, name):
        tree = tree.comparators[0]
    return literal(tree)
def arguments(text, name):
    text = text.strip().removeprefix("assert ").strip()
    tree = None
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        pass
    if isinstance(tree, ast.Compare):
        tree = tree.left
    if not called(tree, name):
        tree = ast.parse(f"{name}({text}\\n)", mode="eval").body
    return [[literal(item) for item in tree.args], {item.arg: literal(item.value) for item in tree.keywords}]
def called(tree, name):
    return isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == name
def literal(tree):
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ("set", "frozenset"):
        return {"set": set, "frozenset": frozenset}[tree.func.id](*map(literal, tree.args))
    return ast.literal_eval(tree)
"""
_CALL = "\ndef rewardkit_call(case):\n    return {name}(*case[0], **case[1])\n"
_TAGGED = re.compile(r"\[ANSWER\](.*?)(?:\[/ANSWER\]|\Z)", re.DOTALL)
_RULES = Rules(nan_ok=True)


def predicted_text(answer: str) -> str:
    """The prediction in an answer: between tags, in its last fenced block, or in its last line."""
    tagged = _TAGGED.findall(answer)
    if tagged:
        answer = tagged[-1]
    blocks = list(fenced_blocks(answer))
    if blocks:
        return blocks[-1].text.strip()
    if tagged:
        return answer.strip().strip("`").strip()
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    return lines[-1].strip("`").strip() if lines else ""


def prediction(tests: PredictionTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """The one prediction of an answer, whose text stands in the place of a program."""
    name = f"the {tests.asks}"
    if len(program.text) > MAX_CHARS:
        yield TestOutcome(name, Verdict.WRONG, "a prediction that is too long")
        return
    function = "value" if tests.asks == "output" else "arguments"
    read, found = _asked(_READER, function, [program.text, tests.fn_name], run)
    if not read:
        yield TestOutcome(name, Verdict.WRONG, f"no literal: {shown(program.text)}")
        return
    expected = _expected(tests, run)
    if tests.asks == "input":
        source = tests.code + _CALL.format(name=tests.fn_name)
        ran, found = _asked(source, "rewardkit_call", [found], run)
        if not ran:
            yield TestOutcome(name, Verdict.WRONG, f"the call failed: {found}")
            return
    if _RULES.same(found, expected):
        yield TestOutcome(name, Verdict.PASSED)
    else:
        yield TestOutcome(name, Verdict.WRONG, f"gave {shown(found)}, expected {shown(expected)}")


def _expected(tests: PredictionTests, run: Runner) -> Any:
    """The output of the task: its text read as a literal, or what the task's program gives."""
    try:
        return literal(tests.output)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    source = f"{tests.code}\ndef rewardkit_call():\n    return {tests.fn_name}({tests.given})\n"
    ran, found = _asked(source, "rewardkit_call", [], run)
    if not ran or isinstance(found, Opaque):
        raise GroundTruthError("an output that is no literal, and that the task's program does not give")
    return found


def _asked(source: str, function: str, args: list[Any], run: Runner) -> tuple[bool, Any]:
    """The value of one call, or why there is none."""
    frames, missing = read_frames(run(Answers(source, [args], function)))
    if len(frames) == 2 and frames[1][0] == "ok" and len(frames[1]) == 2:
        return True, frames[1][1]
    return False, str(frames[-1][-1])[:80] if frames else missing[1]
