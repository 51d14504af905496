"""Rubrics that teach nothing, or the wrong thing, are named with the reward at fault."""

import pytest


def exact(completion, ground_truth):
    return float(completion.strip() == ground_truth)


def constant(completion):
    return 0.7 if completion is not None else 0.0


def of_the_row(completion, ground_truth):
    return int(ground_truth) / 1000 if completion is not None else 0.0


def never_passes(completion):
    return 0.5 * bool(completion)


def always_passes(completion):
    return 1.0 if completion is not None else 0.0


def crashes(completion, ground_truth):
    return float(completion.strip()[0] == ground_truth)


def nan(completion, ground_truth):
    return float("nan") if not completion.strip() else float(completion.strip() == ground_truth)


def five(completion, ground_truth):
    return 5.0 * (completion.strip() == ground_truth)


def repeated(completion):
    words = completion.split()
    return -1.0 if len(words) > 100 and len(set(words)) < 30 else 0.0


def tidy(completion):
    return float(bool(completion.strip()))


def whisper(completion):
    return 0.001 * (len(completion) % 2)


RUBRICS = {
    "smell/constant": ({"mine": constant}, "error", None),
    "smell/ignores_completion": ({"mine": of_the_row}, "error", None),
    "smell/gate_never_opens": ({"shape": never_passes, "exact": {"reward": exact, "gate": "shape"}}, "error", "exact"),
    "smell/gate_always_open": ({"any": always_passes, "exact": {"reward": exact, "gate": "any"}}, "note", "exact"),
    "smell/fails": ({"exact": exact, "first": crashes}, "warning", "first"),
    "smell/out_of_range": ({"mine": five}, "note", "mine"),
    "smell/outvoted": ({"exact": exact, "tidy": {"reward": tidy, "weight": 1.5}}, "warning", "tidy"),
    "smell/dominated": ({"exact": exact, "low": whisper}, "note", "low"),
    "smell/penalty_escaped": ({"exact": {"reward": exact, "weight": 2}, "again": repeated}, "warning", "again"),
}


@pytest.mark.parametrize("rule", RUBRICS)
def test_a_rubric_that_teaches_the_wrong_thing_is_named(rule, audit_here, questions):
    rewards, level, reward = RUBRICS[rule]
    report = audit_here({"rewards": rewards}, questions)
    assert (rule, level, reward) in {(one.rule, one.level, one.reward) for one in report.findings}, str(report)


def test_nan_is_a_failure_of_the_reward(audit_here, questions):
    assert "smell/fails" in {one.rule for one in audit_here(nan, questions).findings}


def test_a_reward_that_pays_everything_hides_no_other_finding_in_a_crowd(audit_here, questions):
    report = audit_here(constant, questions)
    assert [one.rule for one in report.findings] == ["smell/constant"]


def test_tasks_without_any_reward_are_counted(audit_here, questions):
    rows = [*questions[:3], {"prompt": "Which sea is this?", "ground_truth": None}]
    report = audit_here({"rewards": {"math": {}}}, rows)
    (found,) = [one for one in report.findings if one.rule == "smell/no_reward"]
    assert (found.rows, found.asked, found.level) == (1, 4, "warning")
