"""Where `math`, Math-Verify, inspect-ai's `math()` and sympy disagree, on generated pairs or on the rows of a file.

    python benchmarks/math_differential.py --pairs 400 --seed 1
    python benchmarks/math_differential.py rows.jsonl --graders math,math_verify
    python benchmarks/math_differential.py --reasoning-gym 20

A generated pair is a sympy expression and the same expression rewritten (right) or changed in one sign, coefficient or
exponent (wrong), each printed in one of several ways. sympy's verdict is about the objects, the graders' about the
texts, so that a disagreement is a fault of a reader or of a comparison. A row of a file has `prediction`, `gold` and
`label`. With reasoning-gym installed, its own answers are the right ones, answers of other questions the wrong ones.

Prints each disagreement, then a table: right pairs refused and wrong pairs accepted by each grader.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import sympy

Grader = Callable[[str, str], bool]
_X, _Y, _N = sympy.Symbol("x"), sympy.Symbol("y"), sympy.Symbol("n")


class Pair(NamedTuple):
    """A prediction and a ground truth as texts, and whether they are equal."""

    prediction: str
    ground_truth: str
    equal: bool
    made_by: str


def expression(draw: random.Random, depth: int = 2) -> Any:
    """A random expression of the kinds that answers have."""
    if depth == 0:
        number = sympy.Rational(draw.randint(1, 12), draw.choice((1, 1, 1, 2, 3, 7)))
        return draw.choice((number, number, _X, _Y, sympy.sqrt(draw.choice((2, 3, 5))), sympy.pi))
    one, other = expression(draw, depth - 1), expression(draw, depth - 1)
    return draw.choice(
        (
            lambda: one + other,
            lambda: one - 2 * other,
            lambda: one * other,
            lambda: one / (other + draw.randint(1, 5)) if other.is_number else one / (other**2 + 1),
            lambda: one ** draw.choice((2, 3)),
            lambda: sympy.sqrt(one**2 + draw.randint(1, 5)),
            lambda: sympy.sin(one) * other,
            lambda: other if one.has(sympy.exp) else sympy.exp(one) + other,
            lambda: sympy.log(one**2 + 2) - other,
        )
    )()


def rewritten(draw: random.Random, value: Any) -> Any:
    """The same expression in another form."""
    return draw.choice(
        (
            sympy.expand,
            sympy.factor,
            sympy.together,
            lambda same: sympy.expand(same, deep=False),
            lambda same: sympy.Add(same, _X, -_X, evaluate=False),
            lambda same: (
                same.rewrite(sympy.exp)
                if same.has(sympy.sin)
                else sympy.apart(same)
                if same.free_symbols == {_X}
                else same
            ),
            lambda same: same,
        )
    )(value)


def changed(draw: random.Random, value: Any) -> Any:
    """The expression with one sign, coefficient or exponent changed."""
    places = [part for part in sympy.preorder_traversal(value) if part.is_Rational or part.is_Pow]
    if not places:
        return value + draw.choice((1, -1, sympy.Rational(1, 2)))
    place = draw.choice(places)
    if place.is_Pow and not place.exp.is_Rational:
        return value.xreplace({place: 2 * place})
    if place.is_Pow:
        return value.xreplace({place: place.base ** (place.exp + 1)})
    return value.xreplace({place: draw.choice((place + 1, -place, place * 2))})


RENDERINGS: dict[str, Callable[[Any], str]] = {
    "latex": sympy.latex,
    "latex, folded": lambda value: sympy.latex(value, fold_short_frac=True, root_notation=False),
    "latex, powers of functions": lambda value: sympy.latex(value, inv_trig_style="full", fold_func_brackets=False),
    "python": str,
    "carets": lambda value: str(value).replace("**", "^"),
    "no stars": lambda value: str(value).replace("**", "^").replace("*", " "),
}


def generated(count: int, seed: int) -> Iterator[Pair]:
    """Pairs of expressions, every other one wrong. The same for the same seed."""
    draw = random.Random(seed)
    made = 0
    while made < count:
        value = expression(draw)
        equal = made % 2 == 0
        try:
            other = rewritten(draw, value) if equal else changed(draw, value)
            same = _equal_values(value, other, draw)
        except (sympy.PolynomialError, ZeroDivisionError, TypeError, ValueError, NotImplementedError):
            continue
        if same is not equal:
            continue
        one, two = draw.choice(list(RENDERINGS)), draw.choice(list(RENDERINGS))
        made += 1
        yield Pair(RENDERINGS[one](other), RENDERINGS[two](value), equal, f"{one} beside {two}")


def _equal_values(one: Any, other: Any, draw: random.Random) -> bool | None:
    """True where two expressions have the same values at some points; None where they are not defined there."""
    for _ in range(3):
        point = {name: sympy.Rational(draw.randint(3, 40), 11) for name in (_X, _Y, _N)}
        first, second = sympy.N(one.xreplace(point), 40), sympy.N(other.xreplace(point), 40)
        if not (first.is_finite and second.is_finite):
            return None
        if abs(first - second) > sympy.Float("1e-25") * (1 + abs(first)):
            return False
    return True


def from_file(path: Path) -> Iterator[Pair]:
    """The rows of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Pair(row["prediction"], row["gold"], bool(row["label"]), str(row.get("source", path.name)))


