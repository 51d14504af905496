"""Equality of two trees: each kind of answer has its own.

The prediction is read in the way that the ground truth's kind asks for, never the other way round: a list can be read
as a set, a named value as a value, an inequality as an interval; a list is never read as one of its members.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from rewardkit_math.equality.coerce import in_shape_of, written_out
from rewardkit_math.equality.periodic import same_families
from rewardkit_math.equality.quantity import compound
from rewardkit_math.equality.regions import NoRegionError, region_of, same_region
from rewardkit_math.equality.solutions import Value, equations, indexed, solutions, spread, stems
from rewardkit_math.equality.values import ValueComparison
from rewardkit_math.numeric.evaluation import UndefinedError
from rewardkit_math.numeric.numeric_equality import equal_values, rough_value
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Add,
    Builder,
    Call,
    Conditioned,
    Const,
    Interval,
    Logic,
    Matrix,
    Mul,
    Node,
    Num,
    Quantity,
    Rel,
    Seq,
    SetOp,
    Sym,
    Text,
    UnknownFunction,
    children,
    names,
    rebuild,
)

_SHORT_LIST = 6
_ZERO = Num(Fraction(0))
_ANCHORS = ((7, 3, 5), (11, 4, 7), (13, 2, 11), (17, 5, 3))
"""Points at which two equations are weighed against each other: several, for a point may lie on the curve itself."""
_COORDINATES = frozenset("xyz")
_PARAMETERS = frozenset("knmlz")


class Comparison(ValueComparison):
    """One comparison of a prediction with a ground truth, under a policy and a budget. `stage` says what settled it."""

    def same(self, found: Node, ground_truth: Node) -> bool:
        """True if the prediction says what the ground truth says. Raises TooCostlyError."""
        if found == ground_truth:
            return True
        if isinstance(found, Conditioned) or isinstance(ground_truth, Conditioned):
            return self._same_given(found, ground_truth)
        found, ground_truth = self._settle(found), self._settle(ground_truth)
        found, ground_truth = in_shape_of(ground_truth, found), in_shape_of(found, ground_truth)
        if isinstance(ground_truth, Text) or isinstance(found, Text):
            return self.same_text(found, ground_truth)
        if isinstance(ground_truth, Matrix) or isinstance(found, Matrix):
            return self._same_matrix(found, ground_truth)
        if _set_like(ground_truth) or _set_like(found):
            verdict = self._same_region(found, ground_truth)
            if verdict is not None:
                return verdict
        one, other = solutions(found), solutions(ground_truth)
        if one is not None and other is not None:
            if self._same_solutions(one, other, found, ground_truth) or self._same_periodic(found, ground_truth):
                return True
            return isinstance(found, Rel) and isinstance(ground_truth, Rel) and self._same_relation(found, ground_truth)
        if isinstance(found, Rel) or isinstance(ground_truth, Rel):
            return self._same_relation(found, ground_truth) or self._same_equations(found, ground_truth)
        if isinstance(found, SetOp | Interval | Builder | Logic) and type(found) is type(ground_truth):
            return self._same_shape(found, ground_truth)
        if _is_tuple(found) and _is_tuple(ground_truth):
            return self._same_shape(found, ground_truth)
        return False

    def _settle(self, node: Node) -> Node:
        """A chain `{…} = {…}` of collections that are the same, as the last of them."""
        match node:
            case Rel(ops, sides) if set(ops) == {"="} and all(
                isinstance(side, Seq) and not names(side) for side in sides
            ):
                return sides[-1] if all(self.same(side, sides[-1]) for side in sides[:-1]) else node
            case Seq("list" | "set", (Quantity() | Text() as only,)):
                return only
            case Rel(("=",), (SetOp(_, args), region)) if all(
                isinstance(arg, Sym) and arg.name.isupper() for arg in args
            ):
                # `A ∩ B = {2}` names a set by two others.
                return region
            case Seq("list", items) if isinstance(items[0], Quantity):
                return compound(items) or node
            case Seq(kind, items) if Sym("…") in items:
                return Seq(kind, written_out(items))
            case _:
                return node

    # -- several values

    def _same_solutions(self, one: list[Value], other: list[Value], found: Node, ground_truth: Node) -> bool:
        one, other = stems(one), stems(other)
        if (
            isinstance(ground_truth, Seq)
            and ground_truth.kind == "list"
            and len(one) == 1 < len({value.value for value in other})
        ):
            alternatives = all(self._same_named(one[0], value) for value in other)
            if alternatives:
                # One value in several writings: `1/4 or 0.25`.
                return True
        if len(one) != len(other):
            one, other = spread(one), spread(other)
        if len(one) != len(other):
            return False
        named = {value.name for value in one}, {value.name for value in other}
        if len(one) == 1:
            return self._same_named(one[0], other[0])
        if None not in named[0] and None not in named[1] and self.policy.names == "same":
            return self._match(one, other, self._same_named)
        by_name = any(None not in group and len(group) > 1 and not indexed(group) for group in named)
        ordered = _is_tuple(found) or _is_tuple(ground_truth) or by_name
        if self.policy.order == "given" and not (_is_set(found) or _is_set(ground_truth)):
            ordered = True
        if ordered:
            one, other = _in_order(one), _in_order(other)
            return all(self.same_value(a.value, b.value) for a, b in zip(one, other, strict=True))
        return self._match(one, other, lambda a, b: self.same_value(a.value, b.value))

    def _match(self, one: Sequence[Value], other: Sequence[Value], same: "Callable[[Value, Value], bool]") -> bool:
        """A multiset comparison: sameness is transitive, so that the first partner found is as good as any.

        Of a long list only the numerically nearest partners are tried.
        """
        left = list(other)
        tries = len(left) if len(left) <= _SHORT_LIST else 2
        keys = {} if len(left) <= _SHORT_LIST else {value: rough_value(value.value) for value in (*one, *left)}
        for value in one:
            if keys:
                left.sort(key=lambda candidate: abs(keys[candidate] - keys[value]))
            for index, candidate in enumerate(left[:tries]):
                if same(value, candidate):
                    del left[index]
                    break
            else:
                return False
        return True

    def _same_named(self, found: Value, ground_truth: Value) -> bool:
        if found.name is None and isinstance(ground_truth.name, Add | Mul) and names(ground_truth.name) <= _COORDINATES:
            # `x + y = 5` is a line, and more than 5.
            return False
        if (
            found.name is not None
            and ground_truth.name is not None
            and found.name != ground_truth.name
            and self.policy.names == "same"
        ):
            if _label(found.name) == _label(ground_truth.name):
                return self.same_value(found.value, ground_truth.value)
            if {type(found.name), type(ground_truth.name)} == {Sym, UnknownFunction} and _dependent(
                found.name, ground_truth.name
            ):
                return self.same_value(found.value, ground_truth.value)
            if not (isinstance(found.name, UnknownFunction) and isinstance(ground_truth.name, UnknownFunction)):
                return False
            renamed = _rename_arguments(found, ground_truth)
            return renamed is not None and self.same_value(renamed, ground_truth.value)
        return self.same_value(found.value, ground_truth.value)

    # -- relations, sets, matrices, text

    def _same_relation(self, found: Node, ground_truth: Node) -> bool:
        if isinstance(found, Rel) and isinstance(ground_truth, Rel) and self._same_chain(found, ground_truth):
            return True
        one, other = _equation(found), _equation(ground_truth)
        if one is None or other is None:
            return False
        (op, left), (ground_truth_op, right) = one, other
        self.stage = "numeric"
        try:
            if op == ground_truth_op and self._proportional(left, right, positive=op not in ("=", "!=")):
                return True
            if op == {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(ground_truth_op):
                return self._proportional(Mul((MINUS_ONE, left)), right, positive=True)
        except UndefinedError:
            return False
        return False

    def _same_equations(self, found: Node, ground_truth: Node) -> bool:
        """`3x ± 4y = 0` and other pairs of equations, one by one."""
        one, other = equations(found), equations(ground_truth)
        if len(one) != len(other) or len(one) < 2:
            return False
        return self._match(one, other, lambda a, b: self._same_relation(a.value, b.value))

    def _proportional(self, left: Node, right: Node, *, positive: bool) -> bool:
        """True if `left = c right` with a constant c other than 0 (above 0 where `positive`)."""
        free = names(left) | names(right)
        if not free or names(left) != names(right):
            return False
        for step, start, under in _ANCHORS:
            at = {Sym(name): Num(Fraction(index * step + start, under)) for index, name in enumerate(sorted(free))}
            here, there = rebuild(left, at), rebuild(right, at)
            on_left, on_right = (equal_values(value, _ZERO, self.budget) for value in (here, there))
            if on_left != on_right:
                return False
            if not on_left:
                break
        else:
            return equal_values(left, right, self.budget)
        if positive and not equal_values(Call("sign", (here,)), Call("sign", (there,)), self.budget):
            return False
        return equal_values(Mul((left, there)), Mul((right, here)), self.budget)

    def _same_chain(self, found: Rel, ground_truth: Rel) -> bool:
        """`f(2) < f(1) < f(4)`: side by side, in either direction."""
        if len(found.ops) != len(ground_truth.ops):
            return False
        if found.ops == ground_truth.ops and all(
            self.same_value(a, b) for a, b in zip(found.sides, ground_truth.sides, strict=True)
        ):
            return True
        turned = _turned(found)
        return turned.ops == ground_truth.ops and all(
            self.same_value(a, b) for a, b in zip(turned.sides, ground_truth.sides, strict=True)
        )

    def _same_region(self, found: Node, ground_truth: Node) -> bool | None:
        """None where one of them is no set of real numbers that can be listed."""
        try:
            one, name = region_of(found, self.budget)
            other, ground_truth_name = region_of(ground_truth, self.budget)
        except NoRegionError:
            return None
        self.stage = "region"
        if (
            name is not None
            and ground_truth_name is not None
            and name != ground_truth_name
            and self.policy.names == "same"
        ):
            return False
        return same_region(one, other, self.policy.tolerance)

    def _same_shape(self, found: Node, ground_truth: Node) -> bool:
        """Sets and statements with symbolic bounds, part by part."""
        match found, ground_truth:
            case Interval(), Interval():
                if (found.low_closed, found.high_closed) != (ground_truth.low_closed, ground_truth.high_closed):
                    return False
            case SetOp(op, _), SetOp(ground_truth_op, _):
                if op != ground_truth_op:
                    return False
                if op != "difference":
                    return self._match(_values(found), _values(ground_truth), lambda a, b: self.same(a.value, b.value))
            case Logic(op, _), Logic(ground_truth_op, _):
                return op == ground_truth_op and self._match(
                    _values(found), _values(ground_truth), lambda a, b: self.same(a.value, b.value)
                )
            case _:
                pass
        one, other = children(found), children(ground_truth)
        return len(one) == len(other) and all(self._same_part(a, b) for a, b in zip(one, other, strict=True))

    def _same_part(self, found: Node, ground_truth: Node) -> bool:
        return found == ground_truth or self.same(found, ground_truth)

    def _same_matrix(self, found: Node, ground_truth: Node) -> bool:
        one, other = _rows(found), _rows(ground_truth)
        if one is None or other is None or [len(row) for row in one] != [len(row) for row in other]:
            return False
        return all(
            self.same_value(a, b)
            for row, ground_truth_row in zip(one, other, strict=True)
            for a, b in zip(row, ground_truth_row, strict=True)
        )

    def _same_given(self, found: Node, ground_truth: Node) -> bool:
        one = found if isinstance(found, Conditioned) else Conditioned(found, "", frozenset())
        other = ground_truth if isinstance(ground_truth, Conditioned) else Conditioned(ground_truth, "", frozenset())
        if one.integers or other.integers:
            verdict = same_families(one, other, self.budget)
            if verdict is not None:
                self.stage = "periodic"
                return verdict
        if len(one.integers) == len(other.integers) == 1:
            one = Conditioned(
                rebuild(one.body, {Sym(*one.integers): Sym(*other.integers)}), one.condition, other.integers
            )
        if one.condition and other.condition and not _like_conditions(one.condition, other.condition):
            return False
        return self.same(one.body, other.body)

    def _same_periodic(self, found: Node, ground_truth: Node) -> bool:
        """Families whose integer parameter nobody introduced, under two different names."""
        mine, theirs = names(found) & _PARAMETERS, names(ground_truth) & _PARAMETERS
        if not (len(mine) == len(theirs) == 1) or not _holds_pi(ground_truth):
            return False
        verdict = same_families(Conditioned(found, "", mine), Conditioned(ground_truth, "", theirs), self.budget)
        if verdict:
            self.stage = "periodic"
        return bool(verdict)


def _like_conditions(one: str, other: str) -> bool:
    """Two side conditions that are written alike; quantifiers (`for all x`) restrict nothing."""
    kept = [text for text in (one, other) if not text.startswith(("for all", "for any", "for every", "for each"))]
    return len(kept) < 2 or kept[0].split() == kept[1].split()


def _set_like(node: Node) -> bool:
    match node:
        case Interval() | SetOp() | Builder() | Logic() | Const("R" | "empty"):
            return True
        case Rel(ops, _):
            return bool(set(ops) - {"=", "~"})
        case Seq("list", items):
            return any(map(_set_like, items))
        case _:
            return False


def _values(node: Node) -> list[Value]:
    return [Value(None, child) for child in children(node)]


def _holds_pi(node: Node) -> bool:
    return node == Const("pi") or any(map(_holds_pi, children(node)))


def _in_order(values: list[Value]) -> list[Value]:
    """`y = 2, x = 1` as the point (1, 2) that it names; other names keep the order in which they were written."""
    letters = [value.name.name for value in values if isinstance(value.name, Sym)]
    if len(letters) < len(values) or not set(letters) <= set("xyz"):
        return values
    return [value for _, value in sorted(zip(letters, values, strict=True), key=lambda pair: pair[0])]


def _is_tuple(node: Node) -> bool:
    return isinstance(node, Seq) and node.kind == "tuple"


def _is_set(node: Node) -> bool:
    return isinstance(node, Seq) and node.kind == "set"


def _rename_arguments(found: Value, ground_truth: Value) -> Node | None:
    """`f(m) = 2m` read as `f(n) = 2n`: the value with the other's argument names; None where the functions differ."""
    one, other = found.name, ground_truth.name
    assert isinstance(one, UnknownFunction)
    assert isinstance(other, UnknownFunction)
    if one.name != other.name or len(one.args) != len(other.args):
        return None
    if not all(isinstance(arg, Sym) for arg in (*one.args, *other.args)):
        return None
    return rebuild(found.value, dict(zip(one.args, other.args, strict=True)))


