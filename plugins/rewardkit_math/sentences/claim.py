"""The value that one sentence states: its readers, in the order in which they are tried."""

import re

from rewardkit_math.sentences.counted import counted_number
from rewardkit_math.sentences.only_value import only_value
from rewardkit_math.sentences.patterns import (
    AFTER,
    ALSO,
    ANY_VERB,
    CASES,
    CLOSED_REMARK,
    DEFINITE,
    DISCOURSE,
    EXACTLY_WHEN,
    HIDDEN,
    INSERTED,
    MOD,
    MODAL,
    MOST_VERBS,
    NUMBER,
    OPEN_END,
    OPEN_QUESTION,
    OPENER,
    RELATIVE,
    REMARK,
    SUPPOSED,
    THEREFORE,
    VALUE,
    VERB,
)
from rewardkit_math.sentences.phrase import Reading, mask, residue_of, value_of
from rewardkit_math.tree import Text

_COMMA = re.compile(r"[,;]\s+(?!and\b|or\b)")
_NAMED_VALUE = re.compile(rf"\s*(?:[a-zA-Z]\s*=\s*)?{VALUE}")
_FIRST_VALUE = re.compile(
    rf"\s*(?:only\s+)?((?:{NUMBER.pattern})|{HIDDEN}+|[a-zA-Z](?:\([a-z](?:,\s?[a-z])*\))?\s?=\s?[^,;=]{{1,80}}?(?=\s+(?:is|are)\b))"
)
_NOT = re.compile(r"\s*(?:not|n't|never)\b")


def claim(sentence: str, depth: int) -> Reading | None:
    """The value that one sentence states; None where it states no value."""
    masked = mask(sentence)
    if OPEN_END.search(masked):
        return Reading(Text(""), sentence, "it leaves the question open")
    opened = DISCOURSE.match(masked)
    if opened and opened.end() < len(sentence):
        sentence, masked = sentence[opened.end() :], masked[opened.end() :]
    if OPEN_QUESTION.match(masked) or (SUPPOSED.match(masked) and not _COMMA.search(masked)):
        return Reading(Text(""), sentence, "it asks and states nothing")
    if depth < 3:
        parts = list(THEREFORE.finditer(masked))
        if parts:
            found = claim(sentence[parts[-1].end() :], depth + 1)
            if found is not None:
                return found
            sentence, masked = sentence[: parts[0].start()], masked[: parts[0].start()]
        counted = counted_number(sentence, masked)
        if counted is not None:
            return counted
        if OPENER.match(masked):
            for comma in list(_COMMA.finditer(masked))[:6]:
                if ANY_VERB.search(masked, comma.end()) or "=" in sentence[comma.end() :]:
                    found = claim(sentence[comma.end() :], depth + 1)
                    if found is not None and not found.why:
                        return found
            if SUPPOSED.match(masked):
                return Reading(Text(""), sentence, "it supposes and states nothing")
    if MOD.search(masked) and not ANY_VERB.search(masked):
        return residue_of(sentence) or value_of(sentence)
    for reader in (_leading_value, _before_verb, _after_verb, _exactly_when, only_value):
        found = reader(sentence, masked)
        if found is not None:
            return found
    return None


def _leading_value(sentence: str, masked: str) -> Reading | None:
    """`12, which is a dozen`: the value before a remark."""
    remark = CLOSED_REMARK.search(masked)
    if remark is None or not _NAMED_VALUE.match(masked) or ANY_VERB.search(masked, 0, remark.start()):
        return None
    return value_of(sentence[: remark.start()])


def _before_verb(sentence: str, masked: str) -> Reading | None:
    """`7 is the only possible value`: what stands before the verb."""
    value = _FIRST_VALUE.match(masked)
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
        if _NOT.match(hidden):
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
