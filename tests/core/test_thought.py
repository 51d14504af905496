"""Where the thought ends and the answer begins, in texts well-formed and not."""

import time

import pytest

from rewardkit import Parts, Sample, split_reasoning, strip_end_tokens


@pytest.mark.parametrize(
    ("completion", "thought", "answer"),
    [
        ("<think>\na\n</think>\n\nb\n", "a", "b"),
        ("b", None, "b"),
        ("<think>a", "a", ""),
        ("a</think>b", "a", "b"),
        ("<think>a</think>b</think>c", "a</think>b", "c"),
        ("</think>a<think>b", "", "a<think>b"),
        ("<think>a</think><answer> b </answer>", "a", "b"),
        ("<answer>b</answer>", None, "b"),
        ("<think>a</think><answer>b</answer><|im_end|>", "a", "b"),
        ("<think>a</think>It is <answer>b</answer>", "a", "It is <answer>b</answer>"),
        ("<think>a</think><answer>b</answer><answer>c</answer>", "a", "<answer>b</answer><answer>c</answer>"),
        ("<think>a</think><answer>", "a", "<answer>"),
    ],
)
def test_parts_of_a_completion(completion, thought, answer):
    assert split_reasoning(completion) == Parts(thought, answer)


@pytest.mark.parametrize(
    ("completion", "thought", "answer"),
    [("a</think>b", "a", "b"), ("a", "a", ""), ("<think>a</think>b", "a", "b")],
)
def test_parts_where_the_prompt_opened_the_thought(completion, thought, answer):
    assert Sample(prompt="Q<think>\n", completion=completion).parts == Parts(thought, answer)


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("b <|im_end|>\n<|endoftext|> ", "b"),
        ("b<｜end▁of▁sentence｜>", "b"),
        ("b</s><pad>[PAD]<eos><end_of_turn>", "b"),
        ("<|im_start|>", ""),
        ("b <|im_end|> c", "b <|im_end|> c"),
        ("x <| y |>", "x <| y |>"),
        ("a <b>", "a <b>"),
        ("[PAD", "[PAD"),
    ],
)
def test_only_end_tokens_at_the_end_are_stripped(text, stripped):
    assert strip_end_tokens(text) == stripped


@pytest.mark.parametrize("piece", ["</s> ", "<|a|>", "<|", "|><", "<think>", "</think>", "<answer>", " \n", "a</s>"])
def test_a_hostile_megabyte_is_split_in_less_than_a_second(piece):
    started = time.process_time()
    split_reasoning(piece * (1_000_000 // len(piece)) + "</s>")
    assert time.process_time() - started < 1.0
