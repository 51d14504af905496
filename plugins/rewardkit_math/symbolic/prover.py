"""When sympy is asked, and what its answer does to a verdict.

    off        sympy is asked only where our own code has no method: inequalities and sets that are not linear, pairs of
               equations, and sums, integrals, limits or special functions without a numeric value
    sought     also for what only probes accepted; a refutation overrides them
    required   as `sought`, and only what is identical, exact or proved is rewarded

A question that ran out of time leaves the verdict as it was, and is asked again the next time.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from rewardkit_math.helper_process import Helper, HelperError
from rewardkit_math.symbolic.shapes import holds_special, is_equation, is_region
from rewardkit_math.tree import EXPRESSION, Conditioned, Node, Quantity, Rel, Text, names

Proof = Literal["proved", "refuted", "not settled"]

CERTAIN = frozenset(("identical", "exact", "structure", "choice", "text"))
"""Stages that need no proof: the same text or tree, rational numbers, letters, words."""
PROBED = frozenset(("numeric", "region", "periodic"))
"""Stages that rest on values at points or on decimals."""
_CPU_S = 2.0
_REMEMBERED = 4096


class Prover:
    """Asks sympy in a helper process that starts with the first question."""

    def __init__(self) -> None:
        self._helper = Helper("rewardkit_math.symbolic.stage:ask")
        self._ask = lru_cache(maxsize=_REMEMBERED)(self._asked)

    def settle(self, found: Node, wanted: Sequence[Node]) -> Proof:
        """`proved` where the prediction is one of the writings of the ground truth, `refuted` where it is none."""
        outcomes = set()
        for node in wanted:
            try:
                outcome = self._ask(found, node)
            except HelperError:
                outcome = "not settled"
            if outcome == "proved":
                return outcome
            outcomes.add(outcome)
        return "refuted" if outcomes == {"refuted"} else "not settled"

    def close(self) -> None:
        """Ends the helper process."""
        self._helper.close()

    def _asked(self, found: Node, wanted: Node) -> Proof:
        """One question. Raises HelperError, which is not remembered."""
        outcome: Proof = self._helper.ask(found, wanted, cpu_s=_CPU_S)[0]
        return outcome


def has_no_other_method(found: Node, wanted: Node) -> bool:
    """True for pairs of kinds that our own code may refuse although they are the same."""
    found, wanted = (side.body if isinstance(side, Conditioned) else side for side in (found, wanted))
    if isinstance(found, Text) or isinstance(wanted, Text):
        return False
    if is_region(found) or is_region(wanted):
        return is_region(found) and is_region(wanted) and bool(names(found) | names(wanted))
    if is_equation(found) and is_equation(wanted):
        return bool(names(wanted)) and names(found) == names(wanted)
    values = [side.value if isinstance(side, Quantity) else side for side in (found, wanted)]
    values = [side.sides[-1] if isinstance(side, Rel) else side for side in values]
    return all(isinstance(side, EXPRESSION) for side in values) and any(map(holds_special, values))