def _label(name: Node) -> Node:
    """The name of a measure without what may be left out: `|AB|` as `AB`, `S_{ABC}` as `S`."""
    match name:
        case Call("abs", (inner,)):
            return inner
        case Sym(text) if text[:1].isupper() and len(text.partition("_")[2]) > 1:
            return Sym(text.partition("_")[0])
        case _:
            return name


def _dependent(one: Node, other: Node) -> bool:
    """True if a name is `y` beside a function, or its derivative `y'` beside the derivative of a function."""
    name, function = (one, other) if isinstance(one, Sym) else (other, one)
    assert isinstance(name, Sym)
    assert isinstance(function, UnknownFunction)
    mark = function.name.lstrip("fghFGH").removeprefix("^{-1}")
    return name.name.startswith("y") and name.name.removeprefix("y") == mark


def _equation(node: Node) -> tuple[str, Node] | None:
    """A relation as `expression op 0`."""
    match node:
        case Rel((op,), (left, right)) if op != "in" and isinstance(left, EXPRESSION) and isinstance(right, EXPRESSION):
            return ("=" if op == "~" else op), Add((left, Mul((MINUS_ONE, right))))
        case _:
            return None


def _turned(node: Rel) -> Rel:
    flip = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    return Rel(tuple(flip.get(op, op) for op in reversed(node.ops)), tuple(reversed(node.sides)))


def _rows(node: Node) -> list[tuple[Node, ...]] | None:
    """The rows of a matrix; a tuple is read as a column, and a row as a column too."""
    match node:
        case Rel(("=",), (Sym(), Matrix() | Seq() as inner)):
            return _rows(inner)
        case Matrix(rows):
            return [(entry,) for entry in rows[0]] if len(rows) == 1 else list(rows)
        case Seq("tuple", items) if items and all(isinstance(item, Seq) and item.kind == "tuple" for item in items):
            return [item.items for item in items if isinstance(item, Seq)]
        case Seq("tuple", items):
            return [(item,) for item in items]
        case _:
            return None
