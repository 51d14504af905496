"""The result of a comparison: equal or not, and the stage that settled it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rewardkit_math.numeric.evaluation_state import Budget
from rewardkit_math.params import MathParams


@dataclass(frozen=True, slots=True)
class Terms:
    """The context of a comparison: the policy of the rubric, and the steps that are left."""

    policy: MathParams
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Outcome:
    """True (as a condition) for two equal answers."""

    equal: bool
    stage: str

    def __bool__(self) -> bool:
        return self.equal


DIFFERENT = Outcome(equal=False, stage="structure")
SAME = Outcome(equal=True, stage="structure")


def every(outcomes: Iterable[Outcome]) -> Outcome:
    """Equal if all are; the first that is not, or the last."""
    found = SAME
    for outcome in outcomes:
        if not outcome:
            return outcome
        found = outcome if outcome.stage != "structure" else found
    return found


def first_equal(*attempts: Callable[[], Outcome]) -> Outcome:
    """The first attempt that finds both equal, or the first one that looked at more than the structure."""
    found = DIFFERENT
    for attempt in attempts:
        outcome = attempt()
        if outcome:
            return outcome
        found = outcome if found.stage == "structure" else found
    return found
