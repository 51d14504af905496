"""An attack: completions that should not be paid, and what they are compared with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from rewardkit.auditing.tasks import Task

Compare = Literal["nothing", "wrong", "right"]


@dataclass(frozen=True)
class Attack:
    """Completions that do without the work, made for each task."""

    name: str
    about: str
    """One sentence: how such a completion is made."""
    make: Callable[[Task], Iterable[str]]
    """The completions for a task; none where the attack does not fit it."""
    compare: Compare = "nothing"
    """The honest completion that it should not earn more than. `nothing`: it should earn nothing. `wrong`: it is an
    honest wrong completion with something added. `right`: it is the right completion with something added."""
    near: bool = False
    """True if it holds a part of the right answer, or one close to it: a reward with a graded scale may pay that."""
