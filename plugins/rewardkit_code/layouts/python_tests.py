"""Tests that are Python text: asserts, HumanEval's `check`, files of unittest and pytest, MBPP+'s scripts.

Where a text only compares calls with literals, it becomes calls that are compared outside of the sandbox; anything
else runs as it stands, in a process apart from the program.
"""

import ast
import doctest
import re
from collections.abc import Sequence
from typing import Any

from rewardkit_code.compare import Rules
from rewardkit_code.layouts.row import Row
from rewardkit_code.layouts.starter import ENTRY, USUAL_IMPORTS, adapter, around, signature_of
from rewardkit_code.layouts.values import GroundTruthError, UnsupportedTestsError, literal_of
from rewardkit_code.tests_model import Case, CodeTests, FileTests, FunctionTests, Tests

MODULE = "solution"
"""The module as which test files import the program, unless they name another."""
_MODULES = ("your_module", "main", "answer", "program", "your_solution", "submission", "code")

JSON_RULES = Rules(rel=1e-6, absolute=1e-6, loose=True)
"""For values that went through JSON."""

_DEFINES_TEST = re.compile(
    r"^(?:async )?def test\w*\(|^class \w*Test\w*[(:]|^class \w+\((?:unittest\.)?TestCase\)", re.MULTILINE
)
_CHECK = re.compile(r"^(?:async )?def check\(", re.MULTILINE)
_CALLS_CHECK = re.compile(r"^check\(", re.MULTILINE)
_DOCTEST = re.compile(r"\A\s*>>> ")


def some(cases: Any) -> Any:
    """The cases; GroundTruthError where there are none."""
    if not cases:
        raise GroundTruthError("tests without a single case")
    return cases


def python_tests(text: str, row: Row) -> Tests | None:
    """The tests of a Python text; None for a text that tests nothing."""
    if _DOCTEST.search(text):
        return doctests(text)
    if _CHECK.search(text) and _CALLS_CHECK.search(text) and not row.text("entry_point"):
        return CodeTests("", (text,))
    if _CHECK.search(text):
        entry_point = row.text("entry_point")
        return check_tests(text, entry_point, row.prompt) if entry_point else None
    if _DEFINES_TEST.search(text):
        return file_tests(text, row)
    if "assert" not in text:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return script_of_inputs(tree) or split_asserts(text, tree)


