"""The reward is what its users may expect, and no shortcut earns it."""

import json
from pathlib import Path

from rewardkit_translation.reward import TranslationParams, TranslationReward

from rewardkit import RewardContext, Sample
from rewardkit.testing import RewardTests

LINES = (Path(__file__).parent / "samples.jsonl").read_text(encoding="utf-8").splitlines()
SAMPLES = [json.loads(line) for line in LINES]


class TestTranslation(RewardTests):
    """Everything that a training run takes for granted."""

    reward = TranslationReward
    samples = SAMPLES


def judge(**params):
    return TranslationReward(TranslationParams(**params), RewardContext())


def sample(completion, prompt="Say it.", ground_truth=None, **columns):
    return Sample(prompt=prompt, completion=completion, ground_truth=ground_truth, columns=columns)


def value(completion, params=None, **fields):
    return judge(**(params or {})).score([sample(completion, **fields)])[0].value


def test_one_of_several_references_is_enough_and_bleu_is_given_too():
    assert value("The house is green.", ground_truth=["It is a green house.", "The house is green."]) == 1.0


def test_a_dump_of_every_word_is_worth_little():
    assert (
        value("the house is green a home was verdant building of colour grün " * 30, ground_truth="The house is green.")
        < 0.1
    )


def test_megabytes_take_a_moment():
    assert value("green " * 200_000, ground_truth="The house is green.") < 0.1
