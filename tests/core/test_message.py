"""Messages as servers and data sets write them: role, text and reasoning, one row for each place."""

import pytest

from rewardkit import Message, Sample, Scorer
from rewardkit.message import REASONING_KEYS, ROLES, canonical_role

TEXT = {"type": "text", "text": "4"}

# Each says "2 + 2" as reasoning and "4" as answer. By who writes it so.
SERVERS = {
    "DeepSeek, SGLang": {"content": "4", "reasoning_content": "2 + 2"},
    "vLLM since 0.10, Groq": {"content": "4", "reasoning": "2 + 2"},
    "vLLM, both": {"content": "4", "reasoning": "2 + 2", "reasoning_content": None},
    "Ollama, LFM2": {"content": "4", "thinking": "2 + 2"},
    "OpenRouter": {"content": "4", "reasoning_details": [{"type": "reasoning.text", "text": "2 + 2"}]},
    "OpenRouter, summary": {"content": "4", "reasoning_details": [{"type": "reasoning.summary", "summary": "2 + 2"}]},
    "LiteLLM": {"content": "4", "thinking_blocks": [{"type": "thinking", "thinking": "2 + 2", "signature": "x"}]},
    "LangChain": {"content": "4", "additional_kwargs": {"reasoning_content": "2 + 2"}},
    "Anthropic": {"content": [{"type": "thinking", "thinking": "2 + 2", "signature": "x"}, TEXT]},
    "Anthropic, redacted too": {
        "content": [{"type": "redacted_thinking", "data": "x"}, {"type": "thinking", "thinking": "2 + 2"}, TEXT]
    },
    "Mistral": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "2 + 2"}]}, TEXT]},
    "LangChain v1": {"content": [{"type": "reasoning", "reasoning": "2 + 2"}, TEXT]},
    "Vercel": {"content": [{"type": "reasoning", "text": "2 + 2"}, TEXT]},
    "Bedrock": {"content": [{"reasoningContent": {"reasoningText": {"text": "2 + 2"}}}, {"text": "4"}]},
    "Gemini": {"role": "model", "parts": [{"text": "2 + 2", "thought": True}, {"text": "4"}]},
    "Responses API, a message": {
        "content": [{"type": "output_text", "text": "4", "annotations": []}],
        "reasoning": {"summary": [{"type": "summary_text", "text": "2 + 2"}]},
    },
    "plain strings as parts": {"content": ["4"], "reasoning": ["2 + 2"]},
    "blank beside full": {"content": "4", "reasoning_content": "", "reasoning": "2 + 2"},
}  # fmt: skip


@pytest.mark.parametrize("message", SERVERS.values(), ids=SERVERS.keys())
def test_reasoning_is_read_from_every_place_that_servers_put_it(message):
    sample = Sample(completion=[{"role": "assistant"} | message])
    assert sample.parts == ("2 + 2", "4")
    assert sample.completion_text == "<think>\n2 + 2\n</think>\n\n4"
    assert sample.last_turn.cut_out


@pytest.mark.parametrize("key", REASONING_KEYS)
def test_every_key_for_reasoning_is_read(key):
    assert Message(role="assistant", content="4", **{key: "2 + 2"}).reasoning_content == "2 + 2"


@pytest.mark.parametrize("key", REASONING_KEYS)
@pytest.mark.parametrize("blank", ["", [], None])
def test_blank_reasoning_is_none(key, blank):
    sample = Sample(completion=[{"role": "assistant", "content": "4", key: blank}])
    assert (sample.parts, sample.completion_text) == ((None, "4"), "4")


def test_blank_reasoning_leaves_what_the_content_says():
    sample = Sample(completion=[{"role": "assistant", "content": "<think>2 + 2</think>4", "reasoning_content": ""}])
    assert sample.parts == ("2 + 2", "4")


ITEMS = [
    {"type": "reasoning", "id": "r1", "summary": [{"type": "summary_text", "text": "call it"}]},
    {"type": "function_call", "name": "add", "arguments": "{}", "call_id": "c"},
    {"type": "function_call_output", "call_id": "c", "output": "4"},
    {
        "type": "reasoning", "encrypted_content": "x", "summary": [],
        "content": [{"type": "reasoning_text", "text": "so"}, {"type": "reasoning_text", "text": "4"}],
    },
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is 4."}]},
]  # fmt: skip


def test_items_of_the_responses_api_become_turns():
    sample = Sample(completion=ITEMS)
    assert [message.role for message in sample.completion] == ["assistant", "tool", "assistant"]
    assert [(turn.parts, turn.calls_tools) for turn in sample.turns] == [
        (("call it", ""), True),
        (("so\n\n4", "It is 4."), False),
    ]
    assert sample.parts == ("so\n\n4", "It is 4.")


def test_reasoning_without_a_message_is_a_turn_without_an_answer():
    assert Sample(completion=ITEMS[:1]).parts == ("call it", "")


def test_a_message_alone_is_the_assistants():
    assert Sample(completion={"content": "4", "reasoning": "2 + 2"}).parts == ("2 + 2", "4")


def test_content_parts_alone_are_one_message():
    sample = Sample(completion=[{"type": "thinking", "thinking": "2 + 2"}, TEXT])
    assert (len(sample.completion), sample.parts) == (1, ("2 + 2", "4"))


@pytest.mark.parametrize(("name", "role"), ROLES.items())
def test_every_name_of_a_role_is_read_in_any_capitals(name, role):
    assert Message(role=name.upper(), content="x").role == role


@pytest.mark.parametrize("name", ["Model.GPT-4", "model", "GPT", "Assistant"])
def test_names_of_models_are_the_assistant(name):
    assert canonical_role(name) == "assistant"
    user = {"role": "User", "content": "5"}
    assert Sample(completion=[user, {"role": name, "content": "4"}, user]).completion_text == "4"


def test_sharegpt_is_read():
    chat = [{"from": "human", "value": "2 + 2?"}, {"from": "gpt", "value": "4"}]
    sample = Sample(prompt=chat[:1], completion=chat[1:])
    assert (sample.prompt_text, sample.completion_text) == ("2 + 2?", "4")


def test_a_column_of_reasoning_stands_before_the_answer():
    assert Sample(completion="4", reasoning="2 + 2").parts == ("2 + 2", "4")
    assert Sample(completion=[{"role": "assistant", "content": "4"}], reasoning="2 + 2").parts == ("2 + 2", "4")
    assert Sample(completion="<think>a</think>4", reasoning="").parts == ("a", "4")


@pytest.fixture(scope="module")
def mapped():
    rubric = {"rewards": {"math": {}}, "reasoning": {"open": "<t>", "close": "</t>"}}
    with Scorer(rubric, workers=1, mapping={"reasoning": "cot"}) as scorer:
        yield scorer


def test_a_rubric_and_a_mapping_say_where_reasoning_stands(mapped):
    rows = [
        {"completion": "\\boxed{4}", "cot": "\\boxed{5}", "ground_truth": "4"},
        {"completion": "<t>\\boxed{4}</t>no", "cot": None, "ground_truth": "4"},
    ]
    assert [result.reward for result in mapped.score(rows)] == [1.0, 0.0]
