"""Rewrites tests: each assertion becomes a site that reports a value, and the expectation stays here."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rewardkit_code.taken_out.closed import Names, imports_of, own_names, stored_names
from rewardkit_code.taken_out.expected import Expected
from rewardkit_code.taken_out.forms import (
    NotTakenOutError,
    last_name,
    of_condition,
    of_method,
    of_raises,
    raised,
    root_of,
    shown,
)
from rewardkit_code.taken_out.unroll import (
    FUNCTIONS,
    Function,
    Helpers,
    holds_assertion,
    parametrized,
    unrolled,
    unrolled_all,
)

SITE, VALUE = "rewardkit_site", "rewardkit_value"
MAX_SITES = 5000
_RAISES = ("raises", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp")


@dataclass
class TakenOut:
    """Tests without their expected values, and these by the number of the site."""

    texts: list[str] = field(default_factory=list)
    expected: dict[int, Expected] = field(default_factory=dict)


def take_out(texts: Sequence[str], *, is_test: Callable[[str], bool], module: str = "") -> TakenOut:
    """Takes every expected value out of tests.

    texts     Python texts that run in the same names; their statements, and the functions that `is_test` names, hold
              the assertions
    module    the name by which the tests import the program
    raises    NotTakenOutError where one assertion is of no form that is known here; it says how many are
    """
    trees = [ast.parse(text) for text in texts]
    rewriter = _Rewriter(trees, is_test, module)
    for tree in trees:
        tree.body = rewriter.block(tree.body, rewriter.names, straight=True)
    rewriter.forget(ast.Module([node for tree in trees for node in tree.body], []), rewriter.names)
    for tree in trees:
        tree.body = [node for node in tree.body if not getattr(node, "dropped", False)]
        for node in ast.walk(tree):
            _forget_words(node)
    count = len(rewriter.expected)
    if rewriter.refused:
        raise NotTakenOutError(f"{count} of {count + len(rewriter.refused)} can be; not {rewriter.refused[0]}")
    if not count:
        raise NotTakenOutError("the tests hold no assertion")
    found = TakenOut(expected=rewriter.expected)
    found.texts = [ast.unparse(ast.fix_missing_locations(tree)) for tree in trees]
    return found


class _Rewriter:
    """Rewrites the statements of tests in the order in which they run."""

    def __init__(self, trees: list[ast.Module], is_test: Callable[[str], bool], module: str) -> None:
        self.expected: dict[int, Expected] = {}
        self.refused: list[str] = []
        self._tests = 0
        self._is_test = is_test
        self._own = own_names(trees, module)
        self._helpers = Helpers(trees, is_test)
        self.names = Names(imports_of(trees, module), {})
        self._global = _constants(trees, self.names)

    def block(self, body: list[ast.stmt], names: Names, *, straight: bool) -> list[ast.stmt]:
        """The statements, rewritten; `straight` where each of them runs exactly once."""
        made: list[ast.stmt] = []
        for node in body:
            before = len(self.expected)
            try:
                names.passed |= self._mark(node)
                made += self._statement(node, names, straight=straight)
            except NotTakenOutError as exc:
                self.refused.append(str(exc))
                for number in range(before, len(self.expected)):
                    del self.expected[number]
        return made

    def _statement(self, node: ast.stmt, names: Names, *, straight: bool) -> list[ast.stmt]:
        if isinstance(node, ast.ClassDef):
            return [] if _is_skipped(node) else [self._class(node, names, straight=straight)]
        if isinstance(node, FUNCTIONS):
            return self._function(node, straight=straight)
        if not holds_assertion(node) and not self._calls_helper(node):
            self._follow(node, names)
            return [node]
        if not straight:
            raise NotTakenOutError(f"`{shown(holds_assertion(node) or node)}` may run any number of times")
        if isinstance(node, ast.Assert):
            looped = unrolled_all(node.test, names) if isinstance(node.test, ast.Call) else None
            if looped is not None:
                return self.block(looped, names, straight=True)
            return [self._site(looked_at, expected) for looked_at, expected in of_condition(node.test, names)]
        if isinstance(node, ast.Expr):
            return self._expression(node, names)
        if isinstance(node, ast.With | ast.AsyncWith):
            return self._with(node, names)
        if isinstance(node, ast.For):
            return self.block(unrolled(node, names), names, straight=True)
        if isinstance(node, ast.Try):
            return self._try(node, names)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'":
            return self.block(node.body, names, straight=True)
        raise NotTakenOutError(f"`{shown(holds_assertion(node) or node)}` may run any number of times")

    def _class(self, node: ast.ClassDef, names: Names, *, straight: bool) -> ast.stmt:
        node.body = self.block(node.body, names.inside(), straight=straight) or [ast.Pass()]
        return node

    def _function(self, node: Function, *, straight: bool) -> list[ast.stmt]:
        if not self._is_test(node.name):
            if holds_assertion(node) and node.name in self._helpers:
                return []  # its calls are written out
            if holds_assertion(node) or self._calls_helper(node):
                raise NotTakenOutError(f"`{shown(holds_assertion(node) or node)}` may run any number of times")
            return [node]
        if _is_skipped(node):
            return []
        made: list[ast.stmt] = []
        outer = self._outer()
        for test in parametrized(node, outer):
            inside = self._outer().inside(*stored_names(test.args))
            test.body = self.block(test.body, inside, straight=straight)
            self.forget(test, inside)
            test.body = [item for item in test.body if not getattr(item, "dropped", False)] or [ast.Pass()]
            self.names.used |= inside.used
            self.names.parts |= inside.parts
            if test.name.startswith("test"):  # a name may say what is expected
                self._tests += 1
                test.name = f"test_{self._tests:05}"
            made.append(test)
        self.names.used |= outer.used
        return made

    def _outer(self) -> Names:
        """The names that every function of the tests sees."""
        return Names(self.names.imports, self._global)

    def _expression(self, node: ast.Expr, names: Names) -> list[ast.stmt]:
        call = node.value
        if not isinstance(call, ast.Call):
            raise NotTakenOutError(f"`{shown(node)}` awaits an assertion, or hides it")
        body = self._helpers.expanded(call)
        if body is not None:
            return self.block(body, names, straight=True)
        name = last_name(call.func)
        if name in ("run_until_complete", "run") and len(call.args) == 1:
            raise NotTakenOutError(f"`{shown(node)}` asserts in a coroutine")
        if name in _RAISES and len(call.args) > 1:
            return [self._raising(call, names)]
        _no_assertion(*call.args, *(item.value for item in call.keywords))
        return [self._site(looked_at, expected) for looked_at, expected in of_method(call, name, names)]

    def _site(self, looked_at: ast.expr, expected: Expected) -> ast.stmt:
        _no_assertion(looked_at)
        number = self._number(expected)
        report = ast.Expr(ast.Call(ast.Name(VALUE, ast.Load()), [ast.Constant(number), looked_at], []))
        return _with(number, [report], None)

    def _number(self, expected: Expected) -> int:
        number = max(self.expected, default=-1) + 1
        if number >= MAX_SITES:
            raise NotTakenOutError(f"the tests hold more than {MAX_SITES} assertions")
        self.expected[number] = expected
        return number

    def _with(self, node: ast.With | ast.AsyncWith, names: Names) -> list[ast.stmt]:
        """`with raises(…)`, `with self.assertRaises(…)`, or any other `with` around assertions."""
        call = node.items[0].context_expr if len(node.items) == 1 else None
        name = last_name(call.func) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in _RAISES:
            _no_assertion(*node.body)
            number = self._number(of_raises(call, name, names))
            return [_with(number, node.body, node.items[0].optional_vars)]
        if name == "subTest":  # its words may say what is expected
            return self.block(node.body, names, straight=True)
        _no_assertion(*(item.context_expr for item in node.items))
        for item in node.items:
            self._follow(ast.Expr(item.context_expr), names)
        node.body = self.block(node.body, names, straight=True) or [ast.Pass()]
        return [node]

    def _try(self, node: ast.Try, names: Names) -> list[ast.stmt]:
        """`try: f(); assert False` with one handler: an expected error."""
        last = node.body[-1]
        fails = isinstance(last, ast.Assert) and isinstance(last.test, ast.Constant) and not last.test.value
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            fails = last_name(last.value.func) == "fail"
        if not fails or len(node.handlers) != 1 or node.orelse or node.finalbody or len(node.body) < 2:
            raise NotTakenOutError(f"`{shown(holds_assertion(node) or node)}` stands in a try")
        handler = node.handlers[0]
        _no_assertion(*node.body[:-1])
        if isinstance(handler.type, ast.Name) and handler.type.id in ("AssertionError", "Exception", "BaseException"):
            raise NotTakenOutError("an except clause that takes its own failure")
        number = self._number(raised(handler.type, None, node))
        after = handler.body
        if handler.name:
            value = ast.Attribute(ast.Name(f"{SITE}_{number}", ast.Load()), "value", ast.Load())
            after = [ast.Assign([ast.Name(handler.name, ast.Store())], value), *after]
        target = ast.Name(f"{SITE}_{number}", ast.Store()) if handler.name else None
        return [_with(number, node.body[:-1], target), *self.block(after, names, straight=True)]

    def _raising(self, call: ast.Call, names: Names) -> ast.stmt:
        """`self.assertRaises(Error, function, *arguments)`."""
        name = last_name(call.func)
        own = 2 if name.startswith("assertRaisesRegex") else 1
        expected = of_raises(ast.Call(call.func, call.args[:own], []), name, names)
        called = ast.Expr(ast.Call(call.args[own], call.args[own + 1 :], call.keywords))
        return _with(self._number(expected), [called], None)

    def _calls_helper(self, node: ast.AST) -> bool:
        return any(isinstance(item, ast.Call) and last_name(item.func) in self._helpers for item in ast.walk(node))

    def _follow(self, node: ast.stmt, names: Names) -> None:
        """Keeps what the names stand for, after a statement that is no assertion."""
        constants = names.constants
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) and node.value else target
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        known = names.resolved(value) if isinstance(target, ast.Name) and value is not None else None
        for name in {*stored_names(node), *self._changed(node)}:
            constants.pop(name, None)
        if isinstance(target, ast.Name) and known is not None:
            constants[target.id] = known
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            for part, item in zip(target.elts, value.elts, strict=False):
                part_known = names.resolved(item)
                if isinstance(part, ast.Name) and part_known is not None and len(target.elts) == len(value.elts):
                    constants[part.id] = part_known

    def _changed(self, node: ast.AST) -> set[str]:
        """Names whose values a statement of the tests' own may change: by an index, a method, a function."""
        found = set()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Subscript | ast.Attribute) and not isinstance(inner.ctx, ast.Load):
                found.add(root_of(inner))
            elif isinstance(inner, ast.Call):
                if isinstance(inner.func, ast.Attribute):
                    found.add(root_of(inner.func))
                if root_of(inner.func) in self._own and isinstance(node, ast.Expr):
                    found |= {root_of(item) for item in inner.args}
        return found

    def _mark(self, node: ast.AST) -> set[str]:
        """Marks calls of the tests' own functions; returns the names that are passed to the program's."""
        passed: set[str] = set()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                own = root_of(inner.func) in self._own
                inner.own = own  # type: ignore[attr-defined]
                if not own and last_name(inner.func) not in (SITE, VALUE):
                    for item in (*inner.args, *(item.value for item in inner.keywords)):
                        passed |= {name.id for name in _given(item)}
        return passed

    def forget(self, scope: ast.AST, names: Names) -> None:
        """Drops the constants that only expectations used; refuses those that the program can read and must not."""
        waiting = names.used | names.parts
        while waiting:
            name = min(waiting)
            waiting.remove(name)
            loads, passed = self._loads(scope, name)
            if not loads:
                for statement in _bindings_of(scope, name):
                    if not getattr(statement, "dropped", False):
                        statement.dropped = True  # type: ignore[attr-defined]
                        waiting |= {item.id for item in ast.walk(statement) if isinstance(item, ast.Name)} - {name}
            elif loads != passed and name in names.used:
                self.refused.append(f"`{name}`, which the tests use beside what they expect")

    def _loads(self, scope: ast.AST, name: str) -> tuple[int, int]:
        """How often a scope reads a name, and how often it passes it to the program."""
        loads = passed = 0
        queue = [scope]
        while queue:
            node = queue.pop()
            if getattr(node, "dropped", False):
                continue
            queue += ast.iter_child_nodes(node)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                loads += 1
            if isinstance(node, ast.Call) and root_of(node.func) not in self._own | {SITE, VALUE}:
                given = [*node.args, *(item.value for item in node.keywords)]
                passed += sum(item.id == name for part in given for item in _given(part))
        return loads, passed


