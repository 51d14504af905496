"""Each criterion rejects what it says, at its step and with its reason; presets are lists of criteria."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rewardkit import ConfigError, InputError, Score, select
from rewardkit.selection.criteria import PRESETS, STEPS, TARGETS, Criteria, criteria_of

from .conftest import scored

THINK = "<think>\n{}\n</think>\n\nIt is \\boxed{{4}}."
LONG = " ".join(f"word{number}" for number in range(40))


class Case(NamedTuple):
    """A criterion, a row that it keeps and one that it rejects, and words of the reason."""

    criteria: dict[str, Any]
    kept: dict[str, Any]
    rejected: dict[str, Any]
    step: str
    reason: str


CLOSED = Score.abstained("not judged: the gate 'format' is closed", kind="not_asked", gate="format")
CASES = (
    Case({"correct": True}, scored("p", "a"), scored("p", "b", CLOSED), "correct", "the gate 'format' is closed"),
    Case({"correct": True}, scored("p", "a"), scored("p", "b", 0), "correct", "math 0: math says 0"),
    Case(
        {"correct": True},
        scored("p", "a"),
        scored("p", "b", Score.failed("no answer", kind="timeout")),
        "judged",
        "math: failed (timeout): no answer",
    ),
    Case(
        {"correct": True},
        scored("p", "a"),
        scored("p", "b", Score.abstained("no truth", kind="no_ground_truth")),
        "judged",
        "no truth",
    ),
    Case(
        {"per_prompt": 3},
        scored("p", "a"),
        scored("p", "b", Score.failed("down", kind="unavailable")),
        "judged",
        "no reward",
    ),
    Case({"solved_by_some": True, "correct": True}, scored("p", "a"), scored("p", "b", 0), "correct", "math 0"),
    Case(
        {"solved_by_some": True},
        scored("p", "a", columns={"group": "1"}),
        scored("q", "b", 1, columns={"group": "2"}),
        "pass_rate",
        "100.0% of the completions",
    ),
    Case({"min_pass_rate": 0.5}, scored("p", "a"), scored("q", "b", 0), "pass_rate", "0.0% of the completions"),
    Case({"max_pass_rate": 0.5}, scored("p", "a", 0), scored("q", "b", 1), "pass_rate", "100.0% of the completions"),
    Case({"format": True}, scored("p", "a", format=1), scored("p", "b", format=0), "format", "format 0: format says 0"),
    Case({"format": True}, scored("p", THINK.format("2 and 2")), scored("p", "no tags"), "format", "format 0"),
    Case(
        {"not_truncated": True},
        scored("p", "a", columns={"finish_reason": "stop"}),
        scored("p", "b", columns={"finish_reason": "length"}),
        "truncated",
        "token limit",
    ),
    Case(
        {"language": "en"},
        scored("p", THINK.format("We add two and two and get four.")),
        scored("p", THINK.format("Wir zählen zwei und zwei zusammen und erhalten vier.")),
        "language",
        "0% of its words are in en",
    ),
    Case(
        {"no_mixed_languages": True},
        scored("p", THINK.format("Wir zählen zwei und zwei zusammen und erhalten vier.")),
        scored("p", THINK.format("We add two and two and get four. 我们把二和二相加，得到四，这就是答案。")),
        "mixed",
        "in one language",
    ),
    Case(
        {"max_paragraph_words": 20},
        scored("p", THINK.format("Two and two.\n\nFour.")),
        scored("p", THINK.format(LONG)),
        "paragraphs",
        "a paragraph of 40 words",
    ),
    Case(
        {"no_code_in_reasoning": True},
        scored("p", "<think>a</think>```python\n4\n```"),
        scored("p", THINK.format("```python\n2+2\n```")),
        "code",
        "a code block",
    ),
    Case(
        {"max_repetition": 0.3}, scored("p", LONG), scored("p", "again and again and " * 20), "repetition", "come again"
    ),
    Case({"unique": True}, scored("p", "It is 4."), scored("p", "it  is\n4."), "duplicates", "the same as rows, row 1"),
    Case(
        {"distinct_equations": True},
        scored("p", "So <<2+2=4>> four."),
        scored("p", "Then we get <<2+2=4>> as the sum, four."),
        "duplicates",
        "the same equations as rows, row 1",
    ),
    Case(
        {"near_duplicates": 0.7},
        scored("p", LONG),
        scored("p", f"{LONG} and more"),
        "near_duplicates",
        "the same as rows, row 1",
    ),
    Case({"per_prompt": 1}, scored("p", "b", 1), scored("p", "a", 0), "per_prompt", "a better completion"),
    Case({"min_words": 2}, scored("p", "two words"), scored("p", "one"), "length", "1 words, too few"),
    Case(
        {"max_words": 2}, scored("p", "two words"), scored("p", "these are four words"), "length", "4 words, too many"
    ),
    Case(
        {"max_tokens": 9},
        scored("p", "a", columns={"completion_tokens": 9}),
        scored("p", "b", columns={"completion_tokens": 10}),
        "length",
        "10 tokens, too many",
    ),
    Case(
        {"min_tokens": 9},
        scored("p", "a", columns={"completion_tokens": 9}),
        scored("p", "b"),
        "length",
        "does not say how many tokens",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.step}-{next(iter(case.criteria))}-{case.reason[:16]}")
def test_a_criterion_keeps_and_rejects(case: Case):
    others = [scored("p", "other", 0, columns={"group": "1"})] if case.criteria == {"solved_by_some": True} else []
    selected = select([case.kept, case.rejected, *others], to="rows", rejected=True, workers=1, **case.criteria)
    assert [row["completion"] for row in selected.rows] == [row["completion"] for row in (case.kept, *others)]
    (rejected,) = selected.rejected
    assert rejected["completion"] == case.rejected["completion"]
    assert rejected["rejected"]["step"] == case.step
    assert case.reason in rejected["rejected"]["reason"]
    counted = {step["step"]: step["rejected"] for step in selected.summary["steps"]}
    assert counted[case.step] == 1
    assert sum(counted.values()) == 1


def test_every_step_has_a_case():
    assert {case.step for case in CASES} == STEPS.keys() - {"contaminated"}


def test_the_steps_are_counted_in_their_order():
    rows = [
        scored("solved", "x"),
        scored("p", "wrong", 0),
        scored("p", "no format", 1, format=0),
        scored("p", "cut off", 1, format=1, columns={"truncated": True}),
        scored("p", "good", 1, format=1, columns={"truncated": False}),
        scored("p", "GOOD", 1, format=1, columns={"truncated": False}),
        scored("p", "good but longer", 1, format=1, columns={"truncated": False}),
    ]
    wanted = {"solved_by_some": True, "correct": True, "format": True, "not_truncated": True, "unique": True}
    summary = select(rows, per_prompt=1, **wanted).summary
    assert [(step["step"], step["rejected"], step["rows"]) for step in summary["steps"]] == [
        ("pass_rate", 1, 6),
        ("correct", 1, 5),
        ("format", 1, 4),
        ("truncated", 1, 3),
        ("duplicates", 1, 2),
        ("per_prompt", 1, 1),
    ]
    assert [step for step in STEPS if step in Counter(one["step"] for one in summary["steps"])] == [
        step["step"] for step in summary["steps"]
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_list_of_criteria_with_a_source(name: str):
    preset = PRESETS[name]
    assert criteria_of(name, {}) == Criteria(**preset.criteria)
    assert re.search(r"arXiv:\d{4}\.\d{5}|OpenR1-Math-220k", preset.source)
    assert criteria_of(name, {"to": "rows"}).to == "rows"


@pytest.mark.parametrize(
    ("preset", "given", "message"),
    [
        ("open_r1", {}, "preset 'open_r1': no preset of that name; did you mean 'open-r1'?"),
        (None, {"per_prompts": 4}, "per_prompts: no such criterion; did you mean 'per_prompt'?"),
        (None, {"min_words": 9, "max_words": 3}, "min_words (9) is above max_words (3)"),
        (None, {"near_duplicates": 1.5}, "near_duplicates: Input should be less than 1"),
        ("rft", {"unique": True}, "two rules for the same step"),
        (None, {"to": "trl"}, "to: Input should be 'sft', 'dpo', 'rows' or 'prompts'"),
    ],
)
def test_a_wrong_criterion_is_named(preset: str | None, given: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=re.escape(message)):
        criteria_of(preset, given)


def test_every_target_is_written(tmp_path: Path):
    rows = [scored("p", "right"), scored("p", "wrong", 0)]
    for target in TARGETS:
        assert len(select(rows, to=target, solved_by_some=True, correct=target != "prompts").rows) == 1


def test_rows_without_prompt_and_group_are_refused_where_prompts_are_compared():
    rows = [{"completion": "a", "rewardkit": scored("", "a")["rewardkit"]}]
    with pytest.raises(InputError, match=r'neither a prompt nor a group.*mapping=\{"prompt": "COLUMN"\}'):
        select(rows, preset="best-of-n")
    assert len(select(rows, correct=True, to="rows").rows) == 1
