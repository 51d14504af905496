"""What a comparison counts: verdicts, rewards, groups, cost; and how it finds the rows of one side on the other."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError, InputError, Rubric, Score, diff

from .conftest import scored

Write = Callable[..., Path]

FAILED = Score.failed("the sandbox did not start", kind="sandbox_error")


def test_changed_verdicts_come_with_both_reasons():
    old = [scored("p", "a", math=1), scored("p", "b", math=0), scored("p", "c", math=1), scored("p", "d", math=0)]
    new = [scored("p", "a", math=0), scored("p", "b", math=1), scored("p", "c", math=1), scored("p", "d", math=FAILED)]
    compared = diff(old, new)
    verdicts = compared.figures["verdicts"]
    assert {name: verdicts[name] for name in ("lost", "gained", "no_longer_judged", "newly_judged", "changed")} == {
        "lost": 1,
        "gained": 1,
        "no_longer_judged": 1,
        "newly_judged": 0,
        "changed": 3,
    }
    assert (verdicts["share"], verdicts["judged_by_both"]) == (0.75, 3)
    assert compared.flips[0] == {
        "old": {"row": "rows, row 1", "verdict": "correct", "reward": 1.0, "reason": "math 1: math says 1"},
        "new": {"row": "rows, row 1", "verdict": "wrong", "reward": 0.0, "reason": "math 0: math says 0"},
        "prompt": "p",
        "completion": "a",
    }
    assert compared.flips[2]["new"]["reason"] == "math none: failed (sandbox_error): the sandbox did not start"


def test_the_agreement_of_each_score_is_over_the_rows_that_both_judged():
    old = [scored("p", str(n), math=n % 2, style=n / 10) for n in range(10)]
    new = [scored("p", str(n), math=1 if n < 5 else n % 2, style=n / 10) for n in range(9)] + [
        scored("p", "9", math=FAILED, style=0.9)
    ]
    scores = diff(old, new).figures["scores"]
    math = scores["math"]
    assert (math["both"], math["only_old"], math["changed"], math["lost"], math["gained"]) == (9, 1, 3, 0, 3)
    assert (math["mean_old"], math["mean_new"]) == pytest.approx((4 / 9, 7 / 9))
    assert math["kinds_changed"] == [{"old": "judged", "new": "sandbox_error", "count": 1}]
    assert math["welch"]["low"] < math["paired"]["low"] < 3 / 9 < math["paired"]["high"] < math["welch"]["high"]
    assert (scores["style"]["rank_correlation"], scores["style"]["changed"]) == (pytest.approx(1), 0)


def test_groups_lose_and_gain_their_signal():
    def side(lost: int, won: int) -> list[dict[str, Any]]:
        values = {("lost", "a"): 1, ("lost", "b"): lost, ("won", "c"): won, ("won", "d"): 1}
        return [scored(prompt, text, math=value) for (prompt, text), value in values.items()]

    old, new = side(0, 1), side(1, 0)
    groups = diff(old, new).figures["groups"]
    assert (groups["groups"], groups["zero_variance_old"], groups["zero_variance_new"]) == (2, 1, 1)
    assert (groups["signal_lost_first"], groups["signal_gained_first"]) == (["lost"], ["won"])
    assert groups["advantages"]["changed"] == 4
    swapped = diff(old[:2], [scored("lost", "a", math=0), scored("lost", "b", math=1)]).figures["groups"]
    assert (swapped["advantages"]["sign_changed"], swapped["signal_lost"]) == (2, 0)


def test_rows_in_another_order_are_found_by_their_texts():
    old = [scored(f"p{n % 7}", f"answer {n}", math=n % 3 == 0) for n in range(200)]
    new = random.Random(1).sample(old, len(old))
    assert diff(old, new).figures["verdicts"]["changed"] == 0
    assert diff(old, new).figures["rows"] == 200


def test_rows_that_are_on_one_side_alone_are_counted_and_named():
    old = [scored("p", str(n), math=1) for n in range(6)]
    new = [*old[1:4], scored("p", "new", math=1), *old[4:]]
    figures = diff(old, new).figures
    assert figures["rows"] == 5
    assert figures["unmatched"] == {"old": 1, "new": 1, "first": {"old": ["rows, row 1"], "new": ["rows, row 4"]}}


def test_equal_rows_are_paired_one_by_one():
    same = [scored("p", "a", math=1), scored("p", "a", math=0), scored("p", "a", math=1)]
    figures = diff(same, same).figures
    assert (figures["rows"], figures["verdicts"]["changed"]) == (3, 0)
    assert diff(same, same[:2]).figures["unmatched"]["old"] == 1


def test_a_column_names_the_rows_where_their_texts_differ():
    old = [{**scored("p", f"old {n}", math=1), "id": n} for n in range(4)]
    new = [{**scored("p", f"new {n}", math=n > 0), "id": n} for n in reversed(range(4))]
    with pytest.raises(InputError, match=r"no row of rows is in rows, by prompt and completion.*--key id"):
        diff(old, new)
    assert diff(old, new, key="id").figures["verdicts"]["lost"] == 1
    with pytest.raises(InputError, match="has no 'uid', by which rows are to be matched"):
        diff(old, new, key="uid")


def test_cost_and_time_stand_beside_each_other():
    judged = Score.scored(1.0, "fine", tokens={"prompt": 100, "completion": 10}, cost=0.25)
    old = [scored("p", str(n), elapsed_ms=500, judge=judged) for n in range(4)]
    new = [scored("p", str(n), judge=1) for n in range(4)]
    assert diff(old, new).figures["cost"] == {
        "old": {
            "seconds": 2.0,
            "seconds_by_score": {"judge": 2.0},
            "spent": {"judge": {"prompt_tokens": 400, "completion_tokens": 40, "cost": 1.0}},
        },
        "new": {"seconds": None, "seconds_by_score": {}, "spent": {}},
    }


def test_scores_of_one_side_alone_are_named():
    figures = diff([scored("p", "a", math=1, style=1)], [scored("p", "a", math=1, tone=1)]).figures
    assert (figures["only_old"], figures["only_new"], list(figures["scores"])) == (["style"], ["tone"], ["math"])


RUBRICS = ({"rewards": {"math": {}}}, {"rewards": {"math": {"gate": "format"}, "format": {"weight": 0.1}}})
ROLLOUTS = [
    {"prompt": "2+2", "completion": text, "answer": "4", "score": value}
    for text, value in (("\\boxed{4}", 1.0), ("<think>2</think>\\boxed{4}", 1.0), ("\\boxed{5}", 1.0))
]


def test_two_rubrics_judge_rollouts():
    compared = diff(*RUBRICS, ROLLOUTS, workers=1)
    verdicts = compared.figures["verdicts"]
    assert (compared.old, compared.new, compared.figures["rows"]) == ("rubric", "rubric", 3)
    assert (verdicts["correct_old"], verdicts["correct_new"]) == (2, 1)
    assert compared.figures["cost"]["old"]["seconds"] > 0
    assert diff(RUBRICS[0], Rubric.of(RUBRICS[0]), ROLLOUTS, workers=1).figures["verdicts"]["changed"] == 0


def test_a_rubric_is_compared_with_the_rewards_of_a_dump(file: Write):
    dump = file(ROLLOUTS, "dump.jsonl")
    compared = diff(dump, RUBRICS[0], workers=1)
    assert (compared.figures["rows"], compared.figures["verdicts"]["lost"]) == (3, 1)
    assert compared.flips[0]["old"]["reason"] == "reward 1"
    assert "math 0" in compared.flips[0]["new"]["reason"]
    assert diff(RUBRICS[0], dump, workers=1).figures["verdicts"]["gained"] == 1


@pytest.mark.parametrize(
    ("sides", "rows", "message"),
    [
        (RUBRICS, None, "two rubrics need rows to judge"),
        (([scored("p", "a", math=1)],) * 2, ROLLOUTS, "which need no third"),
        (("old.yaml", "new.yaml"), None, "two rubrics need rows to judge"),
    ],
)
def test_sides_that_do_not_go_together_are_refused(sides: Any, rows: Any, message: str):
    with pytest.raises(ConfigError, match=message):
        diff(*sides, rows)


def test_a_side_without_rows_is_named(file: Write):
    full, empty = file([scored("p", "a", math=1)], "full.jsonl"), file([], "empty.jsonl")
    with pytest.raises(InputError, match=r"empty\.jsonl: no rows to compare"):
        diff(full, empty)


def test_an_unknown_estimator_is_refused():
    rows = [scored("p", "a", math=1)]
    with pytest.raises(ConfigError, match="estimator 'gpro': known are"):
        diff(rows, rows, estimator="gpro")


def test_texts_of_rows_that_wait_are_not_held():
    from rewardkit.comparison.judged import Texts, judged_row
    from rewardkit.input.row import Row
    from rewardkit.judgements.reading import Judgement
    from rewardkit.sample import Sample

    row = Row(scored("p" * 5000, "c" * 5000, math=1), "f", 1, b"raw" * 5000)
    score = {"value": 1.0, "status": "scored", "kind": "judged", "reason": "r" * 5000, "details": {"all": "d" * 5000}}
    sample = Sample(prompt="p" * 5000, completion="c" * 5000)
    waiting = judged_row(row, sample, Judgement(1.0, {"math": score}), ("math",), verdict=True).reduced()
    assert isinstance(waiting.sample, Texts)
    assert len(repr(waiting)) < 1500
    assert waiting.row.where == "f, line 1"


def test_reports_hold_every_text_as_text():
    hostile = "<script>alert(1)</script> [a](http://x) | ![b](http://y)"
    old = [scored(hostile, hostile, math=Score.scored(1.0, hostile))]
    new = [scored(hostile, hostile, math=Score.scored(0.0, hostile))]
    compared = diff(old, new)
    page = compared.to_html()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("//") == page.count("http://x") + page.count("http://y")
    assert "default-src 'none'" in page
    report = compared.to_markdown()
    assert "\\<script\\>" in report
    assert "](http" not in report.replace("\\]", "")
    assert report.count("|---") > 3
    assert compared._repr_html_().startswith("<div")
