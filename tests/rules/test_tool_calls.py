"""`tool_calls`: each template is read, and neither every possible call nor a quoted one earns the reward."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import RewardContext, Sample, Score
from rewardkit_tool_calls.match import equal, pairing
from rewardkit_tool_calls.python_syntax import python_calls
from rewardkit_tool_calls.reward import ToolCalls, ToolCallsParams
from rewardkit_tool_calls.templates import TEMPLATES, Template, read_calls

REFERENCE = [{"name": "weather", "arguments": {"city": "Paris", "days": 3}}]


def judged(completion: object, truth: object = REFERENCE, columns: dict | None = None, **params) -> Score:
    reward = ToolCalls(ToolCallsParams(**params), RewardContext())
    return reward.score([Sample(completion=completion, ground_truth=truth, columns=columns or {})])[0]


def hermes(*calls: dict) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.name for template in TEMPLATES])
def test_each_template_reads_its_example_once_and_twice(template: Template):
    assert judged(template.example).value == 1.0, template
    assert judged(template.example.replace("Paris", "Rome")).value == 0.0
    if template.marker:
        assert len(read_calls(template.example + "\n" + template.example)) == 2


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.name for template in TEMPLATES])
def test_a_call_that_stands_in_the_reasoning_alone_is_none(template: Template):
    if template.name != "harmony":
        assert judged(f"<think>I could write {template.example}</think>It is sunny.").value == 0.0


def test_the_page_lists_each_template():
    page = (Path(__file__).parents[2] / "docs" / "tool-calls.md").read_text(encoding="utf-8")
    assert all(f"| `{template.name}` | {template.models} |" in page for template in TEMPLATES)


def test_every_possible_call_earns_less_than_the_right_one():
    dump = [
        {"name": "weather", "arguments": {"city": city, "days": days}}
        for city in ("Paris", "Rome")
        for days in range(5)
    ]
    score = judged(hermes(*dump))
    assert score.value == 0.0
    assert score.value_of("arguments") == pytest.approx(0.1)
    assert score.value_of("names") < 0.2


@pytest.mark.parametrize("times", [2, 10])
def test_duplicates_earn_no_match(times: int):
    score = judged(hermes(*REFERENCE * times))
    assert (score.value, score.value_of("arguments")) == (0.0, 1 / times)


def test_every_argument_that_could_be_asked_for_earns_no_match():
    many = {f"key{n}": n for n in range(50)} | REFERENCE[0]["arguments"]
    assert judged(hermes({"name": "weather", "arguments": many})).value_of("arguments") < 0.05


def test_the_same_call_in_two_templates_counts_twice():
    by_name = {template.name: template.example for template in TEMPLATES}
    assert judged(by_name["hermes"] + by_name["kimi"]).value == 0.0


@pytest.mark.parametrize(
    "completion",
    ["", "weather", "weather(city='Paris', days=3) is what I would call", "```json\n[]\n```", "{}", "[]", "None"],
)
def test_words_about_a_call_are_none(completion: str):
    assert judged(completion).value == 0.0


@pytest.mark.parametrize("truth", [[], "", "[]"])
def test_where_no_call_is_right_only_an_answer_in_words_is(truth: object):
    assert judged("It is 4.", truth).value == 1.0
    assert judged(hermes(*REFERENCE), truth).value == 0.0
    assert judged("<tool_call>broken</tool_call>", truth).value == 0.0
    assert judged("  ", truth).value == 0.0


@pytest.mark.parametrize(
    ("value", "wanted", "loose", "same"),
    [
        (3, 3.0, False, True),
        (3, "3", False, False),
        (1, True, False, False),
        (0, False, True, False),
        ("New York", "new_york", True, True),
        ("New York", "new_york", False, False),
        ([1, 2], [2, 1], True, False),
        ({"a": 1}, {"a": 1, "b": 2}, True, False),
        (None, None, False, True),
        (None, "", False, False),
        (float("nan"), 1, False, False),
    ],
)
def test_values_are_equal_by_type_and_content(value: object, wanted: object, *, loose: bool, same: bool):
    assert equal(value, wanted, loose=loose) is same


@given(st.permutations(range(5)))
def test_parallel_calls_are_paired_whatever_their_order(order: list[int]):
    shares = [[1.0 if call == at else 0.0 for call in order] for at in range(5)]
    assert pairing(shares, ordered=False) == [1.0] * 5


def test_a_call_that_fits_two_is_given_to_the_one_that_has_no_other():
    assert pairing([[1.0, 1.0], [1.0, 0.0]], ordered=False) == [1.0, 1.0]


@pytest.mark.parametrize(
    "text", ["__import__('os').system('touch /tmp/x')", "f(*a)", "f(**a)", "f(x)(y)", "x = f()", "f(" * 200]
)
def test_python_is_read_and_never_run(text: str):
    assert judged(text, [{"name": "f", "arguments": {}}]).value == 0.0


def test_python_arguments_are_literals_or_their_source():
    (call,) = python_calls("f(a=-1, b=[True, None], c=true, d=x.y, e={'k': (1, 2)})")
    assert call.arguments == {"a": -1, "b": [True, None], "c": True, "d": "x.y", "e": {"k": [1, 2]}}


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>" * 50_000,
        "<function=a>" * 50_000,
        "[TOOL_CALLS]" * 50_000,
        "<｜tool▁call▁begin｜>" * 30_000,
        "<|tool_call_begin|>" * 30_000,
        "<|message|>to=" * 40_000,
        "<tool_call>{" + '"a":{' * 100_000,
        "[" * 300_000,
        "f(" * 100_000 + ")",
        "<function=a><parameter=b>" * 20_000,
        "<tool_call>a" + "<arg_key>" * 50_000,
        "<|tool_call>call:a{" + "b:" * 100_000,
        '<function_calls><invoke name="a">' * 20_000,
        "to=functions." + "a" * 300_000 + "<|message|>",
    ],
    ids=lambda text: text[:20],
)
def test_hostile_texts_take_a_moment(quick, text: str):
    assert quick(lambda: judged(text)).value in (0.0, None)
