"""Rewrites tests: each assertion becomes a site that reports a value, and the expectation stays here."""

import ast
import builtins
import copy
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewardkit_code.taken_out.expected import Expected
from rewardkit_code.taken_out.forms import (
    COMPARED,
    NotTakenOutError,
    last_name,
    of_condition,
    of_method,
    of_raises,
    value_of,
)

SITE, VALUE = "rewardkit_site", "rewardkit_value"


MAX_SITES = 5000


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class TakenOut:
    """Tests without their expected values, and these by the number of the site."""

    texts: list[str] = field(default_factory=list)
    expected: dict[int, Expected] = field(default_factory=dict)


def take_out(texts: Sequence[str], *, is_test: Callable[[str], bool], module: str = "") -> TakenOut:
    """Takes every expected value out of tests.

    texts     Python texts whose statements, and whose functions that `is_test` names, hold the assertions
    module    the name by which the tests import the program
    raises    NotTakenOutError where one assertion is of no form that is known here
    """
    found = TakenOut()
    for text in texts:
        tree = ast.parse(text)
        _inline_constants(tree)
        _refuse_own_conditions(tree, module)
        _Rewriter(found, is_test).module(tree)
        found.texts.append(ast.unparse(ast.fix_missing_locations(tree)))
    if not found.expected:
        raise NotTakenOutError("the tests hold no assertion")
    return found


class _Rewriter:
    """Rewrites the assertions of one text."""

    def __init__(self, found: TakenOut, is_test: Callable[[str], bool]) -> None:
        self._found = found
        self._is_test = is_test

    def module(self, tree: ast.Module) -> None:
        tree.body = self._block(tree.body, straight=True)
        for node in ast.walk(tree):
            _forget_words(node)

    def _block(self, body: list[ast.stmt], *, straight: bool) -> list[ast.stmt]:
        return [made for statement in body for made in self._statement(statement, straight=straight)]

    def _statement(self, node: ast.stmt, *, straight: bool) -> list[ast.stmt]:
        if isinstance(node, ast.ClassDef):
            node.body = self._block(node.body, straight=straight)
            return [node]
        if isinstance(node, _FUNCTIONS):
            before = len(self._found.expected)
            node.body = self._block(node.body, straight=straight and self._is_test(node.name))
            if self._is_test(node.name) and len(self._found.expected) == before:
                raise NotTakenOutError(f"{node.name} asserts nothing")
            return [node]
        if isinstance(node, (ast.With, ast.AsyncWith)):
            raised = self._raises(node) if straight else None
            if raised is not None:
                return raised
            node.body = self._block(node.body, straight=straight)
            _no_assertion(*(item.context_expr for item in node.items))
            return [node]
        if isinstance(node, ast.Assert) or _method(node):
            if not straight:
                raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` may run any number of times")
            return self._assertion(node)
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, name, None), list):
                setattr(node, name, self._block(getattr(node, name), straight=False))
        for handler in getattr(node, "handlers", ()):
            handler.body = self._block(handler.body, straight=False)
        _no_assertion(node)
        return [node]

    def _assertion(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Assert):
            return [self._site(looked_at, expected) for looked_at, expected in of_condition(node.test)]
        call = node.value  # type: ignore[attr-defined]
        if isinstance(call, ast.Await):
            raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` awaits an assertion")
        name = call.func.attr
        if name in ("assertRaises", "assertRaisesRegex") and len(call.args) > 1:
            return [self._raising(call)]
        return [self._site(*of_method(call, name))]

    def _site(self, looked_at: ast.expr, expected: Expected) -> ast.stmt:
        number = self._number(expected)
        report = ast.Expr(ast.Call(ast.Name(VALUE, ast.Load()), [ast.Constant(number), looked_at], []))
        return _with(number, [report], None)

    def _number(self, expected: Expected) -> int:
        number = len(self._found.expected)
        if number >= MAX_SITES:
            raise NotTakenOutError(f"the tests hold more than {MAX_SITES} assertions")
        self._found.expected[number] = expected
        return number

    def _raises(self, node: ast.With | ast.AsyncWith) -> list[ast.stmt] | None:
        """`with raises(…)` or `with self.assertRaises(…)`; None for any other `with`."""
        if len(node.items) != 1 or not isinstance(node.items[0].context_expr, ast.Call):
            return None
        call = node.items[0].context_expr
        name = last_name(call.func)
        if name not in ("raises", "assertRaises", "assertRaisesRegex"):
            return None
        _no_assertion(*node.body)
        number = self._number(of_raises(call, name))
        return [_with(number, node.body, node.items[0].optional_vars)]

    def _raising(self, call: ast.Call) -> ast.stmt:
        """`self.assertRaises(Error, function, *arguments)`."""
        name = call.func.attr  # type: ignore[attr-defined]
        own = 2 if name == "assertRaisesRegex" else 1
        expected = of_raises(ast.Call(call.func, call.args[:own], []), name)
        called = ast.Expr(ast.Call(call.args[own], call.args[own + 1 :], call.keywords))
        return _with(self._number(expected), [called], None)


