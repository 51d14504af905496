"""Takes the expected values out of tests, so that these can run in the program's own process.

    assert f(2) == 4                    →  with site(0): value(0, f(2))           here: ("==", 4)
    with raises(ValueError): f(-1)      →  with site(1): f(-1)                    here: ("raises", "ValueError")
    self.assertIn("hi", log.output)     →  with site(2): value(2, log.output)     here: ("contains", "hi")

What a program can read says which values the tests look at, never what they must be; and all sites look alike, so that
it does not say where an error is expected either. The values come back as plain data and are compared in the trusted
process. Only tests of which every assertion could be taken out are judged so: one that is left could be passed by
anything, since a program can rewrite what runs beside it.
"""

import ast
import builtins
import copy
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewardkit_code.compare import Rules, close
from rewardkit_code.layouts.values import literal_of

SITE, VALUE = "rewardkit_site", "rewardkit_value"
MAX_SITES = 5000
BUILTIN_TYPES = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
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
_COMPARED = {
    **dict.fromkeys(_EQUAL, "=="),
    "assertNotEqual": "!=",
    "assertIsNot": "!=",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
}


class NotTakenOutError(Exception):
    """An assertion whose expected value cannot be taken out; the message shows it."""


@dataclass(frozen=True)
class Expected:
    """What one site must report.

    how     ==, !=, <, <=, >, >=, in, not in, contains, lacks, true, false, is a, close, raises
    """

    how: str
    value: Any = None
    rel: float = 0.0
    absolute: float = 0.0


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


def holds(expected: Expected, report: tuple[str, Any]) -> bool:
    """True if a site's report is what its test expects.

    report    ("value", plain data) or ("raised", [names of its type and of the types above it, text])
    """
    kind, found = report
    if expected.how == "raises":
        return kind == "raised" and _raised(found, *expected.value)
    return kind == "value" and _CHECKS[expected.how](found, expected)


def _raised(found: Any, name: str, pattern: str | None) -> bool:
    names, text = found
    wanted = _error(name)
    if wanted is None:
        matches = name.rpartition(".")[2] in names[:4]
    else:
        # The first builtin type decides, so that no report can name them all.
        nearest = next(filter(None, map(_error, names)), None)
        matches = nearest is not None and issubclass(nearest, wanted)
    return matches and type(text) is str and (pattern is None or re.search(pattern, text) is not None)


def _error(name: Any) -> type[BaseException] | None:
    found = getattr(builtins, name, None) if type(name) is str else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


_RULES = Rules()


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Expected], bool]:
    def check(found: Any, expected: Expected) -> bool:
        try:
            return type(found) in (int, float, str, bool, tuple, list) and bool(compare(found, expected.value))
        except TypeError:
            return False

    return check


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, (str, bytes)):
        return type(container) is type(item) and item in container  # type: ignore[operator]
    return isinstance(container, (list, tuple, set, frozenset, dict)) and any(
        _RULES.same(member, item) for member in container
    )


_CHECKS: dict[str, Callable[[Any, Expected], bool]] = {
    "==": lambda found, expected: _RULES.same(found, expected.value),
    "!=": lambda found, expected: not _RULES.same(found, expected.value),
    "<": _order(lambda a, b: a < b),
    "<=": _order(lambda a, b: a <= b),
    ">": _order(lambda a, b: a > b),
    ">=": _order(lambda a, b: a >= b),
    "in": lambda found, expected: _contains(expected.value, found),
    "not in": lambda found, expected: not _contains(expected.value, found),
    "contains": lambda found, expected: _contains(found, expected.value),
    "lacks": lambda found, expected: not _contains(found, expected.value),
    "true": lambda found, _: bool(found),
    "false": lambda found, _: not found,
    "is a": lambda found, expected: isinstance(found, expected.value),
    "close": lambda found, expected: (
        type(found) in (int, float) and close(found, expected.value, expected.rel, expected.absolute)
    ),
}


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
            return [self._site(looked_at, expected) for looked_at, expected in _of_condition(node.test)]
        call = node.value  # type: ignore[attr-defined]
        if isinstance(call, ast.Await):
            raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` awaits an assertion")
        name = call.func.attr
        if name in ("assertRaises", "assertRaisesRegex") and len(call.args) > 1:
            return [self._raising(call)]
        return [self._site(*_of_method(call, name))]

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
        name = _last_name(call.func)
        if name not in ("raises", "assertRaises", "assertRaisesRegex"):
            return None
        _no_assertion(*node.body)
        number = self._number(_of_raises(call, name))
        return [_with(number, node.body, node.items[0].optional_vars)]

    def _raising(self, call: ast.Call) -> ast.stmt:
        """`self.assertRaises(Error, function, *arguments)`."""
        name = call.func.attr  # type: ignore[attr-defined]
        own = 2 if name == "assertRaisesRegex" else 1
        expected = _of_raises(ast.Call(call.func, call.args[:own], []), name)
        called = ast.Expr(ast.Call(call.args[own], call.args[own + 1 :], call.keywords))
        return _with(self._number(expected), [called], None)


def _with(number: int, body: list[ast.stmt], target: ast.expr | None) -> ast.stmt:
    site = ast.Call(ast.Name(SITE, ast.Load()), [ast.Constant(number)], [])
    return ast.With([ast.withitem(site, target)], body)


def _of_condition(test: ast.expr) -> Iterator[tuple[ast.expr, Expected]]:
    """What an assert looks at, and what it expects of that."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _of_condition(part)
        return
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield _call_of_program(test.operand), Expected("false")
        return
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield _of_compare(test.left, test.ops[0], test.comparators[0])
        return
    name = _last_name(test.func) if isinstance(test, ast.Call) else ""
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
            value = _constant(constant)
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
    if not (isinstance(operator, (ast.Lt, ast.LtE)) and isinstance(left, ast.Call) and _last_name(left.func) == "abs"):
        return None
    inner = left.args[0] if len(left.args) == 1 else None
    if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)):
        return None
    try:
        tolerance = float(_constant(right))
    except (ValueError, TypeError):
        return None
    for looked_at, constant in ((inner.left, inner.right), (inner.right, inner.left)):
        try:
            return _looked_at(looked_at), Expected("close", float(_constant(constant)), absolute=tolerance)
        except (ValueError, TypeError):
            continue
    return None


def _of_approx(node: ast.expr) -> Expected | None:
    """`approx(1.5, rel=…, abs=…)` of a number."""
    if not (isinstance(node, ast.Call) and _last_name(node.func) == "approx" and len(node.args) == 1):
        return None
    try:
        options = {str(item.arg): float(_constant(item.value)) for item in node.keywords}
        value = float(_constant(node.args[0]))
    except (ValueError, TypeError):
        return None
    absolute = options.get("abs", 1e-12)
    rel = options.get("rel", 0.0 if "abs" in options else 1e-6)
    return Expected("close", value, rel, absolute) if options.keys() <= {"rel", "abs"} else None


def _of_isclose(call: ast.Call) -> tuple[ast.expr, Expected]:
    try:
        options = {str(item.arg): float(_constant(item.value)) for item in call.keywords}
    except (ValueError, TypeError) as exc:
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` has a tolerance that is no constant") from exc
    rel, absolute = options.get("rel_tol", 1e-9), options.get("abs_tol", 0.0)
    for looked_at, constant in ((call.args[0], call.args[1]), (call.args[1], call.args[0])):
        try:
            return _looked_at(looked_at), Expected("close", float(_constant(constant)), rel, absolute)
        except (ValueError, TypeError):
            continue
    raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects what it computes")


