"""The share in every language that can be a target: texts of tests/golden/language.jsonl, alone and mixed."""

import json
from pathlib import Path

import pytest

from rewardkit_language.languages import RELATIVES, SAME, languages, resolve
from rewardkit_language.measure import measure

GOLDEN = Path(__file__).parent.parent / "golden" / "language.jsonl"
TEXTS = {row["language"]: row["text"] for row in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())}
OTHERS = [code for code in TEXTS if code != "en"]

WEAK_INSIDE = ("af", "gd", "lb")
"""Languages, named in docs/language.md, of which more words go to a foreign phrase inside a sentence."""


def share(text: str, target: str) -> float:
    return measure(text, resolve(target)).share()


def words(text: str, target: str) -> float:
    return measure(text, resolve(target)).total


def label(target: str) -> str:
    found = resolve(target)
    assert found is not None
    return found.labels[0][1]


def test_every_language_has_a_text():
    assert set(languages()) <= set(TEXTS)


@pytest.mark.parametrize("code", TEXTS)
def test_text_in_one_language_is_wholly_in_it(code):
    assert share(TEXTS[code], code) >= 0.95


@pytest.mark.parametrize("code", OTHERS)
def test_text_in_another_language_earns_nothing(code):
    assert share(TEXTS["en"], code) <= 0.05
    assert share(TEXTS[code], "en") <= 0.05


@pytest.mark.parametrize("code", OTHERS)
def test_sentences_of_two_languages_are_told_apart(code):
    english, other = words(TEXTS["en"], "en"), words(TEXTS[code], code)
    assert share(f"{TEXTS['en']} {TEXTS[code]}", code) == pytest.approx(other / (english + other), abs=0.05)


