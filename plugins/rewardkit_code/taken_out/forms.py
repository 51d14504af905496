"""The forms of assertions: for each, the expression that it looks at, and what it expects of its value."""

import ast
from typing import Any

from rewardkit_code.taken_out.closed import Closed, Names
from rewardkit_code.taken_out.expected import Expected

BUILTIN_TYPES = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "in": "contains", "not in": "lacks"}
_NEGATED = {
    "==": "!=",
    "<": ">=",
    ">": "<=",
    "in": "not in",
    "contains": "lacks",
    "true": "false",
    "is a": "is no",
    "close": "far",
    "matches": "lacks match",
}
_NEGATED |= {negated: how for how, negated in _NEGATED.items()}
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
    *("assertMultiLineEqual", "assertSequenceEqual", "assertIs", "assert_array_equal", "assert_equal"),
)
COMPARED = {
    **dict.fromkeys(_EQUAL, "=="),
    "assertNotEqual": "!=",
    "assertIsNot": "!=",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertCountEqual": "same items",
}
"""Assertions that compare two values."""

_CONDITIONS = frozenset(("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"))
_SINGLETONS = (bool, int, str, type(None), type(...))

Site = tuple[ast.expr, Expected]
"""An expression that an assertion looks at, and what it expects of its value."""


class NotTakenOutError(Exception):
    """An assertion whose expected value cannot be taken out; the message shows it."""


def of_condition(test: ast.expr, names: Names) -> list[Site]:
    """The subjects of an assert and the values expected of them."""
    if isinstance(test, ast.Constant) and test.value:
        return []  # `assert True` says nothing
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [site for part in test.values for site in of_condition(part, names)]
    if isinstance(test, ast.BoolOp):
        return [_one_of([_single(part, names) for part in test.values], test)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return [_negated(_single(test.operand, names), test)]
    if isinstance(test, ast.Compare):
        return [_of_chain(test, names)]
    if isinstance(test, ast.Call):
        called = last_name(test.func)
        if called in ("isclose", "allclose", "array_equal") and len(test.args) == 2:
            return [_of_tolerance(test, names, called)]
        if called == "isinstance" and len(test.args) == 2:
            return [(test.args[0], Expected("is a", _builtin_types(test.args[1])))]
        if called == "all" and isinstance(test.args[0], ast.Compare):
            return of_condition(test.args[0], names)  # of arrays
        if called == "all" and isinstance(test.func, ast.Attribute) and isinstance(test.func.value, ast.Compare):
            return of_condition(test.func.value, names)
    return [(_call_of_program(test), Expected("true"))]


def _single(test: ast.expr, names: Names) -> Site:
    sites = of_condition(test, names)
    if len(sites) != 1:
        raise NotTakenOutError(f"`{shown(test)}` combines conditions")
    return sites[0]


def _one_of(sites: list[Site], test: ast.expr) -> Site:
    """`f(1) == 2 or f(1) == 3`"""
    if len({ast.unparse(looked_at) for looked_at, _ in sites}) > 1:
        raise NotTakenOutError(f"`{shown(test)}` combines conditions")
    return sites[0][0], Expected("any", tuple(expected for _, expected in sites))


def _negated(site: Site, test: ast.expr) -> Site:
    looked_at, expected = site
    how = _NEGATED.get(expected.how)
    if how is None:
        raise NotTakenOutError(f"`{shown(test)}` combines conditions")
    return looked_at, Expected(how, expected.value, expected.rel, expected.absolute)


def _of_chain(test: ast.Compare, names: Names) -> Site:
    """`f(1) == 2`, and `0 < f(1) < 3`."""
    if len(test.ops) == 1:
        return _of_compare(test.left, test.ops[0], test.comparators[0], names)
    if len(test.ops) > 2:
        raise NotTakenOutError(f"`{shown(test)}` compares more than three values")
    middle = test.comparators[0]
    low = _of_compare(test.left, test.ops[0], middle, names)
    high = _of_compare(middle, test.ops[1], test.comparators[1], names)
    if not low[0] is high[0] is middle:
        raise NotTakenOutError(f"`{shown(test)}` expects what it computes")
    return middle, Expected("all", (low[1], high[1]))


def _of_compare(left: ast.expr, operator: ast.cmpop, right: ast.expr, names: Names) -> Site:
    difference = _of_difference(left, operator, right, names)
    if difference is not None:
        return difference
    looked_at, expected = compared(left, _OPERATORS[type(operator)], right, names)
    if isinstance(operator, ast.Is | ast.IsNot) and not isinstance(expected.value, _SINGLETONS):
        raise NotTakenOutError(f"`{shown(left)} is {shown(right)}` is about identity")
    return looked_at, expected


def compared(left: ast.expr, how: str, right: ast.expr, names: Names) -> Site:
    """The side of a comparison that the program decides, and what the other side says of it."""
    for looked_at, constant, turned in _sides(left, right, names):
        if how == "==":
            kind = _of_type(looked_at, constant)
            approx = _of_approx(constant, names)
            if kind or approx:
                return kind or (_looked_at(looked_at), approx)  # type: ignore[return-value]
        try:
            value = names.value(constant)
        except ValueError:
            continue
        if type(value) is bool or (value is None and getattr(looked_at, "own", False)):
            _call_of_program(looked_at)
        return _looked_at(looked_at), Expected(_FLIPPED.get(how, how) if turned else how, value)
    raise NotTakenOutError(f"`{shown(left)} {how} {shown(right)}` expects what it computes")


def _sides(left: ast.expr, right: ast.expr, names: Names) -> list[tuple[ast.expr, ast.expr, bool]]:
    """Both ways to read a comparison. A literal is what is expected; a name beside it may hold what a call changed."""
    ways = [(left, right, False), (right, left, True)]
    if isinstance(right, ast.Name | ast.Attribute) and not isinstance(left, ast.Name):
        ways.reverse()
        if not _is_closed(left, names):
            ways.reverse()
    if isinstance(left, ast.Name) and isinstance(right, ast.Name) and {left.id, right.id} <= names.constants.keys():
        # Both are constants by their text: what was passed to a call is looked at.
        if (left.id in names.passed) == (right.id in names.passed):
            return []
        return [(left, right, False) if left.id in names.passed else (right, left, True)]
    return ways


def _is_closed(node: ast.expr, names: Names) -> bool:
    return names.resolved(node) is not None


def _of_type(looked_at: ast.expr, constant: ast.expr) -> Site | None:
    """`type(x) == ValueError`: the names of the types of x come back."""
    called = looked_at.func if isinstance(looked_at, ast.Call) else None
    if not (isinstance(called, ast.Name) and called.id == "type" and isinstance(constant, ast.Name)):
        return None
    lineage = f"[base.__name__ for base in {ast.unparse(looked_at)}.__mro__]"
    return ast.parse(lineage, mode="eval").body, Expected("first", constant.id)


def _of_difference(left: ast.expr, operator: ast.cmpop, right: ast.expr, names: Names) -> Site | None:
    """`abs(x - 1.5) < 1e-6`"""
    if not isinstance(operator, ast.Lt | ast.LtE) or not isinstance(left, ast.Call):
        return None
    inner = left.args[0] if last_name(left.func) in ("abs", "fabs") and len(left.args) == 1 else None
    if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)):
        return None
    try:
        tolerance = names.number(right)
    except ValueError:
        return None
    for looked_at, constant in ((inner.left, inner.right), (inner.right, inner.left)):
        try:
            return _looked_at(looked_at), Expected("close", names.value(constant), absolute=tolerance)
        except ValueError:
            continue
    return None


