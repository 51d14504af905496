r"""A ground truth as it stands in a data set: bare, boxed, behind `####`, or in a sentence; read once.

It may name one answer in several writings ("7/2, or equivalently 3.5"); any of them may be matched. What is not
mathematics is compared as words (`worded`).
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from numbers import Number
from typing import Any, NamedTuple

from rewardkit import labelled_choice
from rewardkit_math.complexity_limits import ANSWER_CHARS, TooCostlyError
from rewardkit_math.extraction.boxes import last_boxes
from rewardkit_math.extraction.extract import find_answer
from rewardkit_math.notation.parse import parse, plain, why_unread
from rewardkit_math.sentences.phrase import has_words
from rewardkit_math.sentences.read import is_sentence, read
from rewardkit_math.sentences.worded import denial, is_infinite, polarity
from rewardkit_math.tree import Conditioned, Node, Num, Quantity, Seq, Text


class UnreadableGroundTruthError(Exception):
    """The ground truth cannot be read, so that nothing can be judged by it."""


class GroundTruth(NamedTuple):
    """A ground truth, read once."""

    text: str
    nodes: tuple[Node, ...]
    """The answer in each of its writings; any of them may be matched."""
    plain_number: Fraction | None
    fraction: Fraction | None
    """Its value, where it is an integer or a fraction of two, and nothing else."""
    letter: str | None
    """Its letter, where it is an option of multiple choice."""
    several: bool
    """It lists several values."""
    readable: bool
    """False for mathematics that could not be read: only the same text can be said to be equal to it."""
    in_words: bool = False
    """True where it can only be compared as words."""

    def __hash__(self) -> int:
        return hash(self.text)  # the trees are made of the text, and take long to hash


_PLAIN = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d{1,40})(?:\.\d{1,40})?")
_FRACTION = re.compile(r"([-+]?)(?:\\[dt]?frac\{(\d{1,40})\}\{(\d{1,40})\}|(\d{1,40})(?:/(\d{1,40}))?)")
_FORMULA = re.compile(r"\\(?!text|mathrm|mbox|[,;:! $%])|[\^_={}<>]")
_TEXTUAL = re.compile(r"\\(?:text|mathrm|mbox|textbf)\s*\{([^{}]*)\}")
_WORD = re.compile(r"(?<!\\)\b[^\W\d_]{3,}")
_SENTENCE_WORDS = 3
_SIGNS = frozenset("∅∞ℝℤℕℚℂπ①②③④⑤⑥⑦⑧⑨")
_EQUIVALENT = re.compile(
    r"\s*[,;(]?\s*\b(?:or\s+)?(?:equivalently|(?:an\s+)?equivalent\s+(?:form|expression)s?(?:\s+(?:such\s+as|like|is))?|"
    r"(?:or\s+)(?:approximately|about|roughly)|also\s+written(?:\s+as)?|in\s+other\s+words)[\s,:]+",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\s*\((?:i\.\s?e\.|that is|namely|none|no|all|where|for|see|e\.g\.)[^()]*(?:\([^()]*\)[^()]*)*\)\s*$",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"\s*\$?(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?\(?[A-J](?:\)\s*\}?|\}|\.(?!\d)|:)"
    r"(?:\\[ ,;]|[\s~:])+(?P<rest>\S.*)",
    re.DOTALL,
)
"""An option of multiple choice with its value: `(B) 12`, `\\textbf{(B)}\\ 12`."""
_BOUND = re.compile(r"^at\s+(?:most|least)\b", re.IGNORECASE)


_PLAIN_DIGITS = 40


@lru_cache(maxsize=2048)
def read_ground_truth(text: str) -> GroundTruth:
    """A ground truth, read.

    raises  UnreadableGroundTruthError where nothing can be read
    """
    if text.isascii() and text.isdigit() and len(text) <= _PLAIN_DIGITS:
        # Most ground truths are plain integers, and need no parser.
        value = Fraction(int(text))
        return GroundTruth(text, (Num(value),), value, value, None, several=False, readable=True)
    inner = _marked(text.strip())
    if not any(char.isalnum() or char in _SIGNS for char in inner) or inner == "\\boxed{}":
        raise UnreadableGroundTruthError("the ground truth is empty")
    if len(inner) > ANSWER_CHARS:
        node = Text(plain(inner))
        return GroundTruth(inner, (node,), None, None, None, several=False, readable=False, in_words=True)
    letter = labelled_choice(inner)
    bare = _ASIDE.sub("", inner) or inner if "(" in inner else inner
    parts = [part for part in _EQUIVALENT.split(bare) if part.strip(" ,;")] if has_words(bare) else [bare]
    nodes, letters = zip(*(_read_one(part, inner) for part in parts), strict=True)
    option = _OPTION.fullmatch(bare) if letter else None
    if option:
        stated = parse(option["rest"])  # beside its letter, the option's own value is right too
        nodes += () if isinstance(stated, Text) else (stated,)
    letter = letter or next((found for found in letters if found), None)
    several = any(_lists(node) for node in nodes)
    number = plain_number(inner) if len(nodes) == 1 else None
    distinct = tuple(dict.fromkeys(nodes)) if len(nodes) > 1 else nodes
    return GroundTruth(
        inner,
        distinct,
        number,
        plain_fraction(inner),
        letter,
        several,
        readable=_readable(nodes[0], inner),
        in_words=all(isinstance(node, Text) for node in nodes),
    )


def why_unreadable(text: str) -> str:
    """The parser's reason for not reading a ground truth, with the place; empty where it has none."""
    try:
        return why_unread(text)
    except (TooCostlyError, RecursionError) as error:
        return str(error) if isinstance(error, TooCostlyError) else "nested too deep"


