"""How a judgement ends: each status with its kinds, and what a Score refuses."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from rewardkit import InputError, Result, Score, from_block, to_block
from rewardkit.score import KINDS

EVERY_KIND = [(status, kind) for status, kinds in KINDS.items() for kind in kinds]


@pytest.mark.parametrize(("status", "kind"), EVERY_KIND)
def test_every_kind_belongs_to_one_status_and_says_what_it_means(status: str, kind: str):
    value = 0.5 if status == "scored" else None
    assert Score(value=value, status=status, kind=kind).kind == kind
    assert KINDS[status][kind]
    for other in KINDS.keys() - {status}:
        with pytest.raises(ValidationError, match=f"the kind '{kind}' does not belong to '{other}'"):
            Score(value=0.5 if other == "scored" else None, status=other, kind=kind)


@pytest.mark.parametrize(("status", "kind"), EVERY_KIND)
def test_every_kind_stands_in_the_docs_with_its_meaning(repository: Path, status: str, kind: str):
    page = (repository / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert f"| {status} | `{kind}` | {KINDS[status][kind]} |" in page


@pytest.mark.parametrize(
    ("score", "kind"),
    [
        (Score.scored(1.0), "judged"),
        (Score.abstained("why"), "not_applicable"),
        (Score.failed("why"), "plugin_error"),
        (Score.scored(0.0, "why", kind="no_answer", extracted=None), "no_answer"),
        (Score.abstained("why", kind="unsupported"), "unsupported"),
        (Score.failed("why", kind="overloaded"), "overloaded"),
    ],
)
def test_a_kind_is_the_first_of_its_status_where_none_is_given(score: Score, kind: str):
    assert score.kind == kind
    assert "kind" not in score.details


@pytest.mark.parametrize("turns", [(0.5, None, 1.0), (), None])
def test_the_kind_and_the_turns_are_read_back_from_a_block(turns: tuple[float | None, ...] | None):
    score = Score.scored(1.0, turns=turns)
    assert score.details == {}
    result = Result(reward=1.0, scores={"math": score}, weights={"math": 1.0})
    assert from_block(to_block(result)) == result


def test_a_turn_is_a_finite_number_or_none():
    with pytest.raises(ValidationError, match="turns must be finite numbers or None"):
        Score(value=1.0, status="scored", turns=(math.nan,))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda block: block.pop("version"), "no version"),
        (lambda block: block.update(version=0), "version 0"),
        (lambda block: block["scores"]["math"].pop("kind"), "version 1"),
        (lambda block: block.pop("reward"), "version 1"),
        (lambda block: block.update(scores=[]), "version 1"),
    ],
)
def test_a_block_that_another_version_wrote_is_refused(change: Callable[[dict], object], found: str):
    block = to_block(Result(reward=1.0, scores={"math": Score.scored(1.0)}, weights={"math": 1.0}))
    change(block)
    with pytest.raises(InputError, match=f"a `rewardkit` block with {found}, wanted version 1"):
        from_block(block)
