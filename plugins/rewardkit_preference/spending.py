"""Tokens and money that a judge has taken, and the limit after which it is asked no more."""

import threading
from collections.abc import Mapping, Sequence

from rewardkit_preference.endpoint import EndpointError, Usage
from rewardkit_preference.judge_reply import Question

CHARACTERS_PER_TOKEN = 4
"""For estimates before anything is asked: English in today's vocabularies."""
REPLY_TOKENS = 80
"""Tokens of a verdict with its reason; a judge that reasons first writes many more."""


def tokens_of(question: Question) -> int:
    """About how many tokens a question has."""
    return tokens_of_messages(question.messages("0" * 16))


def tokens_of_messages(messages: Sequence[Mapping[str, str]]) -> int:
    """About how many tokens messages have."""
    return sum(len(message["content"]) for message in messages) // CHARACTERS_PER_TOKEN + 1


class Spending:
    """The money spent so far. May be used from many threads."""

    def __init__(self, prices: tuple[float, float] | None, max_cost: float | None) -> None:
        """Nothing is spent yet.

        prices    of a million tokens of prompt and of completion
        max_cost  in the same currency
        """
        self._prices = prices
        self._max_cost = max_cost
        self._lock = threading.Lock()
        self.total = Usage()

    def cost(self, usage: Usage) -> float | None:
        """The price of some tokens; None where no prices are known."""
        if self._prices is None:
            return None
        return (usage.prompt * self._prices[0] + usage.completion * self._prices[1]) / 1e6

    def check(self) -> None:
        """EndpointError once the limit is reached."""
        spent = self.cost(self.total)
        if self._max_cost is not None and spent is not None and spent >= self._max_cost:
            raise EndpointError(f"max_cost is reached: {spent:.4f} of {self._max_cost} are spent", retry=False)

    def add(self, usage: Usage) -> None:
        """Counts what a request took."""
        with self._lock:
            self.total += usage
