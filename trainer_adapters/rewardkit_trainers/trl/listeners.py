"""Listeners of judged batches, none of which can stop a run: a failure is counted, reported and passed over."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from rewardkit_trainers.repeated_warnings import is_power_of_two

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Listeners(list[Callable[[T], None]], Generic[T]):
    """Functions that are called with each judged batch, in order."""

    def __init__(self, *listeners: Callable[[T], None]) -> None:
        super().__init__(listeners)
        self.failures: dict[str, int] = {}
        """How often each listener failed, by its name."""

    def __call__(self, judged: T) -> None:
        """Calls each listener; whatever one raises is a warning, at the first, second, fourth, … time."""
        for listener in list(self):
            try:
                listener(judged)
            except Exception as error:  # noqa: BLE001 - a full disk or a logger's fault must not end a training run
                name = getattr(listener, "__qualname__", type(listener).__qualname__)
                self.failures[name] = self.failures.get(name, 0) + 1
                if is_power_of_two(self.failures[name]):
                    logger.warning(
                        "%s failed on %d judged batches so far; training goes on without what it keeps: %s: %s",
                        name,
                        self.failures[name],
                        type(error).__name__,
                        error,
                    )
