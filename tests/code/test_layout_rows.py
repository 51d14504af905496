"""Each layout of a public data set: a right program gets 1 and a wrong one 0, and the docs name the layout."""

import json
from pathlib import Path

import pytest

from rewardkit import Sample
from rewardkit_code.layouts import UnsupportedTestsError, read_tests

ROOT = Path(__file__).parents[2]
ROWS = [json.loads(line) for line in (ROOT / "examples" / "code" / "layouts.jsonl").read_text().splitlines()]


def sample(row, completion, **changes):
    columns = {k: v for k, v in {**row, **changes}.items() if k not in {"completion", "wrong", "layout"}}
    return Sample(
        completion=completion,
        prompt=columns["prompt"],
        ground_truth=columns.pop("ground_truth", None),
        columns=columns,
    )


@pytest.mark.parametrize("row", ROWS, ids=[row["layout"] for row in ROWS])
def test_a_right_program_passes_and_a_wrong_one_fails(reward, row):
    right, wrong = reward.score([sample(row, row["completion"]), sample(row, row["wrong"])])
    assert (right.value, wrong.value) == (1.0, 0.0), (right.reason, wrong.reason)


@pytest.mark.parametrize("row", ROWS, ids=[row["layout"] for row in ROWS])
def test_a_program_that_defines_nothing_fails(reward, row):
    # What the task puts around a program defines no function under test.
    (score,) = reward.score([sample(row, "```python\nx = 1\n```")])
    assert score.value == 0.0, score


@pytest.mark.parametrize("row", ROWS, ids=[row["layout"] for row in ROWS])
def test_the_docs_name_the_layout(row):
    page = (ROOT / "docs" / "code-layouts.md").read_text()
    assert f"| {row['layout']} |" in page


BY_LAYOUT = {row["layout"]: row for row in ROWS}


def test_an_output_that_only_an_unrun_checker_could_judge_abstains(reward):
    row = BY_LAYOUT["CodeContests+: a checker in C++ with testlib"]
    ended = '#include "testlib.h"\nint main(int n, char** v) { registerTestlibCmd(n, v); }'
    for checker in ("#include <other.h>\nint main() {}", ended):
        (score,) = reward.score([sample(row, "```python\nprint(123)\n```", checker=checker)])
        assert (score.status, score.kind) == ("abstained", "unsupported")


def test_a_checker_that_fails_on_an_output_does_not_accept_it(reward):
    row = BY_LAYOUT["open-r1/codeforces: official tests and a checker"]
    (score,) = reward.score([sample(row, "```python\nprint('1 ? x')\n```")])
    assert score.value == 0.0


@pytest.mark.parametrize("changes", [{"interaction_format": "You may ask."}, {"input_mode": "file"}])
def test_problems_that_need_more_than_standard_input_are_unsupported(changes):
    row = BY_LAYOUT["open-r1/codeforces: official tests and a checker"]
    with pytest.raises(UnsupportedTestsError):
        read_tests(sample(row, "", **changes))


def test_the_usual_imports_are_never_the_function_under_test(reward):
    tests = {"fn_name": "gcd", "inputs": [[4, 6]], "outputs": [2]}
    (score,) = reward.score([Sample(completion="```python\nx = 1\n```", ground_truth=tests)])
    assert score.value == 0.0


def test_an_example_of_use_after_the_program_is_not_the_program(reward):
    answer = "```python\ndef f(x):\n    return x + 1\n```\nFor example:\n```python\nprint(f(1))\n```"
    (score,) = reward.score([Sample(completion=answer, ground_truth="assert f(1) == 2")])
    assert score.value == 1.0


def test_a_program_in_another_language_than_the_rubric_runs_is_unsupported(reward):
    tests = {"inputs": ["1"], "outputs": ["1"]}
    (score,) = reward.score([Sample(completion="```rust\nfn main() {}\n```", ground_truth=tests)])
    assert (score.status, score.kind) == ("abstained", "unsupported")


def test_a_row_without_tests_has_no_ground_truth(reward):
    (score,) = reward.score([Sample(completion="x", columns={"patch": "diff", "FAIL_TO_PASS": '["a"]'})])
    assert (score.status, score.kind) == ("abstained", "no_ground_truth")