def _of_approx(node: ast.expr, names: Names) -> Expected | None:
    """`approx(1.5, rel=…, abs=…)` of a number or of a container of numbers."""
    if not (isinstance(node, ast.Call) and last_name(node.func) == "approx" and node.args):
        return None
    try:
        options = {str(item.arg): names.number(item.value) for item in node.keywords}
        options |= {name: names.number(item) for name, item in zip(("rel", "abs"), node.args[1:], strict=False)}
        value = names.value(node.args[0])
    except ValueError:
        return None
    absolute = options.get("abs", 1e-12)
    rel = options.get("rel", 0.0 if "abs" in options else 1e-6)
    return Expected("close", value, rel, absolute) if options.keys() <= {"rel", "abs"} else None


def _of_tolerance(call: ast.Call, names: Names, called: str) -> Site:
    """`math.isclose`, numpy's `isclose`, `allclose` and `array_equal`, `assert_allclose` and its relatives."""
    if called in ("array_equal", "assert_array_equal"):
        return compared(call.args[0], "==", call.args[1], names)
    of_numpy = called != "isclose" or root_of(call.func) in ("np", "numpy")
    try:
        options = {str(item.arg): names.number(item.value) for item in call.keywords if item.arg != "err_msg"}
        more = [names.number(item) for item in call.args[2:]]
    except ValueError as exc:
        raise NotTakenOutError(f"`{shown(call)}` has a tolerance that is no constant") from exc
    if called in ("assert_array_almost_equal", "assert_almost_equal"):
        rel, absolute = (
            0.0,
            1.5 * 10.0 ** -(more[0] if more else options.get("decimal", 7 if "array" not in called else 6)),
        )
    elif called == "assert_allclose":
        rel, absolute = more[0] if more else options.get("rtol", 1e-7), options.get("atol", 0.0)
    elif of_numpy:
        rel, absolute = more[0] if more else options.get("rtol", 1e-5), options.get("atol", 1e-8)
    else:
        rel, absolute = options.get("rel_tol", 1e-9), options.get("abs_tol", 0.0)
    looked_at, expected = compared(call.args[0], "==", call.args[1], names)
    return looked_at, Expected("close", expected.value, rel, absolute)