def from_reasoning_gym(size: int, seed: int) -> Iterator[Pair]:
    """reasoning-gym's answers to questions of mathematics."""
    import reasoning_gym

    for name in ("polynomial_equations", "simple_equations", "polynomial_multiplication", "simple_integration",
                 "intermediate_integration", "fraction_simplification", "gcd", "lcm", "basic_arithmetic",
                 "decimal_arithmetic", "complex_arithmetic", "prime_factorization"):  # fmt: skip
        try:
            answers = [entry["answer"] for entry in reasoning_gym.create_dataset(name, size=size, seed=seed)]
        except ValueError:
            continue
        for index, answer in enumerate(answers):
            yield Pair(answer, answer, True, name)
            other = answers[(index + 1) % len(answers)]
            if other != answer:
                yield Pair(other, answer, False, name)


def math_grader() -> Grader:
    from rewardkit import RewardContext, Sample
    from rewardkit_math.params import MathParams
    from rewardkit_math.reward import MathReward

    reward = MathReward(MathParams(), RewardContext())
    return lambda prediction, truth: (
        reward.score([Sample(completion=f"\\boxed{{{prediction}}}", ground_truth=truth)])[0].value == 1.0
    )


def math_verify_grader() -> Grader:
    from rewardkit import RewardContext, Sample
    from rewardkit_math.math_verify import MathVerifyParams, MathVerifyReward

    reward = MathVerifyReward(MathVerifyParams(), RewardContext())
    return lambda prediction, truth: (
        reward.score([Sample(completion=f"\\boxed{{{prediction}}}", ground_truth=truth)])[0].value == 1.0
    )


def inspect_grader() -> Grader:
    """inspect-ai's scorer `math()`."""
    from inspect_ai.model import ModelName, ModelOutput
    from inspect_ai.scorer import CORRECT, Target, math
    from inspect_ai.solver import TaskState

    score = math()

    def grade(prediction: str, truth: str) -> bool:
        output = ModelOutput.from_content("none", f"\\boxed{{{prediction}}}")
        state = TaskState(model=ModelName("none/none"), sample_id=0, epoch=0, input="", messages=[], output=output)
        return asyncio.run(score(state, Target(truth))).value == CORRECT

    return grade


GRADERS: dict[str, Callable[[], Grader]] = {
    "math": math_grader,
    "math_verify": math_verify_grader,
    "inspect": inspect_grader,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=Path)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--reasoning-gym", type=int, default=0, metavar="SIZE", help="questions of each of its data sets"
    )
    parser.add_argument("--graders", default="math,math_verify")
    options = parser.parse_args()
    if options.rows:
        pairs = list(from_file(options.rows))
    elif options.reasoning_gym:
        pairs = list(from_reasoning_gym(options.reasoning_gym, options.seed))
    else:
        pairs = list(generated(options.pairs, options.seed))
    graders = {name: GRADERS[name]() for name in options.graders.split(",")}
    refused, accepted = dict.fromkeys(graders, 0), dict.fromkeys(graders, 0)
    for pair in pairs:
        wrong = [name for name, grade in graders.items() if _asked(grade, pair) is not pair.equal]
        for name in wrong:
            (refused if pair.equal else accepted)[name] += 1
        if wrong:
            end = "refused " if pair.equal else "accepted"
            print(f"{end} {','.join(wrong):18} {pair.prediction}  |  {pair.ground_truth}  ({pair.made_by})")
    right = sum(pair.equal for pair in pairs)
    print(f"\n{'grader':14}{'right refused':>16}{'wrong accepted':>16}")
    for name in graders:
        print(f"{name:14}{f'{refused[name]}/{right}':>16}{f'{accepted[name]}/{len(pairs) - right}':>16}")


def _asked(grade: Grader, pair: Pair) -> bool:
    try:
        return grade(pair.prediction, pair.ground_truth)
    except Exception:  # noqa: BLE001 - a grader that fails on a pair has not accepted it
        return False


if __name__ == "__main__":
    main()
