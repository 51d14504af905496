"""A reward that counts words, until something outside of it goes wrong: the fault is named by environment variables."""

import hashlib
import os
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import rewardkit
from rewardkit import Reward, Sample, Score


def right_share(text: str) -> float:
    """The share of the words that are `right` or `one`: what every completion should get."""
    words = text.split()
    return sum(word in {"right", "one"} for word in words) / max(1, len(words))


class Faulty(Reward):
    """The share of the words that are `right` or `one`."""

    name = "faulty"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        fault = os.environ.get("FAULT")
        while fault == "hang" and os.environ["RANK"] == "1":
            pass
        if "JUDGING" in os.environ:
            digest = hashlib.sha256(repr(samples).encode()).hexdigest()
            Path(os.environ["JUDGING"], f"{os.getpid()}-{digest}").touch()
            time.sleep(0.2)  # long enough to be killed at it
        if fault == "service":
            urllib.request.urlopen(os.environ["SERVICE"], timeout=5).close()
        return [Score.scored(right_share(sample.completion_text)) for sample in samples]


@rewardkit.hookimpl
def rewardkit_rewards() -> list[type[Reward]]:
    return [Faulty]
