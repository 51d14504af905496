"""Equality of two trees: each kind of answer has its own.

The prediction is read in the way that the ground truth's kind asks for, never the other way round: a list can be read
as a set, a named value as a value, an inequality as an interval; a list is never read as one of its members.
"""

from rewardkit_math.complexity_limits import COMPARISON_STEPS, TooCostlyError
from rewardkit_math.equality.coerce import in_kind_of, written_out
from rewardkit_math.equality.dots import holds_dots, numbered, over_index
from rewardkit_math.equality.lists import distinct, in_order, match_any_order
from rewardkit_math.equality.outcome import DIFFERENT, SAME, Outcome, Terms, every, first_equal
from rewardkit_math.equality.periodic import same_families
from rewardkit_math.equality.quantity import compound
from rewardkit_math.equality.regions import NoRegionError, region_of, same_region
from rewardkit_math.equality.relations import same_relation
from rewardkit_math.equality.solutions import Value, equations, has_sign, indexed, solutions, spread, stems
from rewardkit_math.equality.values import is_value, same_text, same_value
from rewardkit_math.equality.vectors import holds_matrix, rows_of, with_determinants
from rewardkit_math.tree import (
    Add,
    Builder,
    Call,
    Conditioned,
    Const,
    Interval,
    Logic,
    Mul,
    Node,
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

_COORDINATES = frozenset("xyz")
_PARAMETERS = frozenset("knmlz")
_QUANTIFIED = ("for all", "for any", "for every", "for each")


def same(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of a prediction and a ground truth, whatever their kinds. Raises TooCostlyError."""
    if found == ground_truth:
        return SAME
    terms.budget.spend(COMPARISON_STEPS)
    if isinstance(found, Conditioned) or isinstance(ground_truth, Conditioned):
        return _same_conditioned(found, ground_truth, terms)
    found, ground_truth = _settled(found, terms), _settled(ground_truth, terms)
    if holds_dots(found) or holds_dots(ground_truth):
        found, ground_truth = (over_index(numbered(node), terms.budget) for node in (found, ground_truth))
    found, ground_truth = in_kind_of(ground_truth, found), in_kind_of(found, ground_truth)
    if isinstance(ground_truth, Text) or isinstance(found, Text):
        return same_text(found, ground_truth)
    if holds_matrix(found) or holds_matrix(ground_truth):
        found, ground_truth = with_determinants(found), with_determinants(ground_truth)
        if rows_of(found) or rows_of(ground_truth):
            return _same_matrix(found, ground_truth, terms)
    if _set_like(ground_truth) or _set_like(found):
        outcome = _same_region(found, ground_truth, terms)
        if outcome is not None:
            return outcome
    one, other = solutions(found), solutions(ground_truth)
    if one is not None and other is not None:
        return first_equal(
            lambda: _same_values(stems(one), stems(other), (found, ground_truth), terms),
            lambda: _same_with_all_signs(found, ground_truth, terms),
            lambda: _same_periodic(found, ground_truth, terms),
            lambda: same_relation(found, ground_truth, terms),
        )
    if isinstance(found, Rel) or isinstance(ground_truth, Rel):
        return first_equal(
            lambda: same_relation(found, ground_truth, terms), lambda: _same_equations(found, ground_truth, terms)
        )
    if isinstance(found, SetOp | Interval | Builder | Logic) and type(found) is type(ground_truth):
        return _same_parts(found, ground_truth, terms)
    return DIFFERENT


def _same_member(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of two members of a list: values, or answers of any kind."""
    if is_value(found) and is_value(ground_truth):
        return same_value(found, ground_truth, terms)
    return same(found, ground_truth, terms)


def _settled(node: Node, terms: Terms) -> Node:
    """The node in a simpler form, where it says one thing in several ways."""
    match node:
        case Rel(ops, sides) if set(ops) == {"="} and all(isinstance(side, Seq) and not names(side) for side in sides):
            # `{…} = {…}`: collections that are the same.
            return sides[-1] if every(same(side, sides[-1], terms) for side in sides[:-1]) else node
        case Seq("list" | "or" | "set", (Quantity() | Text() as only,)):
            return only
        case Rel(("=",), (SetOp(_, args), region)) if all(isinstance(arg, Sym) and arg.name.isupper() for arg in args):
            # `A ∩ B = {2}` names a set by two others.
            return region
        case Seq("list", items) if isinstance(items[0], Quantity):
            return compound(items) or node
        case Seq("list", (Seq("tuple", _) as point, *others)) if all(other == point for other in others):
            # One point, said again.
            return point
        case Seq("or", items) if all(_either_way(item, items[0], terms) for item in items[1:]):
            # `3/8 or 0.375`: one value in several writings.
            return items[0]
        case Seq(kind, items) if Sym("…") in items:
            return Seq(kind, written_out(items))
        case _:
            return node


def _either_way(one: Node, other: Node, terms: Terms) -> bool:
    return bool(_same_member(one, other, terms) or _same_member(other, one, terms))


# -- several values


def _same_with_all_signs(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of the values that two answers list, if each ± has both signs on its own."""
    if not (has_sign(found) or has_sign(ground_truth)):
        return DIFFERENT
    one, other = (solutions(node, independent=True) for node in (found, ground_truth))
    assert one is not None
    assert other is not None
    if [value.value for value in one] == [found] and [value.value for value in other] == [ground_truth]:
        if has_sign(found) and has_sign(ground_truth):
            raise TooCostlyError("too many ± to write out")
        return DIFFERENT
    return _same_values(stems(one), stems(other), (found, ground_truth), terms)


def _same_values(one: list[Value], other: list[Value], answers: tuple[Node, Node], terms: Terms) -> Outcome:
    found, ground_truth = answers

    def same_named(a: Value, b: Value) -> Outcome:
        return _same_named(a, b, terms)

    def same_bare(a: Value, b: Value) -> Outcome:
        return _same_member(a.value, b.value, terms)

    if _is_list(ground_truth) and len(one) == 1 < len({value.value for value in other}):
        # One value in several writings: `1/4, 0.25`.
        alternatives = every(same_named(one[0], value) for value in other)
        if alternatives:
            return alternatives
    if len(one) != len(other):
        one, other = spread(one), spread(other)
    if len(one) != len(other):
        one = _without_repeats(one, found, ground_truth, terms)
        other = _without_repeats(other, ground_truth, found, terms)
    if len(one) != len(other):
        return DIFFERENT
    if len(one) == 1:
        return same_named(one[0], other[0])
    named = {value.name for value in one}, {value.name for value in other}
    if None not in named[0] and None not in named[1] and terms.policy.names == "same":
        return match_any_order(one, other, same_named)
    ordered = any(_is_tuple(node) and not has_sign(node) for node in answers)
    ordered = ordered or any(None not in group and len(group) > 1 and not indexed(group) for group in named)
    if terms.policy.order == "given" and not (_is_set(found) or _is_set(ground_truth)):
        ordered = True
    if ordered:
        return every(same_bare(a, b) for a, b in zip(in_order(one), in_order(other), strict=True))
    return match_any_order(one, other, same_bare)


def _without_repeats(values: list[Value], node: Node, beside: Node, terms: Terms) -> list[Value]:
    """The members of a set, the points of a list, the solutions for one name: said twice they are one."""
    points = all(isinstance(value.value, Seq) and value.value.kind == "tuple" for value in values)
    one_name = len({value.name for value in values}) == 1 and values[0].name is not None
    if not ((_is_set(node) and isinstance(beside, Seq)) or points or one_name):
        return values
    return distinct(values, lambda a, b: _same_member(a.value, b.value, terms))


def _same_named(found: Value, ground_truth: Value, terms: Terms) -> Outcome:
    one, other = found.name, ground_truth.name
    if one is None and isinstance(other, Add | Mul) and names(other) <= _COORDINATES:
        # `x + y = 5` is a line, and more than 5.
        return DIFFERENT
    value = found.value
    if one is not None and other is not None and one != other and terms.policy.names == "same":
        alike = _label(one) == _label(other)
        if not alike and not ({type(one), type(other)} == {Sym, UnknownFunction} and _dependent(one, other)):
            renamed = _with_arguments_of(other, found)
            if renamed is None:
                return DIFFERENT
            value = renamed
    return _same_member(value, ground_truth.value, terms)


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


def _with_arguments_of(other: Node, found: Value) -> Node | None:
    """`f(m) = 2m` read as `f(n) = 2n`: the value with the other's argument names; None where the functions differ."""
    one = found.name
    if not (isinstance(one, UnknownFunction) and isinstance(other, UnknownFunction)):
        return None
    if one.name != other.name or len(one.args) != len(other.args):
        return None
    if not all(isinstance(arg, Sym) for arg in (*one.args, *other.args)):
        return None
    return rebuild(found.value, dict(zip(one.args, other.args, strict=True)))


# -- relations, sets, matrices


def _same_equations(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """`3x ± 4y = 0` and other pairs of equations, one by one."""
    one, other = equations(found), equations(ground_truth)
    if len(one) != len(other) or len(one) < 2:
        return DIFFERENT
    return match_any_order(one, other, lambda a, b: same_relation(a.value, b.value, terms))


def _same_region(found: Node, ground_truth: Node, terms: Terms) -> Outcome | None:
    """None where one of them is no set of real numbers that can be listed."""
    try:
        one, name = region_of(found, terms.budget)
        other, wanted = region_of(ground_truth, terms.budget)
    except NoRegionError:
        return None
    if name is not None and wanted is not None and name != wanted and terms.policy.names == "same":
        return Outcome(equal=False, stage="region")
    return Outcome(same_region(one, other, terms.policy.tolerance), "region")


def _same_parts(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Sets and statements with symbolic bounds, part by part."""

    def in_any_order() -> Outcome:
        one, other = ([Value(None, child) for child in children(node)] for node in (found, ground_truth))
        return match_any_order(one, other, lambda a, b: same(a.value, b.value, terms))

    match found, ground_truth:
        case Interval(), Interval():
            if (found.low_closed, found.high_closed) != (ground_truth.low_closed, ground_truth.high_closed):
                return DIFFERENT
        case (SetOp(op, _), SetOp(wanted, _)) | (Logic(op, _), Logic(wanted, _)):
            if op != wanted:
                return DIFFERENT
            if op != "difference":
                return in_any_order()
        case _:
            pass
    one, other = children(found), children(ground_truth)
    if len(one) != len(other):
        return DIFFERENT
    return every(_same_member(a, b, terms) for a, b in zip(one, other, strict=True))


def _same_matrix(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    one, other = rows_of(found), rows_of(ground_truth)
    if one is None or other is None or [len(row) for row in one] != [len(row) for row in other]:
        return DIFFERENT
    pairs = [pair for both in zip(one, other, strict=True) for pair in zip(*both, strict=True)]
    return every(_same_member(a, b, terms) for a, b in pairs)


# -- conditions, families


def _same_conditioned(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    one = found if isinstance(found, Conditioned) else Conditioned(found, "", frozenset())
    other = ground_truth if isinstance(ground_truth, Conditioned) else Conditioned(ground_truth, "", frozenset())
    if one.integers or other.integers:
        equal = same_families(one, other, terms.budget)
        if equal is not None:
            return Outcome(equal, "periodic")
    if len(one.integers) == len(other.integers) == 1:
        renamed = rebuild(one.body, {Sym(*one.integers): Sym(*other.integers)})
        one = Conditioned(renamed, one.condition, other.integers)
    if one.condition and other.condition and not _like_conditions(one.condition, other.condition):
        return DIFFERENT
    return same(one.body, other.body, terms)


def _like_conditions(one: str, other: str) -> bool:
    """True for two side conditions that are written alike; quantifiers (`for all x`) restrict nothing."""
    kept = [text for text in (one, other) if not text.startswith(_QUANTIFIED)]
    return len(kept) < 2 or kept[0].split() == kept[1].split()


def _same_periodic(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Families whose integer parameter nobody introduced, under two different names."""
    mine, theirs = names(found) & _PARAMETERS, names(ground_truth) & _PARAMETERS
    if not (len(mine) == len(theirs) == 1) or not _holds_pi(ground_truth):
        return DIFFERENT
    one, other = Conditioned(found, "", mine), Conditioned(ground_truth, "", theirs)
    return Outcome(bool(same_families(one, other, terms.budget)), "periodic")


def _holds_pi(node: Node) -> bool:
    return node == Const("pi") or any(map(_holds_pi, children(node)))


def _set_like(node: Node) -> bool:
    match node:
        case Interval() | SetOp() | Builder() | Logic() | Const("R" | "empty"):
            return True
        case Rel(ops, _):
            return bool(set(ops) - {"=", "~"})
        case Seq("list" | "or", items):
            return any(map(_set_like, items))
        case _:
            return False


def _is_list(node: Node) -> bool:
    return isinstance(node, Seq) and node.kind in ("list", "or")


def _is_tuple(node: Node) -> bool:
    return isinstance(node, Seq) and node.kind == "tuple"


def _is_set(node: Node) -> bool:
    return isinstance(node, Seq) and node.kind == "set"
