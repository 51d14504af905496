"""Closed expressions of tests: those whose value no program can change, such as `sorted([3, 1])` or a name bound to it.

A literal is read here. Any other is kept as text, to be evaluated in a sandbox in which no program runs.
"""

import ast
import builtins
import copy
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rewardkit_code.layouts.values import literal_of

MAX_ELEMENTS = 5000

_MODULES = frozenset(
    """
    math cmath decimal fractions datetime collections itertools functools operator string textwrap json re statistics
    copy heapq bisect calendar base64 hashlib unicodedata numpy pandas
    """.split()  # noqa: SIM905 - quoted names would read worse
)
"""Modules whose functions depend on their arguments alone."""

_IMPURE = frozenset("now today utcnow random seed shuffle".split())  # noqa: SIM905 - as above

_BUILTINS = frozenset(
    """
    abs all any ascii bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset hex int
    len list map max min oct ord pow range repr reversed round set slice sorted str sum tuple zip
    """.split()  # noqa: SIM905 - as above
)
"""Functions that an expected value may be computed with."""


@dataclass(frozen=True)
class Closed:
    """The text of a closed expression, and of the imports that it needs."""

    text: str
    imports: tuple[str, ...] = ()


class Names:
    """The meaning of the names in the tests at one point of their text.

    imports    the statement for each name that the tests import from a module of `_MODULES`
    constants  the closed expression for each name that is bound to one
    """

    def __init__(self, imports: Mapping[str, str], constants: Mapping[str, ast.expr]) -> None:
        self.imports = imports
        self.constants = dict(constants)
        self.used: set[str] = set()
        """Names whose constants are what is expected, or hold it."""
        self.parts: set[str] = set()
        """Names from whose constants an expectation is computed."""
        self.passed: set[str] = set()
        """Names that were passed to the program, which may have changed their values."""

    def inside(self, *bound: str) -> "Names":
        """The names of a scope within, in which some are bound anew."""
        return Names(self.imports, {name: node for name, node in self.constants.items() if name not in bound})

    def resolved(self, node: ast.expr) -> ast.expr | None:
        """A closed expression without names of constants; None for one that is not closed."""
        reader = _Resolver(self)
        made = reader.visit(copy.deepcopy(node))
        return made if reader.closed else None

    def value(self, node: ast.expr) -> Any:
        """The value of a literal, or `Closed`. Raises ValueError for an expression that is not closed."""
        made = self.resolved(node)
        if made is None:
            raise ValueError("not closed")
        found = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} & self.constants.keys()
        (self.used if isinstance(node, ast.Name) else self.parts).update(found)
        try:
            return literal_of(made)
        except (ValueError, TypeError, SyntaxError, KeyError, AttributeError, RecursionError):
            names = {item.id for item in ast.walk(made) if isinstance(item, ast.Name)}
            return Closed(ast.unparse(made), tuple(self.imports[name] for name in sorted(names & self.imports.keys())))

    def number(self, node: ast.expr) -> float:
        """The value of a literal number, or of arithmetic with such. Raises ValueError for any other expression."""
        value = self.value(node)
        if isinstance(value, Closed):
            value = _arithmetic(ast.parse(value.text, mode="eval").body)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("not a number")  # noqa: TRY004 - one error for all that is not closed
        return float(value)

    def elements(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements of what a loop goes over, where its text shows them; None where it does not."""
        if isinstance(node, ast.Name) and node.id in self.constants:
            self.used.add(node.id)
            return self.elements(self.constants[node.id])
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return None if any(isinstance(item, ast.Starred) for item in node.elts) else list(node.elts)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [ast.Constant(letter) for letter in node.value]
        if isinstance(node, ast.Dict):
            return None if None in node.keys else [key for key in node.keys if key is not None]
        return self._elements_of_call(node) if isinstance(node, ast.Call) and not node.keywords else None

    def _elements_of_call(self, call: ast.Call) -> list[ast.expr] | None:
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in ("items", "values") and not call.args:
            table = self.resolved(function.value)
            if not isinstance(table, ast.Dict) or None in table.keys:
                return None
            self.used |= {function.value.id} if isinstance(function.value, ast.Name) else set()
            pairs = [(key, value) for key, value in zip(table.keys, table.values, strict=True) if key is not None]
            return [value if function.attr == "values" else _tuple(key, value) for key, value in pairs]
        name = function.id if isinstance(function, ast.Name) else ""
        if name == "range":
            try:
                numbers = range(*(int(self.number(item)) for item in call.args))
            except (ValueError, TypeError):
                return None
            return [ast.Constant(number) for number in numbers[:MAX_ELEMENTS]] if len(numbers) <= MAX_ELEMENTS else None
        if name in ("zip", "enumerate", "list", "tuple") and call.args:
            columns = [self.elements(item) for item in (call.args if name == "zip" else call.args[:1])]
            known = [column for column in columns if column is not None]
            if len(known) < len(columns):
                return None
            if name == "zip":
                return [_tuple(*row) for row in zip(*known, strict=False)]
            return (
                [_tuple(ast.Constant(at), item) for at, item in enumerate(known[0])]
                if name == "enumerate"
                else known[0]
            )
        return None


def _tuple(*items: ast.expr) -> ast.expr:
    return ast.Tuple([copy.deepcopy(item) for item in items], ast.Load())


class _Resolver(ast.NodeTransformer):
    """Puts constants in the place of their names; `closed` is False once it met anything else."""

    def __init__(self, names: Names) -> None:
        self.closed = True
        self._names = names
        self._bound: set[str] = set()

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            bound = {
                item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
            }
            self._bound |= bound
            made = self.generic_visit(node)
            self._bound -= bound
            return made
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda | ast.NamedExpr):
            self.closed = False
        if isinstance(node, ast.Attribute) and (node.attr in _IMPURE or node.attr.startswith("_")):
            self.closed = False
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._bound:
            return node
        if isinstance(node.ctx, ast.Load) and node.id in self._names.constants:
            return copy.deepcopy(self._names.constants[node.id])
        known = node.id in self._names.imports or node.id in _BUILTINS or node.id in ("inf", "nan")
        self.closed = self.closed and known
        return node


def imports_of(trees: list[ast.Module], module: str) -> dict[str, str]:
    """The statements that import names from modules without state, by name."""
    found: dict[str, str] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            for item in node.names:
                root = item.name.split(".")[0]
                if root in _MODULES and item.name != module:
                    found[item.asname or root] = f"import {item.name}" + (f" as {item.asname}" if item.asname else "")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _MODULES - {module}:
            for item in node.names:
                found[item.asname or item.name] = ast.unparse(ast.ImportFrom(node.module, [item], 0))
    return found


def own_names(trees: list[ast.Module], module: str) -> frozenset[str]:
    """Names that are not the program's: Python's own, and those that the tests import."""
    own = set(sys.stdlib_module_names) | set(dir(builtins))
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            own |= {(item.asname or item.name).split(".")[0] for item in node.names if item.name != module}
        elif isinstance(node, ast.ImportFrom) and node.module != module:
            own |= {item.asname or item.name for item in node.names}
    return frozenset(own)


def stored_names(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds, also within."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield (inner.asname or inner.name).split(".")[0]
        elif isinstance(inner, ast.arg):
            yield inner.arg
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            yield inner.name


_OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Pow: lambda a, b: a**b,
}


def _arithmetic(node: ast.expr) -> Any:
    """The value of arithmetic with numbers. Raises ValueError for any other expression."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _arithmetic(node.left), _arithmetic(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > 400 or abs(left) > 10**6):
            raise ValueError("a large power")
        try:
            return _OPERATIONS[type(node.op)](left, right)
        except ArithmeticError as exc:
            raise ValueError("arithmetic without a value") from exc
    try:
        value = literal_of(node)
    except (TypeError, SyntaxError, KeyError, AttributeError, RecursionError) as exc:
        raise ValueError("not a constant") from exc
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")  # noqa: TRY004 - as above
    return value
