"""How many words of a text are in which language.

mask what is no language → words → by script where the script settles it, by the detector where it does not → counts
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rewardkit_language.detector import predict
from rewardkit_language.han import chinese_or_japanese
from rewardkit_language.label import fold, label
from rewardkit_language.lexicon import lexicon
from rewardkit_language.mask import NEUTRAL, prose
from rewardkit_language.plausible import implausible
from rewardkit_language.scripts import LANGUAGES
from rewardkit_language.words import Token, clean, join_letters, tokens, weight

READ = 200_000
"""Characters that are read of a text; of a longer one, BLOCKS stretches that lie evenly over it."""
BLOCKS = 40
UNKNOWN = "und"
"""Words of no language that is known, or spelt in two alphabets at once."""
NAMES = 5
NAMES_SHARE = 0.2
SPANS = 5
SPAN_LENGTH = 80


@dataclass
class Measure:
    """Words by language, and where the foreign ones are."""

    words: dict[str, float] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    """Language and text of stretches that are not in the target, longest first."""

    @property
    def total(self) -> float:
        return sum(self.words.values())

    def share(self, targets: Iterable[str]) -> float:
        return min(1.0, sum(self.words.get(code, 0.0) for code in targets) / self.total)

    @property
    def main(self) -> str | None:
        """The language of most words."""
        return max(self.words, key=self.words.__getitem__, default=None)


def counts_as(target: str) -> frozenset[str]:
    """The labels that count as the target: of Serbian both alphabets."""
    return frozenset({"sr", "hr"} if target == "sr" else {fold(target, "")})


def measure(text: str, target: str | None = None) -> Measure:
    """Words by language of a text; a target that the text is asked for is looked for even where it is rare."""
    target = fold(target, "") if target else None
    words = _without_neutral(join_letters(list(tokens(prose(clean(_sampled(text)))))), target)
    labels = _labels(words, target)
    result = Measure()
    for word, language in zip(words, labels, strict=True):
        result.words[language] = result.words.get(language, 0.0) + weight(word, language)
    wanted = counts_as(target) if target else {result.main}
    result.spans = _spans(words, labels, wanted)
    return result


def _sampled(text: str) -> str:
    if len(text) <= READ:
        return text
    size = READ // BLOCKS
    starts = ((len(text) - size) * block // (BLOCKS - 1) for block in range(BLOCKS))
    return "\n".join(text[start : start + size] for start in starts)


def _without_neutral(words: Sequence[Token], target: str | None) -> list[Token]:
    """Without the words that are of no language: symbols, units, and in other scripts' text acronyms and names.

    Names that are more than NAMES and more than NAMES_SHARE of all words are no names.
    """
    latin_target = target is None or target in LANGUAGES["latin"] or not any(target in s for s in LANGUAGES.values())
    kept = [word for at, word in enumerate(words) if not _is_symbol(words, at)]
    if latin_target:
        return kept
    names = {at for at in range(len(kept)) if _is_name(kept, at)}
    if len(names) > max(NAMES, NAMES_SHARE * sum(weight(word, "") for word in kept)):
        return kept
    return [word for at, word in enumerate(kept) if at not in names]


def _is_symbol(words: Sequence[Token], at: int) -> bool:
    """Whether a word is a variable, the name of a function or a unit: it stands alone, or right after a number."""
    word = words[at]
    if word.script not in ("latin", "greek") or (len(word.text) > 1 and word.text.lower() not in NEUTRAL):
        return False
    beside = [other for other in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2]) if other.script == word.script]
    return word.glued or not any(len(other.text) > 1 for other in beside)


def _is_name(words: Sequence[Token], at: int) -> bool:
    """Whether a Latin word in other text is an acronym or a name: capitalised, at most three in a row."""
    word = words[at]
    if word.script != "latin" or not word.text[0].isupper():
        return False
    if any(word.text.lower() in traits.words for traits in lexicon().values()) and not word.text.isupper():
        return False
    start, end = at, at + 1
    while start > 0 and at - start < 3 and words[start - 1].script == "latin":
        start -= 1
    while end < len(words) and end - at < 4 and words[end].script == "latin":
        end += 1
    run = words[start:end]
    return len(run) <= 3 and len(run) < len(words) and all(other.text[0].isupper() for other in run)


def _labels(words: Sequence[Token], target: str | None) -> list[str]:
    labels = [UNKNOWN] * len(words)
    by_script: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        by_script.setdefault(word.script, []).append(at)
    for script, places in by_script.items():
        row = [words[at] for at in places]
        if script == "cjk":
            found = chinese_or_japanese(row, target)
        elif script in ("mixed", "other"):
            continue
        else:
            found = _of_script(row, script, target)
        for at, language in zip(places, found, strict=True):
            labels[at] = language
        _doubt(words, places, labels)
    return labels


def _doubt(words: Sequence[Token], places: Sequence[int], labels: list[str]) -> None:
    """Takes the label from stretches that are only spelt in the letters of their language."""
    for language in {labels[at] for at in places}:
        own = [at for at in places if labels[at] == language]
        for nth in implausible([words[at] for at in own], language):
            labels[own[nth]] = UNKNOWN


def _of_script(row: Sequence[Token], script: str, target: str | None) -> list[str]:
    languages = LANGUAGES[script]
    if len(languages) == 1:
        return [languages[0]] * len(row)
    other = any(target in codes for name, codes in LANGUAGES.items() if name != script)
    if target is not None and other and target not in languages:
        # No word of this script can be in the target: one question names the language for the report.
        likely = predict(" ".join(word.text for word in row[:100]))
        ranked = [code for code in sorted(likely, key=likely.__getitem__, reverse=True) if code in languages]
        return [fold(ranked[0] if ranked else languages[0], script)] * len(row)
    return label(row, languages, fold(target, script) if target else None)


def _spans(words: Sequence[Token], labels: Sequence[str], wanted: Iterable[str | None]) -> list[tuple[str, str]]:
    wanted = set(wanted)
    spans: list[tuple[int, str, str]] = []
    at = 0
    while at < len(words):
        end = at + 1
        while end < len(words) and labels[end] == labels[at]:
            end += 1
        if labels[at] not in wanted:
            text = " ".join(word.text for word in words[at : min(end, at + 20)])
            spans.append((end - at, labels[at], text if len(text) <= SPAN_LENGTH else text[: SPAN_LENGTH - 1] + "…"))
        at = end
    spans.sort(key=lambda span: -span[0])
    return [(language, text) for _, language, text in spans[:SPANS]]