def _marked(inner: str) -> str:
    """The text that a box, `####` or another mark marks; the text itself where there is none."""
    if "\\boxed" in inner or "####" in inner or "<answer>" in inner:
        found = find_answer(inner)
        if found.how == "none" and "\\boxed{" in inner:
            return inner[inner.rindex("\\boxed{") + 7 :]
        if found.how == "box":
            return " , ".join(dict.fromkeys(box.text for box in last_boxes(inner, found))) or found.text
        return found.text
    return inner


def _read_one(part: str, inner: str) -> tuple[Node, str | None]:
    """One writing of the answer, and the letter that a sentence names."""
    if not has_words(inner):
        try:
            return parse(part), None
        except TooCostlyError:
            return Text(plain(part)), None
    if polarity(part) is not None or is_infinite(part):
        return Text(plain(part)), None
    try:
        if is_sentence(part) or _BOUND.match(part):
            reading = read(part, last=False)
            if not isinstance(reading.node, Text):
                return reading.node, None
            if denial(part) is not None:
                return Text(plain(part)), None
        node = parse(part)
        if isinstance(node, Text) and len(inner) > 40:
            found = find_answer(inner)
            if found.how == "phrase":
                return read(found.text, last=False).node, labelled_choice(found.text)
    except TooCostlyError:
        node = Text(plain(part))
    letter = labelled_choice(find_answer(inner).text) if "answer is" in inner else None
    return node, letter


def _lists(node: Node) -> bool:
    inner = node.body if isinstance(node, Conditioned) else node
    inner = inner.value if isinstance(inner, Quantity) else inner
    return isinstance(inner, Seq)


def _readable(node: Node, text: str) -> bool:
    """True where a text was read as mathematics, or is words."""
    if not isinstance(node, Text):
        return True
    words = _TEXTUAL.sub(r"\1", text)
    if not has_words(words) and any(char.isdigit() for char in words):
        return False  # digits and signs without a word are mathematics
    return bool(node.words) and (not _FORMULA.search(words) or len(_WORD.findall(words)) >= _SENTENCE_WORDS)


def plain_number(text: str) -> Fraction | None:
    """The value of a plain decimal number with or without thousands separators; None for any other text."""
    if text.isascii() and text.isdigit() and len(text) <= _PLAIN_DIGITS:
        return Fraction(int(text))  # several times faster than a Fraction of a text
    text = text.strip().strip("$").strip()
    if not _PLAIN.fullmatch(text):
        return None
    integer, _, decimals = text.replace(",", "").partition(".")
    return Fraction(int(integer + decimals), 10 ** len(decimals))


def plain_fraction(text: str) -> Fraction | None:
    r"""The value of an integer, of `2/3` or of `\frac{2}{3}`; None for any other text."""
    text = text.strip().strip("$").strip()
    found = _FRACTION.fullmatch(text)
    if found is None:
        return None
    under = int(found[3] or found[5] or 1)
    value = Fraction(int(found[2] or found[4]), under) if under else None
    return -value if value is not None and found[1] == "-" else value


def ground_truth_texts(ground_truth: Any) -> list[str] | None:
    """The ground truths as texts, any of which may be matched; None where there is nothing mathematical."""
    match ground_truth:
        case bool():
            return [str(ground_truth)]
        case str() | Number():
            return [str(ground_truth)]
        case Mapping() | None:
            return None
        case Sequence() if ground_truth:
            each = [ground_truth_texts(item) for item in ground_truth]
            return None if any(item is None for item in each) else [text for item in each if item for text in item]
        case _:
            return None