def doctests(text: str) -> CodeTests:
    """The examples of an interactive session: what is shown after an expression is the repr of its value."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError as exc:
        raise GroundTruthError(f"a doctest that cannot be read: {exc}") from exc
    asserts: list[str] = []
    before = ""
    for example in examples:
        source = example.source.rstrip()
        if example.exc_msg is not None:
            raise UnsupportedTestsError("a doctest that shows an error")
        if not example.want:
            before += f"{source}\n"
            continue
        printed = re.fullmatch(r"print\(((?:[^(),]|\([^()]*\))*)\)", source)
        shown = f"str({printed[1]})" if printed else f"repr({source})"
        asserts.append(f"{before}assert {shown} == {example.want.rstrip()!r}")
        before = ""
    return CodeTests("", some(tuple(asserts)))


def check_tests(check: str, entry_point: str, prompt: str) -> Tests:
    """HumanEval's `check(candidate)`, and LeetCodeDataset's, whose entry point is `Solution().name`."""
    method = entry_point.rpartition(".")[2]
    if method != entry_point:
        calls = calls_of_check(check)
        if calls is not None:
            return leetcode_tests(method, calls, prompt)
        return CodeTests(setup=f"{prompt}\n{check}", tests=(f"check({entry_point})",), before=usual_imports(method))
    before = around(prompt, entry_point)
    try:
        by_inputs = script_of_inputs(ast.parse(check))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        raise GroundTruthError(f"a check that is not Python: {type(exc).__name__}") from exc
    if by_inputs is not None:
        return FunctionTests(entry_point, by_inputs.cases, by_inputs.rules, before=before, prompt=prompt)
    return CodeTests(check, ("check(candidate)",), entry_point, trusted=before, prompt=prompt, before=before)


def file_tests(text: str, row: Row) -> FileTests:
    """A file of unittest or pytest. Where it imports no program, the names that it tests are imported for it, first."""
    for name in (MODULE, *_MODULES):
        if re.search(rf"^\s*(?:from {name} import|import {name}\b)", text, re.MULTILINE):
            return FileTests(name, text)
    wanted = row.text("entry_point") or row.text("fn_name")
    if not wanted.isidentifier():
        raise GroundTruthError(f"a file of tests that does not import {MODULE!r}, and whose row has no entry_point")
    return FileTests(MODULE, f"from {MODULE} import {wanted}\n{text}")


def usual_imports(function: str) -> str:
    """The imports that LeetCode makes before a program; the function under test is never taken from there."""
    return f"{USUAL_IMPORTS}\nglobals().pop({function!r}, None)\n"


def leetcode_tests(name: str, calls: Sequence[Case], starter: str, *, wrapped: bool = False) -> FunctionTests:
    """Calls of a function through the adapter: the one argument of each is a case of `leetcode_call.call`."""
    signature = signature_of(starter, name.rpartition(".")[2])
    return FunctionTests(
        signature.name,
        some(tuple(calls)),
        JSON_RULES,
        before=usual_imports(signature.name),
        after=adapter(signature),
        entry=ENTRY,
        prompt=starter if f"def {signature.name}" in starter else "",
        wrapped=wrapped,
    )


def calls_of_check(check: str) -> list[Case] | None:
    """The calls of a `check` that does nothing but `assert candidate(…) == literal`; None for any other."""
    try:
        (function,) = (node for node in ast.parse(check).body if getattr(node, "name", "") == "check")
        body = function.body if isinstance(function, ast.FunctionDef) else []
        return [_call(node) for node in body] or None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _call(node: ast.stmt) -> Case:
    """The case and the expected value of one assert; ValueError for anything else."""
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        raise ValueError("not an assert of a comparison")  # noqa: TRY004 - one error for all
    compare = node.test
    call = compare.left
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "candidate"):
        raise ValueError("not a call of the candidate")
    if len(compare.ops) != 1 or not isinstance(compare.ops[0], ast.Eq):
        raise ValueError("not a comparison by ==")
    expected = literal_of(compare.comparators[0])
    if (call.args and call.keywords) or not all(item.arg for item in call.keywords):
        raise ValueError("both kinds of arguments")
    if call.keywords:
        return Case([{"kwargs": {str(item.arg): literal_of(item.value) for item in call.keywords}}], expected)
    return Case([{"args": [literal_of(item) for item in call.args]}], expected)


def script_of_inputs(tree: ast.Module) -> FunctionTests | None:
    """EvalPlus's form: `inputs = […]`, `results = […]`, and a loop of `assertion(f(*inp), exp, atol)`; else None.

    evalplus, tools of MBPP+ and HumanEval+: floats within max(atol, 1e-6), all other values by `==`.
    """
    found: dict[str, ast.expr] = {}
    loop: ast.For | None = None
    body = list(tree.body)
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == "check":
            body += node.body
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        if isinstance(node, ast.For):
            loop = node if loop is None else None
    if loop is None or not {"inputs", "results"} <= found.keys() or len(loop.body) != 1:
        return None
    statement = loop.body[0]
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "assertion"):
        return None
    if len(call.args) != 3 or ast.unparse(call.args[1]) != "exp":
        return None
    under_test = call.args[0]
    if not (isinstance(under_test, ast.Call) and isinstance(under_test.func, ast.Name)):
        return None
    if ast.unparse(under_test) != f"{under_test.func.id}(*inp)":
        return None
    try:
        inputs, results = literal_of(found["inputs"]), literal_of(found["results"])
        tolerance = float(literal_of(call.args[2]))
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    if not isinstance(inputs, list) or not isinstance(results, list) or len(inputs) != len(results):
        return None
    cases = tuple(Case(list(args), expected) for args, expected in zip(inputs, results, strict=True))
    return FunctionTests(under_test.func.id, some(cases), Rules(rel=1e-7, absolute=max(tolerance, 1e-6)))


def _calls_assertion(node: ast.AST) -> bool:
    """True for `np.testing.assert_allclose(…)` and its relatives."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert_")


def split_asserts(text: str, tree: ast.Module) -> CodeTests | None:
    """Each assert on its own, what stands before the first one as the setup; a script of another kind is one test."""
    if not any(isinstance(node, ast.Assert) or _calls_assertion(node) for node in ast.walk(tree)):
        return None
    plain = [isinstance(node, ast.Assert) for node in tree.body]
    if True not in plain:
        return CodeTests("", (text,))
    first = plain.index(True)
    if not all(plain[first:]):
        return CodeTests("", (text,))
    setup = "\n".join(map(ast.unparse, tree.body[:first]))
    return CodeTests(setup, tuple(ast.unparse(node) for node in tree.body[first:]))
