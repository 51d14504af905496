"""The forms of assertions: for each, the expression that it looks at, and what it expects of its value."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from rewardkit_code.layouts.values import literal_of
from rewardkit_code.taken_out.expected import Expected

BUILTIN_TYPES = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}


_FLIPPED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.Is: "==",
    ast.NotEq: "!=",
    ast.IsNot: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


_EQUAL = (
    *("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual", "assertSetEqual"),
    *("assertMultiLineEqual", "assertSequenceEqual", "assertIs"),
)


COMPARED = {
    **dict.fromkeys(_EQUAL, "=="),
    "assertNotEqual": "!=",
    "assertIsNot": "!=",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
}


_CONDITIONS = frozenset(("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"))


class NotTakenOutError(Exception):
    """An assertion whose expected value cannot be taken out; the message shows it."""


def of_condition(test: ast.expr) -> Iterator[tuple[ast.expr, Expected]]:
    """The subject of an assert and the value expected of it."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from of_condition(part)
        return
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield _call_of_program(test.operand), Expected("false")
        return
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield _of_compare(test.left, test.ops[0], test.comparators[0])
        return
    name = last_name(test.func) if isinstance(test, ast.Call) else ""
    if isinstance(test, ast.Call) and name == "isclose" and len(test.args) == 2:
        yield _of_isclose(test)
        return
    if isinstance(test, ast.Call) and name == "isinstance" and len(test.args) == 2:
        yield test.args[0], Expected("is a", _builtin_types(test.args[1]))
        return
    yield _call_of_program(test), Expected("true")


def _of_compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> tuple[ast.expr, Expected]:
    how = _OPERATORS[type(operator)]
    difference = _of_difference(left, operator, right)
    if difference is not None:
        return difference
    for looked_at, constant, turned in ((left, right, False), (right, left, True)):
        approx = _of_approx(constant)
        if approx is not None and how == "==":
            return _looked_at(looked_at), approx
        try:
            value = value_of(constant)
        except ValueError:
            continue
        if turned and how in ("in", "not in"):
            return _looked_at(looked_at), Expected("contains" if how == "in" else "lacks", value)
        if turned and type(operator) in _FLIPPED:
            how = _OPERATORS[_FLIPPED[type(operator)]]
        if type(value) is bool or (value is None and getattr(looked_at, "own", False)):
            _call_of_program(looked_at)
        return _looked_at(looked_at), Expected(how, value)
    raise NotTakenOutError(f"`{ast.unparse(left)[:60]} {how} {ast.unparse(right)[:60]}` expects what it computes")


def _of_difference(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> tuple[ast.expr, Expected] | None:
    """`abs(x - 1.5) < 1e-6`"""
    if not (isinstance(operator, (ast.Lt, ast.LtE)) and isinstance(left, ast.Call) and last_name(left.func) == "abs"):
        return None
    inner = left.args[0] if len(left.args) == 1 else None
    if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)):
        return None
    try:
        tolerance = float(value_of(right))
    except (ValueError, TypeError):
        return None
    for looked_at, constant in ((inner.left, inner.right), (inner.right, inner.left)):
        try:
            return _looked_at(looked_at), Expected("close", float(value_of(constant)), absolute=tolerance)
        except (ValueError, TypeError):
            continue
    return None


def _of_approx(node: ast.expr) -> Expected | None:
    """`approx(1.5, rel=…, abs=…)` of a number."""
    if not (isinstance(node, ast.Call) and last_name(node.func) == "approx" and len(node.args) == 1):
        return None
    try:
        options = {str(item.arg): float(value_of(item.value)) for item in node.keywords}
        value = float(value_of(node.args[0]))
    except (ValueError, TypeError):
        return None
    absolute = options.get("abs", 1e-12)
    rel = options.get("rel", 0.0 if "abs" in options else 1e-6)
    return Expected("close", value, rel, absolute) if options.keys() <= {"rel", "abs"} else None


