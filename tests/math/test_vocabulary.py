"""Each entry of each table of the notations is read as it says, by its own example."""

import pytest

from rewardkit_math.ground_truth import read_ground_truth
from rewardkit_math.judge import judge
from rewardkit_math.notation.parse import parse
from rewardkit_math.notation.tokens import tokenize
from rewardkit_math.notation.vocabulary import characters, functions, layout, letters, operators, refused, words
from rewardkit_math.params import MathParams
from rewardkit_math.tree import Sym, Text

ENTRIES = [
    entry
    for table in (
        functions.FUNCTION_TABLE,
        functions.CONSTANT_TABLE,
        operators.RELATION_TABLE,
        operators.SIGN_TABLE,
        operators.PLAIN_TABLE,
        operators.DOT_TABLE,
        operators.CONNECTIVE_TABLE,
        layout.LAYOUT_TABLE,
        layout.DROPPED_TABLE,
        layout.TEXT_TABLE,
        layout.MARK_TABLE,
        characters.CHARACTER_TABLE,
    )
    for entry in table
]


def same(one: str, other: str) -> bool:
    return judge(one, read_ground_truth(other), MathParams()).verdict == "equal"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.word)
def test_an_entry_is_read_as_its_example_says(entry):
    assert entry.word in entry.example
    assert not isinstance(parse(entry.example), Text)
    assert same(entry.example, entry.reading)
    assert same(entry.reading, entry.example)


@pytest.mark.parametrize("entry", refused.REFUSED_TABLE, ids=lambda entry: entry.word)
def test_a_command_that_hides_or_runs_something_makes_the_answer_unreadable(entry):
    assert parse(entry.example) == Text("")
    assert not same(entry.example, "7")


@pytest.mark.parametrize(("command", "name", "character"), letters.LETTER_TABLE)
def test_a_letter_is_read_in_each_spelling(command, name, character):
    spellings = [f"\\{command}", character, *([command] if command in letters.SPELLED else [])]
    assert {parse(f"{spelling} + 1") for spelling in spellings} == {parse(f"\\{name} + 1")}
    assert parse(f"\\{command}") == Sym(name)


@pytest.mark.parametrize("word", sorted(words.SHORT_WORDS))
def test_a_short_word_is_no_product_of_names(word):
    assert [token.kind for token in tokenize(f"3 {word} 4")] in (["num", "text", "num"], ["num", "op", "num"])


@pytest.mark.parametrize(("word", "example", "reading"), words.SYMPY_TABLE)
def test_a_constructor_of_sympy_is_read_as_its_example_says(word, example, reading):
    assert word in example.replace(".", "")
    assert same(example, reading)
