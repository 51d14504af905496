"""How many words of a text are in which language.

mask what is no language → words → by script where the script settles it, by `label` where it does not → counts
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rewardkit_language.detector import predict
from rewardkit_language.evidence import fold, normalized
from rewardkit_language.han import label_han
from rewardkit_language.label import label
from rewardkit_language.languages import Target
from rewardkit_language.lexicon import languages_of
from rewardkit_language.mask import prose
from rewardkit_language.neutral import without_neutral
from rewardkit_language.plausible import SHORTEST, SHORTEST_OF_MORE, implausible
from rewardkit_language.scripts import LANGUAGES
from rewardkit_language.words import Token, clean, join_letters, tokens, weight

READ = 24_000
"""Characters that are read of a text; of a longer one, BLOCKS stretches that lie evenly over it."""
BLOCKS = 20
UNKNOWN = "und"
"""Words of no language that is known, or spelt in two alphabets at once."""
COMMON_SHARE = 0.3
"""Common words of a language among the words in its second script."""
SPANS = 5
SPAN_LENGTH = 80


@dataclass
class Measure:
    """Words by language, and where the foreign ones are."""

    label: str | None = None
    """Label of the words in the target, in the script that this text is written in; None without a target."""
    words: dict[str, float] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    """Language and text of stretches that are not in the target, longest first."""

    @property
    def total(self) -> float:
        """Number of words."""
        return sum(self.words.values())

    @property
    def main(self) -> str | None:
        """The language of most words."""
        return max(self.words, key=self.words.__getitem__, default=None)

    def share(self, code: str | None = None) -> float:
        """Words of the language, or of the target, by all words."""
        return min(1.0, self.words.get(code or self.label or "", 0.0) / self.total) if self.words else 0.0


def measure(text: str, target: Target | None = None) -> Measure:
    """Words by language of a text; a target that the text is asked for is looked for even where it is rare."""
    words = join_letters(list(tokens(prose(clean(_sampled(text))))))
    script = _script(words, target)
    wanted = target.label(script) if target is not None and script is not None else None
    words = without_neutral(words, script, wanted)
    labels = _labels(words, wanted)
    result = Measure(wanted)
    for word, language in zip(words, labels, strict=True):
        result.words[language] = result.words.get(language, 0.0) + weight(word, language)
    result.spans = _spans(words, labels, wanted or result.main)
    return result


def _script(words: Sequence[Token], target: Target | None) -> str | None:
    """The script that the text is written in: of most words, or that of the target.

    A target's second script is the text's if most words are in it, and many of them are the language's.
    """
    counts: dict[str, float] = {}
    for word in words:
        counts[word.script] = counts.get(word.script, 0.0) + weight(word, "")
    if target is None:
        return max(counts, key=counts.__getitem__, default=None)
    (script, _), *others = target.labels
    for other, code in others:
        row = [normalized(word.text) for word in words if word.script == other]
        common = sum(code in languages_of(word) for word in row)
        is_common = script not in counts or common >= COMMON_SHARE * len(row)
        if counts.get(other, 0.0) > counts.get(script, 0.0) and is_common:
            script = other
    return script


def _sampled(text: str) -> str:
    if len(text) <= READ:
        return text
    size = READ // BLOCKS
    starts = ((len(text) - size) * block // (BLOCKS - 1) for block in range(BLOCKS))
    return "\n".join(text[start : start + size] for start in starts)


def _labels(words: Sequence[Token], wanted: str | None) -> list[str]:
    labels = [UNKNOWN] * len(words)
    by_script: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        by_script.setdefault(word.script, []).append(at)
    for script, positions in by_script.items():
        row = [words[at] for at in positions]
        if script == "cjk":
            found = label_han(row, wanted)
        elif script in ("mixed", "other"):
            continue
        else:
            found = _of_script(row, script, wanted)
        for at, language in zip(positions, found, strict=True):
            labels[at] = language
        _doubt(words, positions, labels)
    return labels


def _doubt(words: Sequence[Token], positions: Sequence[int], labels: list[str]) -> None:
    """Takes the label from stretches that are only spelt in the letters of their language.

    A text that has one long stretch of these is asked about shorter ones too.
    """
    for shortest in (SHORTEST, SHORTEST_OF_MORE):
        found = []
        for language in {labels[at] for at in positions} - {UNKNOWN}:
            own = [at for at in positions if labels[at] == language]
            found += [own[nth] for nth in implausible([words[at] for at in own], language, shortest)]
        for at in found:
            labels[at] = UNKNOWN
        if not found:
            return


def _of_script(row: Sequence[Token], script: str, wanted: str | None) -> list[str]:
    codes = LANGUAGES[script]
    if len(codes) == 1:
        return [codes[0]] * len(row)
    settled = any(wanted in others for name, others in LANGUAGES.items() if name != script)
    if wanted is not None and settled and wanted not in codes:
        # No word of this script can be in the target: one question names the language for the report.
        likely = predict(" ".join(word.text for word in row[:100]))
        ranked = [code for code in sorted(likely, key=likely.__getitem__, reverse=True) if code in codes]
        return [fold(ranked[0] if ranked else codes[0], script)] * len(row)
    return label(row, codes, wanted)


def _spans(words: Sequence[Token], labels: Sequence[str], wanted: str | None) -> list[tuple[str, str]]:
    spans: list[tuple[int, str, str]] = []
    at = 0
    while at < len(words):
        end = at + 1
        while end < len(words) and labels[end] == labels[at]:
            end += 1
        if labels[at] != wanted:
            text = " ".join(word.text for word in words[at : min(end, at + 20)])
            spans.append((end - at, labels[at], text if len(text) <= SPAN_LENGTH else text[: SPAN_LENGTH - 1] + "…"))
        at = end
    spans.sort(key=lambda span: -span[0])
    return [(language, text) for _, language, text in spans[:SPANS]]
