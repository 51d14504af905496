"""Writes out what runs several times: loops over tables, parametrized tests, helper functions that assert.

Then every assertion runs once, and what it expects can be read where it stands.
"""

import ast
import copy
from collections.abc import Callable, Iterator

from rewardkit_code.taken_out.closed import Names, stored_names
from rewardkit_code.taken_out.forms import NotTakenOutError, last_name, shown

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MAX_STATEMENTS = 20_000
MAX_HELPERS = 1000


def unrolled(loop: ast.For, names: Names) -> list[ast.stmt]:
    """The body of a loop, once for each element of what it goes over.

    raises  NotTakenOutError where the text does not show the elements
    """
    elements = names.elements(loop.iter)
    if elements is None or loop.orelse or _jumps(loop.body):
        raise NotTakenOutError(f"`for {shown(loop.target)} in {shown(loop.iter)}` may run any number of times")
    if len(elements) * len(loop.body) > MAX_STATEMENTS:
        raise NotTakenOutError(f"`for {shown(loop.target)} in {shown(loop.iter)}` runs too many times")
    return [made for element in elements for made in (*bindings(loop.target, element), *copy.deepcopy(loop.body))]


def unrolled_all(test: ast.Call, names: Names) -> list[ast.stmt] | None:
    """`assert all(f(x) == y for x, y in table)` as a loop of asserts; None for any other condition."""
    inner = test.args[0] if len(test.args) == 1 and last_name(test.func) == "all" else None
    if not isinstance(inner, ast.GeneratorExp | ast.ListComp) or len(inner.generators) != 1:
        return None
    over = inner.generators[0]
    if over.ifs or over.is_async or names.elements(over.iter) is None:
        return None
    return [ast.For(over.target, over.iter, [ast.Assert(inner.elt)], [])]


def bindings(target: ast.expr, element: ast.expr) -> Iterator[ast.stmt]:
    """The statements that bind the names of a loop's target to an element."""
    if isinstance(target, ast.Tuple | ast.List):
        items = element.elts if isinstance(element, ast.Tuple | ast.List) else None
        if items is None or len(items) != len(target.elts) or any(isinstance(i, ast.Starred) for i in target.elts):
            raise NotTakenOutError(f"`{shown(target)} = {shown(element)}` cannot be written out")
        for part, item in zip(target.elts, items, strict=True):
            yield from bindings(part, item)
        return
    yield ast.Assign([copy.deepcopy(target)], copy.deepcopy(element))


def _jumps(body: list[ast.stmt]) -> bool:
    """True if a body leaves its loop, or a pass of it, early."""
    for node in body:
        if isinstance(node, ast.Break | ast.Continue | ast.Return):
            return True
        if not isinstance(node, (ast.For, ast.While, ast.ClassDef, *FUNCTIONS)):
            for name in ("body", "orelse", "finalbody", "handlers"):
                if _jumps(getattr(node, name, [])):
                    return True
    return False


def parametrized(node: Function, names: Names) -> list[Function]:
    """A test of pytest's once for each row of its `parametrize` decorators; itself where it has none."""
    mark = next((item for item in node.decorator_list if _is_parametrize(item)), None)
    if mark is None:
        return [node]
    assert isinstance(mark, ast.Call)
    arguments = {item.arg: item.value for item in mark.keywords}
    columns = mark.args[0] if mark.args else arguments.get("argnames")
    rows = names.elements(mark.args[1] if len(mark.args) > 1 else arguments.get("argvalues", ast.Constant(0)))
    if columns is None or rows is None or "indirect" in arguments:
        raise NotTakenOutError(f"`{shown(mark)}` has rows that it computes")
    target = _columns(columns)
    made: list[Function] = []
    for row in rows:
        test = copy.deepcopy(node)
        test.decorator_list = [item for item in test.decorator_list if ast.unparse(item) != ast.unparse(mark)]
        bound = set(stored_names(target))
        test.args.args = [item for item in test.args.args if item.arg not in bound]
        test.body = [*bindings(target, _row(row)), *test.body]
        made += parametrized(test, names)
    return made


