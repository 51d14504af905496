"""Reads the texts of tests, without running them: which names are meant, and what no run could judge."""

import ast
import builtins
import importlib.util
import sys
from collections.abc import Iterable, Iterator

# What tests measure results with, often through the program's own imports: a program that defines its own `isclose`,
# or a class called `math`, must not thereby judge itself.
TOOLS = {
    **dict.fromkeys(("isclose", "fabs", "isnan", "isinf", "sqrt", "floor", "ceil", "pi", "inf", "nan"), "math"),
    **dict.fromkeys(("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple"), "collections"),
    "Decimal": "decimal",
    "Fraction": "fractions",
    "deepcopy": "copy",
    "approx": "pytest",
    "raises": "pytest",
}
MEASURES = frozenset(
    """
    abs all any bool bytes dict enumerate float frozenset int isinstance iter len list next print range repr reversed
    round set sorted str sum tuple type zip
    """.split()  # noqa: SIM905 - quoted names would read worse
)
PYTHONS = frozenset({*dir(builtins), *TOOLS, *sys.stdlib_module_names})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def bound_names(tree: ast.Module) -> frozenset[str]:
    """Names that the statements of a module bind, but for `import *`."""
    bound: set[str] = set()
    for node in own_nodes(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
    return frozenset(bound)


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without the insides of functions and classes in it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from own_nodes(node)


def names_under_test(trees: list[ast.Module], entry_point: str | None) -> frozenset[str] | None:
    """Names that Python has too and that the tests still mean the program's: the function under test alone.

    Without an entry point, and where the tests use no name that only the program can define, that is the name that each
    test calls. None where several could be meant.
    """
    if entry_point is not None:
        return frozenset({entry_point})
    used: set[str] = set()
    bound: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
        bound |= bound_names(tree)
    if used - bound - PYTHONS:
        return frozenset()
    called = [
        set(_called(tree)) - bound for tree in trees if any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    ]
    common = set.intersection(*called) if called else set()
    if len(common) > 1:
        common -= MEASURES
    return frozenset(common) if len(common) < 2 else None


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def why_unsupported(trees: Iterable[ast.Module], module: str = "") -> str:
    """The reason why no run of these tests could tell a right program from a wrong one; empty where there is none.

    module    the name by which the tests import the program
    """
    trees = list(trees)
    for tree in trees:
        for name in _imported(tree):
            if name != module and name not in sys.modules and importlib.util.find_spec(name) is None:
                return f"the tests need the package {name}, which is not in the sandbox"
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple) and node.test.elts:
                return "an assertion of the tests is a tuple, which is always true"
            if (
                isinstance(node, _FUNCTIONS)
                and node.name.startswith(("test", "check"))
                and not node.decorator_list  # such as a fixture
                and _yields(node)
            ):
                return f"the test {node.name} contains yield, so nothing runs it"
    return ""


def expectation_names(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names from which the tests compute what they compare results with, such as `xs` in `f(xs) == sorted(xs)`.

    A program must not change these beside giving a result: emptied arguments would meet an empty result.
    """
    found: set[str] = set()
    for tree in trees:
        constants = _constants(tree)
        for node in ast.walk(tree):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare) and not isinstance(node.ops[0], (ast.Is, ast.IsNot)):
                sides = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr[:6] == "assert":
                sides = node.args[:2]
            if sides and not any(_names(side) <= constants for side in sides):
                found |= set().union(*map(_names, sides)) - constants
    return frozenset(found)


def _constants(tree: ast.Module) -> frozenset[str]:
    """Names that are only ever bound to constants and never passed to what is not Python's own."""
    bound: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            bound[name] = bound.get(name, True) and not _names(node.value)
        elif isinstance(node, (ast.For, ast.comprehension, ast.With, ast.arg)):
            for name in _names(node.target if isinstance(node, (ast.For, ast.comprehension)) else node, stored=True):
                bound[name] = False
        elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in PYTHONS):
            for name in _names(*node.args, *(item.value for item in node.keywords)):
                if not (isinstance(node.func, ast.Attribute) and node.func.attr[:6] == "assert"):
                    bound[name] = False
    return frozenset(name for name, constant in bound.items() if constant)


def _names(*nodes: ast.AST, stored: bool = False) -> set[str]:
    """Names in expressions, but for Python's own."""
    found = (node for item in nodes for node in ast.walk(item) if isinstance(node, ast.Name))
    return {node.id for node in found if node.id not in PYTHONS and (not stored or isinstance(node.ctx, ast.Store))}


def runs_nothing(trees: Iterable[ast.Module]) -> bool:
    """True if the statements only import and define."""
    kinds = (*_FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
    return all(
        isinstance(statement, kinds) or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for tree in trees
        for statement in tree.body
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    """Packages that the statements of a module import, but for those in `try`."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.split(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.split(".")[0]


def _yields(function: ast.AST) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(function))
