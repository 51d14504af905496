"""One prediction against one ground truth: the cheapest stage that can tell, tells.

    identical   the same text, but for layout
    exact       two plain numbers, compared as rationals
    …           trees, compared by kind (`equality`), exactly or by numeric probes

Ground truths are parsed once and (prediction, ground truth) pairs are remembered, in bounded memory.
"""

import re
from collections import OrderedDict
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.equality.compare import Comparison
from rewardkit_math.extract import find_answer, last_boxes
from rewardkit_math.notation.parse import parse, plain
from rewardkit_math.numeric.exact import exact
from rewardkit_math.params import MathParams
from rewardkit_math.sentence import read, same_words
from rewardkit_math.tree import EXPRESSION, Conditioned, Node, Seq, Sym, Text

Verdict = Literal["equal", "different", "unparsable", "too costly"]


class Judgement(NamedTuple):
    """The result of a comparison, and the stage that settled it."""

    verdict: Verdict
    stage: str
    why: str = ""


class UnreadableGroundTruthError(Exception):
    """The ground truth cannot be read, so that nothing can be judged by it."""


class GroundTruth(NamedTuple):
    """A ground truth, read once."""

    text: str
    node: Node
    plain_number: Fraction | None
    letter: str | None
    """Its letter, where it is an option of multiple choice."""
    several: bool
    """It lists several values."""
    readable: bool
    """False for mathematics that could not be read: only the same text can be said to be equal to it."""


_PLAIN = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d{1,40})(?:\.\d{1,40})?")
_SPACE = re.compile(r"(?:\\[,;:! ]|[\s~])+")
_LAYOUT = re.compile(r"\\(?:left|right|displaystyle)(?![a-z])|\$|(?<=\\)[dt](?=frac)|(?<!\d) | (?!\d)|(?<=[^\d])\.$")
_CHOICE = re.compile(
    r"[\s$*]*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{\s*)?\(?([A-J])(?!\)?[\s}]*(?:,|and\b|or\b|&)\s*\(?[A-J]\b)"
    r"(?:\)|\.(?!\d)|:|\}(?=[\s$.]*$|\s+[A-Za-z])|(?=\s+[A-Za-z(]{2})|[\s$*.)}]*$)"
)
_OPTION = re.compile(
    r"[\s$*]*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{\s*)?\(?([A-J])(?:\)|\.|:)(?!.*\b[A-J]\b)(?!.*\b(?:or|and)\b)"
)
_CLAUSE = re.compile(r"\(?([A-J])\)?, (?!(?:or|and|maybe|perhaps|possibly|but|either)\b)[a-z]+ \w+")
_LETTER = re.compile(
    r"(?:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?:? |I choose )?[\s$*]*"
    r"(?:\\(?:text|textbf|mathrm|mathbf)\s*\{\s*)?\(?([A-Ja-j])[\s)}.$*:]*(?:is (?:correct|right|true)\.?)?\s*$",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,(\[{])(\d{1,40}),(\d{1,2}|\d{4,20})(?![\d,)\]}]|\.\d)")
"""A list of two numbers, unless the ground truth is one number that is not an integer."""
_VANISHING = re.compile(r"\\(?:[hv]?phantom|text|mathrm|mbox|hspace)\s*\{[^{}]*\}|[\s${}\\]")
_FORMULA = re.compile(r"\\(?!text|mathrm|mbox|[,;:! $%])|[\^_={}<>]")
_TEXTUAL = re.compile(r"\\(?:text|mathrm|mbox|textbf)\s*\{([^{}]*)\}")
_WORD = re.compile(r"(?<!\\)\b[^\W\d_]{3,}")
_SENTENCE_WORDS = 3
_SIGNS = frozenset("∅∞ℝℤℕℚℂπ①②③④⑤⑥⑦⑧⑨")
_MEMORY = 8192
_CHARS_REMEMBERED = 300