@pytest.mark.parametrize("code", OTHERS)
def test_a_foreign_phrase_inside_a_sentence_is_found(code):
    first, rest = TEXTS[code][: len(TEXTS[code]) // 3], TEXTS[code][len(TEXTS[code]) // 3 :]
    cut = rest.find(" ") + 1 or 1
    text = f"{first}{rest[:cut]} because the remaining people did not want to pay {rest[cut:]}"
    other = words(TEXTS[code], code)
    assert share(text, code) == pytest.approx(other / (other + 9), abs=0.45 if code in WEAK_INSIDE else 0.1)


@pytest.mark.parametrize(
    "code", ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ru", "uk", "ar", "fa", "hi", "tr", "vi", "zh", "ja"]
)
def test_language_of_a_text_is_told_without_a_target(code):
    assert measure(TEXTS[code]).main == label(code)


NEAR = [
    ("cs", "sk"), ("sk", "cs"), ("ru", "uk"), ("uk", "ru"), ("ru", "be"), ("ru", "bg"), ("bg", "ru"), ("bg", "mk"),
    ("mk", "bg"), ("sr", "ru"), ("ru", "sr"), ("kk", "ru"), ("ru", "kk"), ("kk", "ky"), ("mn", "ru"), ("sv", "da"),
    ("da", "sv"), ("es", "pt"), ("pt", "es"), ("es", "ca"), ("ca", "es"), ("es", "it"), ("it", "es"), ("gl", "es"),
    ("fr", "ca"), ("nl", "de"), ("de", "nl"), ("nl", "af"), ("af", "nl"), ("fi", "et"), ("et", "fi"), ("tr", "az"),
    ("az", "tr"), ("hr", "sl"), ("sl", "hr"), ("ar", "fa"), ("fa", "ar"), ("ur", "ar"), ("ar", "ur"), ("fa", "ur"),
    ("ps", "fa"), ("hi", "mr"), ("mr", "hi"), ("hi", "ne"), ("ne", "hi"), ("bn", "as"), ("as", "bn"), ("he", "yi"),
    ("yi", "he"), ("zh", "yue"), ("yue", "zh"), ("zh", "ja"), ("ja", "zh"), ("zh-Hans", "zh-Hant"), ("zh-Hant", "zh"),
    ("hi-Latn", "hi"), ("hi", "en"), ("sr-Latn", "sr"), ("id", "tl"), ("tl", "id"), ("ga", "gd"), ("en", "hi-Latn"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "text"), NEAR)
def test_a_text_in_a_near_language_earns_little(target, text):
    assert share(TEXTS[text], target) <= 0.1


@pytest.mark.parametrize(("target", "text"), NEAR)
def test_a_sentence_in_a_near_language_is_found_among_others(target, text):
    mine = TEXTS["zh" if target == "zh-Hans" else target]
    own, other = words(mine, target), words(TEXTS[text], text)
    mixed = share(f"{mine}\n{TEXTS[text]}\n{mine}", target)
    assert mixed == pytest.approx(2 * own / (2 * own + other), abs=0.06)


@pytest.mark.parametrize(
    ("target", "text"),
    [("da", "no"), ("no", "da"), ("nn", "nb"), ("bs", "hr"), ("sr", "hr"), ("ms", "id"), ("fil", "tl"), ("arz", "ar")],
)
def test_languages_that_count_as_one_do(target, text):
    assert share(TEXTS[text], target) >= 0.95


def test_a_target_takes_each_of_its_scripts_but_one_in_a_text():
    assert share(TEXTS["sr"], "sr") >= 0.95
    assert share(TEXTS["sr-Latn"], "sr") >= 0.95
    assert share(TEXTS["hi-Latn"], "hi") >= 0.95
    assert share(f"{TEXTS['sr']} {TEXTS['sr']} {TEXTS['sr-Latn']}", "sr") == pytest.approx(2 / 3, abs=0.05)
    assert share(TEXTS["sr"], "sr-Latn") == 0.0
    assert share(TEXTS["sr"], "hr") == 0.0


def test_simplified_and_traditional_characters_are_told_apart():
    assert share(TEXTS["zh"], "zh-Hans") == 1.0
    assert share(TEXTS["zh-Hant"], "zh-Hant") == 1.0
    assert share(TEXTS["zh-Hant"], "zh-Hans") == 0.0
    assert share(TEXTS["zh-Hant"], "zh") == 1.0


def test_chinese_and_japanese_are_told_by_kana_and_by_characters():
    chinese, japanese = words(TEXTS["zh"], "zh"), words(TEXTS["ja"], "ja")
    mixed = share(f"{TEXTS['zh']}{TEXTS['ja']}", "ja")
    assert mixed == pytest.approx(japanese / (chinese + japanese), abs=0.03)
    assert share("東京都庁。まず人数を数えます。", "ja") == 1.0


@pytest.mark.parametrize("code", languages())
def test_a_language_is_named_by_its_codes_and_names(code):
    language = languages()[code]
    assert {target.tag for name in (code, *language.codes, *language.names) if (target := resolve(name))} == {code}


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("de-AT", "de"), ("de_CH", "de"), (" DE ", "de"), ("GERMAN", "de"), ("eng", "en"), ("eng_Latn", "en"),
        ("zho", "zh"), ("zho_Hant", "zh-Hant"), ("zh-TW", "zh-Hant"), ("zh_CN", "zh-Hans"), ("zh-Hans-CN", "zh-Hans"),
        ("Simplified Chinese", "zh-Hans"), ("中文", "zh"), ("Yoruba", "yo"), ("sr_Latn", "sr-Latn"),
        ("srp_Cyrl", "sr-Cyrl"), ("hin_Latn", "hi-Latn"), ("pt-BR", "pt"), ("iw", "he"), ("nob", "nb"),
        ("yue_Hant", "yue"),
        ("arb_Arab", "ar"), ("jpn_Jpan", "ja"), ("kor_Hang", "ko"), ("uzn_Latn", "uz"), ("es-419", "es"),
    ],
)  # fmt: skip
def test_usual_names_are_understood(name, tag):
    target = resolve(name)
    assert target is not None
    assert target.tag == tag


@pytest.mark.parametrize("name", ["", "klingon", "xx", "de-Cyrl", "hausa", "en us"])
def test_other_names_are_unknown(name):
    assert resolve(name) is None


def test_codes_that_count_as_others_and_relatives_name_labels():
    labels = {code for language in languages().values() for _, code in language.labels}
    assert set(SAME.values()) <= labels
    assert set(RELATIVES) & labels
