"""Wrong programs close to a right one: each differs from it by one small change, as mutation testing makes them.

Operators after Offutt et al. 1996 (the sufficient set) and mutmut: comparisons, arithmetic, logic, constants, returns,
conditions, statements and calls. Pure: a program comes in as text, mutants go out as text, and nothing is run.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

MUTANTS = 30
"""Mutants of one program at most, spread over all of its places."""

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE,), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE,), ast.GtE: (ast.Gt,), ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
}  # fmt: skip
_REMOVABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Continue, ast.Break)
GONE = "\0"
"""Before a statement that was left out."""
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "len", "ceil": "floor", "floor": "ceil"}
_LEFT_OUT = {"sorted", "abs", "set", "round", "reversed", "strip", "lower", "upper", "lstrip", "rstrip"}


class Mutant(NamedTuple):
    """A wrong program, and the change that made it."""

    program: str
    line: int
    """Of the right program, counted from 1."""
    change: str
    """`a < b` became `a <= b`."""


def mutants_of(program: str, most: int = MUTANTS) -> list[Mutant]:
    """The mutants of a Python program, each with other text than the program and than each other.

    A program that does not parse has none.
    """
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    original = ast.unparse(tree)
    found: dict[str, Mutant] = {}
    for index, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(one for at, one in enumerate(ast.walk(changed)) if at == index)
            told = change(target)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text != original and text not in found:
                what = told.removeprefix(GONE) if told.startswith(GONE) else _shown(node)
                became = "was left out" if told.startswith(GONE) else f"became `{told}`"
                found[text] = Mutant(text, getattr(node, "lineno", 1), f"`{what}` {became}")
    every = list(found.values())
    step = max(1.0, len(every) / most)
    return [every[int(at * step)] for at in range(min(most, len(every)))]


Change = Callable[[ast.AST], str]
"""Changes a node in place; returns what it is now."""


def _changes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for operator in _COMPARE[type(node.ops[0])]:
            yield _setting("ops", lambda operator=operator: [operator()])  # type: ignore[misc]
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield _setting("op", _ARITHMETIC[type(node.op)])
    elif isinstance(node, ast.BoolOp):
        yield _setting("op", ast.And if isinstance(node.op, ast.Or) else ast.Or)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value + 1, node.value - 1):
            yield _setting("value", lambda value=value: value)  # type: ignore[misc]
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield _setting("value", lambda: not node.value)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _setting("test", lambda: ast.Constant(value=False))
        if not isinstance(node, ast.While):
            yield _setting("test", lambda: ast.Constant(value=True))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield _setting("value", lambda: ast.Constant(value=None))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield _setting("func", lambda: ast.Name(id=_CALLS[node.func.id], ctx=ast.Load()))  # type: ignore[attr-defined]
    for name, held in ast.iter_fields(node):
        if isinstance(held, list):
            for at, child in enumerate(held):
                if isinstance(child, ast.Assign | ast.AugAssign | ast.Expr | ast.Continue | ast.Break) and not _is_text(
                    child
                ):
                    yield _without(name, at)
                elif isinstance(child, ast.expr) and _inner(child) is not None:
                    yield _replacing(name, at)
        elif isinstance(held, ast.expr) and _inner(held) is not None:
            yield _replacing(name, None)


def _is_text(node: ast.stmt) -> bool:
    """True for a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _setting(name: str, value: Callable[[], object]) -> Change:
    def change(node: ast.AST) -> str:
        setattr(node, name, value())
        return _shown(node)

    return change


def _without(name: str, at: int) -> Change:
    """Leaves one statement out."""

    def change(node: ast.AST) -> str:
        held = getattr(node, name)
        gone = _shown(held[at])
        held[at] = ast.Pass()
        return GONE + gone

    return change


def _replacing(name: str, at: int | None) -> Change:
    """Puts the argument in the place of a call: `sorted(x)` becomes `x`."""

    def change(node: ast.AST) -> str:
        held = getattr(node, name)
        inner = _inner(held if at is None else held[at])
        if at is None:
            setattr(node, name, inner)
        else:
            held[at] = inner
        return _shown(node)

    return change


def _inner(node: ast.expr) -> ast.expr | None:
    """The value that a call in `_LEFT_OUT` works on; None for other expressions."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name) and node.func.id in _LEFT_OUT and len(node.args) >= 1:
        return node.args[0]
    return node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in _LEFT_OUT else None


def _shown(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    return text.splitlines()[0][:80] if text else type(node).__name__
