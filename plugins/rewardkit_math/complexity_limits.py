"""Limits of size, checked before anything is evaluated.

Every number here is far above what a right answer needs and far below what hurts: with all of them reached at once a
judgement stays under a second and a few megabytes.
"""

from fractions import Fraction

TAIL_CHARS = 20_000
"""Of an answer without a box only this much of the end is searched."""
ANSWER_CHARS = 4_000
"""A longer answer is not read."""
TOKENS = 2_000
DEPTH = 60
"""Nesting of brackets, roots, fractions and powers."""
ITEMS = 300
"""Members of a list, a set or a matrix."""
BITS = 20_000
"""Size of an exact integer; also of the integers inside a fraction."""
FACTORIAL = 1_500
BINOMIAL = 10_000
EXPONENT = 10**6
"""Largest exponent that is raised to numerically."""
STEPS = 60_000
"""Operations that one comparison may take, summed over all probes."""
COMPARISON_STEPS = 60
"""Steps that the comparison of two answers, or of two members of lists, is charged with besides its operations."""
TERMS = 2_000
"""Terms of a sum or product that is added up one by one."""


class TooCostlyError(Exception):
    """The answer asks for more work than a judgement may take."""


def bits(value: Fraction) -> int:
    """Size of a fraction: the bits of its longer part."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())
