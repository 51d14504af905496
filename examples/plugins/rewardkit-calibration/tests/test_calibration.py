"""The reward is what its users may expect, and no shortcut earns it."""

import json
from pathlib import Path

import pytest
from rewardkit_calibration.reward import CalibrationParams, CalibrationReward

from rewardkit import RewardContext, Sample
from rewardkit.testing import RewardTests

LINES = (Path(__file__).parent / "samples.jsonl").read_text(encoding="utf-8").splitlines()
SAMPLES = [json.loads(line) for line in LINES]


class TestCalibration(RewardTests):
    """Everything that a training run takes for granted."""

    reward = CalibrationReward
    samples = SAMPLES


def judge(**params):
    return CalibrationReward(CalibrationParams(**params), RewardContext())


def sample(completion, prompt="Say it.", ground_truth=None, **columns):
    return Sample(prompt=prompt, completion=completion, ground_truth=ground_truth, columns=columns)


def value(completion, params=None, **fields):
    return judge(**(params or {})).score([sample(completion, **fields)])[0].value


def test_honest_doubt_pays_more_than_false_certainty():
    sure = value("<answer>5</answer><confidence>1</confidence>", ground_truth="4")
    unsure = value("<answer>5</answer><confidence>0.2</confidence>", ground_truth="4")
    assert sure < unsure < 0


@pytest.mark.parametrize("right", [0.0, 0.3, 0.7, 1.0])
def test_stating_how_often_one_is_right_pays_most(right):
    """The expected reward has its maximum where the stated confidence equals the share of right answers."""

    def expected(confidence):
        text = f"<answer>4</answer><confidence>{confidence}</confidence>"
        return right * value(text, ground_truth="4") + (1 - right) * value(text, ground_truth="5")

    assert max((step / 10 for step in range(11)), key=expected) == right


@pytest.mark.parametrize(
    "text", ["<confidence>nan</confidence>", "<confidence>-1</confidence>", "<confidence>101%</confidence>"]
)
def test_what_is_no_confidence_is_the_worst(text):
    assert value("<answer>4</answer>" + text, ground_truth="4") == -1.0
