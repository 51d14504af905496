"""The options of a multiple-choice question, in the forms in which data sets write them. Pure.

| form of the column | data set |
|---|---|
| `["4", "5", "6"]` | MMLU, MMLU-Pro, ARC in lm-eval |
| `{"text": [...], "label": ["A", "B"]}` | ARC, CommonsenseQA |
| `{"A": "4", "B": "5"}` | MedQA |
| `["A. 4", "B. 5"]`, `["A) 4", ...]` | LogiQA, AQuA |
| `[{"label": "A", "text": "4"}, ...]` | OpenBookQA exports |
"""

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("options", "choices", "endings", "extra_info.options", "extra_info.choices")
"""Columns that hold the options, the first that is there is taken."""

MOST_OPTIONS = len(string.ascii_uppercase)

_LABELLED = re.compile(r"\s*\(?([A-Z])[).:]\s*(?=\S)")
_LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}")
_QUOTES = str.maketrans("‘’“”", "''\"\"")


class UnreadableOptionsError(ValueError):
    """Options in a form that is not known."""


def read_options(written: Any) -> dict[str, str]:
    """The text of each option by its label, a capital letter or what the data set calls it.

    raises  UnreadableOptionsError
    """
    if isinstance(written, Mapping):
        if "text" in written and "label" in written:
            return _labelled(list(written["label"]), list(written["text"]))
        return _labelled(list(written), list(written.values()))
    if not isinstance(written, Sequence) or isinstance(written, str) or len(written) == 0:
        raise UnreadableOptionsError(f"options are a list or a mapping, found {written!r:.60}")
    items = list(written)
    if all(isinstance(item, Mapping) and "text" in item for item in items):
        labels = [item.get("label", letter) for item, letter in zip(items, _letters(items), strict=True)]
        return _labelled(labels, [item["text"] for item in items])
    texts = [str(item) for item in items]
    letters = _letters(texts)
    starts = [match[1] if (match := _LABELLED.match(text)) else "" for text in texts]
    if starts == letters:
        texts = [_LABELLED.sub("", text, count=1) for text in texts]
    return _labelled(letters, texts)


def normal(text: str) -> str:
    """A text as options are compared: without case, full width, LaTeX's text commands, quotes and its last stop."""
    plain = _LATEX_TEXT.sub(r"\1", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    plain = re.sub(r"[\s$*`]+", " ", plain).strip(" \"'")
    return plain.rstrip(".!").strip(" \"'").casefold()


def _letters(items: Sequence[Any]) -> list[str]:
    if len(items) > MOST_OPTIONS:
        raise UnreadableOptionsError(f"{len(items)} options have no letters; give them labels")
    return list(string.ascii_uppercase[: len(items)])


def _labelled(labels: Sequence[Any], texts: Sequence[Any]) -> dict[str, str]:
    found = {str(label).strip(): str(text) for label, text in zip(labels, texts, strict=False)}
    if len(labels) != len(texts) or len(found) != len(texts) or not all(found):
        raise UnreadableOptionsError(f"{len(texts)} options with the labels {labels!r:.80}")
    return found