def _of_method(call: ast.Call, name: str) -> tuple[ast.expr, Expected]:
    """An assertion of unittest's."""
    args = call.args
    if name in ("assertTrue", "assertFalse") and args:
        ((looked_at, expected), *more) = _of_condition(args[0])
        if more or (name == "assertFalse" and expected.how != "true"):
            raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` combines conditions")
        return looked_at, Expected("false") if name == "assertFalse" else expected
    if name in ("assertIsNone", "assertIsNotNone") and args:
        return _looked_at(args[0]), Expected("==" if name == "assertIsNone" else "!=", None)
    if name in _COMPARED and len(args) >= 2:
        operators = {how: kind() for kind, how in _OPERATORS.items() if kind not in (ast.Is, ast.IsNot)}
        return _of_compare(args[0], operators[_COMPARED[name]], args[1])
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
        places = int(_constant(call.args[2] if len(call.args) > 2 else options.get("places", ast.Constant(7))))
        absolute = float(_constant(options["delta"])) if "delta" in options else 0.5 * 10.0**-places
    except (ValueError, TypeError) as exc:
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` has a tolerance that is no constant") from exc
    for looked_at, constant in ((call.args[0], call.args[1]), (call.args[1], call.args[0])):
        try:
            return _looked_at(looked_at), Expected("close", float(_constant(constant)), absolute=absolute)
        except (ValueError, TypeError):
            continue
    raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects what it computes")


def _of_raises(call: ast.Call, name: str) -> Expected:
    kinds = call.args[0] if call.args else None
    pattern = call.args[1] if name == "assertRaisesRegex" and len(call.args) > 1 else None
    for item in call.keywords:
        pattern = item.value if item.arg in ("match", "expected_regex") else pattern
    if not isinstance(kinds, (ast.Name, ast.Attribute)):
        raise NotTakenOutError(f"`{ast.unparse(call)[:80]}` expects one of several errors")
    try:
        text = None if pattern is None else _constant(pattern)
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


_CONDITIONS = frozenset(("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"))


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


def _call_of_program(node: ast.expr) -> ast.expr:
    """A call whose truth the program decides; any other condition would tell its own value."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call) or getattr(call, "own", False):
        raise NotTakenOutError(f"`{ast.unparse(node)[:80]}` is a condition of the test's own")
    return _looked_at(node)


def _constant(node: ast.expr) -> Any:
    """The value of a closed expression. Raises ValueError for any other."""
    if isinstance(node, ast.BinOp):
        left, right = _constant(node.left), _constant(node.right)
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


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _method(node: ast.AST) -> bool:
    """True for a statement that calls an assertion of unittest's or of a mock's, or makes the test fail."""
    call = node.value if isinstance(node, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    return isinstance(call, ast.Call) and _asserts(call)


def _asserts(call: ast.Call) -> bool:
    name = _last_name(call.func)
    return name.startswith("assert") or name in ("fail", "raises", "skip", "skipTest", "xfail", "warns")


def _no_assertion(*nodes: ast.AST) -> None:
    """Raises NotTakenOutError if an assertion hides in what is not rewritten."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assert) or (isinstance(inner, ast.Call) and _asserts(inner)):
                if (
                    isinstance(inner, ast.Call) and _last_name(inner.func) == "assertLogs"
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
                _constant(statement.value)
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
        elif (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _last_name(node.value.func) in _COMPARED
        ):
            for place, argument in enumerate(node.value.args[:2]):
                if isinstance(argument, ast.Name) and argument.id == name:
                    found.append((node.value.args, place))
    return found
