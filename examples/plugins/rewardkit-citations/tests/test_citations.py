"""The reward is what its users may expect, and no shortcut earns it."""

import json
from pathlib import Path

import pytest
from rewardkit_citations.reward import CitationsParams, CitationsReward

from rewardkit import RewardContext, Sample
from rewardkit.testing import RewardTests

LINES = (Path(__file__).parent / "samples.jsonl").read_text(encoding="utf-8").splitlines()
SAMPLES = [json.loads(line) for line in LINES]
DOCUMENTS = [
    "The river rises in spring when the snow melts in the hills.",
    "Farmers built dams of stone and clay along its banks.",
]


class TestCitations(RewardTests):
    """Everything that a training run takes for granted."""

    reward = CitationsReward
    samples = SAMPLES


def judge(**params):
    return CitationsReward(CitationsParams(**params), RewardContext())


def sample(completion, prompt="Say it.", ground_truth=None, **columns):
    return Sample(prompt=prompt, completion=completion, ground_truth=ground_truth, columns=columns)


def value(completion, params=None, **fields):
    return judge(**(params or {})).score([sample(completion, **fields)])[0].value


@pytest.mark.parametrize(
    "completion",
    [
        " ".join(DOCUMENTS),
        "\n".join(f"> {document}" for document in DOCUMENTS),
        "“the”, “a”, “of”, “in”: these words are quoted, and so they are in the documents.",
        "“the river rises in spring and the dams are made of gold” is what the text says [1].",
        "It says: “...” and “… …” and so on, for a while, to make the answer long.",
    ],
)
def test_copies_and_scraps_earn_nothing(completion):
    assert value(completion, documents=DOCUMENTS) == 0.0


def test_a_quote_that_is_repeated_counts_once():
    quote = "“the river rises in spring when”"
    text = f"It says {quote}, and again, as everybody knows, it says {quote}, which is so."
    assert value(text, documents=DOCUMENTS, params={"quotes": 2}) == 0.5