def _given(node: ast.expr) -> Iterator[ast.Name]:
    """The names in an argument, or in the containers and operations that it is made of."""
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Starred | ast.Dict | ast.BinOp | ast.UnaryOp):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _given(part)


def _bindings_of(scope: ast.AST, name: str) -> list[ast.stmt]:
    """Assignments that bind this name alone."""
    found: list[ast.stmt] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target: ast.expr = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == name:
            found.append(node)
    return found


def _constants(trees: list[ast.Module], names: Names) -> dict[str, ast.expr]:
    """Names of the modules that are bound once, to closed expressions: what functions see."""
    body = [node for tree in trees for node in tree.body]
    stored = [
        name
        for node in body
        for name in ([node.name] if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else stored_names(node))
    ]
    found = Names(names.imports, {})
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, known = node.targets[0].id, found.resolved(node.value)
            if stored.count(name) == 1 and known is not None:
                found.constants[name] = known
    return found.constants


def _is_skipped(node: Function | ast.ClassDef) -> bool:
    """True for a test that no run runs. Raises NotTakenOutError where a run decides, or the test must fail."""
    names = {last_name(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list}
    if names & {"skipIf", "skipUnless", "skipif", "xfail", "expectedFailure"}:
        raise NotTakenOutError(f"{node.name} may be skipped, or is expected to fail")
    return "skip" in names


def _with(number: int, body: list[ast.stmt], target: ast.expr | None) -> ast.stmt:
    site = ast.Call(ast.Name(SITE, ast.Load()), [ast.Constant(number)], [])
    return ast.With([ast.withitem(site, target)], body)


def _no_assertion(*nodes: ast.AST) -> None:
    """Raises NotTakenOutError if an assertion hides in what is not rewritten."""
    inner = holds_assertion(*nodes)
    if inner is not None:
        raise NotTakenOutError(f"`{shown(inner)}` stands where it cannot be taken out")


def _forget_words(node: ast.AST) -> None:
    """Drops docstrings, which may say what is expected, and the constants that only expectations used."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    kept = [item for item in body if not getattr(item, "dropped", False)]
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and kept:
        first = kept[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            kept = kept[1:]
    node.body = kept or ([] if isinstance(node, ast.Module) else [ast.Pass()])  # type: ignore[attr-defined]
