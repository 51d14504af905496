"""Every built-in reward passes every check, from the public import."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewardkit.registry import built_in
from rewardkit.testing import check_reward

ROOT = Path(__file__).parents[2]
EXAMPLES = [json.loads(line) for line in (ROOT / "examples" / "completions.jsonl").read_text().splitlines()]

GATED = {"empty_earns_nothing": "it pays for being short, and its docs say that it belongs behind a gate"}

PARAMS: dict[str, dict[str, Any]] = {
    "length_cosine": {"limit": 500, "unit": "words"},
    "length_overlong": {"limit": 100, "cache": 50, "unit": "words"},
    "length_relative": {"unit": "words"},
    "length_target": {"target": 30, "unit": "words"},
}
SKIP = {"length_cosine": GATED, "length_relative": GATED}


def rows(expected: dict[str, str], **fields: Any) -> list[dict[str, Any]]:
    """Rows that differ by their completion, with what each should get."""
    return [{**fields, "completion": text, "expected": word} for text, word in expected.items()]


ADD = json.dumps({"inputs": ["1 2\n", "5 5\n"], "outputs": ["3\n", "10\n"]})
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "math": rows(
        {"It is \\boxed{\\frac{1}{2}}.": "full", "It is 0.49.": "zero", "\\boxed{": "malformed"},
        prompt="Half of one?",
        ground_truth="1/2",
    ),
    "math_verify": rows(
        {"It is $\\boxed{\\frac{1}{2}}$.": "full", "It is $\\boxed{3}$.": "zero", "\\boxed{": "malformed"},
        prompt="Half of one?",
        ground_truth="$\\frac{1}{2}$",
    ),
    "code": rows(
        {
            "```python\nprint(sum(map(int, input().split())))\n```": "full",
            "```python\nprint(3)\n```": "zero",
            "```python\nprint(": "malformed",
        },
        prompt="Read two numbers and print their sum.",
        ground_truth=ADD,
    ),
    "format": rows(
        {"<think>\nWell.\n</think>\n\nYes.": "full", "Yes.": "zero", "<think>Yes": "malformed"}, prompt="Yes?"
    ),
    "language": rows(
        {
            "<think>This is a sentence in the English language, and so is this one.</think>Yes, it is.": "full",
            "<think>Dieser Satz steht in deutscher Sprache, und so auch dieser hier.</think>Ja, so ist es.": "zero",
        },
        prompt="Is this an English sentence?",
        language="en",
    ),
    "multiple_choice": rows(
        {"The answer is (B).": "full", "The answer is (C).": "zero", "A B C D": "malformed"},
        prompt="Which is a fruit?\nA) stone\nB) apple\nC) iron\nD) sand",
        ground_truth="B",
    ),
    "qa": rows(
        {"Paris": "full", "Lyon": "zero", "<think>Paris": "malformed"},
        prompt="What is the capital of France?",
        ground_truth=["Paris", "the city of Paris"],
    ),
    "json_schema": rows(
        {'{"name": "Ada", "age": 36}': "full", '{"name": "Ada", "age": "old"}': "zero", '{"name": ': "malformed"},
        prompt="Who?",
        ground_truth=SCHEMA,
    ),
    "instruction_following": rows(
        {"I like apples and pears": "full", "I like apples, and pears": "zero"},
        prompt="Write about fruit, without any comma.",
        ground_truth={"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    ),
    "truncation": rows({"I was cut": "zero"}, prompt="Why?", truncated=True),
}
MODELS = {"reward_model", "reward_endpoint", "judge_model"}
"""Rewards that need a model: checked where their models are (tests/preference)."""


@pytest.mark.parametrize("reward", sorted(built_in.REWARDS.keys() - MODELS))
def test_a_built_in_passes_every_check(reward: str):
    params, skip = PARAMS.get(reward), SKIP.get(reward)
    samples = SAMPLES.get(reward, EXAMPLES)
    (report,) = check_reward(reward, samples, params=params, skip=skip)
    outcomes = {result.check: result.outcome for result in report.results}
    assert outcomes["never_raises"] == outcomes["keeps_deadline"] == outcomes["judges"] == "passed"
    expects = {row["expected"] for row in SAMPLES.get(reward, ())}
    for word, check in (("full", "full_earns_most"), ("zero", "zero_earns_nothing")):
        assert (outcomes[check] == "passed") == (word in expects)
