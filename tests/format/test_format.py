"""The format reward: golden rows, and what holds of all texts."""

import doctest
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rewardkit import REASONING_FORMATS, Message, RewardContext, Sample, Score, split_reasoning
from rewardkit_format.params import NAMES, FormatParams
from rewardkit_format.reward import Format

GOLDEN_FILE = Path(__file__).parents[1] / "golden" / "format.jsonl"
GOLDEN = [json.loads(line) for line in GOLDEN_FILE.read_text(encoding="utf-8").splitlines()]

# Enough of the tags' own letters, white space, and unseen characters for every defect to come up.
PIECES = [
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<",
    "think>",
    "`",
    "\n```\n",
    " ",
    "\n",
    "\u200b",
    "a",
    "</s>",
]
WELL_FORMED = (["<think>", "a", "</think>", "a"], ["<think>", "a", "</think>", "<answer>", "a", "</answer>"])


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A well-formed text after a few edits, or none: random pieces alone would hardly ever be well-formed."""
    pieces = list(draw(st.sampled_from(WELL_FORMED)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(pieces)))
        pieces[at : at + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(PIECES), max_size=2))
    return "".join(pieces)


texts = st.one_of(edited(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


def judge(completion: str, prompt: str = "", *, truncated: bool | None = None, **params: object) -> Score:
    reward = Format(FormatParams.model_validate(params), RewardContext())
    return reward.score([Sample(prompt=prompt, completion=completion, truncated=truncated)])[0]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_golden_rows(row):
    score = judge(row["completion"], row["prompt"], truncated=row["truncated"], **row["params"])
    assert (score.value, score.details["code"]) == (row["value"], row["code"])


def test_every_defect_has_its_own_code_and_reason():
    codes = {row["code"] for row in GOLDEN}
    reasons: dict[str, set[str]] = {}
    for row in GOLDEN:
        score = judge(row["completion"], row["prompt"], truncated=row["truncated"], **row["params"])
        assert (score.reason == "") == (row["code"] == "ok")
        reasons.setdefault(score.reason, set()).add(score.details["code"])
    assert all(len(told) == 1 for told in reasons.values())
    assert len(codes) >= 18


def test_samples_are_judged_in_order():
    samples = [Sample(completion=row["completion"], prompt=row["prompt"]) for row in GOLDEN if not row["params"]]
    together = Format(FormatParams(), RewardContext()).score(samples)
    assert together == [judge(sample.completion_text, sample.prompt_text) for sample in samples]


@given(texts, st.booleans())
def test_spans_are_the_parts_that_other_rewards_see(text, opened):
    prompt = "<think>\n" if opened else ""
    score = judge(text, prompt, preset="think")
    if score.value == 1.0:
        reasoning, answer = (text[begin:end] for begin, end in score.details["spans"].values())
        parts = Sample(prompt=prompt, completion=text).parts
        assert parts.reasoning == reasoning
        assert parts.answer == answer or answer.startswith("<answer>")  # which split_reasoning takes off


@given(texts)
def test_answer_tags_leave_the_same_answer_to_other_rewards(text):
    score = judge(text, preset="think_answer")
    if score.value == 1.0:
        begin, end = score.details["spans"]["answer"]
        assert split_reasoning(text).answer == text[begin:end]


def visible(text: str) -> bool:
    while text != (text := text.strip().removesuffix("</s>")):
        pass
    return bool(text.replace("\u200b", "").strip())


@given(texts)
def test_well_formed_means_each_tag_once_in_order(text):
    """The grammars said a second time, as plainly as can be: the tags in order, and what stands between them."""
    while text != (text := text.rstrip().removesuffix("</s>")):
        pass
    pieces = re.split("(</?think>)", text)
    think_only = pieces[1::2] == ["<think>", "</think>"] and not pieces[0].strip() and all(map(visible, pieces[2::2]))
    assert (judge(text, preset="think").value == 1.0) == think_only
    pieces = re.split("(</?think>|</?answer>)", text)
    in_order = pieces[1::2] == ["<think>", "</think>", "<answer>", "</answer>"]
    both = in_order and not "".join(pieces[0::4]).strip() and all(map(visible, pieces[2::4]))
    assert (judge(text, preset="think_answer").value == 1.0) == both


@given(texts, st.sampled_from(["think", "think_answer"]))
def test_partial_credit_is_full_only_for_the_well_formed(text, preset):
    whole, partial = judge(text, preset=preset), judge(text, preset=preset, partial=True)
    assert whole.details == partial.details
    assert partial.value == 1.0 if whole.value == 1.0 else partial.value in (0.0, 0.5)


@given(texts)
def test_truncation_never_changes_the_value(text):
    assert judge(text, truncated=True).value == judge(text, truncated=False).value


@given(texts.filter(lambda text: "</s>" not in text))
def test_what_is_called_truncated_can_be_fixed_by_more_text(text):
    if judge(text, truncated=True).details["code"] == "truncated":
        rests = [tag[cut:] for tag in ("<think>", "</think>") for cut in range(len(tag) + 1)]
        fixed = [text.rstrip() + rest + more for rest in rests for more in ("x", "x</think>x")]
        assert any(judge(longer).value == 1.0 for longer in fixed)


def test_reasoning_cut_out_by_the_server_counts():
    completion = (Message(role="assistant", content="12", reasoning_content="3 * 4"),)
    score = Format(FormatParams(), RewardContext()).score([Sample(completion=completion)])[0]
    assert score.value == 1.0


# 1 MB each: what makes a backtracking expression, a nested scan or a step per character slow.
HOSTILE = {
    "opening tags": "<think>" * 150_000,
    "closing tags": "</think>" * 125_000,
    "pairs": "<think></think>" * 66_000,
    "half tags": "<think" * 170_000,
    "letters of a tag": "<" * 1_000_000,
    "white space": "<think>" + " " * 1_000_000,
    "unseen": "<think>" + "\u200b" * 1_000_000 + "</think>" + "\u200b" * 1000,
    "end tokens": "<think>a</think>" + "</s> " * 200_000,
    "end tokens in text": "</s>a" * 200_000 + "</s>",
    "boxes": "<think>a</think>" + "\\boxed{" * 140_000,
    "braces": "<think>a</think>\\boxed{" + "{" * 1_000_000,
    "empty boxes": "<think>a</think>" + "\\boxed{}" * 120_000,
    "deep empty box": "<think>a</think>\\boxed{" + "{" * 20_000 + "}" * 20_001,
    "backslashes": "<think>a</think>\\boxed{" + "\\" * 1_000_000,
    "space in boxes": "<think>a</think>" + ("\\boxed" + " " * 1000) * 1000,
    "fences": "<think>a</think>\n" + "```\n" * 250_000,
    "named fences": "<think>a</think>\n" + "```python\n```\n" * 70_000,
    "one long fence": "<think>a</think>\n" + "`" * 1_000_000,
    "white fences": "<think>a</think>\n```python\n" + " \n" * 500_000,
    "tags in code": "`<think>`" * 110_000,
    "answers": "<think>a</think>" + "<answer>a</answer>" * 55_000,
}


@pytest.mark.parametrize("preset", ["auto", "think_answer", "think_boxed", "think_code", "interleaved", "harmony"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_megabyte_takes_a_moment(quick, text, preset):
    quick(lambda: judge(text, preset=preset), seconds=0.1)


# Each says what could not be told apart or is not there, and the fix.
@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"preset": "thnk"}, "no preset 'thnk'; known are auto, think, think_answer"),
        ({"tags": {"thougt": ["<a>", "</a>"]}}, "no part named 'thougt'.*reasoning, answer"),
        ({"tags": {"reasoning": ["<a>", "<a>"]}}, "cannot be told apart"),
        ({"tags": {"reasoning": ["<a>", "<a></a>"]}}, "cannot be told apart"),
        ({"tags": {"reasoning": [" <a>", "</a>"]}}, "white space"),
        ({"tags": {"reasoning": ["", "</a>"]}}, "white space"),
        ({"sequence": [{"name": "a"}]}, "needs tags"),
        (
            {"sequence": [{"name": "a", "tags": ["<", ">"]}, {"name": "b"}, {"name": "c"}]},
            "nothing divides 'b' from 'c'",
        ),
        ({"sequence": [{"name": "a", "tags": ["<", ">"]}, {"name": "a"}]}, "a name of its own"),
        ({"sequence": [{"name": "a", "tags": ["<", ">"]}], "tags": {"a": ["[", "]"]}}, "brings its own tags"),
    ],
)
def test_a_grammar_that_cannot_be_parsed_is_refused(params, says):
    with pytest.raises(ValidationError, match=says):
        FormatParams.model_validate(params)


def test_the_page_about_format_says_what_happens_and_lists_every_code():
    page = Path(__file__).parents[2] / "docs" / "format.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted > 0
    assert found.failed == 0
    text = page.read_text(encoding="utf-8")
    assert all(f"`{row['code']}`" in text for row in GOLDEN if not row["params"].get("sequence"))


def test_the_page_about_format_has_every_preset_and_every_format_of_the_table():
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in text] == []
    for row in REASONING_FORMATS.values():
        assert f"| {row.models} |" in text
