"""The task: sums of two small numbers, to be thought through and answered in R1's tags.

One worked example stands in each prompt. Untrained, SmolLM2-135M-Instruct follows its format about one time in ten, and
gets about four sums of ten right.
"""

import random
from typing import Any

SYSTEM = "Think, then answer, in tags."
SHOWN = ("What is 2 + 5?", "<think>2 + 5 = 7</think> <answer>7</answer>")
NUMBERS = range(2, 20)


def rows(seed: int, held_out: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows to train on and those held out: each ordered pair of NUMBERS is in one of the two, by the seed."""
    pairs = [(left, right) for left in NUMBERS for right in NUMBERS]
    random.Random(seed).shuffle(pairs)  # noqa: S311 - a shuffle that can be repeated
    every = [row(left, right) for left, right in pairs]
    return every[held_out:], every[:held_out]


def row(left: int, right: int) -> dict[str, Any]:
    """One prompt, as chat messages, with its ground truth."""
    question, answer = SHOWN
    said = [("system", SYSTEM), ("user", question), ("assistant", answer), ("user", f"What is {left} + {right}?")]
    prompt = [{"role": role, "content": content} for role, content in said]
    return {"prompt": prompt, "ground_truth": str(left + right)}
