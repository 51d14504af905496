"""An answer inside a sentence: which part of the words is the answer.

A text without a statement is read whole. Of a sentence the claim is read:

    there are N …, all N …        the number
    N is the only …               what stands before the verb
    … is A, which occurs when …   what follows the first verb after which a value can be read, without the remark
    no verb with a value          the only formula, or the only number

A number that the words change (`half of 7`, `at least 7`, `7 dozen`), deny or leave open is not picked, and neither is
one of several values when nothing says which one is meant.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from rewardkit_math.notation.parse import parse
from rewardkit_math.tree import Conditioned, Node, Num, Text, UnknownFunction
from rewardkit_math.words import (
    AFTER_NUMBER,
    BEFORE_NUMBER,
    NUMBERS,
    OPEN_ENDS,
    OPEN_QUESTIONS,
    OPENERS,
    REMARKS,
    alternatives,
    number_in_words,
)


class Reading(NamedTuple):
    """The answer that a text states."""

    node: Node
    """Text where no part of it reads as mathematics."""
    text: str
    """The part that was read."""
    why: str = ""
    """Why nothing was read."""


_FORMULA = re.compile(
    r"\$\$?([^$]{1,2000})\$\$?|\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|`([^`\n]{1,400})`", re.DOTALL
)
_COMMAND = re.compile(r"(\\(?:text|textbf|mathrm|mbox|textit|mathbf)\s*\{|\\[\W_])|\\[a-zA-Z]+")
_HIDDEN = "\x01"
_COMMAND_MARK = "\x02"
_VALUE = rf"(?:(?<![\d.,])[-+]?\.?\d[\d.,]*+|{_HIDDEN}+|{_COMMAND_MARK}|[√π∞])"
_WORD = re.compile(r"[^\W\d_]{2,}")
_HOPE = re.compile(r"\.?\s*I hope (?:it is|this is|this helps).{0,40}$", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?<=[^\d\s])(?<!i\.e)(?<!e\.g)[.?]\s+(?=\S)|(?<=\d)[.?]\s+(?=[A-Z\\$*])|!\s+(?=[A-Z][a-z])|[。！？]|\n+"
)
_VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be)\s+(?:always\s+|simply\s+|just\s+|exactly\s+|precisely\s+|then\s+|therefore\s+|only\s+"
    r"|thus\s+|indeed\s+|also\s+)?(?:(?:equal|equivalent|congruent|reduced|simplified)\s+to\b"
    r"|(?:given|described|represented|expressed|determined|defined)\s+by\b"
    r"|(?:written|factored|expressed|represented|simplified|factorised|factorized)\s+(?:as|into|to)\b)?"
    r"|\b(?:equals?|gives?|yields?|becomes?|est|es|ist|lautet)\b"
    r"|\b(?:simplif(?:y|ies)|evaluates?|reduces?|converges?|amounts?|comes?(?:\s+out)?|sums?\s+up|adds?\s+up)\s+to\b"
    r"|\b(?:factors?|expressed|written|factored)\s+(?:as|into)\b)\s*:?|[:：](?!=)|是|为|為|共有|等于",
    re.IGNORECASE,
)
_WEAK_VERB = re.compile(r"\b(?:to|of|as|leaves|get|obtain|have|has|find)\b\s*:?", re.IGNORECASE)
_ANY_VERB = re.compile(
    r"\b(?:is|are|was|were|be|equals?|gives|yields|becomes|has|have|had|holds?|should|would|could|can|cannot|does|do)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"^(?:there|we|they|it|one|you|he|she)\s+(?:is|are|was|were|exists?|will\s+be|would\s+be|must\s+be|can\s+be|have|has|"
    r"get|gets|needs?|must\s+\w+|requires?|takes?|had|found|find|obtain)\s+(?:thus\s+|then\s+|therefore\s+)?",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"^(?:for\s+)?(?P<how>all|exactly|only|just|precisely|a\s+total\s+of|at\s+most|at\s+least)\s+|^(?=(?:zero|two|three|four|five|six|seven|eight|nine|ten)\s+of\b)",
    re.IGNORECASE,
)
_EXACTLY = re.compile(
    r"^(?:(?:exactly|only|just|precisely|a\s+total\s+of|in\s+total|altogether|about|approximately|roughly|around)\s+)+",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|also|simply|exactly|only|just|precisely|always|indeed|equal\s+to|given\s+by|"
    r"a\s+total\s+of|all|both|clearly|obviously|actually|now|finally|"
    r"(?:the|an?)\s+(?:single|unique|only|possible|constant|total)?\s*(?:possible\s+)?(?:(?:maximum|minimum)\s+)?(?:value|remainder|sum|total|result|maximum|"
    r"minimum|probability|residue|limit|period)\s+of|the\s+one\s+(?:originally\s+)?numbered|number\s+(?=\d)|"
    r"the\s+(?:single\s+)?(?:\w+\s+)?(?:number|integer|value|values|fraction|expression|formula|interval|set|pair|pairs|point|"
    r"product|equation|polynomial|function|numbers|integers|tuple|result|points)s?(?:\s+of)?)\b[\s:,]*)+",
    re.IGNORECASE,
)
_DISCOURSE = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|finally|consequently|in\s+conclusion|in\s+summary|overall|indeed|clearly|"
    r"as\s+a\s+result|donc|ainsi|daher|also|we\s+(?:get|have|find|conclude|see|obtain|know)\s+that|it\s+follows\s+that|"
    r"that\s+is|this\s+means\s+that|this\s+gives|and|but|now)\b[\s,:]*)+",
    re.IGNORECASE,
)
_THEREFORE = re.compile(
    r"(?<!\bor)[,;]?\s+(?:and\s+)?(?:therefore|thus|hence|so|consequently|donc|ainsi|daher)\b(?!\s+that)[\s,]*|所以|因此|[，,](?=\s*[\u4e00-\u9fff])",
    re.IGNORECASE,
)
_REMARK = re.compile(
    rf"(?:\s*,)?\s+(?:and\s+)?(?:{alternatives(REMARKS)})\b|\s*,\s+(?:and\s+)?(?:it|this|so|but|not)\b", re.IGNORECASE
)
_CLOSED_REMARK = re.compile(
    rf"\s*[,;—]\s*(?:and\s+)?(?:{alternatives(REMARKS)}|it|this|so|but|all|each|not|i\.?e\.?,?)\b"
    r"(?!\s*[-+]?[\d\\$(])|\s+[—–]\s+|\s*;\s",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\s*\((?:i\.\s?e\.|e\.g\.|or\b|that is|namely|approximately|approx|about|which|where|since|because|when|with|"
    r"for|all|no|none|see|as|if|at|in|not|≈|\\approx|~)[^()]*(?:\([^()]*\)[^()]*)*\)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(?:{alternatives(BEFORE_NUMBER)})\s+(?:the\s+|a\s+|an\s+|exactly\s+)?(?:number\s+)?(?={_VALUE})", re.IGNORECASE
)
_AFTER = re.compile(rf"(?:{_VALUE}|[)}}])[\s,}}]*(?:{alternatives(AFTER_NUMBER)})\b", re.IGNORECASE)
_ARROW = re.compile(r"(?<![{_])\d\s*(?:\\to\b|\\rightarrow|\\Rightarrow|→|->|=>|⇒)\s*[-\d\\]")
_NEGATIVE = re.compile(rf"\b(?:minus|negative)\s+(?={_VALUE})", re.IGNORECASE)
_OPEN_QUESTION = re.compile(rf"^(?:{alternatives(OPEN_QUESTIONS)})\b", re.IGNORECASE)
_OPEN_END = re.compile(rf"\b(?:{alternatives(OPEN_ENDS)})\b", re.IGNORECASE)
_OPENER = re.compile(rf"^(?:{alternatives(OPENERS)})\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|isn't|aren't|wasn't|won't|either|or|maybe|perhaps|possibly|between|nor|never|neither)\b|\bou\b|或",
    re.IGNORECASE,
)
_DEFINITE = re.compile(
    r"\s*(?:(?:is|are|was|were)\s+(?:(?:thus|therefore|indeed|then)\s+)?(?:the|our|your|my)\s+(?:\w+\s+){0,3}?"
    r"(?:answer|number|value|values|solution|solutions|result|maximum|minimum|sum|total|only|probability|area|integer|remainder|"
    r"smallest|largest|least|greatest)\b|(?:ways?|solutions?|values?|pairs?|numbers?|of\s+them)\s+(?:exist|work|satisfy|are\s+possible)\b)",
    re.IGNORECASE,
)
_NOT_AN_ANSWER = frozenset(
    [
        "first",
        "last",
        "next",
        "the",
        "length",
        "size",
        "order",
        "step",
        "part",
        "problem",
        "question",
        "case",
        "degree",
        "dimension",
        "least",
        "most",
        "every",
        "each",
        "other",
        "from",
        "than",
        "by",
        "mod",
        "modulo",
        "than",
        "page",
        "line",
        "figure",
        "equation",
        "section",
        "number",
        "of",
        "to",
        "in",
        "on",
        "at",
    ]
)
_TOTALS = frozenset(
    [
        "total",
        "sum",
        "value",
        "probability",
        "average",
        "maximum",
        "minimum",
        "cost",
        "price",
        "distance",
        "amount",
        "profit",
        "area",
    ]
)
_NUMBER = re.compile(
    r"(?<![A-Za-z\d._])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:/\d+)?(?:\s*\\?%)?)(?![A-Z\d_]|\.\d)"
)
_COUNT = re.compile(rf"\$?\s?(?:{_NUMBER.pattern})|{_HIDDEN}+|[a-zA-Z]+(?:-[a-zA-Z]+)?\b")
_TRAILING = re.compile(r"[-+*/=().,\d\s×÷$€£]{1,200}$")
_RESULT = re.compile(
    r"(?:^|[\s:=])[$€£(]*\d(?:[\d.,$€£%()\s+\-*/×÷·]| x ){0,200}=\s*"
    r"([$€£]?\s?-?\d[\d,]*(?:\.\d+)?)[^\d=<>\\^_{}]{0,200}$"
)
"""What a computation in numbers comes to, with words after it: `9 * $2 = $18 every day`."""
_MARKUP = re.compile(r"\\[a-zA-Z(\[]|[\^_{}]")
_POWER = re.compile(r"[\w)\]}]\*\*[\w({-]")
_MODULUS = re.compile(r"\s*\(?\s*(?:\\?(?:p|b)?mod|modulo)\s*\{?\s*(\d{1,30})\s*\}?\s*\)?\s*$")
_MOD = re.compile(r"\bmod(?:ulo)?\b", re.IGNORECASE)
_MOD_EQUALS = re.compile(r"\b(?:mod|modulo)\s*\{?\s*(\d{1,30})\s*\}?\s*\)?\s*=\s*(.{1,40})$")
_CONGRUENT = re.compile(r"(?:≡|\\equiv|=)")
_REMARK_SENTENCE = re.compile(
    r"(?:this|it|that|the\s+minimum|the\s+maximum|(?:the\s+)?equality)\s+(?:value\s+)?(?:is\s+|can\s+be\s+)?(?:reached|attained|achieved|"
    r"obtained|verified|occurs|happens|holds)\b|(?:note|check|verify|recall|here)\b|(?:because|since)\b(?![^.]*,\s)",
    re.IGNORECASE,
)
_INSERTED = re.compile(
    r",\s+(?:where|when|given|which|who|with|after|for|if|such|as|once|assuming|in|on|whose|having)\b", re.IGNORECASE
)
_RELATIVE = re.compile(r"\b(?:that|which|who|it|where|when|if)$", re.IGNORECASE)
_LED = re.compile(
    r"(?:divided|divisible|multiplied|raised|taken|subtracted|added|contained|between|greater|less|more|fewer|from|of|in|on|"
    r"by|at|to|not|congruent|equivalent|coprime|relatively|least|most|so|such|also)\b",
    re.IGNORECASE,
)
"""Words that cannot lead to the value of a phrase: they make it part of something else."""
_INSTEAD = re.compile(
    r"(?<=[\d$)}\]])\s*[,(]?\s*(?:and\s+)?(?:not|instead\s+of|rather\s+than)\s+[-$\\\w./{}^]{1,60}\)?\s*[.!]?$",
    re.IGNORECASE,
)
"""The value that an answer is not: `7, not 5`."""
_SUPPOSED = re.compile(r"(?:suppose|let|assume|assuming|if|consider)\b", re.IGNORECASE)
_BUT = re.compile(r"\b(?:but|except|unless|could|might|may|cannot|can't|would)\b", re.IGNORECASE)
_MODAL = re.compile(r"\b(?:could|might|may|cannot|can't|can\s+not|would|not)\s*$", re.IGNORECASE)
_CASES = re.compile(
    r"\botherwise\b|\b(?:if|when|for)\b.{1,80}\band\s+(?!only)\S{1,40}\s+(?:if|when|for|else)\b", re.IGNORECASE
)
_WORDS_THAT_CHANGE = re.compile(rf"\b(?:{alternatives(AFTER_NUMBER)}|{alternatives(NUMBERS)})\b", re.IGNORECASE)
_EXACTLY_WHEN = re.compile(r"\b(?:if\s+and\s+only\s+if|iff|precisely\s+when|exactly\s+when)\b", re.IGNORECASE)
_NEEDED = re.compile(r"(?:you|we|one|it|they)\s+(?:needs?|must\s+\w+|requires?|takes?)\s+$", re.IGNORECASE)
_BLANKS = re.compile(r"(?:\\[,;:! ]|[ \t~]){3,}+")
"""Blanks that say nothing and would make every pattern below slow."""
_SPELLED = re.compile(rf"(?:minus|negative)\s|(?:{alternatives(NUMBERS)})\b", re.IGNORECASE)
_MOST_VERBS = 8
_ALSO = re.compile(
    r"\s+(?:and|but|or|while|whereas)\s+(?=.{0,200}?\b(?:is|are|equals?)\b)|,\s+(?:and|but|or)?\s*(?=.{0,200}?\b(?:is|are|equals?)\b)",
    re.IGNORECASE,
)


def read(text: str, *, last: bool) -> Reading:
    """The answer that a text states.

    last  the answer is sought in the last sentence that could hold one, not in the first
    """
    text = _BLANKS.sub(" ", text)
    text = text.replace("**", " ") if "**" in text and not _POWER.search(text) else text
    text = _INSTEAD.sub("", _HOPE.sub("", text.strip().strip("*`#").strip()))
    masked = mask(text)
    if text.endswith("?"):
        return Reading(Text(""), text, "it asks and states nothing")
    if _CASES.search(masked) and "cases" not in text:
        return Reading(Text(""), text, "a value for each of several cases")
    if _ARROW.search(text):
        return Reading(Text(""), text, "it goes from one value to another")
    if not _ANY_VERB.search(masked) and not _changes(masked) and not _MOD.search(masked):
        spelled = _value(text) if _SPELLED.match(text) else None
        if spelled is not None:
            return spelled
        node = parse(text)
        if not isinstance(node, Text) or not node.words:
            return Reading(node, text, "" if not isinstance(node, Text) else "it cannot be read as mathematics")
    sentences = _sentences(text, masked)
    if last:
        sentences = [piece for piece in sentences if holds_value(piece) and not _REMARK_SENTENCE.match(piece)][-1:]
    found = _claim(sentences[0].rstrip(".!?;,: *"), 0) if sentences else None
    if found is not None and (found.why or not isinstance(found.node, Text)):
        return found
    whole = parse(text)
    return Reading(whole if isinstance(whole, Text) else Text(""), text, "no part of it reads as one value")


def _sentences(text: str, masked: str) -> list[str]:
    """The sentences of a text; a formula is never split."""
    ends = [(match.start(), match.end()) for match in _SENTENCE.finditer(masked)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    pieces = [text[start:stop].strip() for start, stop in zip(starts, stops, strict=True)]
    return [piece for piece in pieces if piece]


def mask(text: str) -> str:
    """The text with its formulas and LaTeX commands hidden, of the same length."""
    for match in reversed(list(_FORMULA.finditer(text))):
        inner = next(group for group in match.groups() if group)
        if inner[-1].isspace() and not inner[0].isspace():
            continue  # what stands between the dollar signs of two amounts of money
        text = text[: match.start()] + _HIDDEN * (match.end() - match.start()) + text[match.end() :]
    if "\\" in text:
        text = _COMMAND.sub(lambda match: (" " if match[1] else _COMMAND_MARK) * len(match[0]), text)
    return text


def is_sentence(text: str) -> bool:
    """True where a text has a verb outside of its formulas, or words that change a number."""
    masked = mask(text)
    return bool(_ANY_VERB.search(masked)) or _changes(masked)


def holds_value(text: str) -> bool:
    """True where a text has a digit, a formula or a number in words."""
    return any(char.isdigit() or char in "$\\√π∞=" for char in text) or any(
        number_in_words(word) is not None for word in _WORD.findall(text)
    )


def _changes(masked: str) -> bool:
    """True where words change the number that they stand beside."""
    bare = masked.replace("{", " ").replace("}", " ")
    return bool(_BEFORE.search(bare) or _AFTER.search(bare))


def _claim(sentence: str, depth: int) -> Reading | None:
    """What one sentence states; None where it states no value."""
    masked = mask(sentence)
    if _OPEN_END.search(masked):
        return Reading(Text(""), sentence, "it leaves the question open")
    opened = _DISCOURSE.match(masked)
    if opened and opened.end() < len(sentence):
        sentence, masked = sentence[opened.end() :], masked[opened.end() :]
    if _OPEN_QUESTION.match(masked) or (_SUPPOSED.match(masked) and "," not in masked):
        return Reading(Text(""), sentence, "it asks and states nothing")
    if depth < 3:
        parts = list(_THEREFORE.finditer(masked))
        if parts:
            found = _claim(sentence[parts[-1].end() :], depth + 1)
            if found is not None:
                return found
            sentence, masked = sentence[: parts[0].start()], masked[: parts[0].start()]
        counted = _counted(sentence, masked)
        if counted is not None:
            return counted
        if _OPENER.match(masked):
            for comma in list(re.finditer(r",\s+(?!and\b|or\b)", masked))[:6]:
                if _ANY_VERB.search(masked, comma.end()) or "=" in sentence[comma.end() :]:
                    found = _claim(sentence[comma.end() :], depth + 1)
                    if found is not None and not found.why:
                        return found
            if _SUPPOSED.match(masked):
                return Reading(Text(""), sentence, "it supposes and states nothing")
    if _MOD.search(masked) and not _ANY_VERB.search(masked):
        return _residue(sentence) or _value(sentence)
    for reader in (_leading_value, _before_verb, _after_verb, _exactly_when, _only_value):
        found = reader(sentence, masked)
        if found is not None:
            return found
    return None


def _counted(sentence: str, masked: str) -> Reading | None:
    """`There are 15 ways …`, `All 50 terms … are even`, `Exactly one …`: the number."""
    there, how = _THERE.match(masked), _COUNTED.match(masked)
    if there:
        start, bound = there.end(), ""
        exactly = _EXACTLY.match(masked[start:]) or (
            _NEEDED.match(there[0]) and re.match(r"at\s+least\s+", masked[start:])
        )
        start += exactly.end() if exactly else 0
    elif how:
        start, bound = how.end(), (how["how"] or "").casefold()
        if masked[start:].startswith(("the ", "of ")):
            start = masked.index(" ", start) + 1
    else:
        return None
    count = _COUNT.match(masked, start)
    if count is None or (there and _DENIED.search(masked[: count.start()])):
        return None
    end = count.end()
    written = sentence[start:end]
    if masked[start].isalpha():
        number = _words_from(masked[start:])
        if number is None or (there and not exactly and number[0] == 1):
            return None
        written, end = str(number[0]), start + number[1]
    rest = masked[end:]
    if (
        not re.match(r"\s+[^\W\d_]{2,}|\s*$|[\s,]", rest)
        or _AFTER.match(masked, start)
        or re.match(r"\s*[-+*/^=(]", rest)
    ):
        return None
    if re.match(r"[^.]*?\band\s+(?:\d|\x01)", _first_words(rest)) or re.search(r"\bof which\b", rest):
        return None
    value = parse(written)
    if isinstance(value, Text):
        return None
    if not rest.strip() and how and not there:
        pass
    if bound.startswith("at") and value != Num(value.value if isinstance(value, Num) else Fraction(0)):
        return None
    if bound.startswith("at least") or (bound == "at most" and isinstance(value, Num) and value.value):
        return Reading(UnknownFunction(bound.replace(" ", "_"), (value,)), written)
    return Reading(value, sentence[start:end])


def _first_words(rest: str) -> str:
    """The noun that is counted: the words up to a remark."""
    cut = re.search(r"\b(?:for|in|of|to|with|over|that|such|from|on|at|where|which)\b|[,({]", rest)
    return rest[: cut.start()] if cut else rest


def _words_from(text: str) -> tuple[int, int] | None:
    """The number in words at the start of a text, and where it ends."""
    best = None
    for match in list(re.finditer(r"[a-zA-Z-]+", text))[:5]:
        value = number_in_words(text[: match.end()])
        if value is None:
            break
        best = value, match.end()
    return best


def _leading_value(sentence: str, masked: str) -> Reading | None:
    """`12, which is a dozen`: the value before a remark."""
    remark = _CLOSED_REMARK.search(masked)
    if (
        remark is None
        or not re.match(rf"\s*(?:[a-zA-Z]\s*=\s*)?{_VALUE}", masked)
        or _ANY_VERB.search(masked, 0, remark.start())
    ):
        return None
    return _value(sentence[: remark.start()])


def _before_verb(sentence: str, masked: str) -> Reading | None:
    """`7 is the only possible value`: what stands before the verb."""
    value = re.match(rf"\s*(?:only\s+)?((?:{_NUMBER.pattern})|{_HIDDEN}+)", masked)
    if value is None or not _DEFINITE.match(masked, value.end()):
        return None
    return _value(sentence[value.start(1) : value.end(1)])


def _after_verb(sentence: str, masked: str) -> Reading | None:
    """What follows the first verb after which a value can be read, without the remark behind it."""
    for verb in _main_verbs_first(masked):
        rest = sentence[verb.end() :]
        hidden = masked[verb.end() :]
        if _MODAL.search(masked[: verb.start()]):
            continue
        if re.match(r"\s*(?:not|n't|never)\b", hidden):
            return Reading(Text(""), rest.strip(), "it is denied")
        cut = _CLOSED_REMARK.search(hidden)
        if cut and cut.start() > 0:
            rest, hidden = rest[: cut.start()], hidden[: cut.start()]
        also = _ALSO.search(hidden)
        if also and verb[0].strip() != ":" and _value(rest[: also.start()]) is not None:
            other = _after_verb(rest[also.end() :], hidden[also.end() :])
            mine = _value(rest[: also.start()])
            if other is not None and mine is not None and other.node != mine.node:
                return Reading(Text(""), rest.strip(), "it states several values")
            return mine
        found = _value(rest) if not _VERB.search(hidden) else None
        if found is None:
            remark = _REMARK.search(hidden)
            changed = _AFTER.search(hidden.replace("{", " ").replace("}", " "))
            if changed and (remark is None or changed.start() < remark.start()):
                return Reading(Text(""), rest.strip(), "words change the number")
            if remark and _CASES.search(hidden):
                return Reading(Text(""), rest.strip(), "a value for each of several cases")
            if remark and remark.start() > 0 and not _VERB.search(hidden, 0, remark.start()):
                found = _value(rest[: remark.start()])
        if found is not None:
            return found
    return None


def _main_verbs_first(masked: str) -> list["re.Match[str]"]:
    """The verbs: first those that end an insertion (`…, where x is prime, is 3`), last those of relative clauses."""
    verbs = list(_VERB.finditer(masked))[:_MOST_VERBS]
    inserted = _INSERTED.search(masked)

    def rank(verb: "re.Match[str]") -> int:
        before = masked[: verb.start()].rstrip()
        if inserted and before.endswith(",") and verb.start() > inserted.start():
            return 0
        return 2 if _RELATIVE.search(before) else 1

    return sorted(verbs, key=rank)


def _exactly_when(sentence: str, masked: str) -> Reading | None:
    """`It is divisible by 3 if and only if k = 2`: the condition."""
    when = _EXACTLY_WHEN.search(masked)
    return _value(sentence[when.end() :]) if when else None


def _only_value(sentence: str, masked: str) -> Reading | None:
    """The only formula or the only number of a sentence, where no words change or deny it."""
    if _BUT.search(masked):
        return None
    strong = re.search(r"\b(?:which|where|when|because|since|if|such that|as an?)\b", masked)
    if strong and strong.start() > 0:
        sentence, masked = sentence[: strong.start()].rstrip(" ,"), masked[: strong.start()].rstrip(" ,")
    if _changes(masked) or _DENIED.search(masked):
        return None
    if not _WORD.search(masked):
        return _value(sentence)
    formulas = list(re.finditer(f"{_HIDDEN}+", masked))
    digits = any(char.isdigit() for char in masked)
    texts = {sentence[match.start() : match.end()] for match in formulas}
    if len(texts) == 1 and not digits:
        return _value(texts.pop())
    if formulas and formulas[-1].end() == len(masked.rstrip()) and "=" in sentence[formulas[-1].start() :]:
        return _value(sentence[formulas[-1].start() : formulas[-1].end()])
    for match in reversed(list(_WEAK_VERB.finditer(masked))[-_MOST_VERBS:]):
        rest = sentence[match.end() :].strip()
        before = masked[: match.start()].split()
        if match[0].strip() == "of" and not (before and before[-1].casefold() in _TOTALS):
            continue
        if match[0].strip() == "to" and re.search(rf"{_VALUE}\s*$", masked[: match.start()]):
            return None
        remark = _REMARK.search(mask(rest))
        if holds_value(rest):
            found = _value(rest) or (_value(rest[: remark.start()]) if remark else None)
            if found is not None:
                return found
    if _MARKUP.search(sentence) or not _WORD.search(sentence):
        # A number is never picked out of a formula that could not be read.
        return None
    numbers = list(_NUMBER.finditer(sentence))
    if len({match[0] for match in numbers}) == 1:
        before = re.findall(r"[\w']+", sentence[: numbers[0].start()])
        if (before and before[-1].casefold() in _NOT_AN_ANSWER) or _beside_operator(sentence, numbers[0]):
            return None
        return _value(numbers[0][0])
    result = _RESULT.search(sentence)
    if result:
        return _value(result[1])
    trailing = _TRAILING.search(sentence)
    named = trailing and sentence[: trailing.start()].rstrip()[-1:].isalpha()
    if trailing and not named and any(char.isdigit() for char in trailing[0]) and "=" in trailing[0]:
        return _value(trailing[0].strip(" ,."))
    return None


def _beside_operator(sentence: str, number: "re.Match[str]") -> bool:
    """True where a number is part of a formula such as `0 <= r < k`."""
    before, after = sentence[: number.start()].rstrip(), sentence[number.end() :].lstrip()
    if re.search(r"[A-Za-z]\($", before):
        return True
    return before.endswith(("<", ">", "≤", "≥", "^", "*", "≠")) or after.startswith(
        ("<", ">", "≤", "≥", "^", "*", "=", "≠")
    )


def _value(phrase: str) -> Reading | None:
    """The value that a phrase without a verb stands for; None where it is none, or words change it."""
    phrase = phrase.strip().strip("*").strip(" ,;:.!")
    phrase = _ASIDE.sub(" ", phrase).strip()
    filler = _FILLER.match(mask(phrase))
    if filler and filler.end() < len(phrase):
        phrase = phrase[filler.end() :].strip()
    phrase = _NEGATIVE.sub("-", phrase)
    if not phrase:
        return None
    masked = mask(phrase)
    if _changes(masked) or _ANY_VERB.search(masked) or _LED.match(masked.strip()):
        return None
    number = _words_from(masked) if masked[:1].isalpha() else None
    if (
        number is not None
        and not _WORDS_THAT_CHANGE.search(masked, number[1])
        and re.fullmatch(r"\s*(?:[a-zA-Z]{2,}\s*){0,3}", masked[number[1] :])
    ):
        return Reading(Num(Fraction(number[0])), phrase)
    residue = _residue(phrase)
    if residue is not None:
        return residue
    node = parse(phrase)
    if isinstance(node, Text) or (isinstance(node, Conditioned) and _states(node.condition)):
        return None
    return Reading(node, phrase)


def _states(condition: str) -> bool:
    """True where a condition holds a verb, and so a statement of its own."""
    return bool(_ANY_VERB.search(condition))


def _residue(phrase: str) -> Reading | None:
    """`0 mod 9` and `m ≡ 3 (mod 17)` as the residue, where it is smaller than the modulus."""
    bare = phrase.replace("$", "").replace("\\(", "").replace("\\)", "") if "mod" in phrase else ""
    modulus = _MODULUS.search(bare)
    if modulus is None:
        equals = _MOD_EQUALS.search(bare)
        residue = parse(equals[2]) if equals else None
        return Reading(residue, phrase) if equals and isinstance(residue, Num) else None
    residue = parse(_CONGRUENT.split(bare[: modulus.start()])[-1].strip())
    if isinstance(residue, Num) and 0 <= residue.value < int(modulus[1]):
        return Reading(residue, phrase)
    return None
