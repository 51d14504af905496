"""Languages that can be a target: how they are named, in which scripts they are written, and which count as one.

`languages.toml` has one language a line. A target without a script tag takes every script that its language is written
in, but one text is in one of them: `sr` takes Serbian in Cyrillic or in Latin letters, `sr-Latn` only the latter.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SCRIPT_TAGS = {
    "latn": "latin", "cyrl": "cyrillic", "grek": "greek", "armn": "armenian", "hebr": "hebrew", "arab": "arabic",
    "thaa": "thaana", "deva": "devanagari", "beng": "bengali", "guru": "gurmukhi", "gujr": "gujarati", "orya": "oriya",
    "taml": "tamil", "telu": "telugu", "knda": "kannada", "mlym": "malayalam", "sinh": "sinhala", "thai": "thai",
    "laoo": "lao", "tibt": "tibetan", "mymr": "myanmar", "geor": "georgian", "hang": "hangul", "kore": "hangul",
    "ethi": "ethiopic", "khmr": "khmer", "mong": "mongolian", "hans": "cjk", "hant": "cjk", "hani": "cjk",
    "jpan": "cjk",
}  # fmt: skip
"""Script tags of ISO 15924, in lower case, with the name of the script here."""

_FAMILIES = (
    ("cs", "sk", "pl"),
    ("hr", "sl"),
    ("es", "ca", "gl", "pt", "ast"),
    ("it", "la", "eo", "ro"),
    ("ru", "uk", "be", "bg", "mk", "sr"),
    ("kk", "ky", "tt", "sah", "cv"),
    ("no", "sv", "is"),
    ("nl", "af", "fy", "lb", "de"),
    ("tr", "az", "uz"),
    ("fi", "et"),
    ("id", "jv", "tl", "ceb", "war", "ilo"),
    ("ar", "fa", "ur", "ps", "ug"),
    ("hi", "mr", "ne", "sa"),
    ("bn", "as"),
    ("he", "yi"),
    ("ga", "gd"),
)
RELATIVES = {code: frozenset(family) - {code} for family in _FAMILIES for code in family}
"""Near languages: a few words say little about which of them a stretch is in."""

SAME = {
    "bs": "hr",
    "sh": "hr",
    "ms": "id",
    "nb": "no",
    "nn": "no",
    "da": "no",
    "arz": "ar",
    "prs": "fa",
    "fil": "tl",
    "mo": "ro",
}
"""Codes of the model that count as another one: a few sentences cannot be told apart."""


@dataclass(frozen=True)
class Target:
    """A language that is asked for."""

    tag: str
    """Its code, with the script where one was asked for: `de`, `zh-Hant`."""
    labels: tuple[tuple[str, str], ...]
    """Scripts that it may be written in, each with the label of its words there."""

    def label(self, script: str) -> str | None:
        """The label of its words in the script; None if it is not written in it."""
        return dict(self.labels).get(script)


@dataclass(frozen=True)
class Language:
    """A line of the table."""

    code: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("languages.toml").read_text(encoding="utf-8"))


@cache
def languages() -> dict[str, Language]:
    """The languages by code."""
    found = {}
    for code, codes, names, scripts in _table()["languages"]:
        labels = tuple(
            (script, label or code) for script, _, label in (part.partition("=") for part in scripts.split())
        )
        found[code] = Language(code, tuple(codes.split()), tuple(names.split(", ")), labels)
    return found


@cache
def _codes() -> dict[str, str]:
    """The tag of each name and code, in lower case."""
    found: dict[str, str] = {}
    for language in languages().values():
        for name in (language.code, *language.codes, *language.names):
            found.setdefault(name.lower(), language.code)
    return found | {name.lower(): tag for name, tag in _table()["names"].items()}


@cache
def resolve(name: str) -> Target | None:
    """The target of that code, tag or name (`de`, `deu`, `de-AT`, `zh_Hant`, `German`, `中文`); None if unknown."""
    key = " ".join(name.lower().replace("_", "-").split())
    tag = _codes().get(key)
    if tag is None:
        first, *rest = key.split("-")
        tag = _codes().get(first)
        script = next((part for part in rest if part in SCRIPT_TAGS), None)
        if tag is not None and script is not None:
            tag = f"{tag.split('-')[0]}-{script.capitalize()}"
    return _target(tag) if tag is not None else None


def _target(tag: str) -> Target | None:
    code, _, script = tag.partition("-")
    language = languages()[code]
    if not script:
        return Target(code, language.labels)
    if code == "zh" and script in ("Hans", "Hant"):
        return Target(tag, (("cjk", tag),))
    labels = tuple(pair for pair in language.labels if pair[0] == SCRIPT_TAGS[script.lower()])
    if not labels:
        return None
    return Target(tag if len(language.labels) > 1 else code, labels)
