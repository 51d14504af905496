"""Judges of mathematics that share as little code as can be had: ours, Math-Verify, and plain sympy."""

import re
from typing import Any

from rewardkit.score import Score

BOX = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")


def sympy_equal(answer_text: str, ground_truth: Any) -> Score:
    """1 if sympy finds the difference of the last box and the ground truth to be 0; abstains on what it cannot read."""
    import sympy  # noqa: PLC0415 - slow to import, and only asked for by an audit
    from latex2sympy2_extended import latex2sympy  # noqa: PLC0415

    boxes = BOX.findall(answer_text or "")
    if not boxes:
        return Score.abstained("no box", kind="undecidable")
    try:
        found, wanted = latex2sympy(boxes[-1]), latex2sympy(str(ground_truth))
        if not (isinstance(found, sympy.Expr) and isinstance(wanted, sympy.Expr)):
            return Score.abstained("not an expression", kind="undecidable")
        equal = sympy.simplify(found - wanted) == 0
    except Exception as error:  # noqa: BLE001 - a parser and a simplifier of others raise anything
        return Score.abstained(f"sympy: {type(error).__name__}", kind="undecidable")
    return Score.scored(float(equal), f"sympy reads {found} and {wanted}"[:300])


OPINIONS: dict[str, Any] = {"math": {}, "math_verify": {}, "sympy": sympy_equal}
"""The rewards of a rubric that asks all of them."""
