"""A value that a sentence denies is not its answer, in any language of the table; a bold value at the end is one."""

import pytest

from rewardkit_math.words.denials import NEGATIONS, denied


@pytest.mark.parametrize("sentence", NEGATIONS.values())
def test_a_denied_value_is_not_the_answer(score, sentence):
    assert denied(sentence)
    for text in (f"{sentence} 7.", f"{sentence} **7**.", f"{sentence} $7$"):
        assert score(text, "7").value == 0.0, text


@pytest.mark.parametrize(
    "text",
    ["不等式的解为 ", "Het antwoord is nu ", "No, es ", "الاجابة ", "Es sind nicht 5, sondern ", "The answer is "],
)
def test_words_that_only_look_like_a_denial_deny_nothing(text):
    assert not denied(text)


def test_an_answer_announced_in_a_formula(score):
    assert score(r"\text{Answer: }7", "7").value == 1.0
    assert score(r"\text{Answer: }7", "8").value == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Suma to 5 + 4 = 9, zatem **9**.", 1.0),
        ("مجموع 5 + 4 هو **9**.", 1.0),
        ("Tulos on siis **9**", 1.0),
        ("Suma to nie **9**.", 0.0),
        ("**9** lub **10**", 0.0),
        ("Suma to **8**.", 0.0),
    ],
)
def test_one_bold_value_ends_a_text_in_any_language(score, text, value):
    assert score(text, "9").value == value
