"""All LaTeX commands that are known: a doubled backslash before one of them is a single one."""

from rewardkit_math.notation.vocabulary.functions import CONSTANTS, FUNCTIONS
from rewardkit_math.notation.vocabulary.layout import DROPPED, LAYOUT, MARKS, TEXTUAL
from rewardkit_math.notation.vocabulary.letters import LETTERS
from rewardkit_math.notation.vocabulary.operators import DOTS, RELATIONS, SIGNS
from rewardkit_math.notation.vocabulary.refused import REFUSED

WITH_ARGUMENTS = frozenset((
    "frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac", "binom", "dbinom", "tbinom", "sqrt", "sum", "prod", "int",
    "lim", "mathbb", "circ", "begin", "end", "pmod", "bmod", "mod", "angle", "triangle", "infty",
))  # fmt: skip
COMMANDS = frozenset().union(
    WITH_ARGUMENTS, FUNCTIONS, CONSTANTS, LAYOUT, DROPPED, MARKS, TEXTUAL, LETTERS, DOTS, RELATIONS, SIGNS, REFUSED
)