_NUMPY = frozenset(("assert_allclose", "assert_array_equal", "assert_array_almost_equal", "assert_almost_equal"))


def of_method(call: ast.Call, name: str, names: Names) -> list[Site]:
    """An assertion of unittest's or of numpy.testing's."""
    args = call.args
    if name == "assertTrue" and args:
        return of_condition(args[0], names)
    if name == "assertFalse" and args:
        return [_negated(_single(args[0], names), call)]
    if name in ("assertIsNone", "assertIsNotNone") and args:
        return [(_looked_at(args[0]), Expected("==" if name == "assertIsNone" else "!=", None))]
    if name in _NUMPY and len(args) >= 2:
        return [_of_tolerance(call, names, name)]
    if name in COMPARED and len(args) >= 2:
        site = compared(args[0], COMPARED[name], args[1], names)
        if name in ("assertIs", "assertIsNot") and not isinstance(site[1].value, _SINGLETONS):
            raise NotTakenOutError(f"`{shown(call)}` is about identity")
        return [site]
    if name in ("assertIsInstance", "assertNotIsInstance") and len(args) >= 2:
        how = "is a" if name == "assertIsInstance" else "is no"
        return [(args[0], Expected(how, _builtin_types(args[1])))]
    if name in ("assertAlmostEqual", "assertAlmostEquals", "assertNotAlmostEqual") and len(args) >= 2:
        site = _of_almost(call, names)
        return [_negated(site, call) if "Not" in name else site]
    if name in ("assertRegex", "assertNotRegex") and len(args) >= 2:
        how = "matches" if name == "assertRegex" else "lacks match"
        return [(_looked_at(args[0]), Expected(how, _text(args[1], call, names)))]
    raise NotTakenOutError(f"`{shown(call)}` is an assertion of no known form")


def _of_almost(call: ast.Call, names: Names) -> Site:
    options = {item.arg: item.value for item in call.keywords}
    try:
        places = int(names.number(call.args[2] if len(call.args) > 2 else options.get("places", ast.Constant(7))))
        absolute = names.number(options["delta"]) if "delta" in options else 0.5 * 10.0**-places
    except ValueError as exc:
        raise NotTakenOutError(f"`{shown(call)}` has a tolerance that is no constant") from exc
    looked_at, expected = compared(call.args[0], "==", call.args[1], names)
    return looked_at, Expected("close", expected.value, absolute=absolute)


def of_raises(call: ast.Call, name: str, names: Names) -> Expected:
    """The error that a `with` or a call expects: the names of its types, and a pattern for its text."""
    kinds = call.args[0] if call.args else None
    pattern = call.args[1] if name == "assertRaisesRegex" and len(call.args) > 1 else None
    for item in call.keywords:
        pattern = item.value if item.arg in ("match", "expected_regex") else pattern
        kinds = item.value if item.arg in ("expected_exception", "exception") else kinds
    return raised(kinds, None if pattern is None else _text(pattern, call, names), call)


def raised(kinds: ast.expr | None, pattern: Any, shown_as: ast.AST) -> Expected:
    """An expected error of one of some types."""
    several = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
    if not several or not all(isinstance(kind, ast.Name | ast.Attribute) for kind in several):
        raise NotTakenOutError(f"`{shown(shown_as)}` expects an error that it computes")
    return Expected("raises", (tuple(ast.unparse(kind) for kind in several if kind), pattern))


def _text(node: ast.expr, call: ast.Call, names: Names) -> str | Closed:
    try:
        value = names.value(node)
    except ValueError as exc:
        raise NotTakenOutError(f"`{shown(call)}` expects a text that it computes") from exc
    if not isinstance(value, str | Closed):
        raise NotTakenOutError(f"`{shown(call)}` expects no text")
    return value


def _builtin_types(node: ast.expr) -> tuple[type, ...]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    found = [item.id for item in nodes if isinstance(item, ast.Name) and item.id in BUILTIN_TYPES]
    if len(found) != len(nodes):
        raise NotTakenOutError(f"{shown(node)} is no builtin type")
    return tuple(BUILTIN_TYPES[name] for name in found)


def _looked_at(node: ast.expr) -> ast.expr:
    """An expression that is not a test of its own, whose value anybody could tell: `(f(1) > 2) == True`."""
    if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        raise NotTakenOutError(f"`{shown(node)}` is a condition inside an assertion")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CONDITIONS:
        raise NotTakenOutError(f"`{shown(node)}` is a condition inside an assertion")
    return node


def _call_of_program(node: ast.expr) -> ast.expr:
    """A call whose truth the program decides; any other condition would tell its own value."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call) or getattr(call, "own", False):
        raise NotTakenOutError(f"`{shown(node)}` is a condition of the test's own")
    return _looked_at(node)


def shown(node: ast.AST) -> str:
    """The start of the text of a node, for a message."""
    return ast.unparse(node)[:80]


def last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
