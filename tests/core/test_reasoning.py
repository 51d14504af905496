"""Where reasoning ends and the answer begins: the table of formats row by row, and texts that are not well-formed."""

import pytest
from pydantic import ValidationError

from rewardkit import (
    REASONING_FORMATS,
    Parts,
    ReasoningTags,
    Sample,
    find_format,
    leading_tokens,
    split_reasoning,
    strip_end_tokens,
)
from rewardkit.reasoning.split import FoundFormat
from rewardkit.reasoning.tokens import BEGIN_SHAPES, END_SHAPES, END_TOKENS, FIRST_SHAPES

ROWS = REASONING_FORMATS.values()
TAGGED = [row for row in ROWS if row.name != "harmony"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_format_is_recognised_by_its_example(row):
    assert find_format(row.example).format is row
    assert split_reasoning(row.example) == split_reasoning(row.example, wanted=row.name) == Parts(*row.parts)


@pytest.mark.parametrize("row", TAGGED, ids=lambda row: row.name)
def test_each_format_is_recognised_by_the_prompt_that_opens_it(row):
    opening, closing = row.opens[0], row.closes[0]
    prompt = f"<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n{opening}\n"
    sample = Sample(prompt=prompt, completion=f"2 + 2{closing}4")
    assert sample.last_turn.format[:2] == (row, True)
    assert sample.parts == ("2 + 2", "4")
    assert Sample(prompt=prompt, completion="2 + 2").parts == ("2 + 2", "")


@pytest.mark.parametrize("row", TAGGED, ids=lambda row: row.name)
def test_each_format_closes_empty_reasoning_in_the_prompt(row):
    prompt = f"<|im_start|>assistant\n{row.opens[0]}\n\n{row.closes[0]}\n\n"
    sample = Sample(prompt=prompt, completion="4")
    assert sample.last_turn.format == FoundFormat(row, closed=True)
    assert sample.parts == (None, "4")


@pytest.mark.parametrize(
    ("row", "opening", "closing"),
    [(row, opening, closing) for row in TAGGED for opening in row.opens for closing in row.closes],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_variant_of_a_tag_counts(row, opening, closing):
    assert split_reasoning(f"{opening} 2 + 2 {closing} 4") == ("2 + 2", "4")


@pytest.mark.parametrize("row", TAGGED, ids=lambda row: row.name)
def test_reasoning_that_is_cut_off_is_no_answer(row):
    text = f"{row.opens[0]} so \\boxed{{5}}, no"
    if row.opens[0][0] in "<[◁":
        assert split_reasoning(text) == ("so \\boxed{5}, no", "")
    else:  # words open nothing by themselves: an answer may begin with them
        assert split_reasoning(text) == (None, text)


@pytest.mark.parametrize(
    ("completion", "reasoning", "answer"),
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
        ("Sure! [THINK]a[/THINK]b", "a", "b"),
        ("a[/THINK]b", "a", "b"),
        ("a<|END_THINKING|>", "a", ""),
        ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b", "a", "b"),
        ("<think>a</think>Write [THINK]x[/THINK].", "a", "Write [THINK]x[/THINK]."),
        ("Write `<thought>x</thought>`.", None, "Write `<thought>x</thought>`."),
        ("What you think\nis the answer", None, "What you think\nis the answer"),
        ("think\nabout it", None, "think\nabout it"),
        ("<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\n<think>a</think>b<|eot_id|>", "a", "b"),
        ("<s>[/INST] b</s>", None, "b"),
    ],
)
def test_parts_of_a_completion(completion, reasoning, answer):
    assert split_reasoning(completion) == Parts(reasoning, answer)


@pytest.mark.parametrize(
    ("completion", "reasoning", "answer"),
    [("a</think>b", "a", "b"), ("a", "a", ""), ("<think>a</think>b", "a", "b")],
)
def test_parts_where_the_prompt_opened_the_reasoning(completion, reasoning, answer):
    assert Sample(prompt="Q<think>\n", completion=completion).parts == Parts(reasoning, answer)


ANALYSIS = "<|channel|>analysis<|message|>"
FINAL = "<|start|>assistant<|channel|>final<|message|>"
CALL = "<|start|>assistant<|channel|>commentary to=functions.calc <|constrain|>json<|message|>{}<|call|>"
PLAIN_CALL = "assistantcommentary to=functions.calc json{}"
RESULT = "<|start|>functions.calc to=assistant<|channel|>commentary<|message|>4<|end|>"


@pytest.mark.parametrize(
    ("completion", "prompt", "reasoning", "answer"),
    [
        (f"{ANALYSIS}a<|end|>{FINAL}b<|return|>", "", "a", "b"),
        (f"<|start|>assistant{ANALYSIS}a<|end|>{FINAL}b", "", "a", "b"),
        (f"{ANALYSIS}a", "", "a", ""),
        (f"{ANALYSIS}so \\boxed{{5}}<|end|>{CALL}", "", "so \\boxed{5}", ""),
        (f"{ANALYSIS}a<|end|>{CALL}{RESULT}<|start|>assistant{ANALYSIS}c<|end|>{FINAL}b", "", "a\n\nc", "b"),
        ("<|channel|>final<|message|>b<|return|>", "", None, "b"),
        (f"a<|end|>{FINAL}b", f"<|start|>assistant{ANALYSIS}", "a", "b"),
        ("b<|return|>", FINAL, None, "b"),
        ("analysis2 + 2 is 4.assistantfinal4", "", "2 + 2 is 4.", "4"),
        ("analysisWe add", "", "We add", ""),
        (f"analysisAdd.{PLAIN_CALL}assistantanalysisYes.assistantfinal4", "", "Add.\n\nYes.", "4"),
        ("analysis of the answer: 4", "", None, "analysis of the answer: 4"),
        ("to=self<|message|>a<|eom|><|start|>assistant to=user<|message|>b<|eot|>", "<|start|>assistant", "a", "b"),
        ("a", f"<|start|>assistant{ANALYSIS}", "a", ""),
    ],
)  # fmt: skip
def test_harmony_with_and_without_its_special_tokens(completion, prompt, reasoning, answer):
    assert split_reasoning(completion, prompt_end=prompt) == (reasoning, answer)


def test_muse_names_the_recipient_instead_of_a_channel():
    completion = "<|start|>assistant to=self<|message|>a<|eom|><|start|>assistant to=user<|message|>b<|eot|>"
    assert split_reasoning(completion) == ("a", "b")


def test_a_rubric_may_name_the_format_or_bring_tags():
    text = "<t>a</t>b"
    assert split_reasoning(text, wanted=ReasoningTags(open="<t>", close="</t>")) == ("a", "b")
    assert Sample(completion=text, reasoning_format={"open": "<t>", "close": "</t>"}).parts == ("a", "b")
    assert split_reasoning("[THINK]a[/THINK]b", wanted="think") == (None, "[THINK]a[/THINK]b")
    with pytest.raises(ValidationError, match="no reasoning format 'thnk'; known are auto, think"):
        Sample(completion="a", reasoning_format="thnk")
    with pytest.raises(ValidationError, match="are both"):
        ReasoningTags(open="<t>", close="<t>")


@pytest.mark.parametrize(
    ("prompt", "prefill", "opened"),
    [
        ([{"role": "user", "content": "Begin with <think>"}], None, False),
        ([{"role": "user", "content": "2?"}], "<|im_start|>assistant\n<think>\n", True),
        ([{"role": "user", "content": "2?"}, {"role": "assistant", "content": "<think>"}], None, True),
        ("<｜User｜>2?<｜Assistant｜><think>\n", None, True),
        ("Answer as <think>…</think>; begin with <think>", None, False),
        ("[INST]2?[/INST]<think>", None, True),
    ],
)
def test_a_prefill_is_what_the_template_or_the_assistant_wrote(prompt, prefill, opened):
    sample = Sample(prompt=prompt, prefill=prefill, completion="<think>a</think>b")
    assert sample.last_turn.format.opened is opened
    assert sample.parts == ("a", "b")


MORE_ENDINGS = (
    "<|eot_id|>",
    "<｜end▁of▁sentence｜>",
    "<turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|role_end|>",
    "<|plamo:tag|>",
)


@pytest.mark.parametrize("ending", [*END_TOKENS, *(shape.example for shape in END_SHAPES), *MORE_ENDINGS])
def test_end_tokens_of_every_family_are_stripped(ending):
    assert strip_end_tokens(f"b {ending}\n{ending} ") == "b"


@pytest.mark.parametrize("shape", [*BEGIN_SHAPES, *FIRST_SHAPES], ids=lambda shape: shape.example)
def test_tokens_before_the_first_word_are_no_text(shape):
    text = f"{shape.example}\n<think>a</think>b"
    assert leading_tokens(text) == text.index("<think>")
    assert split_reasoning(text) == ("a", "b")
    assert split_reasoning(f"{shape.example}\nb") == (None, "b")


@pytest.mark.parametrize("shape", BEGIN_SHAPES, ids=lambda shape: shape.example)
def test_a_tag_after_the_assistants_header_is_a_prefill(shape):
    assert Sample(prompt=f"2?{shape.example}\n<think>\n", completion="<think>a</think>b").last_turn.format.opened


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("b</s><pad>[PAD]<eos><end_of_turn>", "b"),
        ("<|im_start|>", ""),
        ("b <|im_end|> c", "b <|im_end|> c"),
        ("x <| y |>", "x <| y |>"),
        ("a <b>", "a <b>"),
        ("[PAD", "[PAD"),
        ("<|begin_of_box|>4<|end_of_box|>", "<|begin_of_box|>4<|end_of_box|>"),
        ("</answer>", "</answer>"),
        ("[1, 2]", "[1, 2]"),
        ("|x|", "|x|"),
    ],
)
def test_only_end_tokens_at_the_end_are_stripped(text, stripped):
    assert strip_end_tokens(text) == stripped


@pytest.mark.parametrize(
    "piece",
    [
        "</s> ", "<|a|>", "<|", "|><", "<think>", "</think>", "<answer>", " \n", "a</s>", "[THINK]", "<|end|>",
        "<|message|>", "analysis", "assistantfinal", "<|start|>assistant", "[|a|]", "<s>",
        "<|channel|>analysis<|message|>a<|end|>",
    ],
)  # fmt: skip
def test_a_hostile_megabyte_is_split_in_a_moment(quick, piece):
    text = piece * (1_000_000 // len(piece)) + "</s>"
    quick(lambda: split_reasoning(text), seconds=0.1)
