"""The letter of multiple choice that an answer states."""

import pytest

from rewardkit.choices import FORMS, labelled_choice, stated_choice


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_states_its_example(form):
    assert form.pattern.match(form.example)
    assert stated_choice(form.example) == "B"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("b", "B"),
        ("**C**", "C"),
        (r"\textbf{(D)}\ 12", "D"),
        ("D. 12 apples", "D"),
        ("The answer is (A).", "A"),
        ("Option Selected: C", "C"),
        ("The correct answer is B) 12", "B"),
        ("B is correct", "B"),
        ("B, since A and C are not even", "B"),
        ("I would choose option E.", "E"),
        ("B or D", None),
        ("B, as a guess D", None),
        ("B, maybe D", None),
        ("A, B", None),
        ("not B", None),
        ("Between B and D", None),
        ("Apples", None),
        ("12", None),
        ("", None),
        ("x = B", None),
    ],
)
def test_one_letter_is_stated_or_none(text, letter):
    assert stated_choice(text) == letter


@pytest.mark.parametrize(
    ("ground_truth", "letter"),
    [
        ("B", "B"),
        ("(B) 12 apples", "B"),
        ("C. Paris", "C"),
        (r"\text{(D)}", "D"),
        ("A, B", None),
        ("Because", None),
        ("12", None),
    ],
)
def test_the_letter_of_a_ground_truth_stands_alone_or_before_its_text(ground_truth, letter):
    assert labelled_choice(ground_truth) == letter
