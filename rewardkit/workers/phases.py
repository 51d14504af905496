"""The order in which workers and services judge a sample, by what depends on what. Pure.

phase 0   the workers' rewards that need nothing of a service, then the services that need nothing of each other
phase 1   the workers' rewards behind a gate of those services, then the services behind these, and so on
"""

from collections.abc import Sequence
from typing import NamedTuple

from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric


class Phase(NamedTuple):
    """Rewards that can be judged when those of the phases before are."""

    workers: tuple[str, ...]
    """Aliases of those in the worker processes, in the order of asking."""
    services: tuple[str, ...]
    """Aliases of those that are services: judged at the same time, after the workers'."""


def is_service(step: Step) -> bool:
    """True for a reward that has one process for the whole run."""
    return step.installed.reward.runs == "service"


def phases_of(rubric: Rubric, steps: Sequence[Step]) -> tuple[Phase, ...]:
    """The phases of a rubric; `steps` in an order in which each comes after its gates and what it needs."""
    numbers: dict[str, int] = {}
    services = {step.alias for step in steps if is_service(step)}
    for step in steps:
        before = {rubric.named(name)[0] for name in (*step.config.gate, *step.needs.values())}
        numbers[step.alias] = max((numbers[alias] + (alias in services) for alias in before), default=0)
    return tuple(
        Phase(
            tuple(alias for alias in numbers if numbers[alias] == phase and alias not in services),
            tuple(alias for alias in numbers if numbers[alias] == phase and alias in services),
        )
        for phase in range(max(numbers.values()) + 1)
    )
