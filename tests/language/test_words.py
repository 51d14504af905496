"""Words: the unit that is counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit_language.languages import resolve
from rewardkit_language.measure import measure
from rewardkit_language.words import clean, tokens


def split(text: str) -> list[str]:
    return [token.text for token in tokens(clean(text))]


def test_words_join_over_apostrophes_and_hyphens():
    assert split("L'eau, c'est-à-dire Janet’s Dreiviertel-Takt") == [
        "L'eau",
        "c'est-à-dire",
        "Janet’s",
        "Dreiviertel-Takt",
    ]


def test_numbers_and_signs_are_no_words():
    assert split("3.14 + 5 = ? 🙂 § 100% —") == []


def test_scripts_part_words():
    assert split("AI技術は役に立つ") == ["AI", "技術は役に立つ"]


def test_a_word_of_two_alphabets_is_one_word_of_neither():
    (token,) = tokens("транскriptomic")
    assert token.script == "mixed"


def test_a_chain_of_words_is_no_word():
    assert split("so-we-have-to-add-it-up-now") == ["so", "we", "have", "to", "add", "it", "up", "now"]
    assert split("soWeHaveToAddItUpNow") == ["so", "We", "Have", "To", "Add", "It", "Up", "Now"]
    assert split("Donaudampfschifffahrtsgesellschaft") == ["Donaudampfschifffahrtsgesellschaft"]


def test_text_without_spaces_is_of_no_language():
    found = measure(
        "so we have to subtract the two apples which she has given to her brother".replace(" ", ""), resolve("en")
    )
    assert set(found.words) == {"und"}
    assert found.total > 5


def test_marks_belong_to_their_word():
    assert split("हिन्दी में मिलकर") == ["हिन्दी", "में", "मिलकर"]
    assert split("מִלָּה") == ["מִלָּה"]


@pytest.mark.parametrize(
    ("text", "code", "count"),
    [
        ("我们先把苹果的数量加起来，然后再除以人数。", "zh", 12),
        ("まずりんごの数を足して、それから人数で割ります。", "ja", 14),
        ("เราบวกจำนวนแอปเปิ้ลก่อนแล้วหารด้วยจำนวนคน", "th", 11),
        ("먼저 사과의 수를 더한 다음 사람 수로 나눕니다.", "ko", 8),
    ],
)
def test_languages_without_spaces_count_letters_by_a_constant(text, code, count):
    """Counts of a native segmenter, within a fifth."""
    found = measure(text, resolve(code))
    assert found.share() == 1.0
    assert found.total == pytest.approx(count, rel=0.2)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["de", "zh", "ja", "ru", "ar", "sr", "yo", None]))
def test_any_text_is_measured(text, target):
    found = measure(text, resolve(target) if target else None)
    assert found.total >= 0
    if found.total and target:
        assert 0.0 <= found.share() <= 1.0 + 1e-9


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["$", "`", "```", "\\(", "\\[", "\\text{", "}", "<", ">", " ", "\n", "a", "the", "нет", "漢"]),
        max_size=60,
    )
)
def test_any_row_of_marks_is_measured(parts):
    measure("".join(parts), resolve("de"))


@pytest.mark.parametrize(
    "piece",
    [
        "$",
        "$a ",
        "`",
        "`a ",
        "<a",
        "\\begin{align}",
        "\\[",
        "$\\text{",
        "word ",
        "```\n",
        "漢",
        "a",
        "a.",
        "a-",
        "\n",
        "${",
        "a, ",
        "é ",
    ],
)
def test_a_megabyte_of_anything_is_read_in_seconds(piece):
    measure(piece * (1_000_000 // len(piece)), resolve("de"))
