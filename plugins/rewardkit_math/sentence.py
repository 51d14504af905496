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

from rewardkit_math.notation.parse import parse
from rewardkit_math.phrase import (
    Reading,
    changes_number,
    has_words,
    holds_value,
    mask,
    residue_of,
    value_of,
    words_from,
)
from rewardkit_math.sentence_patterns import (
    AFTER,
    ALSO,
    ANY_VERB,
    ARROW,
    BLANKS,
    BUT,
    CASES,
    CLOSED_REMARK,
    COUNT,
    COUNTED,
    DEFINITE,
    DENIED,
    DISCOURSE,
    EXACTLY,
    EXACTLY_WHEN,
    HIDDEN,
    HOPE,
    INSERTED,
    INSTEAD,
    LAST_VALUE,
    MARKUP,
    MOD,
    MODAL,
    MOST_VERBS,
    NEEDED,
    NOT_AN_ANSWER,
    NUMBER,
    OPEN_END,
    OPEN_QUESTION,
    OPENER,
    POWER,
    RELATIVE,
    REMARK,
    REMARK_SENTENCE,
    RESULT,
    SENTENCE,
    SPELLED,
    SUPPOSED,
    THERE,
    THEREFORE,
    TOTALS,
    TRAILING,
    VALUE,
    VERB,
    WEAK_VERB,
    WORD,
)
from rewardkit_math.tree import Num, Text, UnknownFunction
from rewardkit_math.words import denied


def read(text: str, *, last: bool) -> Reading:
    """The answer that a text states.

    last  the answer is sought in the last sentence that could hold one, not in the first
    """
    text = BLANKS.sub(" ", text)
    text = text.replace("**", " ") if "**" in text and not POWER.search(text) else text
    if not has_words(text) and not ARROW.search(text) and not text.endswith("?"):
        text = text.strip().strip("*`#").strip()
        node = parse(text)
        if not isinstance(node, Text):
            return Reading(node, text)
    text = INSTEAD.sub("", HOPE.sub("", text.strip().strip("*`#").strip()))
    masked = mask(text)
    if text.endswith("?"):
        return Reading(Text(""), text, "it asks and states nothing")
    if CASES.search(masked) and "cases" not in text:
        return Reading(Text(""), text, "a value for each of several cases")
    value = LAST_VALUE.search(text)
    if value and denied(text[: value.start()]):
        return Reading(Text(""), text, "it is denied")
    if ARROW.search(text):
        return Reading(Text(""), text, "it goes from one value to another")
    if not ANY_VERB.search(masked) and not changes_number(masked) and not MOD.search(masked):
        spelled = value_of(text) if SPELLED.match(text) else None
        if spelled is not None:
            return spelled
        node = parse(text)
        if not isinstance(node, Text) or not node.words:
            return Reading(node, text, "" if not isinstance(node, Text) else "it cannot be read as mathematics")
    sentences = _sentences(text, masked)
    if last:
        claims = [piece for piece in sentences if not REMARK_SENTENCE.match(piece)]
        sentences = [piece for piece in claims if holds_value(piece)][-1:] or claims[-1:]
    found = _claim(sentences[0].rstrip(".?;,: *"), 0) if sentences else None
    if found is not None and (found.why or not isinstance(found.node, Text)):
        return found
    whole = parse(text)
    return Reading(whole if isinstance(whole, Text) else Text(""), text, "no part of it reads as one value")


