"""One answer is found, at one place."""

import pytest

from rewardkit_math.extraction.boxes import last_boxes
from rewardkit_math.extraction.extract import find_answer


@pytest.mark.parametrize(
    ("text", "how", "answer"),
    [
        (r"\boxed{1} then \boxed{2}", "box", "2"),
        (r"\boxed{\frac{1}{2}}.", "box", r"\frac{1}{2}"),
        (r"\boxed{\boxed{5}}", "box", r"\boxed{5}"),
        (r"\fbox{5}", "box", "5"),
        ("so 4.\n#### 42", "hash", "42"),
        ("#### Step 3\nThe answer is 7", "phrase", "7"),
        (r"\boxed{1}, no: <answer>2</answer>", "tag", "2"),
        (r"<answer>the \boxed{2}</answer>", "box", "2"),
        (r"<answer>2</answer> that is \boxed{3}", "box", "3"),
        ("**Final answer:**\n\n$x = 3$", "phrase", "$x = 3$"),
        ("some text\n答案是：12", "phrase", "12"),
        ("La réponse finale est 12", "phrase", "12"),
        ("Die Antwort lautet 12", "phrase", "12"),
        ("La respuesta es 12", "phrase", "12"),
        ("12 <|im_end|>\n<|im_start|>user\n\\boxed{13}", "whole", "12"),
        ("<final_answer>9</final_answer>", "tag", "9"),
        ("<choice>B</choice>", "tag", "B"),
        ("B and D are near.\n\nOption Selected: C", "phrase", "C"),
        ("boxed{42}", "box", "42"),
        (r"\beginboxed{42}", "box", "42"),
        ("Answer: 1 2\n3 4", "phrase", "1 2\n3 4"),
        ("Answer: a\nb", "phrase", "a\nb"),
        ("Answer: 12\nThis is small.", "phrase", "12"),
        (r"\boxed{5}. Final answer: 7", "phrase", "7"),
        (r"Final answer: 7. So \boxed{5}", "box", "5"),
        (r"\boxed{5}. This final answer is consistent with it.", "box", "5"),
        ("word " * 200 + "\nso **12** apples", "bold", "12"),
        ("word " * 200 + "\nso 12 apples", "line", "so 12 apples"),
    ],
)
def test_the_answer_is_found_where_it_was_marked(text, how, answer):
    found = find_answer(text)
    assert (found.how, found.text) == (how, answer)
    assert text[found.start : found.end] == answer


def test_a_later_phrase_wins():
    assert find_answer("the answer is 5. No wait, the answer is 6").text == "6"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no answer"),
        (r"\boxed{}", "empty"),
        (r"\boxed{7", "does not close"),
        ("<answer> </answer>", "empty"),
    ],
)
def test_nothing_is_found_where_nothing_stands(text, why):
    found = find_answer(text)
    assert found.how == "none"
    assert why in found.why


def test_boxes_of_the_last_line_are_found_in_order():
    text = "\\boxed{9}\nso \\boxed{1} and \\boxed{2}"
    assert [box.text for box in last_boxes(text, find_answer(text))] == ["1", "2"]


@pytest.mark.parametrize(
    "flood",
    [
        r"\boxed{",
        r"\boxed{}",
        "answer is ",
        "<answer>",
        "</answer>",
        "####",
        "**",
        "$",
        "\n",
        "{",
        "}",
        "A:",
        "<|",
        "答案",
    ],
)
def test_floods_of_marks_are_searched_in_linear_time(quick, flood):
    text = flood * (1_000_000 // len(flood))
    quick(lambda: find_answer(text))
    quick(lambda: find_answer(text + "\\boxed{4}"))