def _is_parametrize(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "parametrize"


def _columns(node: ast.expr) -> ast.expr:
    """The names of the columns as a target of an assignment."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = [name.strip() for name in node.value.split(",") if name.strip()]
        single = len(found) == 1
    elif isinstance(node, ast.List | ast.Tuple) and all(isinstance(item, ast.Constant) for item in node.elts):
        found, single = [str(item.value) for item in node.elts if isinstance(item, ast.Constant)], False
    else:
        raise NotTakenOutError(f"`{shown(node)}` names columns that it computes")
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in found]
    return targets[0] if single else ast.Tuple(targets, ast.Store())


def _row(node: ast.expr) -> ast.expr:
    """The values of a row, which `pytest.param(…)` may hold."""
    if not (isinstance(node, ast.Call) and last_name(node.func) == "param"):
        return node
    if any(item.arg != "id" for item in node.keywords):
        raise NotTakenOutError(f"`{shown(node)}` has marks")
    return node.args[0] if len(node.args) == 1 else ast.Tuple(list(node.args), ast.Load())


class Helpers:
    """Functions and methods of the tests that assert, by name: a call of one is written out as its body."""

    def __init__(self, trees: list[ast.Module], is_test: Callable[[str], bool]) -> None:
        self._functions: dict[str, ast.FunctionDef] = {}
        self._made = 0
        for node in (node for tree in trees for node in ast.walk(tree)):
            if isinstance(node, ast.FunctionDef) and not is_test(node.name) and holds_assertion(node):
                self._functions[node.name] = node

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def expanded(self, call: ast.Call) -> list[ast.stmt] | None:
        """The body of the helper that is called, with its own names; None where no helper is called."""
        name = last_name(call.func)
        function = self._functions.get(name)
        method = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("self", "cls")
        if function is None or not (method or isinstance(call.func, ast.Name)):
            return None
        self._made += 1
        if self._made > MAX_HELPERS:
            raise NotTakenOutError(f"`{shown(call)}` calls itself")
        given = self._arguments(function, call, method=method)
        if given is None or _jumps(function.body[:-1]) or isinstance(function.body[-1], ast.Return):
            raise NotTakenOutError(f"`{shown(call)}` cannot be written out")
        own = {*given, *(name for node in function.body for name in stored_names(node))}
        renamed = {name: f"rk{self._made}_{name}" for name in own}
        body = [_Renamer(renamed).visit(copy.deepcopy(node)) for node in function.body]
        bound = [(ast.Name(renamed[name], ast.Store()), copy.deepcopy(value)) for name, value in given.items()]
        return [*(ast.Assign([target], value) for target, value in bound), *body]

    @staticmethod
    def _arguments(function: ast.FunctionDef, call: ast.Call, *, method: bool) -> dict[str, ast.expr] | None:
        """The value of each parameter; None for calls and parameters of other kinds than plain ones."""
        of = function.args
        if of.vararg or of.kwarg or of.posonlyargs or any(isinstance(item, ast.Starred) for item in call.args):
            return None
        parameters = [item.arg for item in of.args]
        is_static = any(last_name(item) == "staticmethod" for item in function.decorator_list)
        if method and not is_static:
            parameters = parameters[1:]
        defaults = dict(zip(reversed(parameters), reversed(of.defaults), strict=False))
        defaults |= {item.arg: value for item, value in zip(of.kwonlyargs, of.kw_defaults, strict=True) if value}
        given = defaults | dict(zip(parameters, call.args, strict=False))
        given |= {str(item.arg): item.value for item in call.keywords}
        wanted = {*parameters, *(item.arg for item in of.kwonlyargs)}
        return given if given.keys() == wanted and len(call.args) <= len(parameters) else None


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)


def asserts(call: ast.Call) -> bool:
    """True for a call that can make a test fail or pass."""
    name = last_name(call.func)
    return name.startswith("assert") or name in ("fail", "raises", "skip", "skipTest", "xfail", "warns")


def holds_assertion(*nodes: ast.AST) -> ast.AST | None:
    """The first assertion within some nodes. `assertLogs` gives what the tests look at, and counts as none."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assert) or (
                isinstance(inner, ast.Call) and asserts(inner) and last_name(inner.func) != "assertLogs"
            ):
                return inner
    return None
