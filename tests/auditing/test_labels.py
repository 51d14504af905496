"""Rows whose own answer is rejected are named, and so are answers on which judges of mathematics disagree."""

import pytest

from rewardkit.auditing.second_opinions import sympy_equal


def exact(completion, ground_truth):
    return float(completion.strip() == ground_truth and ground_truth != "spoilt")


def test_a_row_whose_own_answer_is_rejected_is_named(audit_here, questions):
    rows = [*questions[:3], {"prompt": "Which one?", "ground_truth": "spoilt"}]
    report = audit_here(exact, rows)
    (found,) = [one for one in report.findings if one.rule == "label/rejected"]
    assert (found.level, found.where, found.by_row) == ("warning", "rows, row 4", True)
    assert "spoilt" in found.message
    assert report.known == 3


def test_a_grader_that_wants_something_else_than_answers_accuses_no_row(audit_here, questions):
    def never(completion, ground_truth):
        return 0.5 * (len(completion) % 2) if ground_truth else 0.0

    report = audit_here(never, questions)
    assert "label/rejected" not in {one.rule for one in report.findings} or report.known


@pytest.mark.parametrize(
    ("answer", "truth", "value"),
    [
        (r"\boxed{\frac{1}{2}}", "0.5", 1.0), (r"\boxed{x^2+2x+1}", "(x+1)^2", 1.0), (r"\boxed{3}", "4", 0.0),
        ("no box", "4", None), (r"\boxed{}", "4", None),
    ],
)  # fmt: skip
def test_sympy_is_asked_for_what_it_can_read(answer, truth, value):
    assert sympy_equal(answer, truth).value == value


def test_judges_that_disagree_are_told(audit_here):
    right = {"prompt": "Half of 1?", "completion": r"It is \boxed{0.5}.", "ground_truth": "1/2"}
    odd = {"prompt": "One third in decimals?", "completion": r"It is \boxed{0.3333}.", "ground_truth": r"\frac{1}{3}"}
    report = audit_here({"rewards": {"math": {}}}, [right, odd])
    found = [one for one in report.findings if one.rule == "label/disagreement"]
    assert {one.where for one in found} <= {"rows, row 2"}
    assert all(one.level == "note" and "math" in one.details["reasons"] for one in found)
