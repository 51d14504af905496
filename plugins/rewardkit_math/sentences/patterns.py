"""Patterns of the words in a sentence: verbs, remarks, openers, and numbers that words change."""

import re
from collections.abc import Mapping

from rewardkit_math.words.changing import AFTER_NUMBER, BEFORE_NUMBER
from rewardkit_math.words.clauses import OPEN_ENDS, OPEN_QUESTIONS, OPENERS, REMARKS
from rewardkit_math.words.numbers import NUMBERS


def alternatives(words: "tuple[str, ...] | Mapping[str, object]") -> str:
    """A pattern of the words, the longest first."""
    return "|".join(re.escape(word).replace("\\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


FORMULA = re.compile(r"\$\$?([^$]{1,2000})\$\$?|\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|`([^`\n]{1,400})`", re.DOTALL)
COMMAND = re.compile(r"(\\(?:text|textbf|mathrm|mbox|textit|mathbf)\s*\{|\\[\W_])|\\[a-zA-Z]+")
HIDDEN = "\x01"
COMMAND_MARK = "\x02"
VALUE = rf"(?:(?<![\d.,])[-+]?\.?\d[\d.,]*+|(?<!{HIDDEN}){HIDDEN}++|{COMMAND_MARK}|[√π∞])"
WORD = re.compile(r"[^\W\d_]{2,}")
HOPE = re.compile(r"\.?\s*I hope (?:it is|this is|this helps).{0,40}$", re.IGNORECASE)
SENTENCE = re.compile(
    r"(?<=[^\d\s])(?<!i\.e)(?<!e\.g)[.?]\s+(?=\S)|(?<=\d)[.?]\s+(?=[A-Z\\$*])|!\s+(?=[A-Z][a-z])|[。！？]|\n+"
)
VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be)\s+(?:always\s+|simply\s+|just\s+|exactly\s+|precisely\s+|then\s+|therefore\s+|only\s+"
    r"|thus\s+|indeed\s+|also\s+)?(?:(?:equal|equivalent|congruent|reduced|simplified)\s+to\b"
    r"|(?:given|described|represented|expressed|determined|defined)\s+by\b"
    r"|(?:written|factored|expressed|represented|simplified|factorised|factorized)\s+(?:as|into|to)\b)?"
    r"|\b(?:equals?|gives?|yields?|becomes?|est|es|ist|lautet)\b"
    r"|\b(?:simplif(?:y|ies)|evaluates?|reduces?|converges?|amounts?|comes?(?:\s+out)?|sums?\s+up|adds?\s+up)\s+to\b"
    r"|\b(?:factors?|expressed|written|factored)\s+(?:as|into)\b)\s*:?|(?<!\d)(?<!\d\s)[:：](?!=)|[:：](?!\s*[=\d])|是|为|為|共有|等于",
    re.IGNORECASE,
)
WEAK_VERB = re.compile(r"\b(?:to|of|as|leaves|get|obtain|have|has|find|needs)\b\s*:?", re.IGNORECASE)
ANY_VERB = re.compile(
    r"\b(?:is|are|was|were|be|equals?|gives|yields|becomes|has|have|had|holds?|should|would|could|can|cannot|does|do)\b",
    re.IGNORECASE,
)
THERE = re.compile(
    r"^(?:there|we|they|it|one|you|he|she)\s+(?:is|are|was|were|exists?|will\s+be|would\s+be|must\s+be|can\s+be|have|has|"
    r"get|gets|needs?|must\s+\w+|requires?|takes?|had|found|find|obtain)\s+(?:thus\s+|then\s+|therefore\s+)?",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"^(?:for\s+)?(?P<how>all|exactly|only|just|precisely|a\s+total\s+of|at\s+most|at\s+least)\s+|^(?=(?:zero|two|three|four|five|six|seven|eight|nine|ten)\s+of\b)",
    re.IGNORECASE,
)
EXACTLY = re.compile(
    r"^(?:(?:exactly|only|just|precisely|a\s+total\s+of|in\s+total|altogether|about|approximately|roughly|around)\s+)+",
    re.IGNORECASE,
)
FILLER = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|also|simply|exactly|only|just|precisely|always|indeed|equal\s+to|given\s+by|"
    r"a\s+total\s+of|all|both|clearly|obviously|actually|now|finally|"
    r"(?:the|an?)\s+(?:single|unique|only|possible|constant|total)?\s*(?:possible\s+)?(?:(?:maximum|minimum)\s+)?(?:value|remainder|sum|total|result|maximum|"
    r"minimum|probability|residue|limit|period)\s+of|the\s+one\s+(?:originally\s+)?numbered|number\s+(?=\d)|"
    r"the\s+(?:single\s+)?(?:\w+\s+)?(?:number|integer|value|values|fraction|expression|formula|interval|set|pair|pairs|point|"
    r"product|equation|polynomial|function|numbers|integers|tuple|result|points)s?(?:\s+of)?)\b[\s:,]*)+",
    re.IGNORECASE,
)
DISCOURSE = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|finally|consequently|in\s+conclusion|in\s+summary|overall|indeed|clearly|"
    r"as\s+a\s+result|donc|ainsi|daher|also|we\s+(?:get|have|find|conclude|see|obtain|know)\s+that|it\s+follows\s+that|"
    r"that\s+is|this\s+means\s+that|this\s+gives|and|but|now)\b[\s,:]*)+",
    re.IGNORECASE,
)
THEREFORE = re.compile(
    r"(?<!\bor)[,;]?\s+(?:and\s+)?(?:therefore|thus|hence|so|consequently|donc|ainsi|daher)\b(?!\s+that)[\s,]*|所以|因此|[，,](?=\s*[\u4e00-\u9fff])",
    re.IGNORECASE,
)
REMARK = re.compile(
    rf"(?:\s*,)?\s+(?:and\s+)?(?:{alternatives(REMARKS)})\b|\s*,\s+(?:and\s+)?(?:it|this|so|but|not)\b", re.IGNORECASE
)
CLOSED_REMARK = re.compile(
    rf"\s*[,;—]\s*(?:and\s+)?(?:{alternatives(REMARKS)}|it|this|so|but|all|each|not|i\.?e\.?,?)\b"
    r"(?!\s*[-+]?[\d\\$(])|\s+[—–]\s+|\s*;\s",
    re.IGNORECASE,
)
ASIDE = re.compile(
    r"\s*\((?:i\.\s?e\.|e\.g\.|or\b|that is|namely|approximately|approx|about|which|where|since|because|when|with|"
    r"for|all|no|none|see|as|if|at|in|not|≈|\\approx|~)[^()]*(?:\([^()]*\)[^()]*)*\)",
    re.IGNORECASE,
)
BEFORE = re.compile(
    rf"\b(?:{alternatives(BEFORE_NUMBER)})\s+(?:the\s+|a\s+|an\s+|exactly\s+)?(?:number\s+)?(?={VALUE})", re.IGNORECASE
)
AFTER = re.compile(rf"(?:{VALUE}|[)}}])[\s,}}]*(?:{alternatives(AFTER_NUMBER)})\b", re.IGNORECASE)
ARROW = re.compile(r"(?<![{_])\d\s*(?:\\to\b|\\rightarrow|\\Rightarrow|→|->|=>|⇒)\s*[-\d\\]")
LAST_VALUE = re.compile(rf"(?:\*\*|\$|\\\()?{VALUE}[\s.。!*$\\)]*\Z")
NEGATIVE = re.compile(rf"\b(?:minus|negative)\s+(?={VALUE})", re.IGNORECASE)
OPEN_QUESTION = re.compile(rf"^(?:{alternatives(OPEN_QUESTIONS)})\b", re.IGNORECASE)
OPEN_END = re.compile(rf"\b(?:{alternatives(OPEN_ENDS)})\b", re.IGNORECASE)
OPENER = re.compile(rf"^(?:{alternatives(OPENERS)})\b", re.IGNORECASE)
DENIED = re.compile(
    r"\b(?:not|isn't|aren't|wasn't|won't|either|or|maybe|perhaps|possibly|between|nor|never|neither)\b|\bou\b|或",
    re.IGNORECASE,
)
DEFINITE = re.compile(
    r"\s*(?:(?:is|are|was|were)\s+(?:(?:thus|therefore|indeed|then)\s+)?(?:the|our|your|my)\s+(?:\w+\s+){0,3}?"
    r"(?:answer|number|value|values|solution|solutions|result|maximum|minimum|sum|total|only|probability|area|integer|remainder|"
    r"smallest|largest|least|greatest)\b|(?:ways?|solutions?|values?|pairs?|numbers?|of\s+them)\s+(?:exist|work|satisfy|are\s+possible)\b)",
    re.IGNORECASE,
)
NOT_AN_ANSWER = frozenset(
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
TOTALS = frozenset(
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
NUMBER = re.compile(
    r"(?<![A-Za-z\d._])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:/\d+)?(?:\s*\\?%)?)(?![A-Z\d_]|\.\d)"
)
COUNT = re.compile(rf"\$?\s?(?:{NUMBER.pattern})|{HIDDEN}+|[a-zA-Z]+(?:-[a-zA-Z]+)?\b")
TRAILING = re.compile(r"[-+*/=().,\d\s×÷$€£]{1,200}")
"""The formula that a sentence ends with, sought in the reversed sentence: forwards each digit would start a search."""
RESULT = re.compile(
    r"(?:^|[\s:=])[$€£(]*\d(?:[\d.,$€£%()\s+\-*/×÷·]| x ){0,200}=\s*"
    r"([$€£]?\s?-?\d[\d,]*(?:\.\d+)?)[^\d=<>\\^_{}]{0,200}$"
)
"""The result of a computation in numbers, with words after it: `9 * $2 = $18 every day`."""
MARKUP = re.compile(r"\\[a-zA-Z(\[]|[\^_{}]")
POWER = re.compile(r"[\w)\]}]\*\*[\w({-]")
MODULUS = re.compile(r"\s*\(?\s*(?:\\?(?:p|b)?mod|modulo)\s*\{?\s*(\d{1,30})\s*\}?\s*\)?\s*$")
MOD = re.compile(r"\bmod(?:ulo)?\b", re.IGNORECASE)
MOD_EQUALS = re.compile(r"\b(?:mod|modulo)\s*\{?\s*(\d{1,30})\s*\}?\s*\)?\s*=\s*(.{1,40})$")
CONGRUENT = re.compile(r"(?:≡|\\equiv|=)")
REMARK_SENTENCE = re.compile(
    r"(?:this|it|that|the\s+minimum|the\s+maximum|(?:the\s+)?equality)\s+(?:value\s+)?(?:is\s+|can\s+be\s+)?(?:reached|attained|achieved|"
    r"obtained|verified|occurs|happens|holds)\b(?!.*\band\s+(?:equals|is|has)\b)|(?:note|check|verify|recall|here)\b|(?:because|since)\b(?![^.]*,\s)",
    re.IGNORECASE,
)
INSERTED = re.compile(
    r",\s+(?:where|when|given|which|who|with|after|for|if|such|as|once|assuming|in|on|whose|having)\b", re.IGNORECASE
)
RELATIVE = re.compile(r"\b(?:that|which|who|it|where|when|if)$", re.IGNORECASE)
LED = re.compile(
    r"(?:divided|divisible|multiplied|raised|taken|subtracted|added|contained|between|greater|less|more|fewer|from|of|in|on|"
    r"by|at|to|not|congruent|equivalent|coprime|relatively|least|most|so|such|also)\b",
    re.IGNORECASE,
)
"""Words that cannot lead to the value of a phrase: they make it part of something else."""
INSTEAD = re.compile(
    r"(?<=[\d$)}\]])\s*[,(]?\s*(?:and\s+)?(?:not|instead\s+of|rather\s+than)\s+[-$\\\w./{}^]{1,60}\)?\s*[.!]?$",
    re.IGNORECASE,
)
"""The value that an answer is not: `7, not 5`."""
SUPPOSED = re.compile(r"(?:suppose|let|assume|assuming|if|consider)\b", re.IGNORECASE)
BUT = re.compile(r"\b(?:but|except|unless|could|might|may|cannot|can't|would)\b", re.IGNORECASE)
MODAL = re.compile(r"\b(?:could|might|may|cannot|can't|can\s+not|would|not)\s*$", re.IGNORECASE)
CASES = re.compile(
    r"\botherwise\b|\b(?:if|when|for)\b.{1,80}\band\s+(?!only)\S{1,40}\s+(?:if|when|for|else)\b"
    rf"|\b(?:if|when)\b[^,;]{{1,80}}[,;]\s*(?:and\s+|or\s+)?{VALUE}\S{{0,20}}\s+(?:if|when)\b",
    re.IGNORECASE,
)
WORDS_THAT_CHANGE = re.compile(rf"\b(?:{alternatives(AFTER_NUMBER)}|{alternatives(NUMBERS)})\b", re.IGNORECASE)
EXACTLY_WHEN = re.compile(
    r"\b(?:if\s+and\s+only\s+if|iff|precisely\s+when|exactly\s+when"
    r"|holds\s+(?:exactly\s+|precisely\s+|only\s+)?for)\b",
    re.IGNORECASE,
)
NEEDED = re.compile(r"(?:you|we|one|it|they)\s+(?:needs?|must\s+\w+|requires?|takes?)\s+$", re.IGNORECASE)
BLANKS = re.compile(r"(?:\\[,;:! ]|[ \t~]){3,}+")
"""Blanks that say nothing and would make every pattern below slow."""
SPELLED = re.compile(rf"(?:minus|negative)\s|(?:{alternatives(NUMBERS)})\b", re.IGNORECASE)
MOST_VERBS = 8
ALSO = re.compile(
    r"\s+(?:and|but|or|while|whereas)\s+(?=.{0,200}?\b(?:is|are|equals?)\b)|,\s+(?:and|but|or)?\s*(?=.{0,200}?\b(?:is|are|equals?)\b)",
    re.IGNORECASE,
)
JOY = re.compile(r"(?<=\d)!+$|!{2,}$")
"""Exclamation marks at the end of a sentence; behind a name or a bracket one is a factorial."""
