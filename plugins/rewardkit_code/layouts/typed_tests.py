"""Reads MultiPL-E's rows: `language`, `prompt` and `tests`, which is text in that language."""

import re

from rewardkit_code.extract import FENCES
from rewardkit_code.layouts.row import Row
from rewardkit_code.tests_model import TypedTests
from rewardkit_code.typed import OPENS, code_of

_CANDIDATE = re.compile(r"\bcandidate\s*(?::\s*[\w.<>]+\s*)?:?=\s*&?(\w+)")
_CALLED = re.compile(r"\bassert\s*\(\s*(\w+)\s*\(")
_COLUMNS = ("tests", "test", "test_code")


def language_of(row: Row) -> str | None:
    """The language that a row names, where its tests may be taken apart; `go_test.go` is Go too."""
    named = row.text("language", "lang", "programming_language").lower().removesuffix("_test.go")
    language = FENCES.get(named)
    return language if language in OPENS else None


def typed_tests(row: Row) -> TypedTests | None:
    """The tests of a row that are text in a language other than Python; None where there are none."""
    language = language_of(row)
    if language is None:
        return None
    truth = row.sample.ground_truth
    texts = [truth] if isinstance(truth, str) else []
    texts += [text for name in _COLUMNS if (text := row.text(name))]
    found = next((text for text in texts if OPENS[language].search(code_of(text, language))), None)
    return None if found is None else tests_of(found, language, row.prompt)


def tests_of(text: str, language: str, prompt: str) -> TypedTests:
    """Tests by their text: the function under test is `candidate`, or what the first assertion calls."""
    code = code_of(text, language)
    name = _CANDIDATE.search(code) or _CALLED.search(code)
    return TypedTests(language, prompt, text, name[1] if name else "candidate")
