"""Writes tests of which a secret half of the assertions must fail.

    assert f(2) == 4          →  with site(0): assert f(2) == 1000007; value(0, True)      altered: it must raise
    assert f(3)               →  with site(1): assert f(3); value(1, True)                 not altered: it must not

Two complementary halves make two runs, neither of which runs the tests as they are written. An object that equals
everything, or a failure that is suppressed, is seen in one of them. A program that reads the tests is not stopped.
"""

import ast
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_EQUAL = frozenset(
    ("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual", "assertSetEqual")
)
HUGE = 1e200
"""Floats from here on are replaced by one of another size."""
_EXPECT_FAILURE = ("xfail", "expectedFailure")


@dataclass(frozen=True)
class Version:
    """The texts of one run, and the numbers of the assertions that must fail in it."""

    texts: list[str]
    must_fail: frozenset[int]


def halves(texts: Sequence[str]) -> list[Version]:
    """Two versions of tests. Assertions inside of `try` and `with raises(…)` stay as they are in both."""
    count = sum(len(_assertions(ast.parse(text))) for text in texts)
    one = frozenset(number for number in range(count) if secrets.randbelow(2))
    return [Version(_written(texts, half), half) for half in (one, frozenset(range(count)) - one)]


def _written(texts: Sequence[str], must_fail: frozenset[int]) -> list[str]:
    written, number = [], 0
    for text in texts:
        tree = ast.parse(text)
        for body, at in _assertions(tree):
            statement = _altered(body[at]) if number in must_fail else body[at]
            (site,) = ast.parse(f"with rewardkit_site({number}):\n    rewardkit_value({number}, True)").body
            assert isinstance(site, ast.With)
            site.body.insert(0, statement)
            body[at] = ast.copy_location(site, statement)
            number += 1
        written.append(ast.unparse(ast.fix_missing_locations(tree)))
    return written


def _assertions(tree: ast.AST) -> list[tuple[list[ast.stmt], int]]:
    """The places of assertions that can be altered, in a fixed order."""
    found: list[tuple[list[ast.stmt], int]] = []
    for name in ("body", "orelse", "finalbody"):
        body: list[ast.stmt] = getattr(tree, name, [])
        for at, node in enumerate(body):
            if _can_be_altered(node):
                found.append((body, at))
            elif not _hides_failures(node):
                found += _assertions(node)
    return found


def _can_be_altered(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    return _compared(node) is not None


def _compared(node: ast.stmt) -> ast.Call | None:
    """The call of `assertEqual` with a literal that a statement is, if it is one."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _EQUAL:
        return call if any(map(_is_literal, call.args[:2])) else None
    return None


def _hides_failures(node: ast.stmt) -> bool:
    """True for statements that an assertion's failure would not leave, or that expect one."""
    if isinstance(node, ast.Try):
        return True
    marks = node.decorator_list if isinstance(node, _FUNCTIONS) else []
    if isinstance(node, (ast.With, ast.AsyncWith)):
        marks = [item.context_expr for item in node.items]
        return any("aises" in ast.unparse(mark) for mark in marks)
    return any(name in ast.unparse(mark) for mark in marks for name in _EXPECT_FAILURE)


def _altered(node: ast.stmt) -> ast.stmt:
    """The statement as it must fail: with another literal, or else negated."""
    call = _compared(node)
    if call is not None:
        call.args[:2] = _with_other_literal(call.args[:2])
        return node
    assert isinstance(node, ast.Assert)
    test = node.test
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        test = test.values[-1]  # all that stands before it runs as it does unaltered
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = [test.left, *test.comparators]
        if any(map(_is_literal, sides)):
            test.left, *test.comparators = _with_other_literal(sides)
            return node
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _with_other_literal(sides: list[ast.expr]) -> list[ast.expr]:
    """The sides of a comparison, with another value in the place of the last literal."""
    at = max(at for at, side in enumerate(sides) if _is_literal(side))
    other = repr(_other(ast.literal_eval(sides[at])))
    return [ast.parse(other, mode="eval").body if place == at else side for place, side in enumerate(sides)]


def _other(value: Any) -> Any:
    """A value of the same type that is far from `value`."""
    secret = 1_000_000 + secrets.randbelow(1_000_000)
    match value:
        case bool():
            return not value
        case int():
            return value + secret
        case float() | complex():
            return secret * (1 + abs(value)) if abs(value) < HUGE else float(secret)
        case str():
            return f"{value}{secret}"
        case bytes():
            return value + str(secret).encode()
        case dict():
            return {**value, secret: secret}
        case list() | tuple() | set():
            return type(value)([*value, secret])
        case _:  # None and ...
            return secret
