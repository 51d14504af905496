"""Options for mathematical answers. Each default is the lenient reading that cannot be gamed."""

from typing import Literal

from pydantic import Field

from rewardkit import RewardParams


class MathParams(RewardParams):
    """Policy of the math reward."""

    box: Literal["preferred", "required"] = "preferred"
    r"""`required`: an answer outside `\boxed{}` is no answer."""
    hedge: Literal["refuse", "last"] = "refuse"
    """An answer that names a second, different value beside the one that counts (`7, or 5`): `refuse`: it is none,
    unless the ground truth lists both; `last`: the value that counts is judged alone."""
    proof: Literal["off", "sought", "required"] = "off"
    """sympy in a process of its own. `off`: asked only for what nothing else can tell (inequalities that are not
    linear, pairs of equations, sums and integrals without a value). `sought`: also for what only values at points
    accepted; what it refutes is wrong. `required`: what is neither identical, exact nor proved is undecidable."""
    percent: Literal["either", "strict", "any"] = "either"
    """A percent sign on one side only: `either` reads 28 % as 0.28 and as 28; `strict` as 0.28. `any`: also without a
    percent sign on either side, 75 and 0.75 are the same."""
    rounding: Literal["off", "exact", "digits"] = "exact"
    """A ground truth printed as a decimal with three significant digits or more: `exact` also takes an exact value (a
    fraction, a root) that rounds to it; `digits` also a decimal with more digits that rounds to it."""
    tolerance: float = Field(default=0.0, ge=0.0, lt=0.5)
    """Relative error that two numbers may have."""
    units: Literal["optional", "required"] = "optional"
    """`optional`: a unit on one side only is ignored. Two different units are never the same."""
    order: Literal["any", "given"] = "any"
    """Order of a bare list or of several solutions. Tuples are always ordered, sets never."""
    choices: Literal["letter", "exact"] = "letter"
    """`letter`: a ground truth that is a letter of multiple choice, alone or before its text, is compared by that
    letter, in either case; `exact`: as any other text."""
    names: Literal["same", "free"] = "same"
    """`free`: free names may be renamed one to one (`a x + b` and `c x + d`); the name before `=` does not matter."""
