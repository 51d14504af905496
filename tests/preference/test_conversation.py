"""The conversation out of every way to write a prompt, and the part of the completion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Message, Sample
from rewardkit_preference.conversation import NotJudgeable, conversation_of, without_tokens

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"role": "user", "content": "Why?"}
TURNS = [SYSTEM, ASKED, {"role": "assistant", "content": "Because."}, {"role": "user", "content": "And?"}]

RENDERED = {
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
        "<|im_start|>assistant\nBecause.<|im_end|>\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n"
    ),
    "llama 3": (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
        "Because.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "deepseek": (
        "<｜begin▁of▁sentence｜>Be brief.<｜User｜>Why?<｜Assistant｜>Because.<｜end▁of▁sentence｜>"
        "<｜User｜>And?<｜Assistant｜>"
    ),
    "gemma": (
        "<bos><start_of_turn>system\nBe brief.<end_of_turn>\n<start_of_turn>user\nWhy?<end_of_turn>\n"
        "<start_of_turn>model\nBecause.<end_of_turn>\n<start_of_turn>user\nAnd?<end_of_turn>\n<start_of_turn>model\n"
    ),
    "mistral": "<s>Be brief. [INST] Why? [/INST] Because.</s>[INST] And? [/INST]",
}


@pytest.mark.parametrize("template", RENDERED)
def test_a_rendered_prompt_becomes_its_messages(template):
    found = conversation_of(Sample(prompt=RENDERED[template], completion="So."), "answer")
    assert found.messages == TURNS
    assert found.answer == "So."


def test_plain_text_is_one_message_of_the_user():
    assert conversation_of(Sample(prompt=" Why?\n", completion="So."), "answer").messages == [ASKED]


@pytest.mark.parametrize(
    "prompt",
    [
        "Why?<think>\n",
        "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think>\n",
        "<｜User｜>Why?<｜Assistant｜><think>\n",
        (Message(role="user", content="Why?"), Message(role="assistant", content="<think>\n")),
    ],
)
def test_reasoning_that_the_prompt_opened_is_no_answer(prompt):
    sample = Sample(prompt=prompt, completion="hm</think>So.<|im_end|>")
    assert conversation_of(sample, "answer") == ([ASKED], "So.")
    assert "".join(conversation_of(sample, "whole").answer.split()) == "<think>hm</think>So."
    assert conversation_of(Sample(prompt=prompt, completion="hm and hm"), "answer").answer == ""


def test_an_answer_that_the_prompt_began_is_judged_whole():
    prompt = (Message(role="user", content="Why?"), Message(role="assistant", content="Because "))
    assert conversation_of(Sample(prompt=prompt, completion="it is."), "answer") == ([ASKED], "Because it is.")


def test_of_messages_the_last_text_of_the_assistant_is_the_answer():
    completion = (
        Message(role="assistant", content=None, tool_calls=({"function": {"name": "look"}},)),
        Message(role="tool", content="blue"),
        Message(role="assistant", content="It is blue.", reasoning_content="so it is"),
    )
    assert conversation_of(Sample(prompt="Which?", completion=completion), "answer").answer == "It is blue."


def test_what_a_prompt_message_holds_besides_its_text_is_kept():
    calls = ({"function": {"name": "look"}},)
    prompt = (
        Message(role="user", content="?"),
        Message(role="assistant", tool_calls=calls),
        Message(role="tool", content="x"),
    )
    found = conversation_of(Sample(prompt=prompt, completion="y"), "answer").messages
    assert found[1] == {"role": "assistant", "content": "", "tool_calls": calls}


@pytest.mark.parametrize(
    "prompt", ["", " \n", (), (Message(role="user", content=""),), "<|im_start|>assistant\n", "<think>"]
)
def test_without_a_prompt_there_is_nothing_to_judge_by(prompt):
    with pytest.raises(NotJudgeable, match="no prompt"):
        conversation_of(Sample(prompt=prompt, completion="So."), "answer")


def test_a_picture_in_the_prompt_cannot_be_judged():
    prompt = (Message(role="user", content=[{"type": "text", "text": "Who?"}, {"type": "image_url", "image_url": {}}]),)
    with pytest.raises(NotJudgeable, match="not text"):
        conversation_of(Sample(prompt=prompt, completion="So."), "answer")


def test_half_a_surrogate_pair_does_not_reach_a_judge():
    found = conversation_of(Sample(prompt="a\ud800", completion="b\udfff"), "answer")
    assert found == ([{"role": "user", "content": "a?"}], "b?")


TOKENS = ["<|a|>", "<|a|><b>", "<<", "[S]", ">>>"]


@given(st.text("<|a>b[S] ", max_size=60))
def test_no_token_stands_in_a_text_without_tokens(text):
    plain = without_tokens(text, TOKENS)
    assert not [token for token in TOKENS if token in plain]
    assert plain.replace(" ", "") == text.replace(" ", "")
    if not [token for token in TOKENS if token in text]:
        assert plain == text
