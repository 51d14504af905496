"""Samples, scores and results: what they hold and refuse."""

import math

import pytest
from pydantic import ValidationError

from rewardkit import Message, Result, Sample, Score, from_block, to_block


def test_text_of_a_chat_is_the_assistants_last_word():
    completion = [
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]},
        {"role": "tool", "content": "4"},
        {"role": "assistant", "content": [{"type": "text", "text": "It is "}, {"type": "text", "text": "4."}]},
    ]
    sample = Sample(completion=completion, prompt=[{"role": "user", "content": "2 + 2?"}])
    assert (sample.completion_text, sample.prompt_text) == ("It is 4.", "2 + 2?")


def test_reasoning_that_the_server_cut_out_stands_in_its_tags_again():
    message = Message(role="assistant", content="4", reasoning_content="2 and 2")
    sample = Sample(completion=[message])
    assert sample.completion_text == "<think>\n2 and 2\n</think>\n\n4"
    assert sample.parts == ("2 and 2", "4")


def test_other_keys_of_a_message_are_kept():
    assert Message(role="tool", content="4", tool_call_id="x").model_extra == {"tool_call_id": "x"}


def test_columns_are_reached_by_dotted_paths():
    sample = Sample(completion="x", ground_truth={"a": 1}, columns={"extra": {"split": "train"}, "n": None})
    assert sample.column("extra.split") == "train"
    assert sample.column("ground_truth.a") == 1
    assert sample.column("extra.nothing.more") is None
    assert sample.column("nothing") is None


def test_a_group_is_named_or_else_the_prompt():
    assert Sample(completion="x", prompt="p", group="g").group_key == "g"
    assert Sample(completion="x", prompt="p").group_key == "p"
    assert Sample(completion="x").group_key is None


def test_samples_scores_and_results_are_frozen():
    score = Score.scored(1.0)
    result = Result(reward=1.0, scores={"math": score}, weights={"math": 1.0})
    for frozen, name in ((Sample(completion="x"), "completion"), (score, "value"), (result, "reward")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(frozen, name, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_only_a_finite_number_is_a_score(value: float | None):
    with pytest.raises(ValidationError, match="a score must be a finite number"):
        Score(value=value, status="scored")


@pytest.mark.parametrize("status", ["abstained", "failed"])
def test_without_a_judgement_there_is_no_value(status: str):
    with pytest.raises(ValidationError, match="has no value"):
        Score(value=0.0, status=status)


def test_a_result_is_read_back_from_its_block():
    scores = {"math": Score.scored(0.5, "half", answer="1/2"), "code": Score.abstained("no tests")}
    result = Result(reward=0.5, scores=scores, weights={"math": 1.0, "code": 0.0}, elapsed_ms={"math": 1.5})
    assert from_block(to_block(result)) == result
    assert "elapsed_ms" not in to_block(result, timings=False)["scores"]["math"]
