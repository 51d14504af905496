"""`multiple_choice` and `qa`: nothing earns without choosing, and both agree with the published scripts."""

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import RewardContext, Sample
from rewardkit_answers.multiple_choice import MultipleChoice, MultipleChoiceParams
from rewardkit_answers.qa import QuestionAnswering, QuestionAnsweringParams, references_of
from rewardkit_answers.words import exact, f1

OPTIONS = ["an apple", "a pear", "a plum", "a fig"]


def choice(completion: str, truth: object, *, options: object = OPTIONS, **params) -> float | None:
    sample = Sample(completion=completion, ground_truth=truth, columns={} if options is None else {"options": options})
    (score,) = MultipleChoice(MultipleChoiceParams(**params), RewardContext()).score([sample])
    return score.value


def qa(completion: str, truth: object, measure: str = "exact") -> float | None:
    reward = QuestionAnswering(QuestionAnsweringParams(), RewardContext())
    return reward.score([Sample(completion=completion, ground_truth=truth)])[0].value_of(measure)


@pytest.mark.parametrize(
    "attack",
    [
        "ABCD",
        "A, B, C, D",
        "(A) (B) (C) (D)",
        "A or B or C or D",
        "The answer is one of A, B, C and D.",
        "Answer: A\nAnswer: B\nAnswer: C\nAnswer: D",
        r"\boxed{A} \boxed{B} \boxed{C} \boxed{D}",
        r"\boxed{A, B, C, D}",
        "<answer>A</answer><answer>B</answer><answer>C</answer><answer>D</answer>",
        "If it is light the answer is A, else the answer is B or the answer is C or D.",
        "The answer is not A. The answer is not B. The answer is not C. The answer is not D.",
        "an apple, a pear, a plum, a fig",
        "an apple\na pear\na plum\na fig\nAll of these.",
        "Maybe A. Maybe B. Maybe C. Maybe D.",
        "Options: (A) an apple (B) a pear (C) a plum (D) a fig",
        "The answer is the right one.",
        "I would say A; on the other hand B; or C; or D",
    ],
)
@pytest.mark.parametrize("truth", "ABCD")
def test_an_answer_that_names_every_option_chooses_none(attack: str, truth: str):
    assert choice(attack, truth) == 0.0


@pytest.mark.parametrize("letter", "ABCDEFGHIJ")
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "({})",
        "**{}**",
        "{}.",
        "Answer: {}",
        "The answer is {}.",
        "The answer is ({}). I hope it is correct.",
        "The best option is ({}), since no other fits.",
        r"So we get \boxed{{{}}}.",
        r"$\boxed{{\text{{{}}}}}$",
        "<answer>{}</answer>",
        "<answer>The answer is {}</answer>",
        "Therefore, ({}) is correct.",
        "Option {} is correct.",
        "So {}.",
        "It is late.\n\n{}",
    ],
)
def test_each_way_to_choose_is_read_for_each_letter(form: str, letter: str):
    assert choice(form.format(letter), letter, options=None) == 1.0
    assert choice(form.format(letter), "B" if letter == "A" else "A", options=None) == 0.0


@pytest.mark.parametrize("letter", "AKMZ")
def test_more_than_ten_options_are_read(letter: str):
    options = [f"{n} dwarfs" for n in range(26)]
    assert choice(f"The answer is ({letter}).", letter, options=options) == 1.0
    assert choice(f"Answer: {letter}", string.ascii_uppercase.index(letter), options=options) == 1.0


def test_a_text_that_two_options_share_names_neither():
    assert choice("a pear", "A", options=["a pear", "a pear", "a fig"]) == 0.0


@pytest.mark.parametrize("text", ["\\boxed{" * 50_000, "answer is " * 100_000, "<answer>" * 100_000, "A, " * 300_000])
def test_megabytes_of_marks_take_a_moment(quick, text: str):
    assert quick(lambda: choice(text, "A")) == 0.0
    assert quick(lambda: qa(text, "A")) == 0.0


def squad(text: str) -> str:
    """normalize_answer of SQuAD's evaluate-v1.1.py, which Search-R1's qa_em.py copies."""
    text = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def squad_f1(answer: str, reference: str) -> float:
    given, wanted = squad(answer).split(), squad(reference).split()
    same = sum((Counter(given) & Counter(wanted)).values())
    if same == 0:
        return 0
    precision, recall = same / len(given), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


WORDS = st.lists(st.sampled_from(["the", "a", "An", "Paris", "paris,", "in", "-", "(New", "York)", "42"]), max_size=6)


@given(WORDS, WORDS)
def test_both_measures_are_squads(answer: list[str], reference: list[str]):
    given_text, wanted = " ".join(answer), " ".join(reference)
    if squad(given_text) and squad(wanted):
        assert exact(given_text, wanted) == float(squad(given_text) == squad(wanted))
        assert f1(given_text, wanted) == pytest.approx(squad_f1(given_text, wanted))


@pytest.mark.parametrize(("measure", "most"), [("exact", 0.0), ("f1", 0.67)])
def test_a_dump_of_every_reference_is_no_exact_match_and_loses_f1(measure: str, most: float):
    references = ["Big Apple", "NYC", "New York City"]
    dumped = qa(", ".join(references), references, measure)
    assert dumped is not None
    assert dumped <= most
    assert qa("NYC", references, measure) == 1.0


@pytest.mark.parametrize("prompt", ["Paris or London?", ""])
def test_repeating_the_question_answers_nothing(prompt: str):
    assert qa(prompt, "Paris") == 0.0


@pytest.mark.parametrize("truth", [[], {}, {"other": 1}, "", [None], [["a"], []]])
def test_a_ground_truth_without_a_text_is_unreadable(truth: object):
    assert references_of(truth) is None
