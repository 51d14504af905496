"""The example completions are what examples/README.md says, checked without asking any reward."""

import itertools
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from rewardkit import Sample
from rewardkit.rubrics.rubric import Rubric

EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (EXAMPLES / "completions.jsonl").read_bytes().splitlines()]
MATH = [row for row in ROWS if isinstance(row.get("ground_truth"), str)]
CODE = [row for row in ROWS if isinstance(row.get("ground_truth"), dict)]

FIELDS = set(Sample.model_fields) - {"columns"}
REQUIRED = {"id", "group", "data_source", "language", "note", "prompt", "completion", "expected"}
OPTIONAL = {"ground_truth", "truncated"}


def sample(row: dict[str, Any]) -> Sample:
    columns = {key: value for key, value in row.items() if key not in FIELDS}
    return Sample(columns=columns, **{key: value for key, value in row.items() if key in FIELDS})


def name(row: dict[str, Any]) -> str:
    return row["id"]


each_row = pytest.mark.parametrize("row", ROWS, ids=name)


def test_there_are_enough_rows_to_show():
    assert 48 <= len(ROWS) <= 60
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({row["note"] for row in ROWS}) > len(ROWS) / 2


@each_row
def test_row_has_the_documented_columns(row):
    assert set(row) >= REQUIRED
    assert set(row) <= REQUIRED | OPTIONAL
    for column in REQUIRED | OPTIONAL:
        assert f"`{column}`" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@each_row
def test_row_is_a_sample(row):
    assert sample(row).completion_text
    assert sample(row).prompt_text


def test_groups_stand_together_and_share_prompt_and_truth():
    keys = [key for key, _ in itertools.groupby(ROWS, key=lambda row: row["group"])]
    assert len(keys) == len(set(keys))
    for _, rows in itertools.groupby(ROWS, key=lambda row: row["group"]):
        members = list(rows)
        assert 3 <= len(members) <= 5
        for column in ("prompt", "ground_truth", "data_source", "language"):
            assert all(row.get(column) == members[0].get(column) for row in members)


def test_every_group_that_can_be_judged_has_a_spread():
    for _, rows in itertools.groupby(ROWS, key=lambda row: row["group"]):
        assert len({json.dumps(row["expected"]) for row in rows}) > 1


@each_row
def test_expected_names_the_four_rewards_and_values_between_0_and_1(row):
    assert list(row["expected"]) == ["math", "code", "format", "language"]
    for value in row["expected"].values():
        low, high = value if isinstance(value, list) else (value or 0.0, value or 0.0)
        assert 0.0 <= low <= high <= 1.0


@each_row
def test_a_reward_abstains_where_the_ground_truth_is_not_of_its_kind(row):
    assert (row["expected"]["math"] is not None) == (row in MATH)
    assert (row["expected"]["code"] is not None) == (row in CODE)


@each_row
def test_format_holds_with_one_thought_and_an_answer(row):
    text, prompt = sample(row).completion_text.strip(), sample(row).prompt_text.strip()
    opened = 1 if prompt.endswith("<think>") else 0
    thought, _, answer = text.removeprefix("<think>").partition("</think>")
    holds = (
        text.startswith("<think>") == (not opened)
        and text.count("<think>") + opened == text.count("</think>") == 1
        and bool(thought.strip() and answer.strip())
    )
    assert row["expected"]["format"] == float(holds)


@each_row
def test_language_is_asked_of_the_thought_or_of_all_there_is(row):
    thought = sample(row).parts.reasoning
    has_words = re.search(r"[^\W\d_]{2}", sample(row).completion_text if thought is None else thought)
    assert (row["expected"]["language"] is not None) == bool(has_words)


@pytest.mark.parametrize("row", [row for row in MATH if row["ground_truth"].isdecimal()], ids=name)
def test_a_right_integer_is_the_last_number_of_the_answer(row):
    answer = unicodedata.normalize("NFKC", sample(row).parts.answer)
    numbers = re.findall(r"\d[\d,]*(?:\.\d+)?", answer)
    value = float(numbers[-1].replace(",", "")) if numbers else None
    assert row["expected"]["math"] == float(value == float(row["ground_truth"]))


@pytest.mark.parametrize("row", [row for row in ROWS if not sample(row).parts.answer], ids=name)
def test_without_an_answer_nothing_is_earned(row):
    assert not row["expected"]["math"]
    assert not row["expected"]["code"]


@pytest.mark.parametrize("row", [row for row in CODE if row["expected"]["code"]], ids=name)
def test_a_right_program_passes_its_tests(row):
    """These programs are honest, so a plain interpreter may run them; the judge's sandbox is not asked."""
    program, tests = sample(row).parts.answer.split("```python\n")[-1].split("```")[0], row["ground_truth"]
    if tests["kind"] == "stdin":
        for case in tests["cases"]:
            assert run(program, case["input"]).split() == case["output"].split()
        return
    if tests["kind"] == "function":
        for case in tests["cases"]:
            program += f"\nassert {tests['fn_name']}(*{case['args']!r}) == {case['expected']!r}"
    elif tests["kind"] == "asserts":
        program = "\n".join([tests["setup"], program, *tests["asserts"]])
    else:
        program += f"\n{tests['check']}\ncheck({tests['entry_point']})"
    assert run(program + "\nprint('reached the end')", "") == "reached the end\n"


def run(program: str, stdin: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], input=stdin, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_kind_of_row_is_there():
    """The rows show each shape of completion and each way to fail that the rewards know."""
    messages = [message for row in ROWS if isinstance(row["completion"], list) for message in row["completion"]]
    assert any(isinstance(row["completion"], str) for row in ROWS)
    assert any(isinstance(message.get("content"), list) for message in messages)
    assert any(message.get("tool_calls") for message in messages)
    assert any(message.get("reasoning_content") for message in messages)
    assert any(row.get("truncated") for row in ROWS)
    assert any(sample(row).prompt_text.rstrip().endswith("<think>") for row in ROWS)
    assert {row["ground_truth"]["kind"] for row in CODE} == {"stdin", "function", "asserts", "check"}
    assert len({row["language"] for row in ROWS}) >= 8
    assert {row["expected"]["math"] for row in ROWS} == {0.0, 1.0, None}
    assert {row["expected"]["code"] for row in ROWS} == {0.0, 1.0, None}
    assert {row["expected"]["format"] for row in ROWS} == {0.0, 1.0}


@pytest.mark.parametrize("file", sorted((EXAMPLES / "rubrics").glob("*.yaml")), ids=lambda file: file.stem)
def test_rubric_loads_and_is_listed(file):
    assert Rubric.load(file).rewards
    assert f"`rubrics/{file.name}`" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def test_demo_rubric_has_all_four_rewards_and_pays_for_each_kind_of_task():
    rewards = Rubric.load(EXAMPLES / "rubrics" / "demo.yaml").rewards
    assert set(rewards) == {"math", "code", "format", "language"}
    for alias, rows in (("math", MATH), ("code", CODE)):
        assert {row["data_source"] for row in rows} == set(rewards[alias].when["data_source"])
