"""The program of an answer is its last fenced block, unless the rubric says otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from rewardkit import fenced_blocks
from rewardkit_code.extract import extract_program


def program(answer, take="last", languages=("python",), *, unfenced=True):
    found = extract_program(answer, languages, take=take, unfenced=unfenced)
    return None if found is None else found.text


def language(answer, *languages):
    return extract_program(answer, languages, take="last", unfenced=True).language


def test_the_last_block_wins():
    answer = "First:\n```python\na = 1\n```\nBetter:\n```python\nb = 2\n```\nDone."
    assert program(answer) == "b = 2\n"
    assert program(answer, "first") == "a = 1\n"
    assert program(answer, "all") == "a = 1\n\nb = 2\n"


def test_blocks_of_other_languages_do_not_count():
    assert program("```python\na = 1\n```\nOutput:\n```text\n1\n```") == "a = 1\n"
    assert program("```text\n1\n```") is None


def test_the_language_is_that_of_the_fence_or_the_first_that_is_allowed():
    for fence, expected in (("cpp", "c++"), ("C++", "c++"), ("js", "javascript"), ("py", "python"), ("", "c")):
        assert language(f"```{fence}\nx\n```", "c", "c++", "javascript", "python") == expected
    assert language("x", "c", "python") == "c"


def test_a_fence_without_a_language_counts():
    assert program("```\na = 1\n```") == "a = 1\n"


def test_the_language_is_read_in_any_case_and_before_other_words():
    assert program('```Python title="x.py"\na = 1\n```') == "a = 1\n"


def test_an_unclosed_block_runs_to_the_end():
    assert program("```python\na = 1\nb = 2") == "a = 1\nb = 2"


def test_an_answer_without_a_fence_is_a_program_if_it_may_be():
    assert program("a = 1") == "a = 1"
    assert program("a = 1", unfenced=False) is None
    assert program("  \n ") is None


def test_a_fence_closes_with_as_many_marks_of_its_kind():
    assert program("````python\ns = '''\n```\n'''\n````") == "s = '''\n```\n'''\n"
    assert program("~~~py\na = 1\n```\n~~~") == "a = 1\n```\n"


def test_marks_inside_a_line_are_no_fence():
    assert program("```python\ns = '```'\n    ```\n```") == "s = '```'\n    ```\n"


@given(st.text(alphabet="`~ \nab\t"))
def test_any_text_has_blocks_that_it_contains(answer):
    for block in fenced_blocks(answer):
        assert block.text in answer
