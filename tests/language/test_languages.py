"""The share in many languages: the same two sentences in each (tests/golden/language.jsonl), alone and mixed."""

import json
from pathlib import Path

import pytest

from rewardkit_language.languages import KNOWN, SAME, resolve
from rewardkit_language.measure import counts_as, measure

GOLDEN = Path(__file__).parent.parent / "golden" / "language.jsonl"
TEXTS = {row["language"]: row["text"] for row in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())}
OTHERS = [code for code in TEXTS if code != "en"]


def share(text: str, target: str) -> float:
    return measure(text, target).share(counts_as(target))


@pytest.mark.parametrize("code", TEXTS)
def test_text_in_one_language_is_wholly_in_it(code):
    assert share(TEXTS[code], code) >= 0.95


@pytest.mark.parametrize("code", TEXTS)
def test_language_of_a_text_is_told_without_a_target(code):
    assert measure(TEXTS[code]).main in counts_as(code)


@pytest.mark.parametrize("code", OTHERS)
def test_text_in_another_language_earns_nothing(code):
    assert share(TEXTS["en"], code) <= 0.05
    assert share(TEXTS[code], "en") <= 0.05


@pytest.mark.parametrize("code", OTHERS)
def test_sentences_of_two_languages_are_told_apart(code):
    english, other = measure(TEXTS["en"], "en").total, measure(TEXTS[code], code).total
    assert share(f"{TEXTS['en']} {TEXTS[code]}", code) == pytest.approx(other / (english + other), abs=0.04)


@pytest.mark.parametrize("code", OTHERS)
def test_a_foreign_phrase_inside_a_sentence_is_found(code):
    first, rest = TEXTS[code][: len(TEXTS[code]) // 3], TEXTS[code][len(TEXTS[code]) // 3 :]
    cut = rest.find(" ") + 1 or 1
    text = f"{first}{rest[:cut]} because the remaining people did not want to pay {rest[cut:]}"
    other = measure(TEXTS[code], code).total
    assert share(text, code) == pytest.approx(other / (other + 9), abs=0.1)


@pytest.mark.parametrize(
    ("target", "text"),
    [("cs", "sk"), ("sk", "cs"), ("ru", "uk"), ("uk", "ru"), ("bg", "ru"), ("sv", "da"), ("fa", "ar")],
)
def test_near_languages_are_told_apart(target, text):
    assert share(TEXTS[text], target) <= 0.3


@pytest.mark.parametrize(
    ("target", "text"), [("da", "no"), ("no", "da"), ("bs", "hr"), ("sr", "hr"), ("ms", "id"), ("yue", "zh")]
)
def test_languages_that_count_as_one_do(target, text):
    assert share(TEXTS[text], target) >= 0.95


def test_serbian_is_read_in_both_alphabets():
    assert share(TEXTS["sr"], "sr") >= 0.95
    assert share(TEXTS["hr"], "sr") >= 0.95
    assert share(TEXTS["sr"], "hr") == 0.0


def test_chinese_and_japanese_are_told_by_kana_and_by_characters():
    chinese, japanese = measure(TEXTS["zh"], "zh").total, measure(TEXTS["ja"], "ja").total
    mixed = share(f"{TEXTS['zh']}{TEXTS['ja']}", "ja")
    assert mixed == pytest.approx(japanese / (chinese + japanese), abs=0.03)
    assert share("東京都庁。まず人数を数えます。", "ja") == 1.0


def test_every_language_that_stands_for_others_is_known():
    assert set(SAME.values()) <= KNOWN
    assert all(resolve(code) == code for code in KNOWN)
