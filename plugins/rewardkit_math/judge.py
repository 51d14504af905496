"""One prediction against one ground truth: the cheapest step that can tell, tells.

    plain numbers   compared as rationals
    same text       the same, but for layout
    same option     letters of multiple choice
    same words      yes and no, none, infinitely many, the same words
    same meaning    trees, compared by kind (`equality`), exactly or by numeric probes
    decimal comma   once more, with `0,25` read as a decimal
    symbolic        sympy, in a process of its own, where the policy wants it or nothing else can tell

Ground truths are read once and (prediction, ground truth) pairs are remembered, in bounded memory.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from rewardkit import stated_choice
from rewardkit_math.complexity_limits import ANSWER_CHARS, TooCostlyError
from rewardkit_math.equality.compare import same
from rewardkit_math.equality.outcome import DIFFERENT, Outcome, Terms, every
from rewardkit_math.ground_truth import GroundTruth, plain_fraction, plain_number
from rewardkit_math.numeric.exact import exact
from rewardkit_math.params import MathParams
from rewardkit_math.sentences.read import is_sentence, read
from rewardkit_math.sentences.worded import agree, says_none
from rewardkit_math.symbolic.prover import CERTAIN, PROBED, Proof, Prover, has_no_other_method
from rewardkit_math.tree import EXPRESSION, Call, Const, Node, Num, Quantity, Rel, Seq, Sym, Text

Verdict = Literal["equal", "different", "unparsable", "too costly", "undecided"]


class Judgement(NamedTuple):
    """The result of a comparison, and the stage that settled it."""

    verdict: Verdict
    stage: str
    why: str = ""
    judged: str = ""
    """The part of the prediction that was judged; empty for the whole."""
    proof: Proof | None = None
    """The answer of sympy; None where it was not asked."""


class Question(NamedTuple):
    """The input of each step."""

    prediction: str
    ground_truth: GroundTruth
    policy: MathParams
    last: bool
    """The answer is sought in the last sentence that could hold one, not in the first."""


_SAME_NUMBER = Judgement("equal", "exact")
_SPACE = re.compile(r"(?:\\[,;:! ]|[\s~])+")
_LAYOUT = re.compile(r"\\(?:left|right|displaystyle)(?![a-z])|\$|(?<=\\)[dt](?=frac)|(?<!\d) | (?!\d)|(?<=[^\d])\.$")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,(\[{])(\d{1,40}),(\d{1,2}|\d{4,20})(?![\d,)\]}]|\.\d)")
"""A list of two numbers, unless the ground truth is one number that is not an integer."""
_VANISHING = re.compile(r"\\(?:[hv]?phantom|text|mathrm|mbox|hspace)\s*\{[^{}]*\}|[\s${}\\]")
_TWO_LETTERS = re.compile(r"^\W*[A-J]\b.*\b[A-J]\b", re.DOTALL)
_NO_THINGS = re.compile(r"\b(?:no|none)\b")
_TWICE = 3
"""Writings of one value in an answer."""
_MEMORY = 8192
_CHARS_REMEMBERED = 300


def judge(
    prediction: str, ground_truth: GroundTruth, policy: MathParams, prover: Prover | None = None, *, last: bool = False
) -> Judgement:
    """The judgement of a prediction; with a prover also by what sympy can prove."""
    question = Question(prediction, ground_truth, policy, last)
    if len(prediction) > ANSWER_CHARS:
        return Judgement("too costly", "limits", f"an answer of {len(prediction)} characters")
    judgement = same_number(question)
    if judgement is not None:
        return judgement  # most answers are plain numbers: comparing them costs less than remembering
    short = len(prediction) + len(ground_truth.text) <= _CHARS_REMEMBERED
    judgement = _remembered(question) if short else _judge(question)
    return judgement if prover is None else _proved(judgement, question, prover)


def _proved(judgement: Judgement, question: Question, prover: Prover) -> Judgement:
    """The judgement after sympy was asked, where `params.proof` wants it asked."""
    accepted, wanted = judgement.verdict == "equal", question.policy.proof
    if accepted and (wanted == "off" or judgement.stage in CERTAIN):
        return judgement
    if accepted and judgement.stage not in PROBED:
        why = f"it rests on the policy ({judgement.stage})"
        return judgement._replace(verdict="undecided", why=why) if wanted == "required" else judgement
    if not accepted and (judgement.verdict == "unparsable" or judgement.stage in ("exact", "region", "choice")):
        return judgement
    try:
        found = read(question.prediction, last=question.last).node
    except (TooCostlyError, RecursionError):
        return judgement
    without_value = wanted != "off" and judgement.verdict == "too costly" and isinstance(found, EXPRESSION)
    nodes = [
        node for node in question.ground_truth.nodes if accepted or without_value or has_no_other_method(found, node)
    ]
    if not nodes:
        return judgement
    proof = prover.settle(found, nodes)
    if accepted and proof == "refuted":
        return judgement._replace(verdict="different", stage="symbolic", why="sympy refutes it", proof=proof)
    if accepted and proof == "not settled" and wanted == "required":
        return judgement._replace(verdict="undecided", why="no proof was found", proof=proof)
    if not accepted and proof == "proved":
        return judgement._replace(verdict="equal", stage="symbolic", why="", proof=proof)
    return judgement._replace(proof=proof) if accepted else judgement


def _judge(question: Question) -> Judgement:
    try:
        for step in STEPS:
            judgement = step(question)
            if judgement is not None:
                return judgement
    except TooCostlyError as error:
        return Judgement("too costly", "limits", str(error))
    except RecursionError:
        return Judgement("too costly", "limits", "nested too deep")
    raise AssertionError("the last step settles every question")


_remembered = lru_cache(maxsize=_MEMORY)(_judge)


def same_number(question: Question) -> Judgement | None:
    """Two plain numbers or two fractions, unless the policy may make different numbers the same."""
    ground_truth, policy = question.ground_truth, question.policy
    wanted, number = ground_truth.plain_number, None
    if wanted is not None:
        if question.prediction == ground_truth.text:
            return _SAME_NUMBER
        number = plain_number(question.prediction)
        if number is None and not question.last and question.prediction.endswith("!"):
            # "The answer is 19!" is said with joy; a factorial is still tried as one.
            return _SAME_NUMBER if plain_number(question.prediction[:-1]) == wanted else None
    if number is None and ground_truth.fraction is not None:
        wanted, number = ground_truth.fraction, plain_fraction(question.prediction)
    if wanted is None or number is None:
        return None
    if number == wanted:
        return _SAME_NUMBER
    lenient = policy.percent == "any" or policy.tolerance or policy.rounding == "digits"
    return None if lenient else Judgement("different", "exact")


def same_text(question: Question) -> Judgement | None:
    """The same text but for layout, if it says anything."""
    prediction, ground_truth = question.prediction, question.ground_truth
    if _bare(prediction) != _bare(ground_truth.text):
        return None
    words = "".join(node.words for node in ground_truth.nodes if isinstance(node, Text))
    return Judgement("equal", "identical") if _VANISHING.sub("", prediction + words) else None


def same_option(question: Question) -> Judgement | None:
    """Letters of multiple choice."""
    ground_truth = question.ground_truth
    if question.policy.choices != "letter" or ground_truth.letter is None:
        return None
    letter = stated_choice(question.prediction)
    if letter is None:
        several = len(ground_truth.text.strip("()$. ")) == 1 and _TWO_LETTERS.search(question.prediction)
        return Judgement("different", "choice", "it states no single option") if several else None
    right = letter == ground_truth.letter
    alone = len(ground_truth.text.strip("()$. ")) == 1 or not any(isinstance(node, Sym) for node in ground_truth.nodes)
    return Judgement("equal" if right else "different", "choice") if right or alone else None


def same_words(question: Question) -> Judgement | None:
    """Ground truths that can only be compared as words, and numbers of things of which there are none."""
    prediction, ground_truth = question.prediction, question.ground_truth
    if ground_truth.in_words and any(isinstance(node, Text) and node.words for node in ground_truth.nodes):
        return Judgement("equal", "text") if agree(prediction, ground_truth.text) else None
    if not any(map(_is_nothing, ground_truth.nodes)) or is_sentence(ground_truth.text):
        return None
    counted = Num(Fraction(0)) not in ground_truth.nodes or bool(_NO_THINGS.search(ground_truth.text))
    return Judgement("equal", "text") if says_none(prediction, counted=counted) else None


def same_meaning(question: Question) -> Judgement | None:
    """The trees of both, compared by kind."""
    reading = read(question.prediction, last=question.last)
    if isinstance(reading.node, Text) and not question.ground_truth.in_words:
        retry = decimal_comma(question)
        return retry or Judgement("unparsable", "parse", reading.why, reading.text)
    outcome = DIFFERENT
    for node in question.ground_truth.nodes:
        outcome = _compared(_as_asked(reading.node, node), _spread(node), question.policy)
        if outcome:
            return Judgement("equal", outcome.stage, "", reading.text)
    return decimal_comma(question) or Judgement("different", outcome.stage, "", reading.text)


def _compared(found: Node, wanted: Node, policy: MathParams) -> Outcome:
    """Equality of two trees; `1/2, 0.5` is one value twice."""
    outcome = same(found, wanted, Terms(policy))
    if outcome or not isinstance(found, Seq) or found.kind != "list" or isinstance(wanted, Seq):
        return outcome
    distinct = len(set(found.items)) == len(found.items) <= _TWICE
    return every(_compared(item, wanted, policy) for item in found.items) if distinct else outcome


def decimal_comma(question: Question) -> Judgement | None:
    """The question once more with decimal commas, where the ground truth is a number that is not an integer."""
    prediction, ground_truth = question.prediction, question.ground_truth
    if not any(map(_is_broken, ground_truth.nodes)) or not _DECIMAL_COMMA.search(prediction):
        return None
    return _judge(question._replace(prediction=_DECIMAL_COMMA.sub(r"\1.\2", prediction)))


STEPS: tuple[Callable[[Question], Judgement | None], ...] = (
    same_number,
    same_text,
    same_option,
    same_words,
    same_meaning,
)
"""The steps in their order; the last one settles what none before it did."""


def _as_asked(found: Node, wanted: Node) -> Node:
    """`12_7` is nothing beside a number without a base, `12_{10}` is 12; `x = y = 0` is two equations."""
    match found, wanted:
        case Call("base", _), Call("base", _):
            return found
        case Call("base", (value, Num(Fraction(numerator=10, denominator=1)))), _:
            return value
        case Call("base", _), _:
            return Text("")
        case _:
            return _spread(found)


def _spread(node: Node) -> Node:
    """`x = y = 0` as `x = 0, y = 0`."""
    match node:
        case Rel(ops, (*names, value)) if (
            len(names) > 1
            and set(ops) == {"="}
            and all(isinstance(name, Sym) for name in names)
            and not isinstance(value, Sym)
        ):
            return Seq("list", tuple(Rel(("=",), (name, value)) for name in names))
        case _:
            return node


def _is_nothing(node: Node) -> bool:
    inner = node.value if isinstance(node, Quantity) else node
    return inner == Const("empty") or (isinstance(inner, Num) and inner.value == 0)


def _is_broken(node: Node) -> bool:
    """True for a number that is not an integer."""
    value = exact(node) if isinstance(node, EXPRESSION) else None
    return value is not None and value.denominator != 1


def _bare(text: str) -> str:
    """The text without layout; a space between two digits stays, for `1 2` is not 12."""
    return _LAYOUT.sub("", _SPACE.sub(" ", text.strip()))
