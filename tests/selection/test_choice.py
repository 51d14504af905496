"""The choice among the completions of a prompt: best, then shortest, then by the seed; and pairs of them."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rewardkit import Score, select
from rewardkit.selection.similarity import CANDIDATES, PLACES, Bands, signature

from .conftest import scored

Write = Callable[..., Path]


def chosen(rows: list[dict[str, Any]], **criteria: Any) -> list[str]:
    return [row["completion"] for row in select(rows, to="rows", **criteria).rows]


def test_the_best_reward_goes_first_then_the_shortest():
    rows = [scored("p", "long and wrong", 0), scored("p", "right and long", 1), scored("p", "right", 1)]
    assert chosen(rows, per_prompt=1) == ["right"]
    assert chosen(rows, per_prompt=2) == ["right and long", "right"]


def test_tokens_decide_the_length_where_every_row_counts_them():
    rows = [
        scored("p", "three short words", 1, columns={"completion_tokens": 3}),
        scored("p", "antidisestablishmentarianism", 1, columns={"completion_tokens": 9}),
    ]
    assert chosen(rows, per_prompt=1) == ["three short words"]
    del rows[0]["completion_tokens"]
    assert chosen(rows, per_prompt=1) == ["antidisestablishmentarianism"]


def test_ties_are_settled_by_the_seed_and_not_by_the_order():
    rows = [scored(f"prompt {prompt}", f"answer {number}", 1) for prompt in range(30) for number in range(4)]
    first = set(map(str, select(rows, preset="best-of-n").rows))
    shuffled = random.Random(1).sample(rows, len(rows))
    assert set(map(str, select(shuffled, preset="best-of-n").rows)) == first
    assert set(map(str, select(rows, preset="best-of-n", seed=1).rows)) != first


def test_the_random_choice_is_the_same_in_every_order_and_another_by_another_seed():
    rows = [scored(f"prompt {prompt}", f"answer {number}", number % 2) for prompt in range(50) for number in range(4)]
    of_rows = select(rows, preset="best-of-n").summary["compared"]["random"]
    shuffled = random.Random(1).sample(rows, len(rows))
    assert select(shuffled, preset="best-of-n").summary["compared"]["random"] == of_rows
    assert of_rows["rows"] == 50
    assert 0.3 < of_rows["correct"] < 0.7
    assert select(rows, preset="best-of-n", seed=5).summary["compared"]["random"] != of_rows


def test_equal_rows_are_chosen_at_random_one_by_one():
    rows = [scored(f"p{n % 10}", "the same", n % 10 == 0) for n in range(1000)]
    chosen_at_random = select(rows, to="rows", per_prompt=50).summary["compared"]["random"]
    assert (chosen_at_random["rows"], chosen_at_random["prompts"]) == (500, 10)
    assert 0.06 < chosen_at_random["correct"] < 0.14


def test_a_group_is_named_by_its_column_before_its_prompt():
    rows = [
        scored("same", "a", 1, columns={"group": "1"}),
        scored("same", "b", 1, columns={"group": "2"}),
        scored("other", "c", 0, columns={"group": "2"}),
    ]
    assert chosen(rows, per_prompt=1) == ["a", "b"]


def test_near_duplicates_are_looked_for_inside_a_prompt_only():
    text = " ".join(f"word{number}" for number in range(60))
    rows = [scored("p", text), scored("q", f"{text} too"), scored("p", f"{text} also"), scored("p", "quite another")]
    assert chosen(rows, near_duplicates=0.8) == [text, f"{text} too", "quite another"]


def test_of_near_duplicates_the_best_stays():
    text = " ".join(f"word{number}" for number in range(60))
    rows = [scored("p", text, 0), scored("p", f"{text} also", 1)]
    assert chosen(rows, near_duplicates=0.8) == [f"{text} also"]


def test_a_pair_is_a_right_and_a_wrong_completion():
    rows = [
        scored("p", "wrong", 0),
        scored("p", "right and long", 1),
        scored("p", "right", 1),
        scored("all right", "a", 1),
        scored("all wrong", "b", 0),
        scored("not judged", "c", Score.failed("down", kind="unavailable")),
        scored("not judged", "d", 1),
    ]
    (pair,) = select(rows, preset="dpo-pairs").rows
    assert pair == {
        "prompt": [{"role": "user", "content": "p"}],
        "chosen": [{"role": "assistant", "content": "right"}],
        "rejected": [{"role": "assistant", "content": "wrong"}],
        "score_chosen": 1.0,
        "score_rejected": 0.0,
    }


def test_several_pairs_of_a_prompt_share_no_text():
    rows = [scored("p", f"right {n}", 1) for n in range(3)] + [scored("p", f"wrong {n % 2}", 0) for n in range(4)]
    pairs = select(rows, preset="dpo-pairs", per_prompt=3).rows
    assert len(pairs) == 2
    texts = [pair[side][0]["content"] for pair in pairs for side in ("chosen", "rejected")]
    assert len(set(texts)) == 4


def test_the_rejected_of_a_pair_was_not_cut_off():
    rows = [
        scored("p", "right", 1, columns={"truncated": False}),
        scored("p", "cut", 0, columns={"truncated": True}),
        scored("q", "right", 1, columns={"truncated": False}),
        scored("q", "wrong", 0, columns={"truncated": False}),
    ]
    (pair,) = select(rows, preset="dpo-pairs").rows
    assert pair["rejected"][0]["content"] == "wrong"


def test_without_a_verdict_the_best_is_paired_with_the_worst():
    rows = [scored("p", str(number), reward=number) for number in (3.5, -2.0, 9.0)] + [scored("q", "1", reward=1.0)] * 2
    (pair,) = select(rows, to="dpo", per_prompt=1).rows
    assert (pair["score_chosen"], pair["score_rejected"]) == (9.0, -2.0)


def test_the_halves_of_a_pair_may_stand_far_apart():
    right = [scored(f"p{number}", "right", 1) for number in range(50)]
    wrong = [scored(f"p{number}", "wrong", 0) for number in range(50)]
    pairs = select([*right, *wrong], preset="dpo-pairs").rows
    assert [pair["prompt"][0]["content"] for pair in pairs] == [f"p{number}" for number in range(50)]


def test_a_benchmark_rejects_prompts_that_share_eight_words(file: Write):
    question = "How many strings of length five have strictly increasing digits in them?"
    benchmark = file([{"problem": question}, {"problem": "What is 2 + 2?"}], "bench.jsonl")
    rows = [
        scored(f"Please solve: {question.upper()}", "a"),
        scored("What is 2+2", "b"),
        scored("What is 2 + 2 and what is 3 + 3 in base ten", "c"),
        scored("How many strings of length five have digits", "d"),
    ]
    selected = select(rows, to="rows", decontaminate=(str(benchmark),), rejected=True)
    assert [row["completion"] for row in selected.rows] == ["c", "d"]
    assert [row["rejected"]["reason"] for row in selected.rejected] == [
        f"its prompt shares eight words in a row with {benchmark}, line {line}" for line in (1, 2)
    ]


def test_the_instruction_of_a_benchmark_is_not_its_content(file: Write):
    instruction = "Please reason step by step and put your final answer within a box"
    benchmark = file([{"question": f"Question {n}: how many are {n * 7}? {instruction}"} for n in range(40)], "b.jsonl")
    rows = [scored(f"Quite another question. {instruction}", "a")]
    assert len(select(rows, to="rows", decontaminate=(str(benchmark),)).rows) == 1


def test_a_key_of_a_band_holds_a_bounded_number_of_texts():
    texts = [f"we begin the same way every time and then come to {n} of {n * 7} things" for n in range(300)]
    made = np.frombuffer(b"".join(map(signature, texts)), dtype=np.uint16).reshape(-1, PLACES)
    bands = Bands(made)
    assert bands.nearest(0) == (None, 0.0)
    for index in range(len(texts)):
        bands.add(index)
    assert max(map(len, bands.held.values())) == CANDIDATES