def _with(number: int, body: list[ast.stmt], target: ast.expr | None) -> ast.stmt:
    site = ast.Call(ast.Name(SITE, ast.Load()), [ast.Constant(number)], [])
    return ast.With([ast.withitem(site, target)], body)


def _refuse_own_conditions(tree: ast.Module, module: str) -> None:
    """Marks calls whose result is the test's own doing, such as `math.isnan(x)`: anybody could report it as true."""
    own = set(sys.stdlib_module_names) | set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            own |= {(item.asname or item.name).split(".")[0] for item in node.names if item.name != module}
        elif isinstance(node, ast.ImportFrom) and node.module != module:
            own |= {item.asname or item.name for item in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.own = _root(node.func) in own  # type: ignore[attr-defined]


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _method(node: ast.AST) -> bool:
    """True for a statement that calls an assertion of unittest's or of a mock's, or makes the test fail."""
    call = node.value if isinstance(node, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    return isinstance(call, ast.Call) and _asserts(call)


def _asserts(call: ast.Call) -> bool:
    name = last_name(call.func)
    return name.startswith("assert") or name in ("fail", "raises", "skip", "skipTest", "xfail", "warns")


def _no_assertion(*nodes: ast.AST) -> None:
    """Raises NotTakenOutError if an assertion hides in what is not rewritten."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assert) or (isinstance(inner, ast.Call) and _asserts(inner)):
                if (
                    isinstance(inner, ast.Call) and last_name(inner.func) == "assertLogs"
                ):  # it yields what the tests look at
                    continue
                raise NotTakenOutError(f"`{ast.unparse(inner)[:80]}` stands where it cannot be taken out")


def _forget_words(node: ast.AST) -> None:
    """Drops docstrings, which may say what is expected."""
    body = getattr(node, "body", None)
    if isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS)) and isinstance(body, list) and body:
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = body[1:] or [ast.Pass()]


def _inline_constants(tree: ast.Module) -> None:
    """Puts constants in the place of names that are bound once and only compared with."""
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS))]:
        stored = [node.id for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        for statement in list(scope.body):
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                continue
            name = statement.targets[0].id
            try:
                value_of(statement.value)
            except ValueError:
                continue
            used = [node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id == name][1:]
            compared = _compared(scope, name)
            if len(statement.targets) == 1 and stored.count(name) == 1 and used and len(used) == len(compared):
                for owner, place in compared:
                    owner[place] = copy.deepcopy(statement.value)
                scope.body.remove(statement)


def _compared(scope: ast.AST, name: str) -> list[tuple[list[Any], int]]:
    """Places where a name stands as one side of an assertion."""
    found: list[tuple[list[Any], int]] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and len(node.test.comparators) == 1:
            if isinstance(node.test.comparators[0], ast.Name) and node.test.comparators[0].id == name:
                found.append((node.test.comparators, 0))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and last_name(node.value.func) in COMPARED:
            for place, argument in enumerate(node.value.args[:2]):
                if isinstance(argument, ast.Name) and argument.id == name:
                    found.append((node.value.args, place))
    return found