def _of_isclose(call: ast.Call) -> tuple[ast.expr, Expected]:
    try:
        options = {str(item.arg): float(value_of(item.value)) for item in call.keywords}
    except (ValueError, TypeError) as exc:
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` has a tolerance that is no constant") from exc
    rel, absolute = options.get("rel_tol", 1e-9), options.get("abs_tol", 0.0)
    for looked_at, constant in ((call.args[0], call.args[1]), (call.args[1], call.args[0])):
        try:
            return _looked_at(looked_at), Expected("close", float(value_of(constant)), rel, absolute)
        except (ValueError, TypeError):
            continue
    raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects what it computes")


def of_method(call: ast.Call, name: str) -> tuple[ast.expr, Expected]:
    """An assertion of unittest's."""
    args = call.args
    if name in ("assertTrue", "assertFalse") and args:
        ((looked_at, expected), *more) = of_condition(args[0])
        if more or (name == "assertFalse" and expected.how != "true"):
            raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` combines conditions")
        return looked_at, Expected("false") if name == "assertFalse" else expected
    if name in ("assertIsNone", "assertIsNotNone") and args:
        return _looked_at(args[0]), Expected("==" if name == "assertIsNone" else "!=", None)
    if name in COMPARED and len(args) >= 2:
        operators = {how: kind() for kind, how in _OPERATORS.items() if kind not in (ast.Is, ast.IsNot)}
        return _of_compare(args[0], operators[COMPARED[name]], args[1])
    if name in ("assertIn", "assertNotIn") and len(args) >= 2:
        return _of_compare(args[0], ast.In() if name == "assertIn" else ast.NotIn(), args[1])
    if name == "assertIsInstance" and len(args) >= 2:
        return args[0], Expected("is a", _builtin_types(args[1]))
    if name == "assertAlmostEqual" and len(args) >= 2:
        return _of_almost(call)
    raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` is an assertion of no known form")


def _of_almost(call: ast.Call) -> tuple[ast.expr, Expected]:
    options = {item.arg: item.value for item in call.keywords}
    try:
        places = int(value_of(call.args[2] if len(call.args) > 2 else options.get("places", ast.Constant(7))))
        absolute = float(value_of(options["delta"])) if "delta" in options else 0.5 * 10.0**-places
    except (ValueError, TypeError) as exc:
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` has a tolerance that is no constant") from exc
    for looked_at, constant in ((call.args[0], call.args[1]), (call.args[1], call.args[0])):
        try:
            return _looked_at(looked_at), Expected("close", float(value_of(constant)), absolute=absolute)
        except (ValueError, TypeError):
            continue
    raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects what it computes")


def of_raises(call: ast.Call, name: str) -> Expected:
    kinds = call.args[0] if call.args else None
    pattern = call.args[1] if name == "assertRaisesRegex" and len(call.args) > 1 else None
    for item in call.keywords:
        pattern = item.value if item.arg in ("match", "expected_regex") else pattern
    if not isinstance(kinds, (ast.Name, ast.Attribute)):
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects one of several errors")
    try:
        text = None if pattern is None else value_of(pattern)
    except ValueError as exc:
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects a text that it computes") from exc
    return Expected("raises", (ast.unparse(kinds), text))


def _builtin_types(node: ast.expr) -> tuple[type, ...]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    names = [item.id for item in nodes if isinstance(item, ast.Name) and item.id in BUILTIN_TYPES]
    if len(names) != len(nodes):
        raise NotTakenOutError(f"{ast.unparse(node)[:80]} is no builtin type")
    return tuple(BUILTIN_TYPES[name] for name in names)


def _looked_at(node: ast.expr) -> ast.expr:
    """An expression that is not a test of its own, whose value anybody could tell: `(f(1) > 2) == True`."""
    if isinstance(node, (ast.Compare, ast.BoolOp)) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` is a condition inside an assertion")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CONDITIONS:
        raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` is a condition inside an assertion")
    return node


def _call_of_program(node: ast.expr) -> ast.expr:
    """A call whose truth the program decides; any other condition would tell its own value."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call) or getattr(call, "own", False):
        raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` is a condition of the test's own")
    return _looked_at(node)


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}


def value_of(node: ast.expr) -> Any:
    """The value of a closed expression. Raises ValueError for any other."""
    if isinstance(node, ast.BinOp):
        left, right = value_of(node.left), value_of(node.right)
        if type(left) not in (int, float) or type(right) not in (int, float):
            raise ValueError("not arithmetic of numbers")
        if isinstance(node.op, ast.Pow) and (abs(right) > 400 or abs(left) > 10**6):
            raise ValueError("a large power")
        operation = _ARITHMETIC.get(type(node.op))
        if operation is None:
            raise ValueError("not arithmetic of numbers")
        try:
            return operation(left, right)
        except ArithmeticError as exc:
            raise ValueError("arithmetic without a value") from exc
    try:
        return literal_of(node)
    except (ValueError, TypeError, SyntaxError, KeyError, AttributeError, RecursionError) as exc:
        raise ValueError("not a constant") from exc


def last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
