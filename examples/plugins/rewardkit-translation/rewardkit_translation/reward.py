"""The reward `translation`: chrF++ and BLEU of sacrebleu, sentence by sentence."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_PREFIX = re.compile(r"^\s*(?:(?:here\s+is\s+)?(?:the\s+)?translation\s*:|translation\s*:)\s*", re.IGNORECASE)


class TranslationParams(RewardParams):
    tokenize: Literal["auto", "13a", "intl", "zh", "char", "none"] = "auto"
    """BLEU's tokenizer. `auto`: `char` where the reference is Chinese, Japanese, Korean or Thai, else `13a`."""
    source: str | None = None
    """The column of the source text: a copy of it is worth nothing. Left out, the prompt."""


class TranslationReward(Reward):
    """chrF++ with the nearest of the references, from 0 to 1.

    chrf  chrF++ (Popović 2017): characters up to 6, words up to 2
    bleu  sentence BLEU with exponential smoothing (Chen and Cherry 2014)
    """

    name = "translation"
    Params = TranslationParams
    cost_ms = 1.0
    values = ("chrf", "bleu")
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    params: TranslationParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        from sacrebleu.metrics import BLEU, CHRF

        self._chrf = CHRF(word_order=2)
        self._bleu = {name: BLEU(tokenize=name, effective_order=True) for name in ("13a", "intl", "zh", "char", "none")}

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no reference in this row", kind="no_ground_truth")
        references = references_of(sample.ground_truth)
        if not references:
            return Score.abstained("the reference holds no text", kind="unreadable_ground_truth")
        answer = " ".join(_PREFIX.sub("", sample.parts.answer).split())
        worst = {"chrf": 0.0, "bleu": 0.0}
        if not answer:
            return Score.scored(worst, "there is no answer", kind="no_answer")
        source = sample.prompt_text if self.params.source is None else str(sample.column(self.params.source) or "")
        if answer.casefold() == " ".join(source.split()).casefold() and answer not in references:
            return Score.scored(worst, "the source is copied")
        name = self.params.tokenize
        if name == "auto":
            name = "char" if _CJK.search(references[0]) else "13a"
        longest = 4 * max(map(len, references)) + 200
        cut = answer[:longest]  # the rest could only lower both, and takes quadratic time
        chrf = self._chrf.sentence_score(cut, references).score / 100
        bleu = self._bleu[name].sentence_score(cut, references).score / 100
        shorter = len(cut) / len(answer)
        return Score.scored({"chrf": min(chrf, 1.0) * shorter, "bleu": min(bleu, 1.0) * shorter}, tokenize=name)


def references_of(ground_truth: Any) -> list[str]:
    """The references of a row: a text, a list of them, or an object with `translation` or `target`."""
    if isinstance(ground_truth, dict):
        held = [ground_truth[key] for key in ("translation", "target", "references") if ground_truth.get(key)]
        return references_of(held[0]) if held else []
    if isinstance(ground_truth, str):
        return [" ".join(ground_truth.split())] if ground_truth.strip() else []
    if isinstance(ground_truth, list | tuple):
        return [text for one in ground_truth for text in references_of(one)]
    return []