@lru_cache(maxsize=2048)
def read_ground_truth(text: str) -> GroundTruth:
    """A ground truth as it stands in a dataset: bare, boxed, behind `####`, or in a sentence.

    raises  UnreadableGroundTruthError where nothing can be read
    """
    inner = text.strip()
    if "\\boxed" in inner or "####" in inner or "<answer>" in inner:
        found = find_answer(inner)
        if found.how == "none" and "\\boxed{" in inner:
            inner = inner[inner.rindex("\\boxed{") + 7 :]
        elif found.how == "box":
            boxes = last_boxes(inner, found)
            inner = " , ".join(dict.fromkeys(box.text for box in boxes)) or found.text
        else:
            inner = found.text
    if not any(char.isalnum() or char in _SIGNS for char in inner) or inner == "\\boxed{}":
        raise UnreadableGroundTruthError("the ground truth is empty")
    letter = _CHOICE.match(inner)
    try:
        node = parse(inner)
        if isinstance(node, Text) and len(inner) > 40:
            found = find_answer(inner)
            if found.how == "phrase":
                letter = letter or _CHOICE.match(found.text)
                node = read(found.text, last=False)
    except TooCostlyError:
        node = Text(plain(inner))
    if letter is None and "answer is" in inner:
        letter = _CHOICE.match(find_answer(inner).text)
    several = isinstance(node, Seq) or (isinstance(node, Conditioned) and isinstance(node.body, Seq))
    return GroundTruth(
        inner, node, _plain_number(inner), letter[1] if letter else None, several, _readable(node, inner)
    )


def _readable(node: Node, text: str) -> bool:
    """True if a text was read as mathematics, or is words."""
    if not isinstance(node, Text):
        return True
    words = _TEXTUAL.sub(r"\1", text)
    return bool(node.words) and (not _FORMULA.search(words) or len(_WORD.findall(words)) >= _SENTENCE_WORDS)


def judge(prediction: str, ground_truth: GroundTruth, policy: MathParams, *, last: bool = False) -> Judgement:
    """The judgement of a prediction."""
    key = (prediction, ground_truth.text, policy, last)
    known = _remembered.get(key)
    if known is None:
        known = _judge(prediction, ground_truth, policy, last=last)
        if len(prediction) + len(ground_truth.text) <= _CHARS_REMEMBERED:
            _remembered[key] = known
            if len(_remembered) > _MEMORY:
                _remembered.popitem(last=False)
    return known


_remembered: OrderedDict[tuple[str, str, MathParams, bool], Judgement] = OrderedDict()


def _judge(prediction: str, ground_truth: GroundTruth, policy: MathParams, *, last: bool) -> Judgement:
    if ground_truth.plain_number is not None:
        number = _plain_number(prediction)
        if number is not None:
            if number == ground_truth.plain_number:
                return Judgement("equal", "exact")
            if policy.percent != "any" and not policy.tolerance and policy.rounding != "digits":
                return Judgement("different", "exact")
    if _bare(prediction) == _bare(ground_truth.text) and _VANISHING.sub(
        "", prediction + ground_truth.node.words if isinstance(ground_truth.node, Text) else prediction
    ):
        return Judgement("equal", "identical")
    if policy.choices == "letter" and ground_truth.letter is not None:
        letter = _LETTER.match(prediction) or _OPTION.match(prediction) or _CLAUSE.match(prediction)
        if letter:
            same = letter[1].upper() == ground_truth.letter
            if same or len(ground_truth.text.strip("()$. ")) == 1 or not isinstance(ground_truth.node, Sym):
                return Judgement("equal" if same else "different", "choice")
    try:
        node = read(prediction, last=last)
        comparison = Comparison(policy)
        equal = comparison.same(node, ground_truth.node)
    except TooCostlyError as error:
        return Judgement("too costly", "limits", str(error))
    except RecursionError:
        return Judgement("too costly", "limits", "nested too deep")
    if equal:
        return Judgement("equal", comparison.stage)
    if isinstance(ground_truth.node, Text) and ground_truth.node.words and same_words(prediction, ground_truth.text):
        return Judgement("equal", "text")
    if _DECIMAL_COMMA.search(prediction) and _broken(ground_truth.node):
        return judge(_DECIMAL_COMMA.sub(r"\1.\2", prediction), ground_truth, policy, last=last)
    if isinstance(node, Text) and not isinstance(ground_truth.node, Text):
        return Judgement("unparsable", "parse")
    return Judgement("different", comparison.stage)


def _broken(node: Node) -> bool:
    """True if it is a number, and no whole one."""
    value = exact(node) if isinstance(node, EXPRESSION) else None
    return value is not None and value.denominator != 1


def _bare(text: str) -> str:
    """The text without layout; a space between two digits stays, for `1 2` is not 12."""
    return _LAYOUT.sub("", _SPACE.sub(" ", text.strip()))


def _plain_number(text: str) -> Fraction | None:
    text = text.strip().strip("$").strip()
    if not _PLAIN.fullmatch(text):
        return None
    return Fraction(text.replace(",", ""))
