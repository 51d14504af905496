"""The reward `citations`: what the answer quotes stands in the documents, word for word."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score

COLUMNS = ("documents", "contexts", "context", "passages", "extra_info.documents")
"""Columns that hold the documents, the first that is there is taken."""

_QUOTE = re.compile(
    r"“([^“”]{1,2000})”|«([^«»]{1,2000})»|\"([^\"\n]{1,2000})\"|<quote>([^<]{1,2000})</quote>|^> ?([^\n]{1,2000})$",
    re.MULTILINE,
)
_NUMBER = re.compile(r"[\s.,;]{0,3}\[(\d{1,3})\]")
_MARKS = str.maketrans("‘’“”–—\u00a0", "''\"\"-- ")


class CitationsParams(RewardParams):
    documents: str | None = None
    """The column that holds the documents; left out: `documents`, `contexts`, `context` or `passages`."""
    quotes: int = Field(default=1, ge=1)
    """How many different quotes are wanted."""
    words: int = Field(default=4, ge=1)
    """The fewest words of a quote that counts; shorter ones are words in quotation marks."""
    most_quoted: float = Field(default=0.8, gt=0, le=1)
    """The greatest share of the answer that may be quotes: more is a copy of the documents."""


class Quote(NamedTuple):
    """A quote of the answer."""

    text: str
    document: int | None
    """The number of the document that is named behind it, as in `[2]`."""


class CitationsReward(Reward):
    """The share of quotes that stand in the documents, times the share of quotes that are wanted.

    A quote stands between quotation marks, in `<quote>`, or on a line behind `>`. With a number behind it, `[2]`, it
    must stand in that document.
    """

    name = "citations"
    Params = CitationsParams
    cost_ms = 0.5
    value_range = (0.0, 1.0)

    params: CitationsParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        paths = COLUMNS if self.params.documents is None else (self.params.documents,)
        written = next((value for path in paths if (value := sample.column(path)) is not None), None)
        if written is None:
            return Score.abstained("the row has no documents", kind="no_ground_truth")
        documents = documents_of(written)
        if not documents:
            return Score.abstained("the documents hold no text", kind="unreadable_ground_truth")
        answer = sample.parts.answer
        found = list(dict.fromkeys(self._quotes(answer)))
        if not found:
            return Score.scored(0.0, "nothing is quoted", kind="no_answer")
        if sum(len(quote.text) for quote in found) > self.params.most_quoted * len(answer):
            return Score.scored(0.0, "the answer is little more than quotes", quotes=len(found))
        grounded = [quote for quote in found if stands_in(quote, documents)]
        value = len(grounded) / len(found) * min(1.0, len(grounded) / self.params.quotes)
        missing = next((quote.text[:100] for quote in found if quote not in grounded), "")
        reason = f"no document holds {missing!r}" if missing else ""
        return Score.scored(value, reason, quotes=len(found), grounded=len(grounded))

    def _quotes(self, answer: str) -> list[Quote]:
        quotes = []
        for match in _QUOTE.finditer(answer):
            text = next(group for group in match.groups() if group)
            number = _NUMBER.match(answer, match.end())
            if len(text.split()) >= self.params.words:
                quotes.append(Quote(plain(text), int(number[1]) if number else None))
        return quotes


def stands_in(quote: Quote, documents: Sequence[str]) -> bool:
    """True if a quote is part of a document, of the one that it names where it names one; `…` may leave words out."""
    if quote.document is not None:
        if not 1 <= quote.document <= len(documents):
            return False
        documents = [documents[quote.document - 1]]
    parts = [part.strip() for part in re.split(r"\[?(?:\.\.\.|…)\]?", quote.text) if part.strip()]
    return bool(parts) and any(_in_order(parts, document) for document in documents)


def documents_of(written: Any) -> list[str]:
    """The texts of documents: one, a list of them, or objects with `text`, `content` or `passage`."""
    if isinstance(written, str):
        return [plain(written)] if written.strip() else []
    if isinstance(written, Mapping):
        texts = [written[key] for key in ("text", "content", "passage", "document") if written.get(key)]
        return documents_of(texts[0]) if texts else [one for value in written.values() for one in documents_of(value)]
    if hasattr(written, "tolist"):
        written = written.tolist()
    if isinstance(written, Sequence):
        return [" ".join(documents_of(one)) for one in written]
    return []


def plain(text: str) -> str:
    """A text with one kind of quotation marks, dashes and blanks, in small letters."""
    return " ".join(text.translate(_MARKS).split()).strip(" .,;").casefold()


def _in_order(parts: Sequence[str], document: str) -> bool:
    position = 0
    for part in parts:
        position = document.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True
