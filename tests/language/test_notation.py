"""Plain-text mathematics, units, chemistry and programs in a sentence: of no language; prose in them still counts."""

import re

import pytest

from rewardkit_language.languages import resolve
from rewardkit_language.measure import measure
from rewardkit_language.notation import PATTERNS, notation
from rewardkit_language.vocabulary import COMMANDS, FUNCTIONS, PROGRAM_WORDS, REGIONS, TRANSLATE, UNITS


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in notation(text)]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_each_kind_is_found_by_its_example(pattern):
    assert re.fullmatch(pattern.expression, pattern.example)
    assert found(f"так {pattern.example}, да") == [pattern.example]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("we have AB = AC and so on", ["AB = AC"]),
        ("so sin B = h / a, and", ["sin B = h / a"]),
        ("dann gilt 2x + 4y = 60.", ["2x + 4y = 60"]),
        ("令 f(x) = 1，则", ["f(x)"]),
        ("mit 5 m / s nach", ["5 m / s"]),
        ("while i < j: stop", ["while i < j"]),
        ("def foo(x): return x + 1", ["def foo(x):", "return x + 1"]),
        ("SO3 and H2O give H2SO4", ["SO3", "H2O", "H2SO4"]),
        ("NaCl dissolves", ["NaCl"]),
        ("AE : EO = 3 : 1", ["AE : EO = 3 : 1"]),
        ("2^100 ≡ 2 (mod 7)", ["2^100 ≡ 2 (mod 7)"]),
    ],
)
def test_notation_is_found_in_a_sentence(text, pieces):
    assert found(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "apple(s) and pear(s)",
        "The end.Then we go on and/or stop.",
        "e.g. this, i.e. that, in the U.S. economy",
        "Tom (who is late) and Ann (also late)",
        "le donne e i cavalieri",
        "a well-known, ready-made answer",
        "in 1999 there were 12 of them",
        "He said: no - I will not go.",
    ],
)
def test_prose_is_no_notation(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("zh", "设三角形 PQR 中 PQ = PR，则 sin Q = h / a，速度为 60 km / h，再调用 np.sum 和 reshape。"),
        ("ru", "Точки K, L, M лежат на прямой KL, вызовем sorted(x) и метод append, масса 2 mol, затем print."),
        ("ar", "في المثلث KLM لدينا KL = KM و cos x = 1 ونستدعي list.append ثم return y."),
        ("ko", "삼각형 KLM 에서 KL = KM 이고 tan x = 1 이며 함수 sort 와 for i in range(n) 을 쓴다."),
        ("hi", "त्रिभुज KLM में KL = KM है और log x = 2 है, गति 5 m / s है, फिर print करें।"),
        ("de", "Im Dreieck KLM gilt KL = KM, also cos x = 1, und import numpy as np lädt alles."),
        ("cs", "V trojúhelníku KLM platí KL = KM, takže tan x = 1, a smyčka for i in range(n) volá arr.append(i)."),
        ("yo", "Nínú onígun mẹ́ta KLM, KL = KM, ọkọ̀ náà sì ń sáré ní 60 km / h."),
    ],
)
def test_a_text_with_notation_is_wholly_in_its_language(target, text):
    assert measure(text, resolve(target)).share() >= 0.95


@pytest.mark.parametrize("joined", ["_", ".", "()+"])
def test_prose_spelt_as_notation_is_counted(joined):
    text = "so we have to divide the rest by three because there are three people here"
    words = text.split(" ")
    text = "Wir rechnen zuerst den Preis für alle Tickets aus. " + joined.join(words)
    assert measure(text, resolve("de")).words.get("en", 0) >= len(words) // 2


@pytest.mark.parametrize("table", [FUNCTIONS, UNITS, COMMANDS, PROGRAM_WORDS, TRANSLATE, REGIONS])
def test_tables_hold_single_words(table):
    assert all(word == word.strip() and 1 <= len(word) <= 18 for word in table)


@pytest.mark.parametrize(
    "piece", ["a ", "a = ", "(", "a(", "1 ", "x_", "sin ", "SELECT a ", "a[", "√", "H2", "aA", "-"]
)
def test_time_is_linear_in_hostile_notation(quick, piece):
    quick(lambda: notation(piece * (30_000 // len(piece))))
