"""Mutants and fresh arguments are made as they say, and tests that accept a wrong program are found by running it."""

import ast

import pytest

from rewardkit import Sample
from rewardkit.auditing import ATTACKS
from rewardkit.auditing.fresh_inputs import called_with, fresh_inputs
from rewardkit.auditing.mutants import mutants_of
from rewardkit.auditing.tasks import answers_of, references_of
from rewardkit.auditing.wrong import wrong_answer

MUTATED = [
    ("return a < b", "return a <= b"),
    ("return a + b", "return a - b"),
    ("return a and b", "return a or b"),
    ("return a == 3", "return a == 4"),
    ("return max(a, b)", "return min(a, b)"),
    ("return sorted(a)", "return a"),
    ("return a.strip()", "return a"),
    ("if a:\n        return b", "if False:\n        return b"),
    ("a += 1\n    return a", "a -= 1\n    return a"),
    ("a = b\n    return a", "pass\n    return a"),
    ("return a", "return None"),
]


@pytest.mark.parametrize(("body", "changed"), MUTATED)
def test_each_kind_of_change_is_made(body, changed):
    made = {mutant.program for mutant in mutants_of(f"def f(a, b):\n    {body}\n")}
    assert f"def f(a, b):\n    {changed}" in made


def test_mutants_parse_differ_and_leave_docstrings_alone():
    program = (
        'def f(a):\n    "Says 1 + 1."\n    for i in range(2, a):\n        if a % i == 0:\n            return False\n'
    )
    made = mutants_of(program, most=1000)
    assert len({mutant.program for mutant in made}) == len(made) > 7
    assert all("Says 1 + 1." in mutant.program and ast.parse(mutant.program) for mutant in made)
    assert len(mutants_of(program, most=5)) == 5
    assert mutants_of("def f(:") == []


def test_the_arguments_of_tests_are_read():
    tests = "def check(candidate):\n    assert candidate([1, 2], 'a') == 3\n    assert candidate(len(x)) == 1\n"
    assert called_with(tests, ["candidate"]) == [([1, 2], "a")]
    assert called_with('"""\n>>> area(3)\n9\n"""', ["area"]) == [(3,)]


def test_fresh_arguments_are_new_and_of_the_same_kind():
    seen = [([3, 1, 2], "ab"), ([5], "ba")]
    made = fresh_inputs(seen)
    assert len(made) > 20
    assert not {repr(one) for one in made} & {repr(one) for one in seen}
    assert all(numbers and min(numbers) >= 0 and set(text) <= set("ab") and text for numbers, text in made)
    assert fresh_inputs(seen) == made
    assert fresh_inputs([]) == []


def test_a_weak_test_is_found_with_what_it_misses(audit_here):
    row = {
        "task_id": "largest/1",
        "prompt": "Write a function largest(numbers) that returns the largest number of a list.",
        "reference_solution": "def largest(numbers):\n    return max(numbers)\n",
        "entry_point": "largest",
    }
    weak, strong = "assert largest([4]) == 4\nassert largest([2, 2]) == 2", "assert largest([4, 1, 9, 3]) == 9"
    rows = [{**row, "ground_truth": weak}, {**row, "prompt": "The largest, please.", "ground_truth": strong}]
    report = audit_here({"rewards": {"code": {}}}, rows, skip=ATTACKS)
    (found,) = [one for one in report.findings if one.rule == "tests/weak"]
    assert found.where == "rows, row 1"
    assert "became `min(numbers)`" in found.message
    assert "min(numbers)" in found.completion
    assert len(set(ast.literal_eval(found.details["arguments"])[0])) > 1
    assert report.known == 2


WRONG = {
    "7": "8", "100": "105", "-3": "-2", "0.5": "0.6", "0.333333": "0.350000", "1,000": "1050", "B": "C", "D": "A",
    "yes": "no", "True": "False", "x^2+1": "x^2+2", "the tall tree": "the tall quorvex",
}  # fmt: skip


@pytest.mark.parametrize("answer", WRONG)
def test_a_wrong_answer_is_of_the_same_kind(answer):
    assert wrong_answer(answer) == WRONG[answer]


def test_another_row_s_answer_serves_where_a_text_has_no_neighbour():
    assert wrong_answer("Paris", ["Tallinn", "Rome"]) in ("Rome", "Tallinn")


@pytest.mark.parametrize(
    ("truth", "answers"),
    [
        ("42", ("42",)), (42, ("42",)), (["a", "b"], ("a", "a, b")), ({"answer": "x"}, ("x",)), (None, ()),
        ("so 6 * 7 = 42\n#### 42", ()), ("work #### 42", ("42",)), (["assert f(1) == 2"], ()), ('{"inputs": []}', ()),
        ("def check(candidate):\n    pass", ()),
    ],
)  # fmt: skip
def test_a_ground_truth_is_an_answer_or_none(truth, answers):
    assert answers_of(truth) == answers


def test_the_program_of_humaneval_is_the_rest_of_its_prompt():
    sample = Sample(
        completion="", prompt='def f():\n    """One."""\n', columns={"canonical_solution": "    return 1\n"}
    )
    assert '```python\ndef f():\n    """One."""\n    return 1\n```' in references_of(sample)