def _sentences(text: str, masked: str) -> list[str]:
    """The sentences of a text; a formula is never split."""
    ends = [(match.start(), match.end()) for match in SENTENCE.finditer(masked)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    pieces = [text[start:stop].strip() for start, stop in zip(starts, stops, strict=True)]
    return [piece for piece in pieces if piece]


def is_sentence(text: str) -> bool:
    """True where a text has a verb outside of its formulas, or words that change a number."""
    if not has_words(text):
        return False
    masked = mask(text)
    return bool(ANY_VERB.search(masked)) or changes_number(masked)


def _claim(sentence: str, depth: int) -> Reading | None:
    """The value that one sentence states; None where it states no value."""
    masked = mask(sentence)
    if OPEN_END.search(masked):
        return Reading(Text(""), sentence, "it leaves the question open")
    opened = DISCOURSE.match(masked)
    if opened and opened.end() < len(sentence):
        sentence, masked = sentence[opened.end() :], masked[opened.end() :]
    if OPEN_QUESTION.match(masked) or (SUPPOSED.match(masked) and "," not in masked):
        return Reading(Text(""), sentence, "it asks and states nothing")
    if depth < 3:
        parts = list(THEREFORE.finditer(masked))
        if parts:
            found = _claim(sentence[parts[-1].end() :], depth + 1)
            if found is not None:
                return found
            sentence, masked = sentence[: parts[0].start()], masked[: parts[0].start()]
        counted = _counted(sentence, masked)
        if counted is not None:
            return counted
        if OPENER.match(masked):
            for comma in list(re.finditer(r",\s+(?!and\b|or\b)", masked))[:6]:
                if ANY_VERB.search(masked, comma.end()) or "=" in sentence[comma.end() :]:
                    found = _claim(sentence[comma.end() :], depth + 1)
                    if found is not None and not found.why:
                        return found
            if SUPPOSED.match(masked):
                return Reading(Text(""), sentence, "it supposes and states nothing")
    if MOD.search(masked) and not ANY_VERB.search(masked):
        return residue_of(sentence) or value_of(sentence)
    for reader in (_leading_value, _before_verb, _after_verb, _exactly_when, _only_value):
        found = reader(sentence, masked)
        if found is not None:
            return found
    return None


def _counted(sentence: str, masked: str) -> Reading | None:
    """`There are 15 ways …`, `All 50 terms … are even`, `Exactly one …`: the number."""
    there, how = THERE.match(masked), COUNTED.match(masked)
    if there:
        start, bound = there.end(), ""
        exactly = EXACTLY.match(masked[start:]) or (
            NEEDED.match(there[0]) and re.match(r"at\s+least\s+", masked[start:])
        )
        start += exactly.end() if exactly else 0
    elif how:
        start, bound = how.end(), (how["how"] or "").casefold()
        if masked[start:].startswith(("the ", "of ")):
            start = masked.index(" ", start) + 1
    else:
        return None
    count = COUNT.match(masked, start)
    if count is None or (there and DENIED.search(masked[: count.start()])):
        return None
    end = count.end()
    written = sentence[start:end]
    if masked[start].isalpha():
        number = words_from(masked[start:])
        if number is None or (there and not exactly and number[0] == 1):
            return None
        written, end = str(number[0]), start + number[1]
    rest = masked[end:]
    if (
        not re.match(r"\s+[^\W\d_]{2,}|\s*$|[\s,]", rest)
        or AFTER.match(masked, start)
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


def _leading_value(sentence: str, masked: str) -> Reading | None:
    """`12, which is a dozen`: the value before a remark."""
    remark = CLOSED_REMARK.search(masked)
    if (
        remark is None
        or not re.match(rf"\s*(?:[a-zA-Z]\s*=\s*)?{VALUE}", masked)
        or ANY_VERB.search(masked, 0, remark.start())
    ):
        return None
    return value_of(sentence[: remark.start()])


def _before_verb(sentence: str, masked: str) -> Reading | None:
    """`7 is the only possible value`: what stands before the verb."""
    value = re.match(rf"\s*(?:only\s+)?((?:{NUMBER.pattern})|{HIDDEN}+)", masked)
    if value is None or not DEFINITE.match(masked, value.end()):
        return None
    return value_of(sentence[value.start(1) : value.end(1)])


def _after_verb(sentence: str, masked: str) -> Reading | None:
    """The value behind the first verb after which a value can be read, without the remark behind it."""
    for verb in _main_verbs_first(masked):
        rest = sentence[verb.end() :]
        hidden = masked[verb.end() :]
        if MODAL.search(masked[: verb.start()]):
            continue
        if re.match(r"\s*(?:not|n't|never)\b", hidden):
            return Reading(Text(""), rest.strip(), "it is denied")
        cut = CLOSED_REMARK.search(hidden)
        if cut and cut.start() > 0:
            rest, hidden = rest[: cut.start()], hidden[: cut.start()]
        also = ALSO.search(hidden)
        if also and verb[0].strip() != ":" and value_of(rest[: also.start()]) is not None:
            other = _after_verb(rest[also.end() :], hidden[also.end() :])
            mine = value_of(rest[: also.start()])
            if other is not None and mine is not None and other.node != mine.node:
                return Reading(Text(""), rest.strip(), "it states several values")
            return mine
        found = value_of(rest) if not VERB.search(hidden) else None
        if found is None:
            remark = REMARK.search(hidden)
            changed = AFTER.search(hidden.replace("{", " ").replace("}", " "))
            if changed and (remark is None or changed.start() < remark.start()):
                return Reading(Text(""), rest.strip(), "words change the number")
            if remark and CASES.search(hidden):
                return Reading(Text(""), rest.strip(), "a value for each of several cases")
            if remark and remark.start() > 0 and not VERB.search(hidden, 0, remark.start()):
                found = value_of(rest[: remark.start()])
        if found is not None:
            return found
    return None


def _main_verbs_first(masked: str) -> list["re.Match[str]"]:
    """The verbs: first those that end an insertion (`…, where x is prime, is 3`), last those of relative clauses."""
    verbs = list(VERB.finditer(masked))[:MOST_VERBS]
    inserted = INSERTED.search(masked)

    def rank(verb: "re.Match[str]") -> int:
        before = masked[: verb.start()].rstrip()
        if inserted and before.endswith(",") and verb.start() > inserted.start():
            return 0
        return 2 if RELATIVE.search(before) else 1

    return sorted(verbs, key=rank)


def _exactly_when(sentence: str, masked: str) -> Reading | None:
    """`It is divisible by 3 if and only if k = 2`: the condition."""
    when = EXACTLY_WHEN.search(masked)
    return value_of(sentence[when.end() :]) if when else None


def _only_value(sentence: str, masked: str) -> Reading | None:
    """The only formula or the only number of a sentence, where no words change or deny it."""
    if BUT.search(masked):
        return None
    strong = re.search(r"\b(?:which|where|when|because|since|if|such that|as an?)\b", masked)
    if strong and strong.start() > 0:
        sentence, masked = sentence[: strong.start()].rstrip(" ,"), masked[: strong.start()].rstrip(" ,")
    if changes_number(masked) or DENIED.search(masked):
        return None
    if not WORD.search(masked):
        return value_of(sentence)
    formulas = list(re.finditer(f"{HIDDEN}+", masked))
    digits = any(char.isdigit() for char in masked)
    texts = {sentence[match.start() : match.end()] for match in formulas}
    if len(texts) == 1 and not digits:
        return value_of(texts.pop())
    if formulas and formulas[-1].end() == len(masked.rstrip()) and "=" in sentence[formulas[-1].start() :]:
        return value_of(sentence[formulas[-1].start() : formulas[-1].end()])
    for match in reversed(list(WEAK_VERB.finditer(masked))[-MOST_VERBS:]):
        rest = sentence[match.end() :].strip()
        before = masked[: match.start()].split()
        if match[0].strip() == "of" and not (before and before[-1].casefold() in TOTALS):
            continue
        if match[0].strip() == "to" and re.search(rf"{VALUE}\s*$", masked[: match.start()]):
            return None
        remark = REMARK.search(mask(rest))
        if holds_value(rest):
            found = value_of(rest) or (value_of(rest[: remark.start()]) if remark else None)
            if found is not None:
                return found
    if MARKUP.search(sentence) or not WORD.search(sentence):
        # A number is never picked out of a formula that could not be read.
        return None
    numbers = list(NUMBER.finditer(sentence))
    if len({match[0] for match in numbers}) == 1:
        before = re.findall(r"[\w']+", sentence[: numbers[0].start()])
        if (before and before[-1].casefold() in NOT_AN_ANSWER) or _beside_operator(sentence, numbers[0]):
            return None
        return value_of(numbers[0][0])
    result = RESULT.search(sentence)
    if result:
        return value_of(result[1])
    trailing = TRAILING.search(sentence)
    named = trailing and sentence[: trailing.start()].rstrip()[-1:].isalpha()
    if trailing and not named and any(char.isdigit() for char in trailing[0]) and "=" in trailing[0]:
        return value_of(trailing[0].strip(" ,."))
    return None


def _beside_operator(sentence: str, number: "re.Match[str]") -> bool:
    """True where a number is part of a formula such as `0 <= r < k`."""
    before, after = sentence[: number.start()].rstrip(), sentence[number.end() :].lstrip()
    if re.search(r"[A-Za-z]\($", before):
        return True
    return before.endswith(("<", ">", "≤", "≥", "^", "*", "≠")) or after.startswith(
        ("<", ">", "≤", "≥", "^", "*", "=", "≠")
    )
