"""The reward is what its users may expect, and no shortcut earns it."""

import json
from pathlib import Path

import pytest
import reasoning_gym
from rewardkit_reasoning_gym.reward import ReasoningGymParams, ReasoningGymReward

from rewardkit import RewardContext, Sample
from rewardkit.testing import RewardTests

LINES = (Path(__file__).parent / "samples.jsonl").read_text(encoding="utf-8").splitlines()
SAMPLES = [json.loads(line) for line in LINES]
PLAIN = ["spell_backward", "chain_sum", "number_sorting", "leg_counting", "base_conversion", "gcd"]
RUN_BY_THE_VERIFIER = ["spiral_matrix", "n_queens", "binary_matrix", "puzzle24", "polynomial_multiplication"]


class TestReasoningGym(RewardTests):
    """Everything that a training run takes for granted."""

    reward = ReasoningGymReward
    samples = SAMPLES


def judge(**params):
    return ReasoningGymReward(ReasoningGymParams(**params), RewardContext())


def sample(completion, prompt="Say it.", ground_truth=None, **columns):
    return Sample(prompt=prompt, completion=completion, ground_truth=ground_truth, columns=columns)


def value(completion, params=None, **fields):
    return judge(**(params or {})).score([sample(completion, **fields)])[0].value


@pytest.mark.parametrize("name", PLAIN)
def test_the_published_answers_are_right_and_others_are_not(name):
    entries = list(reasoning_gym.create_dataset(name, size=5, seed=1))
    for entry, other in zip(entries, entries[1:] + entries[:1], strict=True):
        fields = {"prompt": entry["question"], "ground_truth": entry["answer"], "metadata": entry["metadata"]}
        assert value(f"<answer>{entry['answer']}</answer>", **fields) == 1.0
        if other["answer"] != entry["answer"]:
            assert value(f"<answer>{other['answer']}</answer>", **fields) == 0.0


def test_no_data_set_pays_for_an_answer_that_contains_the_right_one_or_for_any_answer():
    for name in (
        "spell_backward",
        "chain_sum",
        "leg_counting",
        "letter_counting",
        "basic_arithmetic",
        "gcd",
        "word_sorting",
    ):
        entry = next(iter(reasoning_gym.create_dataset(name, size=1, seed=3)))
        fields = {"prompt": entry["question"], "ground_truth": entry["answer"], "metadata": entry["metadata"]}
        for text in (f"perhaps {entry['answer']} or not", "?", "I do not know.", "0 " * 50):
            (score,) = judge().score([sample(f"<answer>{text}</answer>", **fields)])
            assert score.values == {"right": 0.0, "partial": 0.0}, (name, text)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("spiral_matrix", "[__import__('os').system('touch ran')]"),
        ("n_queens", "(lambda: open('ran', 'w'))()"),
        ("binary_matrix", "[open('ran', 'w')]"),
        ("countdown", "__import__('os').system('touch ran')"),
        ("puzzle24", "lambdify('x', 'open(1)')"),
        ("polynomial_multiplication", "().__class__"),
        ("simple_integration", "preview(x)"),
    ],
)
def test_an_answer_is_never_run_as_python(name, answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = next(iter(reasoning_gym.create_dataset(name, size=1, seed=1)))
    fields = {"prompt": entry["question"], "ground_truth": entry["answer"], "metadata": entry["metadata"]}
    (score,) = judge().score([sample(f"<answer>{answer}</answer>", **fields)])
    assert (score.value, score.kind) == (0.0, "malformed")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", RUN_BY_THE_VERIFIER)
def test_a_right_answer_of_such_a_data_set_is_judged(name):
    entry = next(iter(reasoning_gym.create_dataset(name, size=1, seed=1)))
    if entry["answer"]:
        fields = {"prompt": entry["question"], "ground_truth": entry["answer"], "metadata": entry["metadata"]}
        assert value(f"<answer>{entry['answer']}</answer>", **fields) == 1.0
